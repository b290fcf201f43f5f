"""Who waits for what, inside one process: workers for the queue, callers for a task. Losing a wake-up costs time, never a task."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from uuid import UUID


class Hub:
    """Wake-ups. Every wait has a limit, so nothing hangs on a wake-up that never comes."""

    def __init__(self) -> None:
        self._of_task: defaultdict[UUID, set[asyncio.Future[None]]] = defaultdict(set)
        self._of_queue: set[asyncio.Future[None]] = set()
        self._of_outbox: set[asyncio.Future[None]] = set()

    def queued(self) -> None:
        _wake(self._of_queue)

    def owed(self) -> None:
        _wake(self._of_outbox)

    def changed(self, task: UUID) -> None:
        if task in self._of_task:
            _wake(self._of_task[task])

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
