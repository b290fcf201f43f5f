"""What is offered again, what is deleted, what is forgotten, and what never is."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core import ids, places
from mezzotint.core.errors import LedgerError, Unavailable
from mezzotint.core.tasks import Claim, Outcome, Status
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Limits
from mezzotint.service import read
from mezzotint.service.files import keep
from mezzotint.work import sweeper as module
from mezzotint.work.sweeper import Sweeper
from tests.clocks import HandClock
from tests.pictures import a_file, in_base64
from tests.service.asking import OWNER
from tests.studio import Studio
from tests.tasks import a_task
from tests.waiting import until

LEASE, KEEP_IMAGES, KEEP_TASKS = Terms().lease, Terms().keep_images, Terms().keep_tasks


class Troubled(MemoryBlobs):
    """Cannot delete while there is `trouble`."""

    trouble: list[Exception]

    async def delete(self, prefixes: Iterable[str]) -> None:
        if self.trouble:
            raise self.trouble.pop()
        await super().delete(list(prefixes))


@asynccontextmanager
async def sweeping(studio: Studio) -> AsyncIterator[asyncio.Task[None]]:
    running = asyncio.create_task(Sweeper(studio.tools).run())
    try:
        yield running
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REAP_EVERY", 0.01)
    monkeypatch.setattr(module, "SWEEP_EVERY", 0.02)


def kept(studio: Studio) -> list[str]:
    """The files that are in the store."""
    blobs = studio.tools.blobs
    assert isinstance(blobs, MemoryBlobs)
    return sorted(blobs._blobs)


async def claimed(studio: Studio, worker: str = "w") -> list[Claim]:
    return await studio.tools.ledger.claim(worker, await studio.tools.ledger.enlist(worker), ["stub"], 10)


# leases


async def test_a_task_whose_worker_fell_silent_is_offered_again(studio: Studio) -> None:
    task = (await studio.created())["id"]
    [first] = await claimed(studio, "silent")
    studio.clock.advance(LEASE)

    assert await Sweeper(studio.tools).reap() == 1

    [second] = await claimed(studio, "other")
    assert (str(second.task), second.attempt) == (task, first.attempt + 1)


async def test_a_task_whose_worker_beats_is_left_alone(studio: Studio) -> None:
    await studio.created()
    epoch = await studio.tools.ledger.enlist("w")
    [claim] = await studio.tools.ledger.claim("w", epoch, ["stub"], 1)
    for _ in range(5):
        studio.clock.advance(LEASE * 0.9)
        await studio.tools.ledger.beat("w", epoch, [(claim.task, claim.attempt)])

        assert await Sweeper(studio.tools).reap() == 0


async def test_a_task_that_is_offered_again_wakes_who_waits_for_one(studio: Studio, often: None) -> None:
    await studio.created()
    await claimed(studio)
    waiting = asyncio.create_task(studio.tools.hub.wait_for_queue(60))
    async with sweeping(studio):
        studio.clock.advance(LEASE)

        await asyncio.wait_for(waiting, 5)


async def test_a_task_past_its_deadline_ends_and_its_webhook_is_owed_at_once(studio: Studio, often: None) -> None:
    task = a_task(webhook_url="https://example.com/hook", deadline=studio.clock.now() + 60)
    await studio.tools.ledger.submit(task, Limits())
    waiting = asyncio.create_task(studio.tools.hub.wait_for_outbox(60))
    async with sweeping(studio):
        studio.clock.advance(60)

        await asyncio.wait_for(waiting, 5)

    ended = await studio.tools.ledger.get(task.id)
    assert ended is not None
    assert ended.status is Status.EXPIRED
    assert [delivery.task for delivery in await studio.tools.ledger.due(5)] == [task.id]


async def test_whoever_waits_for_a_task_hears_at_once_that_its_time_is_over(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "GLANCE", 60.0)
    task = a_task(deadline=studio.clock.now() + 60)
    await studio.tools.ledger.submit(task, Limits())
    waiting = asyncio.create_task(read.until_final(task.id, 60, studio.tools))
    await asyncio.sleep(0)
    studio.clock.advance(60)

    await Sweeper(studio.tools).reap()

    ended = await asyncio.wait_for(waiting, 5)
    assert ended is not None
    assert ended.status is Status.EXPIRED


async def test_nobody_is_woken_for_nothing(studio: Studio) -> None:
    waiting = asyncio.create_task(studio.tools.hub.wait_for_queue(60))
    await asyncio.sleep(0)

    assert await Sweeper(studio.tools).reap() == 0

    assert not waiting.done()
    waiting.cancel()


# pictures


async def test_pictures_are_deleted_when_their_time_is_over_and_not_before(studio: Studio) -> None:
    task = (await studio.created(image_prompt=in_base64(a_file())))["id"]
    await studio.paint()
    assert len(kept(studio)) == 2  # what was given, and what was painted
    studio.clock.advance(KEEP_IMAGES - 1)
    assert await Sweeper(studio.tools).sweep() == 0
    assert len(kept(studio)) == 2

    studio.clock.advance(1)

    assert await Sweeper(studio.tools).sweep() == 1
    assert kept(studio) == []
    assert (await studio.poll(task))["status"] == "Task not found"
    assert await Sweeper(studio.tools).sweep() == 0


@pytest.mark.parametrize(
    "outcome", [Outcome(Status.ERROR, code="engine_failed"), Outcome(Status.REQUEST_MODERATED), Outcome(Status.CANCELED)], ids=lambda it: it.status.value
)
async def test_pictures_that_were_given_to_a_task_that_failed_go_at_once(studio: Studio, outcome: Outcome) -> None:
    task = (await studio.created(image_prompt=in_base64(a_file())))["id"]
    await studio.end(outcome)

    assert await Sweeper(studio.tools).sweep() == 1

    assert kept(studio) == []
    assert (await studio.poll(task))["status"] != "Task not found"


async def test_pictures_of_tasks_that_wait_or_run_stay(studio: Studio) -> None:
    await studio.created(image_prompt=in_base64(a_file()))
    await claimed(studio)
    await studio.created(image_prompt=in_base64(a_file()))
    studio.clock.advance(10 * KEEP_IMAGES)

    assert await Sweeper(studio.tools).sweep() == 0
    assert len(kept(studio)) == 2


async def test_only_what_is_over_is_deleted(studio: Studio) -> None:
    old = (await studio.created())["id"]
    await studio.paint()
    studio.clock.advance(KEEP_IMAGES)
    new = (await studio.created())["id"]
    await studio.paint()

    assert await Sweeper(studio.tools).sweep() == 1

    [left] = kept(studio)
    assert ids.read(new).hex in left  # type: ignore[union-attr]  # an id that was just handed out
    assert ids.read(old).hex not in left  # type: ignore[union-attr]  # an id that was just handed out


async def test_more_than_a_group_is_deleted_in_one_sweep(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUP", 2)
    for _ in range(5):
        await studio.created()
    await studio.paint()
    studio.clock.advance(KEEP_IMAGES)

    assert await Sweeper(studio.tools).sweep() == 5
    assert kept(studio) == []


async def test_pictures_that_are_kept_for_ever_are(clock: HandClock, studio: Studio) -> None:
    object.__setattr__(studio.tools, "ledger", MemoryLedger(clock, Terms(keep_images=0)))
    task = (await studio.created())["id"]
    await studio.paint()
    studio.clock.advance(100 * KEEP_TASKS)

    assert await Sweeper(studio.tools).sweep() == 0

    sample = (await studio.poll(task))["result"]["sample"]
    assert (await studio.client.get(sample)).status_code == 200


# tasks


async def listed(studio: Studio) -> list[str]:
    return [str(task.id) for task in await studio.tools.ledger.list_of("default", None, None, 100)]


async def test_tasks_are_forgotten_when_their_time_is_over_and_not_before(studio: Studio) -> None:
    task = (await studio.created())["id"]
    await studio.paint()
    studio.clock.advance(KEEP_TASKS)
    await Sweeper(studio.tools).sweep()
    assert await listed(studio) == [task]

    studio.clock.advance(1)
    await Sweeper(studio.tools).sweep()

    assert await listed(studio) == []
    assert (await studio.poll(task))["status"] == "Task not found"


async def test_a_task_that_still_owes_a_webhook_is_not_forgotten(studio: Studio) -> None:
    task = (await studio.created(webhook_url="https://example.com/hook"))["id"]
    await studio.paint()
    studio.clock.advance(KEEP_TASKS + 1)

    await Sweeper(studio.tools).sweep()

    assert await listed(studio) == [task]
    assert len(await studio.tools.ledger.due(5)) == 1


async def test_a_task_that_never_ended_is_not_forgotten(studio: Studio) -> None:
    task = (await studio.created())["id"]
    studio.clock.advance(10 * KEEP_TASKS)

    await Sweeper(studio.tools).sweep()

    assert (await studio.poll(task))["status"] == "Pending"


# its own failures


@pytest.mark.parametrize(
    "error", [Unavailable("the disk is full"), OSError("input/output error"), RuntimeError("a fault of ours")], ids=lambda it: type(it).__name__
)
async def test_what_cannot_be_deleted_is_deleted_later(studio: Studio, often: None, error: Exception) -> None:
    troubled = Troubled()
    troubled.trouble = [error, error]
    object.__setattr__(studio.tools, "blobs", troubled)
    object.__setattr__(studio.workshop, "blobs", troubled)
    await studio.created()
    await studio.paint()
    studio.clock.advance(KEEP_IMAGES)

    async with sweeping(studio):
        await until(lambda: not kept(studio), "the picture to go")

    assert not troubled.trouble


async def test_a_ledger_in_trouble_is_waited_out(studio: Studio, often: None) -> None:
    trouble: list[Exception] = [RuntimeError("a fault of ours"), LedgerError("locked")]

    class Locked(MemoryLedger):
        async def reap(self) -> int:
            if trouble:
                raise trouble.pop()
            return await super().reap()

    studio.tools.ledger.__class__ = Locked
    await studio.created()
    await claimed(studio)
    studio.clock.advance(LEASE)

    async with sweeping(studio):
        await asyncio.wait_for(_until_waiting(studio), 5)

    assert not trouble


async def _until_waiting(studio: Studio) -> None:
    while not await studio.tools.ledger.waiting():
        await studio.tools.hub.wait_for_queue(0.01)


async def test_a_sweep_that_was_broken_off_between_disk_and_ledger_is_made_again(studio: Studio) -> None:
    broken = [True]

    class Forgetful(MemoryLedger):
        async def emptied(self, tasks: Any) -> None:
            if broken:
                raise LedgerError(f"the power went {broken.pop()}")
            await super().emptied(tasks)

    studio.tools.ledger.__class__ = Forgetful
    await studio.created()
    await studio.paint()
    studio.clock.advance(KEEP_IMAGES)
    with pytest.raises(LedgerError):
        await Sweeper(studio.tools).sweep()

    assert await Sweeper(studio.tools).sweep() == 1
    assert kept(studio) == []


async def test_it_reaps_every_second_and_sweeps_every_thirty(studio: Studio) -> None:
    assert (module.REAP_EVERY, module.SWEEP_EVERY) == (1.0, 30.0)
    assert module.REAP_EVERY < LEASE / 4  # so that a lost task is not lost for much longer than its lease


class Stuck(MemoryBlobs):
    """Some of its folders cannot be deleted."""

    stuck: set[str]

    async def delete(self, prefixes: Iterable[str]) -> None:
        prefixes = list(prefixes)
        if self.stuck & set(prefixes):
            raise Unavailable("this folder cannot be deleted")
        await super().delete(prefixes)


async def test_what_cannot_be_deleted_keeps_nothing_else_from_being(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUP", 2)
    blobs = Stuck()
    tools = dataclasses.replace(studio.tools, blobs=blobs)
    tasks = [(await studio.created())["id"] for _ in range(5)]
    await studio.paint()
    blobs._blobs = studio.tools.blobs._blobs  # type: ignore[attr-defined]  # the same files
    blobs.stuck = {places.prefix(UUID(tasks[0])), places.prefix(UUID(tasks[1]))}
    studio.clock.advance(KEEP_IMAGES + 1)

    assert await Sweeper(tools).sweep() == 3
    assert len(kept(studio)) == 2

    blobs.stuck.clear()
    assert await Sweeper(tools).sweep() == 2


# uploaded files


async def test_files_are_deleted_when_their_time_is_over_and_nothing_else_is(studio: Studio) -> None:
    old = await keep(a_file(), "old.png", {}, OWNER, studio.tools)
    studio.clock.advance(3600)
    new = await keep(a_file(), "new.png", {}, OWNER, studio.tools)
    studio.clock.advance(studio.tools.policy.keep_files - 3600)

    assert await Sweeper(studio.tools).sweep() == 1

    assert kept(studio) == [places.uploaded(new.id)]
    assert await studio.tools.ledger.spent_files(10) == []
    assert old.id != new.id


async def test_a_file_that_cannot_be_deleted_is_deleted_later(studio: Studio) -> None:
    blobs = Troubled()
    blobs.trouble = []
    object.__setattr__(studio.tools, "blobs", blobs)
    file = await keep(a_file(), "boat.png", {}, OWNER, studio.tools)
    studio.clock.advance(studio.tools.policy.keep_files)

    blobs.trouble = [Unavailable("the disk does not answer")]
    assert await Sweeper(studio.tools).sweep() == 0
    assert await studio.tools.ledger.spent_files(10) == [file.id]
    assert await Sweeper(studio.tools).sweep() == 1
    assert kept(studio) == []
