"""What all pages share: how they look, how they are sent, and that nothing on them comes from elsewhere.

A page is made once, for the usual address of a server; the one that was called is put in its place when it is sent.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint._version import __version__
from mezzotint.core.errors import NotFound
from mezzotint.http.endpoint import route
from mezzotint.http.markup import Content, Html, document, element
from mezzotint.http.problems import OF_ADDRESSES
from mezzotint.http.refusals import USUAL
from mezzotint.http.requests import Origins, accepted, has_already

HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
FILES = {"pages.css": "text/css; charset=utf-8", "pages.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SAFE = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",  # kept, and asked for anew each time, which costs nothing where the tag still holds
    "vary": "accept, accept-encoding",
}
NOTHING: Mapping[str, str] = MappingProxyType({})
ADDRESSES = 4  # for which a page is kept ready at once
WORTH_PACKING = 4096  # bytes
NAVIGATION = (("", "mezzotint"), ("docs", "API reference"), ("errors", "Errors"), ("openapi.json", "OpenAPI"), ("llms.txt", "llms.txt"))


@dataclass(frozen=True)
class _Made:
    plain: bytes
    packed: bytes
    tag: str


class Page:
    """A text to send. `make` is asked for it once, when it is first wanted."""

    def __init__(self, make: Callable[[], str], media_type: str) -> None:
        self._make, self._media_type = cache(make), media_type
        self._made = lru_cache(ADDRESSES)(self._made_for)

    def _made_for(self, address: str) -> _Made:
        plain = self._make().replace(USUAL, address).encode()
        packed = gzip.compress(plain, 6, mtime=0) if len(plain) > WORTH_PACKING else b""
        return _Made(plain, packed, hashlib.sha256(plain).hexdigest()[:32])

    @property
    def kind(self) -> str:
        """Its media type alone."""
        return self._media_type.partition(";")[0]

    def answer(self, request: Request, origin: str, headers: Mapping[str, str] = NOTHING) -> Response:
        """`headers`: more than every page has."""
        made = self._made(quote(origin, safe=OF_ADDRESSES))
        packing = bool(made.packed) and "gzip" in request.headers.get("accept-encoding", "")
        tag = f'"{made.tag}{"-gzip" if packing else ""}"'
        told = {**SAFE, "etag": tag, **headers}
        if has_already(request, tag):
            return Response(status_code=304, headers=told)
        if packing:
            told["content-encoding"] = "gzip"
        return Response(made.packed if packing else made.plain, 200, told, self._media_type)


class Leaf:
    """The same in several kinds: the client is sent the one that it would rather have, or the first."""

    def __init__(self, *kinds: Page) -> None:
        self._kinds = {page.kind: page for page in kinds}

    def answer(self, request: Request, origin: str, headers: Mapping[str, str] = NOTHING) -> Response:
        return self._kinds[accepted(request, *self._kinds)].answer(request, origin, headers)


class Files:
    """The pages' style, script and icon."""

    def __init__(self, origins: Origins) -> None:
        self._origins = origins
        self._files = {name: Page(_reader(name), media_type) for name, media_type in FILES.items()}

    def routes(self) -> list[Route]:
        return [route("GET", "/docs/{file}", self.file)]

    async def file(self, request: Request) -> Response:
        found = self._files.get(request.path_params["file"])
        if found is None:
            raise NotFound(f"there is nothing at {request.scope['path'][:200]}")
        return found.answer(request, self._origins.of(request))


def _reader(name: str) -> Callable[[], str]:
    return lambda: (resources.files("mezzotint.http") / "static" / name).read_text("utf-8")


def page(title: str, *content: Content, here: str | None, up: str = "") -> str:
    """A whole page. `here` is its place in the navigation, if it is there; `up` leads from it to the root, for servers below a path of another."""
    head = [
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href=f"{up}docs/icon.svg", type="image/svg+xml"),
        element("link", rel="stylesheet", href=f"{up}docs/pages.css"),
        element("script", src=f"{up}docs/pages.js", defer=True),
    ]
    body = element(
        "body",
        element("a", "Skip to the content", href="#content", class_="skip"),
        element("header", element("nav", _navigation(here, up), aria_label="Pages"), class_="top"),
        element("main", *content, id="content"),
        element("footer", element("p", f"mezzotint {__version__}")),
    )
    return document(Html("".join(head)), body, title=title)


def _navigation(here: str | None, up: str) -> Html:
    links = [element("a", name, href=f"{up}{path}" or "./", aria_current="page" if path == here else None) for path, name in NAVIGATION]
    return element("ul", *(element("li", link) for link in links))


def example(text: str, name: str) -> Html:
    """Something to copy. `name` tells it from the others to who does not see where it stands."""
    block = element("pre", element("code", text), tabindex="0", role="region", aria_label=name)
    return element("div", block, element("button", "Copy", type="button", class_="copy", aria_label=f"Copy: {name}", hidden=True), class_="example")
