"""The ledger in dictionaries: the plainest reading of the port. It ships, for tests and for trying things out; a restart forgets it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from mezzotint.core.webhooks import Event
from mezzotint.ledger.memory_files import MemoryFiles
from mezzotint.ledger.memory_queue import MemoryQueue
from mezzotint.ledger.rows import message_id
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Clock


class MemoryLedger(MemoryQueue, MemoryFiles):
    """See `ports.Ledger`."""

    def __init__(self, clock: Clock, terms: Terms | None = None) -> None:
        super().__init__(clock, terms or Terms())
        self._secret = secrets.token_bytes(32)
        self._clock_mark: str | None = None

    # Shelf

    async def spent(self, count: int) -> list[UUID]:
        now = self._open()
        spent = [entry.task for entry in self._tasks.values() if entry.task.images_until is not None and 0 < entry.task.images_until <= now]
        return [task.id for task in sorted(spent, key=lambda task: task.images_until or 0)][:count]

    async def emptied(self, tasks: Sequence[UUID]) -> None:
        self._open()
        for task in tasks:
            self._tasks[task].task = replace(self._tasks[task].task, images_until=0.0)

    async def tidy(self) -> int:
        now = self._open()
        self._requests = {name: request for name, request in self._requests.items() if request[2] > now}
        if not self._terms.keep_tasks:
            return 0
        owed = {entry.delivery.task for entry in self._outbox.values() if not entry.settled}
        old = [
            task
            for task, entry in self._tasks.items()
            if entry.task.images_until == 0.0 and entry.task.created < now - self._terms.keep_tasks and task not in owed
        ]
        for task in old:
            del self._tasks[task]
            self._calls.pop(task, None)
            for event in Event:
                self._outbox.pop(message_id(task, event), None)
        return len(old)

    # the rest of `ports.Ledger`

    async def secret(self) -> bytes:
        return self._secret

    async def waiting(self) -> int:
        return sum(entry.waiting for entry in self._tasks.values())

    async def check(self) -> dict[str, Any]:
        now = self._open()
        workers = sum(lease.until > now for lease in self._leases.values())
        return {"kind": "memory", "waiting": await self.waiting(), "workers": workers, "durable": False}

    async def clock_mark(self) -> str | None:
        return self._clock_mark

    def move(self, seconds: float, mark: str, *, at_start: bool = False) -> None:
        self._open()
        self._clock_mark = mark
        for entry in self._tasks.values():
            entry.not_before += 0.0 if at_start else seconds
            if entry.task.images_until:  # neither for ever nor gone
                entry.task = replace(entry.task, images_until=entry.task.images_until + seconds)
            entry.new = replace(entry.new, deadline=None if entry.new.deadline is None else entry.new.deadline + seconds)
        for lease in self._leases.values():
            lease.until += 0.0 if at_start else seconds
        for owed in self._outbox.values():
            owed.not_before += seconds
        self._requests = {name: (digest, task, expires + seconds) for name, (digest, task, expires) in self._requests.items()}
        self._files = {name: replace(file, expires=file.expires + seconds) for name, file in self._files.items()}

    async def close(self) -> None:
        self._closed = True
