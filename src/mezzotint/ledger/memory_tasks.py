"""Tasks in the ledger that is kept in memory: the part of it that answers `ports.Tasks`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from mezzotint.core.errors import Refusal
from mezzotint.core.tasks import Inputs, NewTask, Outcome, Status, Task
from mezzotint.core.webhooks import Event
from mezzotint.ledger.memory_base import Entry
from mezzotint.ledger.memory_keys import MemoryKeys
from mezzotint.ledger.memory_outbox import MemoryOutbox
from mezzotint.ledger.rows import CANCELED, IDEMPOTENCY
from mezzotint.ledger.terms import SHARE, Terms, queue_crowded, queue_full, request_differs, too_many_active
from mezzotint.ports import Clock, Limits, Submitted


class MemoryTasks(MemoryOutbox, MemoryKeys):
    """A base of `MemoryLedger`."""

    def __init__(self, clock: Clock, terms: Terms) -> None:
        super().__init__(clock, terms)
        self._requests: dict[tuple[str, str | None], tuple[str, UUID, float]] = {}
        self._finish_of: dict[str, float] = {}
        self._virtual_clock = 0.0

    async def submit(self, task: NewTask, limits: Limits) -> Submitted:
        now = self._open()
        if task.idempotency_key is not None and (known := self._known(task, now)) is not None:
            return Submitted(known, replayed=True)
        held = self._check(task, limits)
        if task.idempotency_key is not None:
            self._requests[task.key, task.idempotency_key] = (task.request_hash, task.id, now + IDEMPOTENCY)
        vstart = max(self._virtual_clock, self._finish_of.get(task.key, 0.0))
        self._finish_of[task.key] = vstart + task.cost
        accepted = Task(task.id, task.account, task.key, task.surface, task.inputs.model, task.engine, Status.PENDING, now)
        self._tasks[task.id] = Entry(accepted, task, vstart, held)
        return Submitted(task.id)

    async def submit_all(self, tasks: Sequence[NewTask], limits: Limits) -> list[Submitted]:
        before = dict(self._requests), dict(self._finish_of), dict(self._credits), dict(self._spent)
        try:
            return [await self.submit(task, limits) for task in tasks]
        except Refusal:
            self._requests, self._finish_of, self._credits, self._spent = before
            for task in tasks:
                self._tasks.pop(task.id, None)
            raise

    def _known(self, task: NewTask, now: float) -> UUID | None:
        """The task that this request already made."""
        request = self._requests.get((task.key, task.idempotency_key))
        if request is None or request[2] <= now:
            return None
        if request[0] != task.request_hash:
            raise request_differs()
        return request[1]

    def _check(self, task: NewTask, limits: Limits) -> float:
        waiting = sum(entry.waiting for entry in self._tasks.values())
        if limits.waiting is not None and waiting >= limits.waiting:
            raise queue_full(waiting)
        active = sum(not entry.task.status.final for entry in self._tasks.values() if entry.task.key == task.key)
        if limits.waiting is not None and min(active, waiting) >= SHARE * (limits.waiting - waiting):
            raise queue_crowded(waiting)
        if limits.active is not None and active >= limits.active:
            raise too_many_active(limits.active)
        return self._take_price(task, limits)

    async def get(self, task: UUID) -> Task | None:
        self._open()
        entry = self._tasks.get(task)
        return None if entry is None else entry.task

    async def inputs(self, task: UUID) -> Inputs | None:
        self._open()
        entry = self._tasks.get(task)
        return None if entry is None else entry.new.inputs

    async def list_of(
        self, account: str, status: Status | None, before: UUID | None, count: int, *, after: UUID | None = None, oldest: bool = False
    ) -> list[Task]:
        self._open()
        tasks = [
            entry.task
            for entry in self._tasks.values()
            if entry.task.account == account and (status is None or entry.task.status is status)
            if (before is None or entry.task.id < before) and (after is None or entry.task.id > after)
        ]
        chosen = sorted(tasks, key=lambda task: task.id, reverse=not oldest)[:count]
        return chosen[::-1] if oldest else chosen

    async def cancel(self, task: UUID, account: str) -> Task | None:
        self._open()
        entry = self._tasks.get(task)
        if entry is None or entry.task.account != account:
            return None
        if not entry.task.status.final:
            entry.task = replace(entry.task, cancel_requested=True)
        if entry.waiting:
            self._end(entry, CANCELED)
        return entry.task

    def _end(self, entry: Entry, outcome: Outcome) -> None:
        now, ready = self._clock.now(), outcome.status is Status.READY
        kept = (now + self._terms.keep_images if self._terms.keep_images else None) if ready else now
        entry.task = replace(entry.task, status=outcome.status, finished=now, outcome=outcome, images_until=kept)
        if ready:
            self._note_use(entry, now)
        else:
            self._give_back(entry)
        if ready:
            self._owe(entry, Event.OUTPUT)
        self._owe(entry, Event.COMPLETED)
