"""A worker at a real socket, with real engine children: what becomes of tasks, whatever happens to either."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core import ids
from mezzotint.core.errors import EngineFailure, Unavailable
from mezzotint.core.previews import Wish, sound
from mezzotint.core.tasks import Verdict
from mezzotint.http import worker as worker_door
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.terms import Terms
from mezzotint.moderation.open import OpenModerator
from mezzotint.ports import Limits
from mezzotint.work import supervisor as module
from mezzotint.work.frames import Frame
from mezzotint.work.link import Link
from mezzotint.work.pace import SOON
from mezzotint.work.painter import EngineChild
from tests.clocks import HandClock
from tests.studio import KEY
from tests.tasks import a_task, ready
from tests.waiting import until
from tests.work.orders import ENVIRONMENT, PROGRAM, alive
from tests.work.stations import ENGINE, TOKEN, Station, a_station, a_worker

BEARER = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
async def station(clock: HandClock) -> AsyncIterator[Station]:
    async with a_station(clock) as made:
        yield made


async def beats(station: Station, clock: HandClock) -> None:
    """Until every worker has renewed its lease."""
    leases = station.studio.tools.ledger._leases  # type: ignore[attr-defined]  # the ledger's own insides
    await until(lambda: all(lease.until > clock.now() + 14 for lease in leases.values()), "a beat")


# painting


async def test_a_task_is_claimed_painted_kept_and_ready(station: Station) -> None:
    async with a_worker(station):
        task = await station.create("paint_in 2 0.01", output_format="png")
        told = await station.until_it_is("ready", task)

    assert (told["attempt"], told["engine"]) == (1, ENGINE)
    result = (await station.studio.poll(task))["result"]
    picture = await station.studio.client.get(result["sample"])
    assert f"('task', '{task}')".encode() in picture.content
    assert await station.studio.tools.ledger.waiting() == 0


async def test_many_quick_tasks_are_each_painted_once(station: Station) -> None:
    tasks = [await station.create() for _ in range(150)]
    async with a_worker(station):
        for task in tasks:
            assert (await station.until_it_is("ready", task))["attempt"] == 1


async def test_two_lanes_paint_side_by_side(station: Station) -> None:
    async with a_worker(station, lanes=2):
        tasks = [await station.create("paint_in 20 0.05") for _ in range(2)]
        for task in tasks:
            await station.until_painted(task)
        assert [(await station.ask(task))["status"] for task in tasks] == ["processing"] * 2
        for task in tasks:
            await station.until_it_is("ready", task)


async def test_the_next_task_is_pulled_when_a_slow_picture_is_nearly_done_and_not_before(station: Station) -> None:
    async with a_worker(station):
        first, second = [await station.create("paint_in 60 0.05") for _ in range(2)]
        await station.until_painted(first)
        assert (await station.ask(second))["status"] == "pending"
        await station.until_it_is("processing", second)
        told = await station.ask(first)

    assert told["status"] == "processing"
    assert told["step"] >= 60 - SOON / 0.05 - 15  # told now and then only, on a busy machine


async def test_how_far_it_is_is_told_while_it_is_painted(station: Station) -> None:
    async with a_worker(station):
        task = await station.create("paint_in 40 0.03")
        await station.until_painted(task)
        first = (await station.ask(task))["step"]
        seen = set()
        while (told := await station.ask(task))["status"] == "processing":
            seen.add(told["step"])
            await asyncio.sleep(0.05)

    assert 0 < first < 40
    assert len(seen) >= 3
    assert "step" not in told


@pytest.mark.parametrize(
    ("prompt", "code", "message"),
    [("refuse", "bad_picture", "input_image: no picture"), ("swell", "out_of_memory", "out of memory"), ("stumble", "engine_failed", "RuntimeError")],
)
async def test_what_another_attempt_would_not_change_ends_the_task(station: Station, prompt: str, code: str, message: str) -> None:
    async with a_worker(station):
        task = await station.create(prompt)
        told = await station.until_it_is("error", task)

    assert told["attempt"] == 1
    assert told["error"]["code"] == code
    assert message in told["error"]["message"]


# the lease


async def test_a_worker_that_paints_long_keeps_its_lease(station: Station, clock: HandClock) -> None:
    async with a_worker(station):
        task = await station.create("paint_in 1000 0.05")
        await station.until_painted(task)
        for _ in range(4):
            clock.advance(10)  # of a lease of 15
            await beats(station, clock)
            assert await station.studio.tools.ledger.reap() == 0

        assert (await station.ask(task))["attempt"] == 1


async def test_a_worker_that_lost_its_lease_stops_and_cannot_overwrite_the_picture(station: Station, clock: HandClock) -> None:
    ledger = station.studio.tools.ledger
    async with a_worker(station) as slow:
        task = await station.create("paint_in 1000 0.05")
        await station.until_painted(task)
        quick = await ledger.enlist("quick")
        clock.advance(16)
        await ledger.reap()
        [claim] = await ledger.claim("quick", quick, [ENGINE], 1)

        assert await ledger.settle([Verdict(claim.task, claim.attempt, ready(77))]) == [True]

        await until(lambda: not slow.supervisor._held, "the slow one to let go")
        await until(lambda: slow.lanes[0]._running is not None and not slow.lanes[0]._running.asked, "its engine to stop")
        assert (await station.ask(task))["seed"] == 77
        other = await station.create()
        await station.until_it_is("ready", other)  # and it works on


async def test_a_late_verdict_is_refused_and_the_worker_goes_on(station: Station, clock: HandClock) -> None:
    """It finishes before it hears that the task is another's."""
    ledger = station.studio.tools.ledger
    async with a_worker(station) as slow:
        task = await station.create("paint_in 10 0.05", seed=1)
        await station.until_painted(task)
        slow.supervisor._enlisted = type(slow.supervisor._enlisted)(slow.supervisor._enlisted.epoch, 1000)  # no beat in time
        quick = await ledger.enlist("quick")
        clock.advance(16)
        await ledger.reap()
        [claim] = await ledger.claim("quick", quick, [ENGINE], 1)
        await until(lambda: not slow.supervisor._held, "its verdict to be heard")

        assert (await station.ask(task))["status"] == "processing"
        assert await ledger.settle([Verdict(claim.task, claim.attempt, ready(77))]) == [True]
        assert (await station.ask(task))["seed"] == 77
        await station.until_it_is("ready", await station.create())


