"""Workers at the ledger that is kept in memory: the part of it that answers `ports.Queue`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from mezzotint.core.tasks import Claim, Outcome, Status, Verdict
from mezzotint.core.webhooks import Event
from mezzotint.ledger.memory_base import Entry
from mezzotint.ledger.memory_calls import MemoryCalls
from mezzotint.ledger.memory_tasks import MemoryTasks
from mezzotint.ledger.rows import CANCELED, EXPIRED, given_up
from mezzotint.ledger.terms import AHEAD, PATIENCE, Terms, not_enlisted
from mezzotint.ports import Clock, Orders


@dataclass
class _Lease:
    epoch: int
    until: float


class MemoryQueue(MemoryTasks, MemoryCalls):
    """A base of `MemoryLedger`."""

    def __init__(self, clock: Clock, terms: Terms) -> None:
        super().__init__(clock, terms)
        self._leases: dict[str, _Lease] = {}

    async def enlist(self, worker: str) -> int:
        until = self._open() + self._terms.lease
        epoch = self._leases[worker].epoch + 1 if worker in self._leases else 1
        self._leases[worker] = _Lease(epoch, until)
        for entry in self._tasks.values():
            if entry.running and entry.worker == worker:
                self._abandon(entry)
        return epoch

    def _renewed(self, worker: str, epoch: int) -> bool:
        lease = self._leases.get(worker)
        if lease is None or lease.epoch != epoch:
            return False
        lease.until = self._clock.now() + self._terms.lease
        return True

    async def claim(
        self,
        worker: str,
        epoch: int,
        engines: Collection[str],
        count: int,
        held: Collection[tuple[UUID, int]] | None = None,
        prefer: Collection[str] = (),
    ) -> list[Claim]:
        now = self._open()
        if not self._renewed(worker, epoch):
            raise not_enlisted(worker, epoch)
        if held is not None:
            self._offer_missed(worker, held)
        ready = [entry for entry in self._tasks.values() if entry.waiting and entry.not_before <= now and entry.task.engine in engines]
        ready.sort(key=lambda entry: (entry.new.priority, entry.vstart, entry.task.id))
        if prefer:
            ready = ready[: max(count, AHEAD)]
            ready.sort(key=lambda entry: (entry.new.priority, entry.task.created > now - PATIENCE and entry.new.inputs.model not in prefer))
            ready[:count] = sorted(ready[:count], key=lambda entry: (entry.new.priority, entry.vstart, entry.task.id))
        return [self._claimed(entry, worker, now) for entry in ready[:count]]

    def _offer_missed(self, worker: str, held: Collection[tuple[UUID, int]]) -> None:
        given = [entry for entry in self._tasks.values() if entry.running and entry.worker == worker]
        for entry in given:
            if (entry.task.id, entry.task.attempt) not in held:
                self._abandon(entry)

    def _claimed(self, entry: Entry, worker: str, now: float) -> Claim:
        self._virtual_clock = max(self._virtual_clock, entry.vstart)
        entry.worker = worker
        entry.task = replace(entry.task, status=Status.PROCESSING, attempt=entry.task.attempt + 1, started=entry.task.started or now)
        if entry.task.attempt == 1:
            self._owe(entry, Event.START)
        age = max(0.0, now - (entry.task.started or now))
        return Claim(entry.task.id, entry.task.attempt, entry.new.inputs, entry.task.created, calls=self._calls_told(entry.task.id), age=age)

    async def beat(self, worker: str, epoch: int, held: Sequence[tuple[UUID, int]]) -> Orders:
        self._open()
        if not self._renewed(worker, epoch):
            return Orders(lost=tuple(task for task, _ in held))
        owned = {(entry.task.id, entry.task.attempt): entry.task.cancel_requested for entry in self._tasks.values() if entry.running and entry.worker == worker}
        return Orders(
            canceled=tuple(task for task, attempt in held if owned.get((task, attempt))),
            lost=tuple(task for task, attempt in held if (task, attempt) not in owned),
        )

    async def settle(self, verdicts: Sequence[Verdict]) -> list[bool]:
        self._open()
        return [self._settle(verdict) for verdict in verdicts]

    def _settle(self, verdict: Verdict) -> bool:
        for note in verdict.calls:
            self._note(note)
        entry = self._tasks.get(verdict.task)
        if entry is None or entry.task.attempt != verdict.attempt or entry.task.status.final:
            return False
        if entry.task.cancel_requested:
            self._end(entry, CANCELED)
            return verdict.outcome is not None and verdict.outcome.status is Status.CANCELED
        if verdict.outcome is not None:
            self._end(entry, verdict.outcome)
        elif self._used_up(entry) and not verdict.refund:
            self._end(entry, Outcome(Status.ERROR, code="engine_failed", message=verdict.message or given_up(verdict.attempt).message))
        elif entry.running:
            entry.refunded += verdict.refund
            self._requeue(entry, self._clock.now() + verdict.delay)
        return True

    def _used_up(self, entry: Entry) -> bool:
        return entry.task.attempt - entry.refunded >= self._terms.attempts

    async def reap(self) -> int:
        now = self._open()
        lapsed = [entry for entry in self._tasks.values() if entry.running and self._leases[entry.worker].until <= now]
        for entry in lapsed:
            self._abandon(entry)
        overdue = [entry for entry in self._tasks.values() if not entry.task.status.final and entry.new.deadline is not None and entry.new.deadline <= now]
        for entry in overdue:
            self._end(entry, EXPIRED)
        return len(lapsed) + len(overdue)

    def _abandon(self, entry: Entry) -> None:
        if entry.task.cancel_requested:
            self._end(entry, CANCELED)
        elif self._used_up(entry):
            self._end(entry, given_up(entry.task.attempt))
        else:
            self._requeue(entry, 0.0)

    @staticmethod
    def _requeue(entry: Entry, not_before: float) -> None:
        entry.not_before = not_before
        entry.task = replace(entry.task, status=Status.PENDING)
