// The filter and the copy buttons. Without this script the pages say all that they say with it.
"use strict";

for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

async function copy(button) {
  const code = button.parentElement.querySelector("code");
  let done = false;
  try {
    await navigator.clipboard.writeText(code.textContent);
    done = true;
  } catch { // there is no clipboard for pages that came without TLS from another machine
    getSelection().selectAllChildren(code);
    done = document.execCommand("copy");
  }
  button.textContent = done ? "Copied" : "Selected";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

const filter = document.querySelector(".filter");
if (filter) {
  const input = filter.querySelector("input");
  const told = filter.querySelector("p");
  const operations = [...document.querySelectorAll(".operation")].map((place) => ({ place, text: place.textContent.toLowerCase() }));
  const sections = [...document.querySelectorAll("section.surface")];

  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { place, text } of operations) {
      place.hidden = !words.every((word) => text.includes(word));
      shown += place.hidden ? 0 : 1;
    }
    for (const section of sections) {
      section.hidden = words.length > 0 && !section.querySelector(".operation:not([hidden])");
    }
    told.textContent = words.length ? `${shown} of ${operations.length} operations` : `${operations.length} operations`;
  };
  filter.hidden = false;
  document.documentElement.classList.add("filtered");
  input.addEventListener("input", apply);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      input.value = "";
      apply();
    }
  });
  apply();
}

// a link to an operation opens it
const open = () => {
  const place = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (place && place.matches("details")) {
    place.open = true;
    place.scrollIntoView();
  }
};
addEventListener("hashchange", open);
open();
