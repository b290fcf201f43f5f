"""Connections to the operator's own addresses: used again while they hold, and never where an answer was not read to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from mezzotint.lines import TooLarge
from mezzotint.net import direct as module
from mezzotint.net.direct import Direct
from tests.receivers import Heard, Receiver, receiving, saying, sending
from tests.waiting import until


@pytest.fixture
async def direct() -> AsyncIterator[Direct]:
    made = Direct()
    yield made
    await made.close()


async def ask(direct: Direct, url: str, most: int = 10_000) -> bytes:
    _, _, body = await direct.ask("POST", f"{url}/create?x=1", {"X-Key": "k"}, b"{}", most)
    return body


class Patient:
    """A server that keeps connections: how many came, and how many requests each had."""

    def __init__(self, *, answers: int = 100) -> None:
        self.requests: list[int] = []
        self._answers = answers

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(self.requests)
        self.requests.append(0)
        try:
            for _ in range(self._answers):
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(2)
                assert b"host: 127.0.0.1" in head
                self.requests[number] += 1
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        except asyncio.IncompleteReadError:
            pass
        writer.close()


@pytest.fixture
async def patient() -> AsyncIterator[tuple[Patient, str]]:
    handler = Patient(answers=3)
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    yield handler, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_a_connection_is_used_again_until_the_other_side_ends_it(direct: Direct, patient: tuple[Patient, str]) -> None:
    handler, url = patient
    for _ in range(3):
        assert await ask(direct, url) == b"ok"
    await asyncio.sleep(0.05)  # for the end of the first to arrive
    for _ in range(3):
        assert await ask(direct, url) == b"ok"

    assert handler.requests == [3, 3]


async def test_requests_at_the_same_time_have_connections_of_their_own(direct: Direct, patient: tuple[Patient, str]) -> None:
    handler, url = patient
    assert await asyncio.gather(*(ask(direct, url) for _ in range(5))) == [b"ok"] * 5

    assert handler.requests == [1] * 5


async def test_a_connection_that_was_idle_for_long_is_not_trusted(patient: tuple[Patient, str], monkeypatch: pytest.MonkeyPatch) -> None:
    handler, url = patient
    monkeypatch.setattr(module, "IDLE", 0.02)
    direct = Direct()
    await asyncio.gather(*(ask(direct, url) for _ in range(3)))
    await asyncio.sleep(0.05)
    await ask(direct, url)

    assert handler.requests == [1, 1, 1, 1]
    await direct.close()


async def told(receiver: Receiver) -> Heard:
    await until(lambda: receiver.heard, "a request")
    return receiver.heard[0]


async def test_the_request_is_as_it_was_asked_for_and_says_who_asks(direct: Direct) -> None:
    async with receiving(saying(201, b"{}", X_More="1")) as receiver:
        status, headers, body = await direct.ask("GET", f"{receiver.url}/poll", {}, None, 100)
        heard = await told(receiver)

    assert (status, headers["x-more"], body) == (201, "1", b"{}")
    assert (heard.method, heard.target, heard.headers["host"]) == ("GET", "/poll", f"127.0.0.1:{receiver.port}")
    assert heard.headers["user-agent"].startswith("mezzotint/")
    assert heard.headers["accept-encoding"] == "identity"
    assert "content-length" not in heard.headers


@pytest.mark.parametrize("head", [b"content-length: 50\r\n\r\n", b"content-length: " + b"9" * 19 + b"\r\n\r\n", b"\r\n"])
async def test_an_answer_that_is_too_long_is_not_read_and_its_connection_not_used_again(direct: Direct, head: bytes) -> None:
    async with receiving(sending(b"HTTP/1.1 200 OK\r\n" + head + b"x" * 50)) as receiver:
        with pytest.raises(TooLarge):
            await ask(direct, receiver.url, most=10)
        with pytest.raises(TooLarge):
            await ask(direct, receiver.url, most=10)

    assert len(receiver.heard) == 2
