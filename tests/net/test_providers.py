"""The line to providers: where it goes, what it makes of broken answers, and whether it knows that nothing was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from mezzotint.core.errands import ProviderRequest
from mezzotint.net.guard import Guard
from mezzotint.net.providers import GuardedLine
from tests.receivers import Receiver, Script, an_unused_port, receiving, saying, sending, silent


@pytest.fixture
async def line() -> AsyncIterator[GuardedLine]:
    made = GuardedLine(Guard())
    yield made
    await made.close()


def asked(receiver: Receiver, **rest: object) -> ProviderRequest:
    details = {"method": "POST", "url": f"{receiver.url}/v1/flux-dev?x=1", "headers": {"X-Key": "secret"}, "body": b"{}"} | rest
    return ProviderRequest(**details)  # type: ignore[arg-type]  # fields by name


async def test_a_request_goes_out_as_it_is_and_comes_back_whole(line: GuardedLine) -> None:
    async with receiving(saying(422, b'{"detail":1}', Retry_After="3")) as receiver:
        answer = await line.ask(asked(receiver))

    [heard] = receiver.heard
    assert (heard.method, heard.target, heard.headers["x-key"], heard.body) == ("POST", "/v1/flux-dev?x=1", "secret", b"{}")
    assert (answer.status, answer.body, answer.headers["retry-after"], answer.sent) == (422, b'{"detail":1}', "3", True)


async def test_the_operators_own_address_may_be_anywhere_and_others_may_not(line: GuardedLine) -> None:
    async with receiving(saying(200, b"x")) as receiver:
        assert (await line.ask(asked(receiver))).status == 200
        refused = await line.ask(asked(receiver, own=False))

    assert (refused.status, refused.sent) == (0, False)
    assert "may not be reached" in refused.error
    assert len(receiver.heard) == 1


async def test_where_nobody_listens_nothing_was_sent(line: GuardedLine) -> None:
    answer = await line.ask(ProviderRequest("POST", f"http://127.0.0.1:{an_unused_port()}/", {}, b"{}"))

    assert (answer.status, answer.sent) == (0, False)
    assert answer.error


BROKEN: dict[str, Script] = {
    "nothing": sending(b""),
    "half a head": sending(b"HTTP/1.1 200 OK\r\ncontent-le"),
    "half a body": sending(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"),
    "half a chunk": sending(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"),
    "no http": sending(b"SSH-2.0-OpenSSH\r\n\r\n"),
    "silence": silent,
}


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
async def test_an_answer_that_breaks_off_is_none_and_the_request_may_have_been_heard(line: GuardedLine, script: Script) -> None:
    async with receiving(script) as receiver:
        answer = await line.ask(asked(receiver, seconds=0.5))

    assert (answer.status, answer.sent) == (0, True)
    assert answer.error
    assert "secret" not in answer.error


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(line: GuardedLine) -> None:
    async with receiving(saying(200, b"x" * 100_000)) as receiver:
        answer = await line.ask(asked(receiver, most=1000))

    assert (answer.status, answer.body, answer.error) == (0, b"", "it sends more than 1000 bytes")


async def test_a_redirect_is_an_answer_and_is_not_followed(line: GuardedLine) -> None:
    async with receiving(saying(302, b"", Location="http://169.254.169.254/")) as receiver:
        answer = await line.ask(asked(receiver))

    assert answer.status == 302
    assert len(receiver.heard) == 1
