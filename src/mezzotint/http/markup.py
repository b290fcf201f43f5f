"""HTML out of Python: elements whose texts and attributes are escaped, all of them, always.

element("a", "docs & errors", href="/docs")  →  <a href="/docs">docs &amp; errors</a>
"""

from __future__ import annotations

import html
from collections.abc import Sequence

VOID = frozenset({"br", "hr", "input", "link", "meta"})  # elements that hold nothing and are not closed


class Html(str):
    """Text that is HTML already: it is made here, and taken as it is."""

    __slots__ = ()


Content = str | None | Sequence["Content"]  # None is nothing


def element(name: str, /, *inside: Content, **attributes: str | bool | None) -> Html:
    """Attributes that are Python's words end in an underscore; underscores inside are dashes; True is an attribute without a value,
    None and False are none."""
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    return Html(f"<{name}{told}>" if name in VOID else f"<{name}{told}>{joined(*inside)}</{name}>")


def joined(*content: Content) -> Html:
    return Html("".join(_shown(each) for each in content))


def prose(text: str) -> Html:
    """A sentence whose `code` is marked as one does in Markdown."""
    return joined(*(element("code", piece) if index % 2 else piece for index, piece in enumerate(text.split("`"))))


def document(*inside: Content, title: str, language: str = "en") -> str:
    """A whole page. `inside` are the elements of its head, then its body."""
    about = (element("meta", charset="utf-8"), element("title", title))
    head, *body = inside
    return f"<!DOCTYPE html>\n{element('html', element('head', *about, head), *body, lang=language)}\n"


def _shown(content: Content) -> str:
    if content is None:
        return ""
    if not isinstance(content, str):
        return joined(*content)
    return content if isinstance(content, Html) else html.escape(content)


def _attribute(key: str, value: str | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(value)}"'
