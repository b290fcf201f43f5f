"""Multipart bodies, whole, odd and broken."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given
from starlette.datastructures import Headers

from mezzotint.core.errors import InvalidRequest
from mezzotint.http.forms import Part, read_form, read_parts

TYPE = "multipart/form-data; boundary=x"


def a_body(*parts: tuple[bytes, bytes]) -> bytes:
    """Of (what comes after `form-data`, data) each."""
    return b"".join(b"--x\r\ncontent-disposition: form-data" + head + b"\r\n\r\n" + data + b"\r\n" for head, data in parts) + b"--x--\r\n"


def headers(charset: str = "") -> Headers:
    return Headers({"content-type": f"{TYPE}; charset={charset}" if charset else TYPE})


async def test_fields_and_files_come_in_their_order() -> None:
    body = a_body((b'; name="a"', b"one"), (b'; name="b"; filename="b.png"', b"\0\xff"), (b'; name="a"', "zwölf".encode()), (b'; name="c"; filename=""', b""))

    assert await read_parts(headers(), body) == [
        Part("a", b"one"),
        Part("b", b"\0\xff", "b.png"),
        Part("a", "zwölf".encode()),
        Part("c", b"", ""),
    ]
    assert await read_form(headers(), body) == [("a", "one"), ("b", "AP8="), ("a", "zwölf"), ("c", "")]


@pytest.mark.parametrize("body", [b"no form", b"--x\r\n\r\nno name\r\n--x--\r\n", a_body((b'; title="a"', b"one"))])
async def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="no multipart form"):
        await read_parts(headers(), body)


@pytest.mark.parametrize("body", [b"", a_body(), a_body((b'; name="a"', b"one"))[:-12]])
async def test_a_form_that_ends_too_soon_has_nothing_in_it(body: bytes) -> None:
    assert await read_parts(headers(), body) == []


@given(st.sampled_from(["", "utf-7", "utf-16", "latin-1", "idna", "nonsense"]), st.binary(max_size=60), st.binary(max_size=30))
async def test_whatever_is_in_a_form_is_read_or_refused(charset: str, data: bytes, name: bytes) -> None:
    for body in (a_body((b'; name="' + name + b'"', data)), a_body((b'; name="a"; filename="' + name + b'"', data)), data):
        try:
            parts = await read_form(headers(charset), body)
        except InvalidRequest:
            continue
        assert all(isinstance(text, str) for part in parts for text in part)
