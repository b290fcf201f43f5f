"""Who waits for what, inside one process: workers for the queue, callers for a task. Losing a wake-up costs time, never a task.

Whoever looks, finds nothing and then waits would miss what happened in between. So a look at a task is done with a bell in hand, and
whoever waits for the queue or the outbox says how often it had been called before the look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID


class Bell:
    """Rings with every change, also with one that comes while nobody waits."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float) -> bool:
        """Whether it has rung since the last time."""
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        self._rung.clear()
        return True


class _Calls:
    """Wakes all who wait, and counts how often it did."""

    def __init__(self) -> None:
        self.count = 0
        self.waiting: set[asyncio.Future[None]] = set()

    def call(self) -> None:
        self.count += 1
        for future in self.waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self, seconds: float, heard: int | None) -> None:
        if heard is not None and heard != self.count:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.add(future)
        try:
            await asyncio.wait((future,), timeout=seconds)
        finally:
            self.waiting.discard(future)


class Hub:
    """Wake-ups. Every wait has a limit, so nothing hangs on a wake-up that never comes."""

    def __init__(self) -> None:
        self._bells: dict[UUID, set[Bell]] = {}
        self._queue, self._outbox = _Calls(), _Calls()

    def queued(self) -> None:
        self._queue.call()

    def owed(self) -> None:
        self._outbox.call()

    def changed(self, task: UUID) -> None:
        for bell in self._bells.get(task, ()):
            bell.ring()

    def any_changed(self) -> None:
        """Tasks changed, and nobody says which: everybody looks after its own."""
        for bells in self._bells.values():
            for bell in bells:
                bell.ring()

    @contextmanager
    def bell(self, task: UUID) -> Iterator[Bell]:
        """For whoever waits for a task, through however many changes, and does something else in between."""
        bell = Bell()
        self._bells.setdefault(task, set()).add(bell)
        try:
            yield bell
        finally:
            self._bells[task].discard(bell)
            if not self._bells[task]:
                del self._bells[task]

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