async def test_a_task_that_was_lost_and_comes_back_to_the_same_worker_is_painted(station: Station, clock: HandClock) -> None:
    """The machine slept: its lease ran out while it painted, and it is the first to claim again."""
    async with a_worker(station) as worker:
        task = await station.create("paint_in 30 0.05")
        await station.until_painted(task)
        clock.advance(16)
        assert await station.studio.tools.ledger.reap() == 1
        station.studio.tools.hub.queued()

        told = await station.until_it_is("ready", task)

        assert told["attempt"] == 2
        await until(lambda: not worker.supervisor._held, "it to let go of the task")
        assert worker.supervisor._busy.total() == 0


async def test_claims_whose_answer_was_lost_on_the_way_are_offered_again(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server gave them; the worker never heard of it, and goes on beating."""
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.2)
    ledger = station.studio.tools.ledger
    async with a_worker(station) as worker:
        await until(lambda: worker.supervisor._enlisted.epoch, "it to enlist")
        await ledger.submit(task := a_task("paint_in", engine=ENGINE), Limits())
        [unheard] = await ledger.claim("w", worker.supervisor._enlisted.epoch, [ENGINE], 1)

        told = await station.until_it_is("ready", str(task.id))

    assert (unheard.attempt, told["attempt"]) == (1, 2)


# cancels


async def test_a_cancel_stops_the_painting_and_the_engine_lives_on(station: Station) -> None:
    async with a_worker(station) as worker:
        task = await station.create("paint_in 1000 0.05")
        await station.until_painted(task)
        engine, began = worker.lanes[0].pid, time.monotonic()

        await station.studio.client.post(f"/v1/tasks/{task}/cancel", headers=BEARER)
        await station.until_it_is("canceled", task)

        assert time.monotonic() - began < 5
        await station.until_it_is("ready", await station.create())
        assert worker.lanes[0].pid == engine


async def test_a_cancel_of_a_task_without_steps_comes_with_the_next_beat(station: Station) -> None:
    """An engine that says nothing is told by no answer to its progress."""
    async with a_worker(station, stall=3.0):
        task = await station.create("paint_in 2 0.8")
        await station.until_it_is("processing", task)

        await station.studio.client.post(f"/v1/tasks/{task}/cancel", headers=BEARER)

        await station.until_it_is("canceled", task)


# engines that die


async def test_a_task_whose_engine_is_killed_is_offered_again_at_once(station: Station) -> None:
    async with a_worker(station) as worker:
        task = await station.create("paint_in 30 0.05")
        await station.until_painted(task)
        began, engine = time.monotonic(), worker.lanes[0].pid

        os.kill(engine, signal.SIGKILL)

        told = await station.until_it_is("ready", task)
        assert told["attempt"] == 2
        assert time.monotonic() - began < 10  # the clock of its lease stands still
        assert worker.lanes[0].pid != engine


async def test_a_task_that_kills_every_engine_fails_and_takes_no_other_with_it(station: Station) -> None:
    innocent = [await station.create() for _ in range(4)]
    guilty = await station.create("die")
    innocent += [await station.create() for _ in range(4)]
    async with a_worker(station):
        told = await station.until_it_is("error", guilty)
        others = [await station.until_it_is("ready", task) for task in innocent]

    assert told["error"] == {"code": "engine_failed", "message": "the engine was ended by signal SIGKILL"}
    assert Terms().attempts <= told["attempt"] <= Terms().attempts + 1  # the first one may not have been plainly its fault
    assert all(other["attempt"] <= 3 for other in others)


async def test_an_engine_that_hangs_is_ended_and_the_task_tried_again(station: Station) -> None:
    async with a_worker(station, stall=0.3):
        task = await station.create("hang")
        told = await station.until_it_is("error", task)

    assert told["attempt"] == Terms().attempts
    assert "made no step for 0.3 seconds" in told["error"]["message"]


async def test_a_worker_whose_engine_does_not_start_says_so_and_ends(station: Station) -> None:
    with pytest.raises(EngineFailure, match="did not start"):
        async with a_worker(station, command=[*PROGRAM, "exit"]) as worker:
            await asyncio.wait([worker.running], timeout=10)


# pictures that cannot be kept


class FullBlobs(MemoryBlobs):
    """There is no room until somebody makes some."""

    full = True

    async def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        if self.full:
            raise Unavailable("no space left on device")
        return await super().put(key, data, replace=replace)


async def test_a_picture_that_cannot_be_kept_is_painted_again_when_there_is_room(station: Station, clock: HandClock) -> None:
    blobs = FullBlobs()
    async with a_worker(station, blobs=blobs):
        task = await station.create()
        await station.until(task, lambda told: told["status"] == "pending" and told["attempt"] == 1)

        blobs.full = False
        clock.advance(3)
        station.studio.tools.hub.queued()

        assert (await station.until_it_is("ready", task))["attempt"] == 2


def tried(number: int, told: dict[str, Any]) -> bool:
    return bool(told["status"] == "pending" and told["attempt"] == number)


async def test_a_disk_that_is_full_for_long_uses_up_no_attempts(station: Station, clock: HandClock) -> None:
    blobs = FullBlobs()
    async with a_worker(station, blobs=blobs):
        task = await station.create()
        for number in range(1, 2 * Terms().attempts):
            await station.until(task, partial(tried, number))
            clock.advance(6)
            station.studio.tools.hub.queued()
        blobs.full = False

        assert (await station.until_it_is("ready", task))["attempt"] >= 2 * Terms().attempts


# draining


async def test_a_worker_that_is_drained_finishes_its_picture_and_leaves_the_rest(station: Station) -> None:
    async with a_worker(station) as worker:
        painted = await station.create("paint_in 40 0.05")
        await station.until_painted(painted)
        waiting = await station.create()
        engine = worker.lanes[0].pid

        await worker.drain()

        assert (await station.ask(painted))["status"] == "ready"
        left = await station.ask(waiting)
        assert (left["status"], left["attempt"]) == ("pending", 0)
        assert not alive(engine)


async def test_a_worker_whose_grace_is_over_hands_its_picture_back(station: Station) -> None:
    async with a_worker(station, grace=0.2) as worker:
        task = await station.create("paint_in 1000 0.05")
        await station.until_painted(task)
        began = time.monotonic()

        await worker.drain()

        assert time.monotonic() - began < 5
        assert (await station.ask(task))["status"] == "pending"
        assert station.studio.tools.ledger._tasks[ids.read(task)].refunded == 1  # type: ignore[attr-defined]  # the ledger's own insides
    async with a_worker(station, name="successor"):
        await station.until_it_is("processing", task)


async def test_a_worker_that_is_drained_before_its_engine_is_up_ends_at_once(station: Station) -> None:
    async with a_worker(station, command=[*PROGRAM, "linger"]) as worker:
        await asyncio.sleep(0.2)
        began = time.monotonic()

        await worker.drain()

        assert time.monotonic() - began < 3


async def test_a_drained_workers_pull_takes_no_task(station: Station) -> None:
    """Its pull was held open; what comes afterwards is for those who are there."""
    async with a_worker(station) as worker:
        await until(lambda: worker.supervisor._enlisted.epoch, "it to enlist")
        await asyncio.sleep(0.1)
        await worker.drain()
        await asyncio.sleep(0.1)  # for the line to be seen to be cut

        task = await station.create()
        await asyncio.sleep(0.1)

        assert (await station.ask(task))["status"] == "pending"


# a server that goes away


async def test_a_picture_that_is_finished_while_the_server_is_away_is_not_lost(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT", 0.2)  # for which the server waits before it ends
    async with a_worker(station) as worker:
        task = await station.create("paint_in 6 0.05")
        await station.until_painted(task)
        await station.close()
        await until(lambda: worker.supervisor._verdicts.waiting, "it to be painted")
        await asyncio.sleep(0.2)  # and to be refused

        await station.open()

        assert (await station.until_it_is("ready", task))["attempt"] == 1
        await station.until_it_is("ready", await station.create())


async def test_a_worker_enlists_anew_with_a_server_that_does_not_know_it(station: Station, clock: HandClock) -> None:
    async with a_worker(station) as worker:
        await until(lambda: worker.supervisor._enlisted.epoch, "it to enlist")
        forgetful = station.studio.tools.ledger
        assert isinstance(forgetful, MemoryLedger)
        forgetful._leases.clear()
        station.studio.tools.hub.queued()

        await station.until_it_is("ready", await station.create())


async def test_a_successor_under_the_same_name_takes_over_at_once(station: Station) -> None:
    async with a_worker(station) as first:
        task = await station.create("paint_in 20 0.05")
        await station.until_painted(task)
        line = first.supervisor._link
        await line.close()
        line._lines = Link("http://server", TOKEN, "/nowhere.sock")._lines  # it is gone, as far as the server can tell
        async with a_worker(station):
            assert (await station.until_it_is("ready", task))["attempt"] == 2


async def test_two_workers_of_one_name_do_not_take_each_others_tasks_away_for_ever(station: Station) -> None:
    async with a_worker(station), a_worker(station):
        for task in [await station.create("paint_in 4 0.05") for _ in range(3)]:
            await station.until_it_is("ready", task)


async def test_a_worker_with_a_wrong_token_waits_and_gets_nothing(station: Station) -> None:
    async with a_worker(station) as worker:
        worker.supervisor._link._headers["authorization"] = "Bearer wrong"
        task = await station.create()
        await asyncio.sleep(0.5)

        assert not worker.running.done()
        assert (await station.ask(task))["attempt"] <= 1


# the worker's own process


class Process:
    """`python -m mezzotint.cli.worker_process`, with the stub engine below it."""

    def __init__(self, station: Station, folder: Path, **settings: str) -> None:
        environment = ENVIRONMENT | {
            "MEZZOTINT_WORKER_TOKEN": TOKEN, "MEZZOTINT_DATA": str(folder), "MEZZOTINT_LIFELINE": "on", "MEZZOTINT_LOG_LEVEL": "warning",
            "MEZZOTINT_STUB_SECONDS": "0.6", "MEZZOTINT_GRACE": "10",
        }  # fmt: skip
        command = [sys.executable, "-m", "mezzotint.cli.worker_process", "http://server", str(station.socket), "process"]
        self.popen = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment | settings)

    async def ended(self) -> int:
        return await asyncio.wait_for(asyncio.to_thread(self.popen.wait, 20), 20)

    def engines(self) -> list[int]:
        listed = Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def end(self) -> None:
        self.popen.kill()
        self.popen.wait()
        assert self.popen.stdin is not None
        self.popen.stdin.close()


@pytest.fixture
async def process(clock: HandClock, tmp_path: Path) -> AsyncIterator[tuple[Station, Process]]:
    async with a_station(clock, 15.0) as station:
        station.studio.tools.policy.__dict__["engine"] = "stub"
        started = Process(station, tmp_path)
        try:
            yield station, started
        finally:
            started.end()


async def test_a_worker_process_that_gets_sigterm_finishes_its_picture(process: tuple[Station, Process]) -> None:
    station, worker = process
    task = await station.create(width=256, height=256)
    await station.until_it_is("processing", task)

    worker.popen.send_signal(signal.SIGTERM)

    assert await worker.ended() == 0
    assert (await station.ask(task))["status"] == "ready"


async def test_a_worker_process_that_gets_sigterm_hands_back_what_takes_too_long(station: Station, tmp_path: Path) -> None:
    station.studio.tools.policy.__dict__["engine"] = "stub"
    worker = Process(station, tmp_path, MEZZOTINT_STUB_SECONDS="60", MEZZOTINT_GRACE="0.2")
    try:
        task = await station.create(width=256, height=256)
        await station.until_painted(task)

        worker.popen.send_signal(signal.SIGTERM)

        assert await worker.ended() == 0
        assert (await station.ask(task))["status"] == "pending"
        assert station.studio.tools.ledger._tasks[ids.read(task)].refunded == 1  # type: ignore[attr-defined]  # the ledger's own insides
    finally:
        worker.end()


async def test_a_worker_process_whose_lifeline_closes_ends_with_its_engine(process: tuple[Station, Process]) -> None:
    station, worker = process
    task = await station.create(width=256, height=256)
    await station.until_it_is("processing", task)
    [engine] = worker.engines()
    assert worker.popen.stdin is not None

    worker.popen.stdin.close()

    assert await worker.ended() == 0
    await until(lambda: not alive(engine), "its engine to end")


async def test_a_worker_process_that_is_interrupted_from_the_terminal_leaves_it_to_the_server(process: tuple[Station, Process]) -> None:
    """Ctrl-C reaches the whole group; the server drains, and tells its worker."""
    station, worker = process
    task = await station.create(width=256, height=256)
    await station.until_it_is("processing", task)

    worker.popen.send_signal(signal.SIGINT)
    for engine in worker.engines():
        os.kill(engine, signal.SIGINT)

    assert (await station.until_it_is("ready", task))["attempt"] == 1
    assert worker.popen.poll() is None


# previews

OPEN = [*PROGRAM, "be open"]


async def previews_while_painting(station: Station, task: str) -> set[int]:
    """The steps that were to be seen, until the task ended."""
    known, seen = ids.read(task), set[int]()
    assert known is not None
    while (await station.ask(task))["finished_at"] is None:
        preview = station.studio.tools.previews._latest.get(known)
        if preview is not None:
            assert sound(preview.image)
            seen.add(preview.step)
        await asyncio.sleep(0.01)
    return seen


async def test_who_watches_sees_the_picture_become(station: Station) -> None:
    async with a_worker(station, command=OPEN):
        task = await station.create("paint_in 30 0.05")
        known = ids.read(task)
        assert known is not None
        with station.studio.tools.previews.watching(known, Wish(live=True)):
            seen = await previews_while_painting(station, task)

        assert len(seen) >= 3
        assert not station.studio.tools.previews._latest
        await station.until_it_is("ready", task)


async def test_a_watcher_who_comes_while_it_is_painted_need_not_wait_for_long(station: Station) -> None:
    async with a_worker(station, command=OPEN):
        task = await station.create("paint_in 400 0.05")
        await station.until_painted(task)
        known = ids.read(task)
        assert known is not None
        board = station.studio.tools.previews
        with board.watching(known, Wish(live=True)):
            began = time.monotonic()
            await until(lambda: board._latest, "a preview")
            assert time.monotonic() - began < 3
        await station.studio.client.post(f"/v1/tasks/{task}/cancel", headers=BEARER)
        await station.until_it_is("canceled", task)


async def test_of_what_nobody_watches_no_preview_is_made_or_sent(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[tuple[Any, Any]] = []
    heard: list[Frame] = []
    progress, hear = Link.progress, EngineChild._hear

    async def noted(link: Link, steps: Any, previews: Any = ()) -> Any:
        reports.append((steps, previews))
        return await progress(link, steps, previews)

    def overheard(child: EngineChild, running: Any, frame: Frame) -> None:
        heard.append(frame)
        hear(child, running, frame)

    monkeypatch.setattr(Link, "progress", noted)
    monkeypatch.setattr(EngineChild, "_hear", overheard)
    async with a_worker(station, command=OPEN):
        watched, other = [await station.create("paint_in 12 0.05") for _ in range(2)]
        known = ids.read(watched)
        assert known is not None
        with station.studio.tools.previews.watching(known, Wish(live=True)):
            for task in (watched, other):
                await station.until_it_is("ready", task)

    shown = [frame.body["ticket"] for frame in heard if frame.kind == "step" and frame.parts]
    assert set(shown) == {min(frame.body["ticket"] for frame in heard)}  # of the first, which was watched
    assert {str(preview.task) for _, previews in reports for preview in previews} == {watched}
    assert any(str(step.task) == other for steps, _ in reports for step in steps)


async def test_a_watcher_that_leaves_ends_the_making_of_previews(station: Station) -> None:
    async with a_worker(station, command=OPEN) as worker:
        task = await station.create("paint_in 400 0.05")
        known = ids.read(task)
        assert known is not None
        with station.studio.tools.previews.watching(known, Wish(live=True)):
            await until(lambda: station.studio.tools.previews._latest, "a preview")
            assert worker.lanes[0]._watched
        await until(lambda: not worker.lanes[0]._watched, "the worker to hear of it")
        await station.studio.client.post(f"/v1/tasks/{task}/cancel", headers=BEARER)
        await station.until_it_is("canceled", task)


async def test_where_pictures_are_judged_nobody_sees_them_before(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenModerator, "judges_pictures", True)
    async with a_worker(station, command=OPEN):
        task = await station.create("paint_in 20 0.05")
        known = ids.read(task)
        assert known is not None
        with station.studio.tools.previews.watching(known, Wish(live=True, spread=3)):
            assert await previews_while_painting(station, task) == set()
        await station.until_it_is("ready", task)


async def test_an_engine_that_floods_its_worker_with_previews_harms_nobody(station: Station) -> None:
    async with a_worker(station, command=OPEN):
        task = await station.create("flood 1000000 100")
        known = ids.read(task)
        assert known is not None
        with station.studio.tools.previews.watching(known, Wish(live=True)):
            assert await previews_while_painting(station, task) == set()
        await station.until_it_is("ready", task)
        await station.until_it_is("ready", await station.create())


async def test_a_worker_whose_server_knows_no_previews_goes_on_as_ever(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answers lack the word; the same holds the other way round, as reports without previews lack it too."""
    monkeypatch.setattr(worker_door, "trimmed", lambda message: {name: value for name, value in vars(message).items() if name != "watched"})
    async with a_worker(station, command=OPEN):
        task = await station.create("paint_in 12 0.05")
        known = ids.read(task)
        assert known is not None
        with station.studio.tools.previews.watching(known, Wish(live=True)):
            assert await previews_while_painting(station, task) == set()
        await station.until_it_is("ready", task)
