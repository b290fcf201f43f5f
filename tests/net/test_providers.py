"""The line to providers: where it goes, what it makes of broken answers, and whether it knows that nothing was sent."""

from __future__ import annotations

import ipaddress
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


# addresses that a provider names


@pytest.fixture
async def judged() -> AsyncIterator[GuardedLine]:
    """Whose guard lets this machine be reached."""
    made = GuardedLine(Guard([ipaddress.ip_network("127.0.0.0/8")]))
    yield made
    await made.close()


async def test_what_lies_where_a_provider_says_is_fetched(judged: GuardedLine) -> None:
    async with receiving(saying(201, b"a picture", X_Kind="PNG")) as receiver:
        answer = await judged.ask(asked(receiver, own=False))

    [heard] = receiver.heard
    assert (heard.method, heard.target, heard.headers["x-key"], heard.body) == ("POST", "/v1/flux-dev?x=1", "secret", b"{}")
    assert (answer.status, answer.body, answer.headers["x-kind"], answer.sent, answer.error) == (201, b"a picture", "PNG", True, "")


@pytest.mark.parametrize(
    "script",
    [saying(200, b"x" * 1001), sending(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3e8\r\n" + b"x" * 1000 + b"\r\n1\r\nx\r\n0\r\n\r\n")],
    ids=["said", "not said"],
)
@pytest.mark.parametrize(("most", "error"), [(1000, "it sends more than 1000 bytes"), (1001, "")])
async def test_it_is_read_up_to_its_bound(judged: GuardedLine, script: Script, most: int, error: str) -> None:
    async with receiving(script) as receiver:
        answer = await judged.ask(asked(receiver, own=False, most=most))

    assert (answer.status, len(answer.body), answer.error, answer.sent) == ((0, 0, error, True) if error else (200, 1001, "", True))


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
async def test_it_may_break_off_too(judged: GuardedLine, script: Script) -> None:
    async with receiving(script) as receiver:
        answer = await judged.ask(asked(receiver, own=False, seconds=0.5))

    assert (answer.status, answer.sent) == (0, True)
    assert answer.error == "no whole answer within 0.5 seconds" or ": " in answer.error


async def test_of_what_could_not_be_sent_it_is_said_why(judged: GuardedLine) -> None:
    answer = await judged.ask(ProviderRequest("GET", f"http://127.0.0.1:{an_unused_port()}/", {}, b"", own=False))

    assert (answer.status, answer.sent) == (0, False)
    assert answer.error.startswith("ConnectError: ")
    assert len(answer.error) <= 300


async def test_a_redirect_is_an_answer_and_is_not_followed(line: GuardedLine) -> None:
    async with receiving(saying(302, b"", Location="http://169.254.169.254/")) as receiver:
        answer = await line.ask(asked(receiver))

    assert answer.status == 302
    assert len(receiver.heard) == 1
