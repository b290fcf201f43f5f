"""Who waits for what, inside one process: workers for the queue, callers for a task. Losing a wake-up costs time, never a task."""

from __future__ import annotations

import asyncio
from collections import defaultdict
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


class Hub:
    """Wake-ups. Every wait has a limit, so nothing hangs on a wake-up that never comes."""

    def __init__(self) -> None:
        self._of_task: defaultdict[UUID, set[asyncio.Future[None]]] = defaultdict(set)
        self._bells: dict[UUID, set[Bell]] = {}
        self._of_queue: set[asyncio.Future[None]] = set()
        self._of_outbox: set[asyncio.Future[None]] = set()

    def queued(self) -> None:
        _wake(self._of_queue)

    def owed(self) -> None:
        _wake(self._of_outbox)

    def changed(self, task: UUID) -> None:
        if task in self._of_task:
            _wake(self._of_task[task])
        if task in self._bells:
            for bell in self._bells[task]:
                bell.ring()

    @contextmanager
    def bell(self, task: UUID) -> Iterator[Bell]:
        """For whoever follows a task through many changes and does something else in between."""
        bell = Bell()
        self._bells.setdefault(task, set()).add(bell)
        try:
            yield bell
        finally:
            self._bells[task].discard(bell)
            if not self._bells[task]:
                del self._bells[task]

    async def wait_for_queue(self, seconds: float) -> None:
        await _wait(self._of_queue, seconds)

    async def wait_for_outbox(self, seconds: float) -> None:
        await _wait(self._of_outbox, seconds)

    async def wait_for_task(self, task: UUID, seconds: float) -> None:
        try:
            await _wait(self._of_task[task], seconds)
        finally:
            if not self._of_task.get(task):
                self._of_task.pop(task, None)


def _wake(waiting: set[asyncio.Future[None]]) -> None:
    for future in waiting:
        if not future.done():
            future.set_result(None)


async def _wait(waiting: set[asyncio.Future[None]], seconds: float) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting.add(future)
    try:
        await asyncio.wait((future,), timeout=seconds)
    finally:
        waiting.discard(future)
