"""The signed download. The signature and the expiry are checked before storage is touched."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from mezzotint.core import ids
from mezzotint.core.images import ImageFormat, StoredImage
from mezzotint.core.signing import ImageLink
from mezzotint.core.tasks import Status
from mezzotint.http.problems import help_link, page_of
from mezzotint.http.requests import Origins, has_already
from mezzotint.service.tools import Tools

NAME = re.compile(r"sample(?:-(\d{1,2}))?\.(jpeg|png|webp)")
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


FORGED = Denied(403, "link_invalid", "The signature of this link does not hold.\n")
LATE = Denied(410, "link_expired", "This link has expired. Its owner gets a new one by polling the task again.\n")
GONE = Denied(410, "picture_gone", "This picture is no longer kept.\n")
LINKS = (FORGED, LATE, GONE)


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
        link, extension = _link(request)
        signature = request.query_params.get("signature", "")
        if link is None or not link.holds(self._tools.secret, signature):
            return self._refusal(request, FORGED)
        if self._tools.clock.now() >= link.expires:
            return self._refusal(request, LATE)
        image = await self._image(link, extension)
        data = None if image is None else await self._bytes(image)
        if image is None or data is None:
            return self._refusal(request, GONE)
        return self._answer(request, image, data, link)

    def _refusal(self, request: Request, denied: Denied) -> Response:
        headers = {"link": help_link(page_of(denied.code, self._origins.of(request)))}
        return Response(denied.sentence, denied.status, headers, "text/plain")

    async def _image(self, link: ImageLink, extension: str) -> StoredImage | None:
        task = await self._tools.ledger.get(link.task)
        if task is None or task.status is not Status.READY or task.outcome is None or link.index >= len(task.outcome.images):
            return None
        if task.images_until is not None and task.images_until <= self._tools.clock.now():
            return None
        image = task.outcome.images[link.index]
        return image if image.format == extension else None

    async def _bytes(self, image: StoredImage) -> bytes | None:
        data = self._cache.get(image.key)
        if data is None and (data := await self._tools.blobs.get(image.key)) is not None:
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


def _link(request: Request) -> tuple[ImageLink | None, str]:
    """What the address asks for; None where it is none of ours."""
    name = NAME.fullmatch(request.path_params["name"])
    task = ids.read(request.path_params["task"])
    expires = request.query_params.get("expires", "")
    if name is None or not isinstance(task, UUID) or not (expires.isascii() and expires.isdigit() and len(expires) < 16):
        return None, ""
    return ImageLink(task, int(name[1] or 0), int(expires)), name[2]
