"""A page as a strict reader sees it: every element closed where it should be, every attribute once, and what it points to."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

from mezzotint.http.markup import VOID

POINTING = ("href", "src", "action", "srcset", "poster", "data")
PHRASING = frozenset({"a", "code", "span", "strong", "em", "button", "label"})  # what holds no blocks
BLOCKS = frozenset({"p", "div", "ul", "ol", "dl", "pre", "section", "details", "table", "h1", "h2", "h3", "h4"})


class Reader(HTMLParser):
    """Raises AssertionError for a page that browsers would have to mend."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        assert text.startswith("<!DOCTYPE html>\n")
        self.feed(text)
        self.close()
        assert self.open == [], f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert len(named) == len(attrs), f"{tag} has an attribute twice"
        assert not (tag in BLOCKS and set(self.open) & (PHRASING | {"p"})), f"{tag} inside {self.open}"
        assert not (tag in ("a", "button") and {"a", "button"} & set(self.open)), f"{tag} inside {self.open}"
        self.elements.append((tag, named))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(f"<{tag} /> means nothing in HTML")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> ends nothing"
        assert self.open.pop() == tag, f"</{tag}> ends {self.open}"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.elements if "id" in attributes]

    @property
    def targets(self) -> list[str]:
        """Everything that the page points to or loads."""
        return [attributes[name] or "" for _, attributes in self.elements for name in POINTING if name in attributes]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def is_elsewhere(target: str, origin: str) -> bool:
    """Whether it leaves the server."""
    parts = urlsplit(target)
    return bool(parts.scheme or parts.netloc) and not target.startswith(origin)
