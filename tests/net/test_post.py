"""Webhooks on their way, to real receivers on this machine."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mezzotint.net.guard import Guard
from mezzotint.net.post import GuardedPoster
from mezzotint.ports import Reply
from tests.net.names import Names, no_connections
from tests.receivers import Heard, an_unused_port, receiving, saying, sending, silent

LOOPBACK = Guard([ipaddress.ip_network("127.0.0.0/8")])
BODY = '{"id":"1","status":"Ready","prompt":"ein Bär \u2028 \U0001f43b"}'.encode()
HEADERS = {
    "content-type": "application/json",
    "webhook-id": "msg_0123456789abcdefghjkmnpqrs",
    "webhook-timestamp": "1800000000",
    "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    "x-bfl-signature": "sha256=" + "ab" * 32,
}


@pytest.fixture
async def poster() -> AsyncIterator[GuardedPoster]:
    made = GuardedPoster(LOOPBACK)
    yield made
    await made.close()


async def hurried(url: str, seconds: float = 0.2) -> Reply:
    poster = GuardedPoster(LOOPBACK, seconds=seconds)
    try:
        return await poster.post(url, BODY, HEADERS)
    finally:
        await poster.close()


async def test_body_and_headers_arrive_as_they_were_given(poster: GuardedPoster) -> None:
    async with receiving(saying(204)) as server:
        reply = await poster.post(f"{server.url}/hook?for=me", BODY, HEADERS)

    [heard] = server.heard
    assert reply == Reply(204)
    assert (heard.method, heard.target, heard.body) == ("POST", "/hook?for=me", BODY)
    assert {name: heard.headers.get(name) for name in HEADERS} == HEADERS
    assert heard.headers["content-length"] == str(len(BODY))


@pytest.mark.parametrize("status", [200, 202, 204, 400, 401, 404, 410, 429, 500, 503])
async def test_the_status_is_told_whatever_it_is(poster: GuardedPoster, status: int) -> None:
    async with receiving(saying(status)) as server:
        assert await poster.post(server.url, BODY, HEADERS) == Reply(status)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("120", 120.0), (" 7 ", 7.0), ("-1", 0.0), ("soon", 0.0), ("1e9", 0.0), ("9" * 5000, 0.0), ("Wed, 21 Oct 2037 07:28:00 GMT", 0.0)],
    ids=lambda value: f"{value!s:.12}",
)
async def test_how_long_a_receiver_wants_to_be_left_alone_is_told(poster: GuardedPoster, text: str, seconds: float) -> None:
    async with receiving(saying(503, retry_after=text)) as server:
        assert await poster.post(server.url, BODY, HEADERS) == Reply(503, retry_after=seconds)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_told_and_not_followed(poster: GuardedPoster, status: int) -> None:
    async with receiving(saying(200)) as other, receiving(saying(status, location=f"{other.url}/there")) as server:
        assert await poster.post(server.url, BODY, HEADERS) == Reply(status)

    assert (len(server.heard), other.connections) == (1, 0)


async def test_the_receivers_body_is_not_read(poster: GuardedPoster) -> None:
    sent = 0

    async def endless(heard: Heard, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1600):
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 65_536

    async with receiving(endless) as server:
        began = time.monotonic()
        assert await poster.post(server.url, BODY, HEADERS) == Reply(200)
        assert time.monotonic() - began < 2

    assert sent < 20_000_000  # what fits into the buffers on the way, of a hundred million


async def test_a_receiver_that_answers_at_once_may_drip_its_body_for_ever() -> None:
    async def drips(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 Created\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(60)

    async with receiving(drips) as server:
        assert await hurried(server.url, 5.0) == Reply(201)


async def test_a_receiver_that_says_nothing_is_no_answer() -> None:
    async with receiving(silent) as server:
        began = time.monotonic()
        reply = await hurried(server.url, 0.2)

    assert reply.status is None
    assert "0.2 seconds" in reply.note or "Timeout" in reply.note
    assert 0.15 < time.monotonic() - began < 1.5


async def test_a_receiver_that_drips_its_headers_is_no_answer() -> None:
    async def drips(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(500):
            writer.write(f"x-{number}: y\r\n".encode())
            await writer.drain()
            await asyncio.sleep(0.02)

    async with receiving(drips) as server:
        assert await hurried(server.url, 0.25) == Reply(None, "no answer within 0.25 seconds")


@pytest.mark.parametrize("raw", [b"", b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x46", b"HTTP/1.1 200"], ids=repr)
async def test_junk_is_no_answer(poster: GuardedPoster, raw: bytes) -> None:
    async with receiving(sending(raw)) as server:
        reply = await poster.post(server.url, BODY, HEADERS)

    assert reply.status is None
    assert reply.note


async def test_a_receiver_that_is_not_there_is_no_answer(poster: GuardedPoster) -> None:
    reply = await poster.post(f"http://127.0.0.1:{an_unused_port()}/", BODY, HEADERS)

    assert reply.status is None
    assert reply.note.startswith("ConnectError: ")


async def test_a_note_is_short(poster: GuardedPoster, names: Names) -> None:
    reply = await poster.post("https://" + ".".join(["a" * 60] * 4) + ".example/" + "x" * 5000, BODY, HEADERS)

    assert reply.status is None
    assert 0 < len(reply.note) <= 300


REFUSED: dict[str, str] = {
    "a private address": "https://10.0.0.1/hook",
    "a metadata service": "https://169.254.169.254/hook",
    "a private address in disguise": "https://0xa000001/hook",
    "plain http beyond reach": "http://93.184.216.34/hook",
    "plain http to a name": "http://example.com/hook",
    "another port": "https://93.184.216.34:8443/hook",
    "a name and password": "https://user:secret@93.184.216.34/hook",
    "another protocol": "ftp://127.0.0.1/hook",
    "a name of a private address": "https://inside.example/hook",
    "nothing": "",
}


@pytest.mark.parametrize("case", REFUSED)
async def test_an_address_that_may_not_be_reached_is_no_answer(poster: GuardedPoster, names: Names, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    names.table["inside.example"] = [["10.0.0.1"]]
    tried = no_connections(monkeypatch)

    reply = await poster.post(REFUSED[case], BODY, HEADERS)

    assert reply.status is None
    assert reply.note
    assert tried == []


async def test_a_name_that_changes_its_address_cannot_win(poster: GuardedPoster, names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    names.table["rebind.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    tried = no_connections(monkeypatch)

    reply = await poster.post("https://rebind.example/hook", BODY, HEADERS)

    assert (reply.status, names.asked, tried) == (None, ["rebind.example"], [("93.184.216.34", 443)])


async def test_a_header_that_cannot_be_sent_is_no_answer(poster: GuardedPoster) -> None:
    async with receiving(saying(200)) as server:
        for value in ("line\nbreak", "геheim", "\ud800"):
            reply: Any = await poster.post(server.url, BODY, HEADERS | {"x-webhook-secret": value})
            assert reply.status in (None, 200), value


async def test_a_header_beyond_ascii_arrives_as_utf_8(poster: GuardedPoster) -> None:
    async with receiving(saying(200)) as server:
        assert await poster.post(server.url, BODY, HEADERS | {"x-webhook-secret": "геheim"}) == Reply(200)

    [heard] = server.heard
    assert heard.headers["x-webhook-secret"].encode("latin-1").decode() == "геheim"


async def test_what_one_receiver_wants_remembered_is_not_told_to_it_again(poster: GuardedPoster) -> None:
    async with receiving(saying(200, set_cookie="who=you; Path=/")) as server:
        await poster.post(server.url, BODY, HEADERS)
        await poster.post(server.url, BODY, HEADERS)

    assert [heard.headers.get("cookie") for heard in server.heard] == [None, None]
