"""The signed download. The signature and the expiry are checked before storage is touched."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mezzotint.core import ids
from mezzotint.core.images import ImageFormat, StoredImage
from mezzotint.core.signing import ImageLink
from mezzotint.http.problems import help_link, page_of
from mezzotint.http.requests import Origins, has_already
from mezzotint.service.integrity import picture
from mezzotint.service.pictures import Why, picture_at
from mezzotint.service.tools import Tools

CACHE_BYTES = 64 * 1024 * 1024
SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "access-control-allow-origin": "*",
    "accept-ranges": "none",
}


@dataclass(frozen=True)
class Denied:
    """Links are followed by browsers and scripts, not by clients of a surface: they are answered in plain words."""

    status: int
    code: str
    sentence: str


LINKS = {
    Why.FORGED: Denied(403, "link_invalid", f"{Why.FORGED.value}.\n"),
    Why.LATE: Denied(410, "link_expired", f"{Why.LATE.value}.\n"),
    Why.GONE: Denied(410, "picture_gone", f"{Why.GONE.value}.\n"),
}


class _Cache:
    """The pictures asked for last, in memory: a link is usually followed at once, and sometimes by many."""

    def __init__(self, room: int) -> None:
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._room, self._used = room, 0

    def get(self, key: str) -> bytes | None:
        data = self._pictures.get(key)
        if data is not None:
            self._pictures.move_to_end(key)
        return data

    def put(self, key: str, data: bytes) -> None:
        if len(data) > self._room // 4 or key in self._pictures:
            return
        self._pictures[key] = data
        self._used += len(data)
        while self._used > self._room:
            self._used -= len(self._pictures.popitem(last=False)[1])


class Images:
    """GET /images/{task}/{name}?expires=…&signature=…"""

    def __init__(self, tools: Tools, origins: Origins) -> None:
        self._tools, self._origins = tools, origins
        self._cache = _Cache(CACHE_BYTES)

    async def __call__(self, request: Request) -> Response:
        query = request.query_params
        asked = (request.path_params["task"], request.path_params["name"], query.get("expires", ""), query.get("signature", ""))
        found = await picture_at(*asked, self._tools)
        if isinstance(found, Why):
            return self._refusal(request, LINKS[found])
        link, image = found
        data = await self._bytes(image)
        return self._refusal(request, LINKS[Why.GONE]) if data is None else self._answer(request, image, data, link)

    def _refusal(self, request: Request, denied: Denied) -> Response:
        headers = {"link": help_link(page_of(denied.code, self._origins.of(request)))}
        return Response(denied.sentence, denied.status, headers, "text/plain")

    async def _bytes(self, image: StoredImage) -> bytes | None:
        data = self._cache.get(image.key)
        if data is None and (data := await picture(image, self._tools.blobs)) is not None:
            self._cache.put(image.key, data)
        return data

    def _answer(self, request: Request, image: StoredImage, data: bytes, link: ImageLink) -> Response:
        tag = f'"{image.sha256}"'
        left = max(0, int(link.expires - self._tools.clock.now()))
        headers = {**SAFE, "etag": tag, "cache-control": f"private, max-age={left}, immutable"}
        if has_already(request, tag):
            return Response(status_code=304, headers=headers)
        headers["content-disposition"] = f'inline; filename="{ids.short(link.task)}.{image.format}"'
        return Response(data, 200, headers, ImageFormat(image.format).media_type)
