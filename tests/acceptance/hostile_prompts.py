"""Hostile prompts on every surface of a real server, and then in everything that it writes: none stands where it does more than be read."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
from PIL import Image

from mezzotint.cli.console import CONTROL
from mezzotint.core.spending import FORMULA
from tests.acceptance.servers import KEY, Server, ending, wait_ready
from tests.acceptance.surfaces import SMALL
from tests.acceptance.test_serving import receiver
from tests.hostile_words import REFUSED, WORDS, in_headers
from tests.pictures import a_file

REPLICATE = "/models/black-forest-labs/flux-schnell/predictions"
SURFACES = ("comet", "bfl", "replicate", "replicate below its prefix", "openai")
INJECTED = {"x-injected", "set-cookie", "refresh", "location"}
ONE_LINE = ("tasks", "usage", "webhooks list", "webhooks show")
DRAWING = re.compile(r"\x1b\[(?:\d{1,3}(?:;\d{1,3})*)?[mKAGJ]|\x1b\[\?25[hl]|\r")  # what a bar is drawn with


@dataclass
class Spoken:
    prompts: int
    tasks: int = 0
    places: dict[str, int] = field(default_factory=dict)  # how much was read of each
    broken: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.broken and self.prompts >= 200 and len(self.places) == 9 and all(self.places.values())

    def __str__(self) -> str:
        return json.dumps(self.__dict__)

    def read(self, place: str, *, well: bool, what: object) -> None:
        self.places[place] = self.places.get(place, 0) + 1
        if not well:
            self.broken.append(f"{place}: {what!r:.300}")


def speak(folder: Path, rounds: int, seed: int) -> Spoken:
    """Each prompt on as many surfaces as there are rounds; `seed` says on which one first."""
    folder.mkdir(parents=True, exist_ok=True)
    spoken, log = Spoken(len(WORDS)), folder / "log"
    with receiver() as hook:
        server = Server(folder / "data", MEZZOTINT_REACH="127.0.0.0/8", MEZZOTINT_LOG_LEVEL="debug", MEZZOTINT_LOG_FORMAT="json", MEZZOTINT_LIMITS="on")
        server.log = log
        with ending(server.start()), server.client() as client:
            tasks = [_asked(client, words, (at + turn + seed) % len(SURFACES), hook.server_port) for turn in range(rounds) for at, words in enumerate(WORDS)]
            _answers(spoken, tasks)
            _pictures(spoken, client)
            _refused(spoken, client)
            _files(spoken, client, every=4 // rounds or 1)
            _pages(spoken, client, every=4 // rounds or 1)
            _tables(spoken, client)
            _terminals(spoken, server, folder, generated=2 * rounds)
            server.stop()
        _webhooks(spoken, hook.received)
    _log(spoken, log)
    return spoken


def _body(words: str, surface: str, port: int) -> tuple[str, dict[str, Any]]:
    hook = f"http://127.0.0.1:{port}/hook"
    match surface:
        case "comet":
            return "/flux/v1/flux-dev", {"prompt": words, "output_format": "png", "webhook_url": hook, "webhook_secret": words[:1000]} | SMALL
        case "bfl":
            return "/v1/flux-dev", {"prompt": words, "output_format": "png", "webhook_url": hook} | SMALL
        case "openai":
            return "/v1/images/generations", {"prompt": words, "size": "256x256", "output_format": "png", "user": words}
    prefix = "/replicate/v1" if "prefix" in surface else "/v1"
    return prefix + REPLICATE, {"input": {"prompt": words, "megapixels": "0.25", "output_format": "png"}, "webhook": hook}


def _asked(client: httpx2.Client, words: str, surface: int, port: int) -> tuple[str, httpx2.Response]:
    """With the words as the prompt, as the label where a header takes them, and in the query."""
    path, body = _body(words, SURFACES[surface], port)
    headers = {"x-mezzotint-label": words[:90].strip()} if words and in_headers(words) else {}
    return words, client.post(path, json=body, headers=headers, params={"note": words[:500]})


def _answers(spoken: Spoken, tasks: list[tuple[str, httpx2.Response]]) -> None:
    for words, response in tasks:
        well = response.is_success and not INJECTED & set(response.headers) and isinstance(response.json(), dict)
        spoken.tasks += response.is_success
        blank = not words.strip()  # for some models a prompt of nothing is none
        spoken.read("answers", well=well or (blank and response.status_code in (400, 422)), what=(words, response.status_code, response.text))


def _listed(client: httpx2.Client) -> Iterator[dict[str, Any]]:
    before = None
    while True:
        told = client.get("/v1/tasks", params={"limit": 100} | ({"before": before} if before else {})).json()
        yield from told["data"]
        before = told.get("before")
        if not before:
            return


def _pictures(spoken: Spoken, client: httpx2.Client) -> None:
    """A picture's notes are as many as ever, and the prompt is one of them."""
    for task in _listed(client):
        told = wait_ready(client, task["id"])
        if told["status"] != "Ready":
            spoken.read("pictures", well=False, what=told)
            continue
        response = client.get(told["result"]["sample"])
        with Image.open(io.BytesIO(response.content)) as image:
            notes = set(image.info)
            well = image.info["prompt"] == told["result"]["prompt"] and notes == {"Software", "task", "model", "prompt", "seed", "steps", "size", "engine"}
        spoken.read("pictures", well=well and "\\" not in response.headers["content-disposition"], what=(notes, told))


