"""Replicate's routes for files, at /v1 and under /replicate/v1: pictures that are uploaded once and named in requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint import records
from mezzotint.core import ids, places
from mezzotint.core.accounts import CREATE, READ
from mezzotint.core.errors import BadPicture, BodyTooLarge, InvalidRequest, NotFound
from mezzotint.core.files import File
from mezzotint.core.headers import MAX_BYTES
from mezzotint.core.images import ImageFormat
from mezzotint.core.parameters import Problem
from mezzotint.http.auth import Authenticator
from mezzotint.http.cursors import Span, read_page
from mezzotint.http.dialects import replicate
from mezzotint.http.endpoint import Endpoint, as_json
from mezzotint.http.forms import Part, read_parts
from mezzotint.http.images import SAFE
from mezzotint.http.intake import Intake
from mezzotint.http.requests import Origins, has_already, json_object
from mezzotint.service.files import drop, file_of, keep, link_to, linked
from mezzotint.service.tools import Tools

PREFIXES = ("/v1", "/replicate/v1")
CONTENT, FILENAME, METADATA, TYPE = "content", "filename", "metadata", "type"
LONGEST_METADATA = 16 * 1024  # bytes of JSON


class UploadedFiles:
    def __init__(self, tools: Tools, intake: Intake, authenticator: Authenticator, origins: Origins) -> None:
        self._tools, self._intake, self._authenticator, self._origins = tools, intake, authenticator, origins

    def routes(self) -> list[Route]:
        return [route for prefix in PREFIXES for route in self._below(prefix + "/files")]

    def _below(self, path: str) -> list[Route]:
        def route(rest: str, handler: Callable[[Request, str], Any], method: str) -> Route:
            return Route(path + rest, Endpoint(lambda request: handler(request, self._origins.of(request) + path)), methods=[method])

        return [
            route("", self.create, "POST"),
            route("", self.list, "GET"),
            route("/{id}", self.get, "GET"),
            route("/{id}", self.delete, "DELETE"),
            route("/{id}/download", self.download, "GET"),
        ]

    async def create(self, request: Request, url: str) -> Response:
        """A form: `content`, the picture; `filename`; `metadata`, a JSON object; and `type`, which is not needed: it shows."""
        taken = await self._intake.take(request)
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise InvalidRequest([Problem((), "Must be a form (multipart/form-data) with the file in a field called content", "form_invalid")])
        parts = _by_name(await read_parts(request.headers, taken.body))
        if CONTENT not in parts:
            raise InvalidRequest([Problem((CONTENT,), "content is required: the file", "required")])
        content, metadata = parts[CONTENT], _metadata(parts.get(METADATA))
        if len(content.data) > MAX_BYTES:
            raise BodyTooLarge(f"the file has {len(content.data)} bytes, and at most {MAX_BYTES} are kept")
        name = parts[FILENAME].data.decode("utf-8", "replace") if FILENAME in parts else content.filename
        try:
            file = await keep(content.data, name or "", metadata, taken.key, self._tools)
        except BadPicture as error:
            raise InvalidRequest([Problem((CONTENT,), f"{error}; files here are pictures for models to work on", "value_error")]) from None
        return as_json(self._told(file, url), status=201)

    async def list(self, request: Request, url: str) -> Response:
        key = await self._authenticator.required(request, READ)

        async def fetch(span: Span, count: int) -> list[File]:
            return await self._tools.ledger.files_of(key.account, span.before, count, after=span.after, oldest=span.oldest)

        page = await read_page(request, url, fetch)
        return as_json(replicate.page([self._told(file, url) for file in page.entries], page.following, page.previous))

    async def get(self, request: Request, url: str) -> Response:
        key = await self._authenticator.required(request, READ)
        return as_json(self._told(await file_of(request.path_params["id"], key, self._tools), url))

    async def delete(self, request: Request, url: str) -> Response:
        del url
        key = await self._authenticator.required(request, CREATE)
        await drop(request.path_params["id"], key, self._tools)
        return Response(status_code=204)

    async def download(self, request: Request, url: str) -> Response:
        """The bytes, for whoever has the link. All that is wrong with one is answered alike: there is nothing there."""
        del url
        query = request.query_params
        asked = (request.path_params["id"], query.get("owner", ""), query.get("expiry", ""), query.get("signature", ""))
        found = await linked(*asked, self._tools)
        data = None if found is None else await self._tools.blobs.get(places.uploaded(found[0].id))
        if found is None or data is None:
            raise NotFound("this link does not hold, or not any more: its owner gets a new one by reading the file again")
        file, link = found
        tag = f'"{file.sha256}"'
        headers = {**SAFE, "etag": tag, "cache-control": f"private, max-age={max(0, int(link.expires - self._tools.clock.now()))}"}
        if has_already(request, tag):
            return Response(status_code=304, headers=headers)
        plain = f"{ids.short(file.id)}.{file.format}"
        headers["content-disposition"] = f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
        return Response(data, 200, headers, ImageFormat(file.format).media_type)

    def _told(self, file: File, url: str) -> dict[str, Any]:
        link = link_to(file, self._tools)
        return replicate.show_file(file, url, link, link.signature(self._tools.secret))


def _by_name(parts: list[Part]) -> dict[str, Part]:
    """Raises InvalidRequest for a field that comes twice: which one counts would depend on who reads it."""
    found = {part.name: part for part in parts if part.name in (CONTENT, FILENAME, METADATA, TYPE)}
    twice = next((name for name in found if sum(part.name == name for part in parts) > 1), None)
    if twice is not None:
        raise InvalidRequest([Problem((twice,), "Field is given more than once", "duplicate_key")])
    return found


def _metadata(part: Part | None) -> dict[str, Any]:
    """Raises InvalidRequest."""
    if part is None or not part.data:
        return {}
    if len(part.data) > LONGEST_METADATA:
        raise InvalidRequest([Problem((METADATA,), f"Must have at most {LONGEST_METADATA} bytes", "string_too_long")])
    try:
        metadata = json_object(part.data)
        records.decode(records.encode(metadata), dict)
    except InvalidRequest as error:
        raise InvalidRequest([Problem((METADATA, *problem.where), problem.sentence, problem.kind) for problem in error.problems]) from None
    except (ValueError, OverflowError):
        raise InvalidRequest([Problem((METADATA,), "Must be a JSON object of numbers that can be kept", "value_error")]) from None
    return metadata
