"""Calls of providers in the SQLite ledger: the part of it that answers `ports.Calls`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from mezzotint import records
from mezzotint.core.calls import Call, CallNote, CallState, Noted, Spent, begun_by, may_follow, over
from mezzotint.core.conditions import Condition, Findings
from mezzotint.ledger.reader import SQL, Reader
from mezzotint.ledger.rows import day_of
from mezzotint.ledger.writer import Writer
from mezzotint.ports import Clock

REPORT, AFTER_ALL = "providers of ", "\U0010ffff"  # what facts are named by, and what sorts behind every name


def calls_in(connection: Any, task: bytes, now: float) -> tuple[Call, ...]:
    """With their age."""
    found = (records.decode(row[0], Call) for row in connection.execute(SQL["calls_of"], {"task": task}))
    return tuple(replace(call, age=max(0.0, now - call.begun)) for call in found)


class SqliteCalls(Reader):
    """A base of `SqliteLedger`, which opens the connections."""

    _clock: Clock
    _writer: Writer

    async def note_calls(self, notes: Sequence[CallNote]) -> list[Noted]:
        return await self._writer.do(lambda connection: [self._note(connection, note) for note in notes])

    def _note(self, connection: Any, note: CallNote) -> Noted:
        call = note.call
        which = {"task": call.task.bytes, "index": call.index, "number": call.number}
        row = connection.execute(SQL["get_call"], which).fetchone()
        known = None if row is None else records.decode(row[0], Call)
        if call.state is CallState.SUBMITTING:
            return self._begin(connection, note, which, known)
        if known is None or not may_follow(known.state, call.state):
            return Noted.LOST
        self._spend(connection, known, 0, call.cost - known.cost)
        self._write(connection, which, replace(call, begun=known.begun, attempt=known.attempt, age=0.0))
        return Noted.KEPT

    def _begin(self, connection: Any, note: CallNote, which: dict[str, Any], known: Call | None) -> Noted:
        """Refuses before it writes, as every job must. What its worker says again, since it heard no answer, is as it was."""
        call, now = note.call, self._clock.now()
        if connection.execute(SQL["runs"], {"id": call.task.bytes, "attempt": call.attempt}).fetchone() is None:
            return Noted.LOST
        if known is not None:
            return begun_by(known, call)
        if note.caps.any:
            day = day_of(now)
            spent = connection.execute(SQL["spent_upstream"], {"provider": call.provider, "day": day, "month": day[:7]}).fetchone()
            if over(note.caps, call.cost, spent["day"], spent["month"]):
                return Noted.SPENT
        call = replace(call, begun=now, age=0.0)
        self._spend(connection, call, 1, call.cost)
        self._write(connection, which, call)
        return Noted.KEPT

    @staticmethod
    def _spend(connection: Any, call: Call, calls: int, cost: float) -> None:
        if calls or cost:
            whose = {"provider": call.provider, "model": call.model, "day": day_of(call.begun)}
            connection.execute(SQL["spend_upstream"], whose | {"calls": calls, "cost": cost})

    @staticmethod
    def _write(connection: Any, which: dict[str, Any], call: Call) -> None:
        connection.execute(SQL["put_call"], which | {"details": records.encode(call)})

    async def calls_of(self, task: UUID) -> list[Call]:
        return [records.decode(row[0], Call) for row in self._read_all("calls_of", task=task.bytes)]

    async def note_conditions(self, worker: str, conditions: Sequence[Condition]) -> None:
        value = records.encode(Findings(worker, self._clock.now(), tuple(conditions)))
        await self._writer.do(lambda connection: connection.execute(SQL["set_fact"], {"name": REPORT + worker, "value": value}))

    async def conditions(self) -> list[Findings]:
        rows = self._read_all("list_facts", first=REPORT, last=REPORT + AFTER_ALL)
        return [records.decode(row[0], Findings) for row in rows]

    async def spent_upstream(self, first: str, last: str) -> list[Spent]:
        rows = self._read_all("list_spent_upstream", first=first, last=last)
        return [Spent(row["provider"], row["model"], row["day"], row["calls"], row["cost"]) for row in rows]
