"""What every ledger must do when the clock is set."""

from __future__ import annotations

import pytest

from mezzotint.core.files import File
from mezzotint.core.tasks import Status, Verdict
from mezzotint.core.webhooks import DELAYS, Attempt
from mezzotint.ports import Ledger, Limits
from tests.clocks import HandClock
from tests.contracts.conftest import TERMS
from tests.tasks import a_task, an_id, ready

FREE = Limits()


@pytest.mark.parametrize("seconds", [86_400.0, -86_400.0])
async def test_nothing_is_early_or_late_when_the_clock_is_set(ledger: Ledger, clock: HandClock, seconds: float) -> None:
    """What runs keeps its lease, what is ready its pictures, what is delayed its delay, what is owed is sent, a repeat is known."""
    done, running, delayed = (
        a_task(webhook_url="https://example.com/"),
        a_task(idempotency_key="7", deadline=clock.now() + 600),
        a_task(deadline=clock.now() + 600),
    )
    for task in (done, running, delayed):
        await ledger.submit(task, FREE)
    epoch = await ledger.enlist("w")
    for claim in await ledger.claim("w", epoch, ["stub"], 3):
        if claim.task == done.id:
            await ledger.settle([Verdict(claim.task, claim.attempt, ready())])
        if claim.task == delayed.id:
            await ledger.settle([Verdict(claim.task, claim.attempt, None, "once more", delay=5)])
    file = a_file_of(clock.now())
    await ledger.add_file(file, None)

    ledger.move(seconds, "a mark")
    clock.advance(seconds)

    assert await ledger.reap() == 0
    assert await ledger.spent(9) == await ledger.spent_files(9) == []
    assert [delivery.task for delivery in await ledger.due(9)] == [done.id]
    assert (await ledger.submit(a_task(idempotency_key="7"), FREE)).replayed
    found = await ledger.find_file(file.id)
    assert found is not None
    assert found.expires == file.expires + seconds
    assert await ledger.claim("w", epoch, ["stub"], 3) == []
    clock.advance(6)
    assert [claim.task for claim in await ledger.claim("w", epoch, ["stub"], 3)] == [delayed.id]
    clock.advance(20)
    assert await ledger.reap() == 2
    clock.advance(600)
    assert await ledger.reap() == 2  # whose time was up
    ended = await ledger.get(delayed.id)
    assert ended is not None
    assert ended.status is Status.EXPIRED


@pytest.mark.parametrize("seconds", [86_400.0, -86_400.0])
async def test_pictures_and_webhooks_keep_what_is_left_of_their_time(ledger: Ledger, clock: HandClock, seconds: float) -> None:
    await ledger.submit(task := a_task(webhook_url="https://example.com/"), FREE)
    [claim] = await ledger.claim("w", await ledger.enlist("w"), ["stub"], 1)
    await ledger.settle([Verdict(claim.task, claim.attempt, ready())])
    [delivery] = await ledger.due(9)
    await ledger.record(delivery, Attempt(500), 0.0)
    until = clock.now() + TERMS.keep_images

    ledger.move(seconds, "a mark")
    clock.advance(seconds)

    found = await ledger.get(task.id)
    assert found is not None
    assert found.images_until == until + seconds
    assert (await ledger.due(9), await ledger.next_due()) == ([], DELAYS[0])


async def test_a_clock_that_was_set_before_the_start_moves_what_is_kept_and_not_leases(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(a_task(), FREE)
    epoch = await ledger.enlist("w")
    await ledger.claim("w", epoch, ["stub"], 1)
    file = a_file_of(clock.now() - 86_400)
    await ledger.add_file(file, None)
    assert await ledger.clock_mark() is None

    ledger.move(86_400.0, "a mark", at_start=True)

    assert await ledger.clock_mark() == "a mark"
    assert await ledger.find_file(file.id) is not None
    clock.advance(14.5)
    assert await ledger.reap() == 0
    clock.advance(0.5)
    assert await ledger.reap() == 1


async def test_a_clock_that_was_set_before_the_start_puts_nothing_off(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(a_task(), FREE)
    epoch = await ledger.enlist("w")
    [claim] = await ledger.claim("w", epoch, ["stub"], 1)
    await ledger.settle([Verdict(claim.task, claim.attempt, None, delay=5)])

    ledger.move(86_400.0, "a mark", at_start=True)

    clock.advance(4.5)
    assert await ledger.claim("w", epoch, ["stub"], 1) == []
    clock.advance(0.5)
    assert len(await ledger.claim("w", epoch, ["stub"], 1)) == 1


def a_file_of(now: float) -> File:
    return File(an_id(), "default", "boat.png", "png", 7, "00", now, now + 60)
