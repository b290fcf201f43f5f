"""Verdicts are kept until the server has heard them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from mezzotint.core.tasks import Verdict
from mezzotint.work import verdicts as module
from mezzotint.work.link import Link, LinkDown
from mezzotint.work.verdicts import MOST_VERDICTS, Verdicts, forever
from tests.tasks import an_id, ready
from tests.waiting import until


class Deaf(Link):
    """A line that breaks so many times; then it is heard what is said."""

    def __init__(self, breaks: int = 0) -> None:
        super().__init__("http://nowhere", "token")
        self.breaks, self.requests = breaks, 0
        self.heard: list[list[Verdict]] = []

    async def finish(self, verdicts: Sequence[Verdict]) -> list[bool]:
        self.requests += 1
        if self.requests <= self.breaks:
            raise LinkDown("the line broke")
        self.heard.append(list(verdicts))
        return [True] * len(verdicts)


def some(count: int) -> list[Verdict]:
    return [Verdict(an_id(), 1, ready()) for _ in range(count)]


@asynccontextmanager
async def sending(link: Link, heard: Callable[[Verdict], None], *, company: bool = False) -> AsyncIterator[tuple[Verdicts, asyncio.Task[None]]]:
    verdicts = Verdicts(link, lambda: company, heard)
    running = asyncio.create_task(verdicts.send())
    try:
        yield verdicts, running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await link.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKOFF", (0.0, 0.001))


async def test_each_is_sent_again_until_it_was_heard_and_then_no_more() -> None:
    link, told = Deaf(breaks=3), list[Verdict]()
    said = some(2)
    async with sending(link, told.append) as (verdicts, running):
        for verdict in said:
            verdicts.say(verdict)
        assert list(verdicts.waiting) == said
        await verdicts.flush(running)

        assert (told, link.requests, list(verdicts.waiting)) == (said, 4, [])
        assert [each for batch in link.heard for each in batch] == said


async def test_those_that_come_together_are_one_request_of_no_more_than_the_server_takes() -> None:
    link, said = Deaf(), some(MOST_VERDICTS + 1)
    async with sending(link, lambda _: None) as (verdicts, running):
        for verdict in said:
            verdicts.say(verdict)
        await verdicts.flush(running)

    assert [len(batch) for batch in link.heard] == [MOST_VERDICTS, 1]


async def test_where_more_are_about_to_come_the_first_waits_for_them() -> None:
    link, said = Deaf(), some(2)
    async with sending(link, lambda _: None, company=True) as (verdicts, running):
        verdicts.say(said[0])
        await asyncio.sleep(0)
        verdicts.say(said[1])
        await verdicts.flush(running)

    assert link.heard == [said]


async def test_what_is_said_while_a_request_is_made_goes_with_the_next() -> None:
    link, said = Deaf(), some(2)
    async with sending(link, lambda _: None) as (verdicts, running):
        verdicts.say(said[0])
        await until(lambda: link.heard, "the first to be heard")
        verdicts.say(said[1])
        await verdicts.flush(running)

    assert link.heard == [said[:1], said[1:]]


async def test_a_flush_does_not_wait_for_what_sends_no_more() -> None:
    link = Deaf(breaks=1_000_000)
    async with sending(link, lambda _: None) as (verdicts, running):
        verdicts.say(some(1)[0])
        running.cancel()
        await asyncio.wait_for(verdicts.flush(running), 5)

        assert len(verdicts.waiting) == 1


async def test_with_nothing_to_say_a_flush_is_over_at_once() -> None:
    async with sending(Deaf(), lambda _: None) as (verdicts, running):
        await asyncio.wait_for(verdicts.flush(running), 5)


def test_delays_grow_and_then_stay() -> None:
    delays = forever((1.0, 2.0, 5.0))
    assert [next(delays) for _ in range(5)] == [1.0, 2.0, 5.0, 5.0, 5.0]
