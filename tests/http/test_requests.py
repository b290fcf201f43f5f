"""What is done with a request before any dialect sees it, asked directly."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import time
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message

from mezzotint.core.errors import BodyTooLarge, BodyTooSlow, InvalidRequest
from mezzotint.http import requests as module
from mezzotint.http.requests import LONGEST_NAME, MOST_FIELDS, Origins, accepted, hash_of, json_object, read_body


class Coming:
    """A body on its way, part by part; counts the parts that were taken."""

    def __init__(self, parts: Iterable[bytes], *, whole: bool = True) -> None:
        self._parts, self._whole, self.taken = iter(parts), whole, 0

    async def __call__(self) -> Message:
        for part in self._parts:
            self.taken += 1
            return {"type": "http.request", "body": part, "more_body": True}
        return {"type": "http.request", "body": b"", "more_body": False} if self._whole else {"type": "http.disconnect"}


def a_request(coming: Coming | None = None, /, *, client: str | None = "127.0.0.1", path: str = "/", scheme: str = "http", **headers: str) -> Request:
    """Underscores in header names are dashes."""
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "scheme": scheme, "headers": raw, "query_string": b""}
    scope["client"] = None if client is None else (client, 5000)
    return Request(scope, coming or Coming([]))


# the body's size


async def test_a_body_is_put_together_from_its_parts() -> None:
    assert await read_body(a_request(Coming([b"ab", b"", b"c"])), 3) == b"abc"


async def test_a_body_that_says_it_is_too_large_is_not_read_at_all() -> None:
    coming = Coming([b"x" * 11])

    with pytest.raises(BodyTooLarge, match="larger than 10 bytes"):
        await read_body(a_request(coming, content_length="11"), 10)

    assert coming.taken == 0


@pytest.mark.parametrize("length", [None, "3", "-1", "ten", "", "²", "0" * 40 + "3"], ids=repr)
async def test_a_body_is_counted_whatever_its_length_is_said_to_be(length: str | None) -> None:
    coming = Coming([b"x" * 4] * 100)
    headers = {} if length is None else {"content_length": length}

    with pytest.raises(BodyTooLarge):
        await read_body(a_request(coming, **headers), 10)

    assert coming.taken == 3  # and no further than it must be


async def test_a_body_may_have_exactly_as_many_bytes_as_are_allowed() -> None:
    assert await read_body(a_request(Coming([b"x" * 10]), content_length="10"), 10) == b"x" * 10


async def test_a_body_that_breaks_off_is_no_body() -> None:
    with pytest.raises(InvalidRequest, match="broke off"):
        await read_body(a_request(Coming([b'{"prompt": "a'], whole=False)), 100)


async def test_a_body_that_stops_coming_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BODY_SECONDS", 0.02)

    async def stalled() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    request = a_request()
    request._receive = stalled
    with pytest.raises(BodyTooSlow, match="nothing of the request"):
        await read_body(request, 100)

    await asyncio.sleep(0)  # and whoever reads it lives on


async def test_a_slow_body_is_waited_for_as_long_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BODY_SECONDS", 0.2)
    parts = Coming([b"x"] * 10)

    async def slowly() -> Message:
        await asyncio.sleep(0.03)
        return await parts()

    request = a_request()
    request._receive = slowly
    assert await read_body(request, 100) == b"x" * 10


async def test_a_body_that_drips_is_given_up_though_it_never_stops_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    async def dripping() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    request = a_request()
    request._receive = dripping
    with pytest.raises(BodyTooSlow, match=r"\d+ bytes came within \d+ seconds, which is too slow"):
        await asyncio.wait_for(read_body(request, 1000, grace=0.1), 10)


async def test_a_body_may_take_longer_than_its_grace_where_it_comes_quickly_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOWEST", 10)
    parts = Coming([b"x" * 10] * 10)

    async def slowly() -> Message:
        await asyncio.sleep(0.03)
        return await parts()

    request = a_request()
    request._receive = slowly
    assert await read_body(request, 100, grace=0.05) == b"x" * 100


async def test_a_reader_that_is_canceled_from_outside_stays_canceled() -> None:
    async def stalled() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    request = a_request()
    request._receive = stalled
    reading = asyncio.create_task(read_body(request, 100))
    await asyncio.sleep(0)
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading


# JSON


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b' \t\r\n{"a": 1}\r\n\t ', {"a": 1}),
        ('{"a": "Bär \U0001f43b \u2028"}'.encode(), {"a": "Bär \U0001f43b \u2028"}),
        (b'{"a": "\\ud83d\\udc3b"}', {"a": "\U0001f43b"}),
        (b'{"a": "\\\\ud800"}', {"a": "\\ud800"}),  # letters that look like half a character
        (b'{"a": 18446744073709551615}', {"a": 2**64 - 1}),
        (b'{"a": {"b": 1}, "b": {"b": 2}}', {"a": {"b": 1}, "b": {"b": 2}}),
        (b'{"": null}', {"": None}),
    ],
)
def test_an_object_is_read_as_it_is(body: bytes, value: dict[str, Any]) -> None:
    assert json_object(body) == value


DEEP = 100_000
BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "Expecting value at line 1, column 1"),
    "spaces": (b"  \n", "Expecting value"),
    "a byte order mark": (b'\xef\xbb\xbf{"a": 1}', "Expecting value at line 1, column 1"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "not UTF-8 at byte 0"),
    "Latin-1": ('{"a": "Bär"}'.encode("latin-1"), "not UTF-8 at byte 8"),
    "half a character in UTF-8": (b'{"a": "\xed\xa0\x80"}', "not UTF-8 at byte 7"),
    "an overlong NUL": (b'{"a": "\xc0\x80"}', "not UTF-8 at byte 7"),
    "an open object": (b'{"a": 1', "Expecting ',' delimiter"),
    "an open string": (b'{"a": "b', "Unterminated string"),
    "a comma too many": (b'{"a": 1,}', "line 1, column"),
    "a comment": (b'{"a": 1 /* one */}', "Expecting ',' delimiter"),
    "single quotes": (b"{'a': 1}", "Expecting property name"),
    "a name without quotes": (b"{a: 1}", "Expecting property name"),
    "a bare control character": (b'{"a": "\x00"}', "Invalid control character"),
    "an odd escape": (b'{"a": "\\x41"}', "Invalid \\"),
    "an open escape": (b'{"a": "\\u12"}', "Invalid \\"),
    "another object behind it": (b'{"a": 1}{"a": 2}', "something follows the object at character 8"),
    "words behind it": (b'{"a": 1} and so on', "something follows"),
    "NUL behind it": (b'{"a": 1}\0', "something follows"),
    "an odd space before it": ("\u00a0{}".encode(), "Expecting value"),
    "NaN": (b'{"a": NaN}', "NaN is no JSON number"),
    "Infinity": (b'{"a": Infinity}', "Infinity is no JSON number"),
    "-Infinity further down": (b'{"a": [[-Infinity]]}', "-Infinity is no JSON number"),
    "a leading zero": (b'{"a": 01}', "Expecting ',' delimiter"),
    "a plus": (b'{"a": +1}', "Expecting value"),
    "a number of 6000 digits": (b'{"a": ' + b"9" * 6000 + b"}", "Exceeds the limit"),
    "half a character": (b'{"a": "\\ud800"}', "a lone surrogate"),
    "the other half": (b'{"a": "x\\uDC3B"}', "a lone surrogate"),
    "halves the wrong way round": (b'{"a": "\\udc3b\\ud83d"}', "a lone surrogate"),
    "half a character in a name": (b'{"\\ud800": 1}', "a lone surrogate"),
    "half a character further down": (b'{"a": [{"b": ["\\ud800"]}]}', "a lone surrogate"),
    "half a character at the end": (b'{"a": 1} "\\ud800"', "something follows"),
    "deep lists": (b'{"a": ' + b"[" * DEEP + b"]" * DEEP + b"}", "nested too deeply"),
    "deep objects": (b'{"a": ' * DEEP + b"1" + b"}" * DEEP, "nested too deeply"),
    "deep and never closed": (b"[" * DEEP, "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_json_is_refused_and_says_where(case: str) -> None:
    body, why = BAD[case]

    with pytest.raises(InvalidRequest) as caught:
        json_object(body)

    assert str(caught.value).startswith("The body is not valid JSON: ")
    assert why in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b"7", b'"{}"', b"null", b"true"], ids=bytes.decode)
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match=r"^Input should be a JSON object$"):
        json_object(body)


@pytest.mark.parametrize("body", [b'{"a": 1, "a": 1}', b'{"x": {"a": 1, "b": 2, "a": 3}}', b'{"x": [{"a": 1, "\\u0061": 3}]}', b'{"a": {}, "b": 1, "a": {}}'])
def test_a_field_that_is_given_twice_is_named(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match=r"^a: Field is given more than once$"):
        json_object(body)


def test_a_long_name_is_refused_and_not_repeated() -> None:
    assert json_object(json.dumps({"x" * LONGEST_NAME: 1}).encode())

    with pytest.raises(InvalidRequest, match=f"^A field's name is longer than {LONGEST_NAME} characters$"):
        json_object(json.dumps({"x" * (LONGEST_NAME + 1): 1}).encode())


def test_more_fields_than_any_model_has_are_refused() -> None:
    assert len(json_object(json.dumps(dict.fromkeys(map(str, range(MOST_FIELDS)))).encode())) == MOST_FIELDS

    with pytest.raises(InvalidRequest, match=f"more than {MOST_FIELDS} fields"):
        json_object(json.dumps({"deeper": [dict.fromkeys(map(str, range(MOST_FIELDS + 1)))]}).encode())


def test_a_body_made_to_keep_the_server_busy_is_soon_refused() -> None:
    """The search for the field that comes twice once took the square of their number: hours for a body like this."""
    body = b'{"a": 1, ' + b", ".join(b'"%d": 1' % number for number in range(200_000)) + b', "199999": 1}'
    began = time.perf_counter()

    with pytest.raises(InvalidRequest):
        json_object(body)

    assert time.perf_counter() - began < 3


# what makes two requests the same


def test_the_hash_tells_paths_and_bodies_apart() -> None:
    def hashed(path: str, body: bytes) -> str:
        return hash_of(a_request(path=path), body)

    assert hashed("/a", b"b") == hashed("/a", b"b")
    assert len({hashed("/a", b"b"), hashed("/a", b"c"), hashed("/b", b"b"), hashed("/ab", b""), hashed("/", b"ab")}) == 5


# the address that was called


@pytest.mark.parametrize("host", ["paint.example", "paint.example:8443", "127.0.0.1:8000", "[::1]:8000", "localhost", "a", "a-b.c"])
def test_links_are_made_on_the_host_that_was_called(host: str) -> None:
    assert Origins("", (), "http://fallback").of(a_request(host=host)) == f"http://{host}"


@pytest.mark.parametrize(
    "host",
    ["", "paint.example/x", "user@paint.example", "a b", "a\tb", "paint.example:", "paint.example:port", "paint.example:123456", '"><script>', "x" * 300,
     "paint.example#", "paint.example?x", "-a", "a.", "bär.example", "[::1", "a,b"],
)  # fmt: skip
def test_what_is_no_host_is_written_into_no_link(host: str) -> None:
    assert Origins("", (), "http://fallback").of(a_request(host=host)) == "http://fallback"


def test_the_operators_own_address_goes_before_all_others() -> None:
    proxied = a_request(host="called.example", x_forwarded_host="proxy.example")

    assert Origins("https://own.example", [ipaddress.ip_network("0.0.0.0/0")], "http://fallback").of(proxied) == "https://own.example"


@pytest.mark.parametrize(
    ("client", "headers", "origin"),
    [
        ("10.0.0.1", {"x_forwarded_host": "paint.example", "x_forwarded_proto": "https"}, "https://paint.example"),
        ("10.0.0.1", {"x_forwarded_host": "paint.example, inner.example", "x_forwarded_proto": "https, http"}, "https://paint.example"),
        ("10.0.0.1", {"x_forwarded_proto": "https"}, "https://called.example"),
        ("10.0.0.1", {"x_forwarded_proto": "javascript"}, "http://fallback"),
        ("10.0.0.1", {"x_forwarded_host": "evil.example/x?"}, "http://fallback"),
        ("fd00::1", {"x_forwarded_host": "paint.example"}, "http://paint.example"),
        ("11.0.0.1", {"x_forwarded_host": "evil.example", "x_forwarded_proto": "https"}, "http://called.example"),
        (None, {"x_forwarded_host": "evil.example"}, "http://called.example"),
        ("a-socket", {"x_forwarded_host": "evil.example"}, "http://called.example"),
    ],
)
def test_only_trusted_proxies_are_believed(client: str | None, headers: dict[str, str], origin: str) -> None:
    trusted = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]
    request = a_request(client=client, host="called.example", **headers)

    assert Origins("", trusted, "http://fallback").of(request) == origin


# what a client would rather have

PLAIN, JSON, HTML = "text/plain", "application/json", "text/html"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, PLAIN),
        ("", PLAIN),
        ("*/*", PLAIN),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("application/json", JSON),
        ("application/json, text/plain, */*", PLAIN),
        ("application/json, */*", JSON),
        ("text/html;q=0.5, application/json;q=0.9", JSON),
        ("TEXT/HTML ; Q=0.7, text/plain;q=0.2", HTML),
        ("text/*", PLAIN),
        ("text/*, text/plain;q=0", HTML),
        ("*/*, text/plain;q=0, application/json;q=0.5", HTML),
        ("image/png", PLAIN),
        ("text/html;q=nonsense, application/json;q=0.1", JSON),
        ("text/html;q=-1, application/json;q=0.1", JSON),
        (";;,,;q=", PLAIN),
    ],
)
def test_the_kind_is_the_one_that_is_wished_for(accept: str | None, kind: str) -> None:
    headers = {} if accept is None else {"accept": accept}

    assert accepted(a_request(**headers), PLAIN, JSON, HTML) == kind


def test_a_list_of_wishes_without_end_is_not_read_to_its_end() -> None:
    began = time.perf_counter()

    assert accepted(a_request(accept="image/png," * 200_000 + HTML), PLAIN, JSON, HTML) == PLAIN
    assert time.perf_counter() - began < 1
