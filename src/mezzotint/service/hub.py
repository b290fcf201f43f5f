"""Who waits for what, inside one process: workers for the queue, callers for a task. Losing a wake-up costs time, never a task.

Whoever looks, finds nothing and then waits would miss what happened in between. So a look at a task is done with a bell in hand, and
whoever waits for the queue or the outbox says how often it had been called before the look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID


async def _settled(future: asyncio.Future[None], seconds: float) -> None:
    """When it is, or when the time is over. Every create that is waited for comes through here: `asyncio.wait` costs several times as much."""
    timer = future.get_loop().call_later(seconds, _settle, future)
    try:
        await future
    finally:
        timer.cancel()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Bell:
    """Rings with every change, also with one that comes while nobody waits. For one who waits at a time."""

    def __init__(self) -> None:
        self._rung = False
        self._waiting: asyncio.Future[None] | None = None

    def ring(self) -> None:
        self._rung = True
        if self._waiting is not None:
            _settle(self._waiting)

    async def wait(self, seconds: float) -> bool:
        """Whether it has rung since the last time."""
        if not self._rung:
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await _settled(self._waiting, seconds)
            finally:
                self._waiting = None
        rung, self._rung = self._rung, False
        return rung


class _Calls:
    """Wakes all who wait, and counts how often it did."""

    def __init__(self) -> None:
        self.count = 0
        self.waiting: set[asyncio.Future[None]] = set()

    def call(self) -> None:
        self.count += 1
        for future in self.waiting:
            _settle(future)

    async def wait(self, seconds: float, heard: int | None) -> None:
        if heard is not None and heard != self.count:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.add(future)
        try:
            await _settled(future, seconds)
        finally:
            self.waiting.discard(future)


class Hub:
    """Wake-ups. Every wait has a limit, so nothing hangs on a wake-up that never comes."""

    def __init__(self) -> None:
        self._bells: dict[UUID, set[Bell]] = {}  # of those who want to know every change
        self._last_bells: dict[UUID, set[Bell]] = {}  # of those who wait for the end
        self._queue, self._outbox = _Calls(), _Calls()

    def queued(self) -> None:
        self._queue.call()

    def owed(self) -> None:
        self._outbox.call()

    def moved(self, task: UUID) -> None:
        """It goes on, and has not ended."""
        _ring(self._bells.get(task, ()))

    def changed(self, task: UUID) -> None:
        """In whatever way; it may have ended."""
        _ring(self._bells.get(task, ()))
        _ring(self._last_bells.get(task, ()))

    def any_changed(self) -> None:
        """Tasks changed, and nobody says which: everybody looks after its own."""
        for bells in (*self._bells.values(), *self._last_bells.values()):
            _ring(bells)

    @contextmanager
    def bell(self, task: UUID, *, at_end: bool = False) -> Iterator[Bell]:
        """For whoever waits for a task, through however many changes, and does something else in between.

        With `at_end`, for its end alone: what may be no end is not rung for, so each picture is not read twice as it goes on.
        """
        bells, bell = self._last_bells if at_end else self._bells, Bell()
        bells.setdefault(task, set()).add(bell)
        try:
            yield bell
        finally:
            bells[task].discard(bell)
            if not bells[task]:
                del bells[task]

    @property
    def queue_calls(self) -> int:
        """How often the queue was called so far, for `wait_for_queue`."""
        return self._queue.count

    @property
    def outbox_calls(self) -> int:
        """The same, for `wait_for_outbox`."""
        return self._outbox.count

    async def wait_for_queue(self, seconds: float, heard: int | None = None) -> None:
        """Until the next call; there was one already where `heard` is not the number of calls any more."""
        await self._queue.wait(seconds, heard)

    async def wait_for_outbox(self, seconds: float, heard: int | None = None) -> None:
        """As `wait_for_queue`."""
        await self._outbox.wait(seconds, heard)


def _ring(bells: Iterable[Bell]) -> None:
    for bell in bells:
        bell.ring()
