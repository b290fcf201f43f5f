"""Multipart bodies, as the fields and files they hold."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Problem

MOST_FILES, MOST_FIELDS = 20, 100
LONGEST_FIELD = 1024 * 1024


async def read_form(headers: Headers, body: bytes) -> list[tuple[str, str]]:
    """Names and values in their order; files in base64. Raises InvalidRequest."""
    parser = MultiPartParser(headers, _whole(body), max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise InvalidRequest([Problem((), f"The body is no multipart form: {error}", "form_invalid")]) from None
    try:
        return [(name, await _text(value)) for name, value in form.multi_items()]
    finally:
        await form.close()


async def _whole(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


async def _text(value: str | UploadFile) -> str:
    return value if isinstance(value, str) else base64.b64encode(await value.read()).decode()
