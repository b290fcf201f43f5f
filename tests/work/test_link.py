"""The worker's line, over real sockets: to our own door, and to servers that answer as they like."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mezzotint.core.errors import NotEnlisted
from mezzotint.core.protocol import Enlisted, Pull
from mezzotint.core.tasks import Outcome, Progress, Status, Verdict
from mezzotint.ports import Limits
from mezzotint.work import link as module
from mezzotint.work.link import Link, LinkDown
from tests.clocks import HandClock
from tests.receivers import Script, an_unused_port, receiving, saying, sending, silent
from tests.tasks import a_task, an_id, ready
from tests.work.stations import Station, a_station


@pytest.fixture
async def station(clock: HandClock) -> AsyncIterator[Station]:
    async with a_station(clock, 15.0) as made:
        yield made


@pytest.fixture
async def link(station: Station) -> AsyncIterator[Link]:
    made = station.link()
    yield made
    await made.close()


async def claimed(station: Station, link: Link, count: int = 1) -> list[Verdict]:
    """Tasks in hand, each as a verdict that it is ready."""
    for _ in range(count):
        await station.studio.tools.ledger.submit(a_task(), Limits())
    epoch = (await link.enlist("w")).epoch
    return [Verdict(claim.task, claim.attempt, ready()) for claim in (await link.pull(Pull("w", epoch, ["stub"], count))).claims]


async def test_enlisting_gives_the_next_epoch_and_the_lease(link: Link) -> None:
    assert await link.enlist("w") == Enlisted(1, 15.0)
    assert await link.enlist("w") == Enlisted(2, 15.0)
    assert await link.enlist("other") == Enlisted(1, 15.0)


async def test_a_pull_brings_claims_as_they_are_in_the_ledger(station: Station, link: Link) -> None:
    task = a_task("ein Bär \u2028 \U0001f43b", webhook_url="https://example.com/hook")
    await station.studio.tools.ledger.submit(task, Limits())
    epoch = (await link.enlist("w")).epoch

    [claim] = (await link.pull(Pull("w", epoch, ["stub"], 5))).claims

    assert (claim.task, claim.attempt, claim.inputs) == (task.id, 1, task.inputs)


async def test_a_pull_is_held_open_until_there_is_something(station: Station, link: Link) -> None:
    epoch = (await link.enlist("w")).epoch
    pulling = asyncio.create_task(link.pull(Pull("w", epoch, ["obedient"], 1, 20.0)))
    await asyncio.sleep(0.1)
    assert not pulling.done()
    began = time.monotonic()

    task = await station.create()

    assert [str(claim.task) for claim in (await pulling).claims] == [task]
    assert time.monotonic() - began < 2


async def test_a_pull_ends_empty_when_its_wait_is_over(link: Link) -> None:
    epoch = (await link.enlist("w")).epoch
    began = time.monotonic()

    assert (await link.pull(Pull("w", epoch, ["stub"], 1, 0.2))).claims == []

    assert 0.15 < time.monotonic() - began < 2


async def test_an_old_epoch_is_told_to_enlist(link: Link) -> None:
    await link.enlist("w")
    await link.enlist("w")

    with pytest.raises(NotEnlisted, match="epoch 1 of worker w has passed"):
        await link.pull(Pull("w", 1, ["stub"], 1))


async def test_a_beat_says_what_was_canceled_and_what_was_lost(station: Station, link: Link) -> None:
    canceled, kept = await claimed(station, link, 2)
    await station.studio.tools.ledger.cancel(canceled.task, "default")
    stranger = an_id()

    told = await link.beat("w", 1, [(canceled.task, 1), (kept.task, 1), (stranger, 1)])

    assert (told.canceled, told.lost) == ([canceled.task], [stranger])


async def test_progress_is_noted_and_its_answer_brings_cancels(station: Station, link: Link) -> None:
    canceled, kept = await claimed(station, link, 2)
    await station.studio.tools.ledger.cancel(canceled.task, "default")

    told = await link.progress([Progress(canceled.task, 1, 3, 10), Progress(kept.task, 1, 4, 10)])

    assert told.canceled == [canceled.task]
    assert station.studio.tools.progress.of(kept.task) == Progress(kept.task, 1, 4, 10)


async def test_verdicts_of_both_kinds_are_answered_in_their_own_order(station: Station, link: Link) -> None:
    verdicts = await claimed(station, link, 4)
    verdicts[1] = Verdict(verdicts[1].task, 1, None, "out of memory", delay=5.0)
    verdicts[2] = Verdict(verdicts[2].task, 9, ready())  # no title
    verdicts.append(Verdict(an_id(), 1, None))

    assert await link.finish(verdicts) == [True, True, False, True, False]

    found = [await station.studio.tools.ledger.get(verdict.task) for verdict in verdicts[:4]]
    assert [task.status for task in found if task] == [Status.READY, Status.PENDING, Status.PROCESSING, Status.READY]


async def test_verdicts_with_the_longest_prompts_there_are_get_through(station: Station, link: Link) -> None:
    from mezzotint.work.verdicts import MOST_VERDICTS

    [verdict] = await claimed(station, link)
    outcome = Outcome(Status.READY, prompt="\x01" * 32_000)  # six bytes a letter in JSON

    assert (await link.finish([Verdict(verdict.task, n, outcome) for n in range(MOST_VERDICTS)])).count(True) == 1


@pytest.mark.parametrize("token", ["wrong", "worker-token-2", "worker-toke"])
async def test_a_wrong_token_gets_nothing(station: Station, token: str) -> None:
    link = station.link(token)
    try:
        with pytest.raises(LinkDown, match="401"):
            await link.enlist("w")
    finally:
        await link.close()


@pytest.mark.parametrize(
    "script",
    [
        saying(500, b"oh no"),
        saying(503, b"{}", retry_after="5"),
        saying(404),
        saying(302, location="http://127.0.0.1:1/"),
        saying(200, b"<html>the proxy says hello</html>", content_type="text/html"),
        saying(200, b"{}"),
        saying(200, b'{"epoch": "1", "lease": 15}'),
        saying(200, b""),
        sending(b""),
        sending(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"),
        sending(b"220 mail.example ESMTP\r\n"),
    ],
)
async def test_whatever_else_answers_the_line_is_down(script: Script) -> None:
    async with receiving(script) as server:
        link = Link(server.url, "t")
        with pytest.raises(LinkDown):
            await link.enlist("w")
        await link.close()


async def test_where_nobody_listens_the_line_is_down(tmp_path: Path) -> None:
    for link in (Link(f"http://127.0.0.1:{an_unused_port()}", "t"), Link("http://server", "t", str(tmp_path / "none.sock"))):
        with pytest.raises(LinkDown, match="cannot be reached"):
            await link.enlist("w")
        await link.close()


async def test_a_server_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.2)
    monkeypatch.setattr(module, "SECONDS", 0.1)
    async with receiving(silent) as server:
        link = Link(server.url, "t")
        began = time.monotonic()
        with pytest.raises(LinkDown):
            await link.pull(Pull("w", 1, ["stub"], 1, 30.0))
        assert 0.25 < time.monotonic() - began < 3
        await link.close()


async def test_proxies_of_the_environment_are_not_asked(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{an_unused_port()}")
    async with receiving(saying(200, b'{"epoch": 4, "lease": 15.0}')) as server:
        link = Link(server.url, "t")
        assert await link.enlist("w") == Enlisted(4, 15.0)
        await link.close()
    assert server.heard[0].headers["authorization"] == "Bearer t"
