"""A worker: it pulls tasks, has its engine children paint them, keeps the lease, and says how it went.

It holds no state that matters: if it dies, its lease runs out, or its successor enlists, and its tasks are offered again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import structlog

from mezzotint.core.errors import EngineFailure, NotEnlisted, Unavailable
from mezzotint.core.hooks import News
from mezzotint.core.protocol import LONGEST_WAIT, Enlisted, Pull, Told
from mezzotint.core.tasks import Outcome, Progress, Status, Verdict
from mezzotint.crash_points import reached
from mezzotint.service.generate import Workshop, kept, painted_of
from mezzotint.work.lane import Held, Lane
from mezzotint.work.link import Link, LinkDown
from mezzotint.work.pace import Pace
from mezzotint.work.painter import EngineDied, preferred
from mezzotint.work.telling import Telling
from mezzotint.work.verdicts import BACKOFF, LINGER, Verdicts, forever

FAST = 0.01  # seconds a picture, below which an engine counts as fast
TURNS = (0.5, 5.0, 15.0, 60.0)  # seconds before a worker whose place was taken takes it back
LONG_AGO = 300.0
LONGEST_DELAY = 5.0  # seconds before a picture that could not be stored is painted again
MOST_ATTEMPTS = 1000  # after which it is perhaps about this picture and not about the disk
CANCELED = Outcome(Status.CANCELED, code="canceled", message="canceled")

Found = TypeVar("Found")

log = structlog.get_logger("worker")


class Supervisor:
    """`lanes` are its engine children, or what has others paint; `workshops` the same with what else generating needs, in the same order."""

    def __init__(self, name: str, link: Link, lanes: Sequence[Lane], workshops: Sequence[Workshop], grace: float) -> None:
        self._name, self._link, self._lanes, self._workshops, self._grace = name, link, list(lanes), list(workshops), grace
        self._in_the_open = {lane for lane, shop in zip(lanes, workshops, strict=True) if not shop.moderator.judges_pictures}
        self._held: dict[UUID, Held] = {}
        self._telling = Telling(link, self._held, self._obey)
        self._verdicts = Verdicts(link, self._company, self._heard)
        self._queue: asyncio.Queue[Held] = asyncio.Queue()
        self._room_came, self._rested = asyncio.Event(), asyncio.Event()  # for more tasks to hold; a lane is free again
        self._making: set[asyncio.Task[None]] = set()
        self._keeping: set[asyncio.Task[None]] = set()  # those of them whose picture is painted
        self._busy: Counter[Lane] = Counter()  # pictures that each lane has to paint
        self._draining, self._abandoned = asyncio.Event(), False
        self._enlisted = Enlisted(0, 15.0)
        self._engines: list[str] = []
        self._ousted, self._turns = float("-inf"), forever(TURNS)
        self._pace = Pace()

    async def run(self) -> None:
        """Until `drain` is called; then what is painted is finished within the grace, and the rest handed back."""
        stopping = asyncio.create_task(self._draining.wait())
        if await self._begun(stopping):
            await self._work(stopping)
        await _end(stopping)
        await asyncio.gather(*(lane.close() for lane in self._lanes))
        await self._link.close()

    async def _begun(self, stopping: asyncio.Task[Any]) -> bool:
        """Engines up, and enlisted; False where it was told to stop before. Raises EngineFailure."""
        beginning = asyncio.create_task(self._begin())
        await asyncio.wait([beginning, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not beginning.done():
            await _end(beginning)
            return False
        beginning.result()
        return True

    async def _begin(self) -> None:
        self._engines = sorted(set(await asyncio.gather(*(lane.start() for lane in self._lanes))))
        await self._enlist()

    async def _work(self, stopping: asyncio.Task[Any]) -> None:
        loops = [asyncio.create_task(loop) for loop in (self._beat_loop(), self._telling.tell_progress(), self._telling.show_previews())]
        finisher = asyncio.create_task(self._verdicts.send())
        painters = [asyncio.create_task(self._paint_loop(lane, shop)) for lane, shop in zip(self._lanes, self._workshops, strict=True)]
        puller = asyncio.create_task(self._pull_loop())
        watched = [*loops, finisher, *painters, puller]
        await asyncio.wait([*watched, stopping], return_when=asyncio.FIRST_COMPLETED)
        await _end(puller)
        await self._finish_up(painters)
        for task in (*loops, *painters):
            await _end(task)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._verdicts.flush(finisher), 0.0 if self._abandoned else 5.0)
        await _end(finisher)

    def drain(self) -> None:
        """Finish or hand back, then end."""
        self._draining.set()

    def abandon(self) -> None:
        """End at once: the server is gone, and whoever comes next will take over what is held here."""
        self._grace = 0.0
        self._abandoned = True
        self._draining.set()

    async def _finish_up(self, painters: Sequence[asyncio.Task[None]]) -> None:
        """Hands back what has not begun, gives the rest its grace, then hands that back too."""
        while not self._queue.empty():
            self._hand_back(self._queue.get_nowait())
        for lane in self._lanes:
            lane.drain()
        end = time.monotonic() + self._grace
        while self._busy.total() and not all(task.done() for task in painters):
            self._rested.clear()
            try:
                await asyncio.wait_for(self._rested.wait(), max(0.0, end - time.monotonic()))
            except asyncio.TimeoutError:
                break
        for held in [held for held in self._held.values() if held.lane is not None]:
            self._hand_back(held)
        if self._keeping and not self._abandoned:
            await asyncio.wait(self._keeping, timeout=2.0)

    def _hand_back(self, held: Held) -> None:
        self._verdicts.say(Verdict(held.claim.task, held.claim.attempt, None, "the worker was shut down", refund=True))

    # the line

    async def _enlist(self) -> None:
        for delay in forever(BACKOFF):
            try:
                self._enlisted = await self._link.enlist(self._name)
            except LinkDown as error:
                log.warning("cannot enlist", why=str(error))
                await asyncio.sleep(delay)
            else:
                log.info("enlisted", worker=self._name, epoch=self._enlisted.epoch, engines=self._engines)
                return

    async def _pull_loop(self) -> None:
        delays = forever(BACKOFF)
        while True:
            room = self._room()
            if not room:
                self._room_came.clear()
                await self._room_came.wait()
                continue
            try:
                pull = Pull(self._name, self._enlisted.epoch, self._engines, room, LONGEST_WAIT, self._in_hand(), preferred(self._lanes))
                asked = time.monotonic()
                pulled = await self._link.pull(pull)
            except NotEnlisted as error:
                log.warning("no longer enlisted", why=str(error))
                self._lose_all()
                await asyncio.sleep(self._modesty())
                await self._enlist()
            except LinkDown as error:
                log.warning("cannot pull", why=str(error))
                await asyncio.sleep(next(delays))
            else:
                delays = forever(BACKOFF)
                if pulled.claims:
                    reached("claim: came")
                for claim in pulled.claims:
                    self._held[claim.task] = held = Held(claim, wish=pulled.watched.get(claim.task))
                    self._queue.put_nowait(held)
                self._hear(pulled.news)
                if self._pace.seconds < FAST and time.monotonic() - asked < LINGER:
                    await asyncio.sleep(LINGER)  # they come thick and fast: let some gather for the next pull

    def _hear(self, news: Sequence[News]) -> None:
        for each in news:
            held = self._held.get(each.task)
            if held is not None and held.lane is not None:
                held.lane.hear(each)

    def _modesty(self) -> float:
        """Seconds before it enlists again: two workers of one name would otherwise take each other's tasks away for ever."""
        now = time.monotonic()
        if now - self._ousted > LONG_AGO:
            self._turns = forever(TURNS)
        self._ousted = now
        return next(self._turns)

    def _in_hand(self) -> list[tuple[UUID, int]]:
        """The titles that this worker knows to have."""
        return [(task, held.claim.attempt) for task, held in self._held.items() if not held.lost]

    def _room(self) -> int:
        """How many tasks to pull: with a fast engine none until half of what is held ahead is used up; with a slow one as slots are free soon."""
        ahead = self._pace.ahead
        slots = sum(lane.slots for lane in self._lanes) + (0 if ahead else sum(map(self._soon_free, self._lanes)))
        waiting = self._queue.qsize() + self._busy.total()
        few = max(slots - 1, (slots + ahead) // 2)
        return slots + ahead - waiting if waiting <= few else 0

    def _soon_free(self, lane: Lane) -> bool:
        """Whether its picture is nearly done."""
        return lane.slots == 1 and any(held.course.soon for held in self._held.values() if held.lane is lane)

    def _lose_all(self) -> None:
        for held in self._held.values():
            held.lost = True
            self._stop(held)
        while not self._queue.empty():
            self._queue.get_nowait()
        for task in [task for task, held in self._held.items() if not held.lane]:
            del self._held[task]

    async def _beat_loop(self) -> None:
        while True:
            await asyncio.sleep(self._enlisted.lease / 4)
            asked = self._in_hand()
            try:
                found = [each for lane in self._lanes for each in lane.conditions()]
                self._obey(await self._link.beat(self._name, self._enlisted.epoch, asked, found), dict(asked))
            except LinkDown as error:
                log.warning("cannot beat", why=str(error))

    def _obey(self, told: Told, asked: dict[UUID, int]) -> None:
        """`asked` are the attempts that it speaks of: a task that was lost may have come back under another meanwhile."""
        for task in (*told.canceled, *told.lost):
            held = self._held.get(task)
            if held is not None and held.claim.attempt == asked.get(task):
                held.canceled, held.lost = held.canceled or task in told.canceled, held.lost or task in told.lost
                self._stop(held)
        self._hear(told.news)
        for task, attempt in asked.items():
            held = self._held.get(task)
            if held is not None and held.claim.attempt == attempt and held.wish != told.watched.get(task):
                held.wish = told.watched.get(task)
                self._watch(held)

    def _watch(self, held: Held) -> None:
        """As its watchers wish, once it is painted; not where a picture may be refused when it is finished."""
        if held.lane is None or held.lane not in self._in_the_open:
            return
        if held.wish is None:
            held.lane.unwatch(str(held.claim.task))
        else:
            held.lane.watch(str(held.claim.task), held.wish, self._telling.show(held))

    def _stop(self, held: Held) -> None:
        if held.lane is not None:
            held.lane.stop(str(held.claim.task))

    # painting

    async def _paint_loop(self, lane: Lane, workshop: Workshop) -> None:
        """Keeps the lane fed: one picture in its hands and, with a fast engine, the next ones beside it."""
        while True:
            # before it takes one: another lane may be free for that
            while self._busy[lane] >= lane.slots + (self._pace.ahead or self._soon_free(lane)):
                self._rested.clear()
                await self._rested.wait()
            held = await self._queue.get()
            if held.lost:
                self._forget(held)
            elif held.canceled:
                self._verdicts.say(Verdict(held.claim.task, held.claim.attempt, CANCELED))
            else:
                held.lane = lane
                self._busy[lane] += 1
                if held.wish is not None:
                    self._watch(held)
                making = asyncio.create_task(self._make(held, workshop))
                self._making.add(making)
                making.add_done_callback(self._made)

    def _made(self, making: asyncio.Task[None]) -> None:
        self._making.discard(making)
        self._keeping.discard(making)

    async def _make(self, held: Held, workshop: Workshop) -> None:
        """One picture, painted and kept; while it is kept, the lane paints the next."""
        began = time.monotonic()
        found = await self._trying(held, painted_of(held.claim, workshop, self._report(held)))
        held.seconds = time.monotonic() - began
        self._leave(held)
        if self._was_lost(held):
            self._forget(held)
            if held.calls:  # what they cost is recorded all the same
                self._verdicts.say(Verdict(held.claim.task, held.claim.attempt, None, "the task was lost", refund=True, calls=held.calls))
            return
        if isinstance(found, tuple):
            reached("paint: done")
            self._note_keeping()
            found = await self._trying(held, kept(held.claim, found, workshop.blobs))
        verdict = found if isinstance(found, Verdict) else Verdict(held.claim.task, held.claim.attempt, found, seconds=held.seconds)
        self._verdicts.say(replace(verdict, calls=held.calls) if held.calls else verdict)

    def _note_keeping(self) -> None:
        if (making := asyncio.current_task()) is not None:
            self._keeping.add(making)

    def _leave(self, held: Held) -> None:
        """The lane is free of it."""
        if held.lane is not None:
            self._pace.note(held.seconds / self._busy[held.lane])
            self._busy[held.lane] -= 1
            held.lane.unwatch(str(held.claim.task))
            held.calls = held.lane.ended(str(held.claim.task))
        held.lane = None
        self._rested.set()
        self._room_came.set()

    @staticmethod
    def _was_lost(held: Held) -> bool:
        """Asked anew after every wait: the line may have told us meanwhile."""
        return held.lost

    def _report(self, held: Held) -> Callable[[int, int], None]:
        def report(step: int, steps: int) -> None:
            held.step = Progress(held.claim.task, held.claim.attempt, step, steps)
            if held.course.now_soon(time.monotonic(), step, steps):
                self._room_came.set()
                self._rested.set()

        return report

    @staticmethod
    async def _trying(held: Held, work: Awaitable[Found]) -> Found | Verdict:
        """What the work gives, or the verdict that hands the task back for another attempt."""
        claim = held.claim
        try:
            return await work
        except EngineFailure as error:
            if not error.unused:
                log.warning("painting failed", task=str(claim.task), attempt=claim.attempt, why=str(error))
            if isinstance(error, EngineDied):  # the next one is tried at once: this one alone is gone
                return Verdict(claim.task, claim.attempt, None, str(error), refund=not error.begun)
            return Verdict(claim.task, claim.attempt, None, str(error), delay=error.delay, refund=error.unused)
        except Unavailable as error:
            log.warning("picture not stored", task=str(claim.task), attempt=claim.attempt, why=str(error))
            delay = min(LONGEST_DELAY, 2.0 ** min(claim.attempt, 10) / 2)  # it is not the task's fault, so this does not count
            return Verdict(claim.task, claim.attempt, None, str(error), refund=claim.attempt < MOST_ATTEMPTS, delay=delay)
        except Exception as error:
            log.exception("task failed", task=str(claim.task), attempt=claim.attempt)
            return Verdict(claim.task, claim.attempt, None, f"{type(error).__name__}: {error}", delay=1.0)

    # the verdicts

    def _forget(self, held: Held) -> None:
        """Unless the task has come back under another attempt."""
        if self._held.get(held.claim.task) is held:
            del self._held[held.claim.task]
        self._room_came.set()

    def _heard(self, verdict: Verdict) -> None:
        held = self._held.get(verdict.task)
        if held is not None and held.claim.attempt == verdict.attempt:
            self._forget(held)

    def _company(self) -> bool:
        """Whether more verdicts are about to come."""
        return bool(self._making) and self._pace.seconds < FAST


async def _end(task: asyncio.Task[Any]) -> None:
    """Cancels it and waits, keeping what else it may have raised for the log."""
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    except Exception:
        log.exception("a worker's loop failed")
