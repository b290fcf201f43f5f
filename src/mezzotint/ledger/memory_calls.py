"""Calls of providers in the ledger that is kept in memory: the part of it that answers `ports.Calls`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from mezzotint.core.calls import Call, CallNote, CallState, Noted, Spent, begun_by, may_follow, over
from mezzotint.core.conditions import Condition, Findings
from mezzotint.ledger.memory_base import MemoryBase
from mezzotint.ledger.rows import day_of
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Clock


class MemoryCalls(MemoryBase):
    """A base of `MemoryLedger`."""

    def __init__(self, clock: Clock, terms: Terms) -> None:
        super().__init__(clock, terms)
        self._calls: dict[UUID, dict[tuple[int, int], Call]] = {}
        self._reports: dict[str, Findings] = {}  # by worker
        self._upstream: dict[tuple[str, str, str], tuple[int, float]] = {}  # by day, provider and model

    def _runs(self, task: UUID, attempt: int) -> bool:
        """Whether a worker has the task under that attempt, and nobody canceled it."""
        entry = self._tasks.get(task)
        return entry is not None and entry.running and entry.task.attempt == attempt and not entry.task.cancel_requested

    async def note_calls(self, notes: Sequence[CallNote]) -> list[Noted]:
        self._open()
        return [self._note(note) for note in notes]

    def _note(self, note: CallNote) -> Noted:
        call = note.call
        known = self._calls.get(call.task, {}).get((call.index, call.number))
        if call.state is CallState.SUBMITTING:
            return self._begin(note, known)
        if known is None or not may_follow(known.state, call.state):
            return Noted.LOST
        self._spend(known, 0, call.cost - known.cost)
        self._calls[call.task][call.index, call.number] = replace(call, begun=known.begun, attempt=known.attempt, age=0.0)
        return Noted.KEPT

    def _begin(self, note: CallNote, known: Call | None) -> Noted:
        call, now = note.call, self._open()
        if not self._runs(call.task, call.attempt):
            return Noted.LOST
        if known is not None:
            return begun_by(known, call)
        if over(note.caps, call.cost, self._spent_in(call.provider, day_of(now)), self._spent_in(call.provider, day_of(now)[:7])):
            return Noted.SPENT
        call = replace(call, begun=now, age=0.0)
        self._spend(call, 1, call.cost)
        self._calls.setdefault(call.task, {})[call.index, call.number] = call
        return Noted.KEPT

    async def note_conditions(self, worker: str, conditions: Sequence[Condition]) -> None:
        self._reports[worker] = Findings(worker, self._open(), tuple(conditions))

    async def conditions(self) -> list[Findings]:
        return [self._reports[worker] for worker in sorted(self._reports)]

    def _spent_in(self, provider: str, time: str) -> float:
        """A day, or a month, which days begin with."""
        return sum(cost for (day, name, _), (_, cost) in self._upstream.items() if name == provider and day.startswith(time))

    def _spend(self, call: Call, calls: int, cost: float) -> None:
        name = (day_of(call.begun), call.provider, call.model)
        old_calls, old_cost = self._upstream.get(name, (0, 0.0))
        self._upstream[name] = old_calls + calls, old_cost + cost

    def _calls_told(self, task: UUID) -> tuple[Call, ...]:
        """With their age."""
        now = self._clock.now()
        return tuple(replace(call, age=max(0.0, now - call.begun)) for _, call in sorted(self._calls.get(task, {}).items()))

    async def calls_of(self, task: UUID) -> list[Call]:
        self._open()
        return [call for _, call in sorted(self._calls.get(task, {}).items())]

    async def spent_upstream(self, first: str, last: str) -> list[Spent]:
        self._open()
        return [Spent(provider, model, day, calls, cost) for (day, provider, model), (calls, cost) in sorted(self._upstream.items()) if first <= day <= last]