def _refused(spoken: Spoken, client: httpx2.Client) -> None:
    """NUL and halves of characters, as JSON spells them."""
    for words in REFUSED:
        for surface in SURFACES:
            path, body = _body(words, surface, 9)
            response = client.post(path, content=json.dumps(body).encode(), headers={"content-type": "application/json"})
            spoken.read(
                "refusals", well=response.status_code in (400, 422) and isinstance(response.json(), dict), what=(words, response.status_code, response.text)
            )


def _files(spoken: Spoken, client: httpx2.Client, every: int) -> None:
    """A file's name comes back in a header, as one value of it."""
    for words in WORDS[::every]:
        made = client.post("/v1/files", files={"content": ("x.png", a_file())}, data={"filename": words, "metadata": json.dumps({"words": words[:2000]})})
        if not made.is_success:
            spoken.read("files", well=False, what=(words, made.text))
            continue
        file = made.json()
        link = f"{file['urls']['get'].partition('?')[0]}"
        told = client.get(link).json()
        download = next(value for value in _texts(told) if "signature=" in value)
        response = client.get(download)
        header = Message()
        header["content-disposition"] = response.headers["content-disposition"]
        name = header.get_filename() or ""
        well = response.is_success and name.isprintable() and "/" not in name and "\\" not in name and not INJECTED & set(response.headers)
        spoken.read("files", well=well and header.get_content_disposition() == "inline", what=(words, response.headers["content-disposition"]))
        client.delete(link)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)


PAGES = ("/errors/{}", "/docs/{}", "/{}", "/flux/v1/{}", "/v1/tasks/{}", "/images/{}/sample.png")


def _pages(spoken: Spoken, client: httpx2.Client, every: int) -> None:
    """Whatever is asked for, a page holds no mark-up that came with the question."""
    for at, words in enumerate(WORDS):
        for path in PAGES[at % every :: every]:
            response = client.get(path.format(quote(words[:300], safe="")), params={"q": words[:300]}, headers={"accept": "text/html"})
            html = response.headers.get("content-type", "").startswith("text/html")
            raw = "<" in words and words in response.text
            well = response.status_code < 500 and not (html and raw) and not INJECTED & set(response.headers)
            spoken.read("pages", well=well, what=(path, words, response.status_code, response.text[:200]))


def _tables(spoken: Spoken, client: httpx2.Client) -> None:
    text = client.get("/v1/usage", params={"format": "csv", "by": "model,label"}).text
    for row in csv.reader(io.StringIO(text, newline="")):
        spoken.read("tables", well=len(row) == 4 and not any(cell.startswith(FORMULA) for cell in row), what=row)


def _terminals(spoken: Spoken, server: Server, folder: Path, generated: int) -> None:
    for words in ONE_LINE:
        shown = _on_a_terminal(server, folder, *words.split(), *([_a_webhook(server)] if words.endswith("show") else []))
        for line in shown.replace("\r\n", "\n").split("\n"):
            spoken.read("terminals", well=CONTROL.search(line) is None, what=(words, line))
    hostile = [each for each in WORDS if each.startswith(("\x1b", "\x9b", "\u202e", "[bold", "a boat\r\n", "%s"))]
    for prompt in hostile[:: max(1, len(hostile) // generated)]:
        shown = _on_a_terminal(server, folder, "generate", "-m", "flux-dev", "--width", "256", "--height", "256", "--", prompt)
        rest = DRAWING.sub("", shown).replace("\n", "")
        spoken.read("terminals", well=CONTROL.search(rest) is None and ".jpeg" in rest, what=(prompt, shown))


def _a_webhook(server: Server) -> str:
    with server.client() as client:
        return str(client.get("/v1/webhooks").json()["data"][0]["id"])


def _on_a_terminal(server: Server, folder: Path, *words: str) -> str:
    """What a command writes to a terminal, letter by letter."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"MEZZOTINT_BASE_URL": server.url, "MEZZOTINT_API_KEY": KEY, "TERM": "xterm", "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}
    with tempfile.TemporaryDirectory(dir=folder) as here:
        process = subprocess.Popen([sys.executable, "-m", "mezzotint", *words], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=here)
        os.close(theirs)
        heard = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # nobody has the other end any more
                break
            if not part:
                break
            heard += part
        process.wait(60)
        os.close(ours)
    return heard.decode("utf-8", "replace")


def _webhooks(spoken: Spoken, received: list[tuple[dict[str, str], bytes]]) -> None:
    for headers, body in received:
        names = {name.lower() for name in headers}
        spoken.read("webhooks", well=isinstance(json.loads(body), dict) and not INJECTED & names, what=(headers, body))


def _log(spoken: Spoken, log: Path) -> None:
    for line in log.read_text("utf-8").split("\n")[:-1]:
        try:
            well = isinstance(json.loads(line), dict) and line.isprintable() and line.isascii()
        except ValueError:
            well = False
        spoken.read("log lines", well=well, what=line)
