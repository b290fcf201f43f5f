"""Multipart bodies, as the fields and files they hold."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Problem

MOST_FILES, MOST_FIELDS = 20, 100
LONGEST_FIELD = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """A field, or a file: which has a `filename`, be it empty."""

    name: str
    data: bytes
    filename: str | None = None


async def read_form(headers: Headers, body: bytes) -> list[tuple[str, str]]:
    """Names and values in their order; files in base64. Raises InvalidRequest."""
    return [(part.name, _text(part)) for part in await read_parts(headers, body)]


async def read_parts(headers: Headers, body: bytes) -> list[Part]:
    """In their order. Raises InvalidRequest."""
    parser = MultiPartParser(headers, _whole(body), max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise InvalidRequest([Problem((), f"The body is no multipart form: {error}", "form_invalid")]) from None
    try:
        return [await _part(name, value) for name, value in form.multi_items()]
    finally:
        await form.close()


async def _whole(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


async def _part(name: str, value: str | UploadFile) -> Part:
    return Part(name, value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else Part(name, await value.read(), value.filename or "")


def _text(part: Part) -> str:
    return part.data.decode("utf-8", "surrogatepass") if part.filename is None else base64.b64encode(part.data).decode()
