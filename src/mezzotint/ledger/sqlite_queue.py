"""Workers at the SQLite ledger: the part of it that answers `ports.Queue`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from mezzotint import records
from mezzotint.core.tasks import Claim, Inputs, Outcome, Status, Verdict
from mezzotint.core.webhooks import Event
from mezzotint.ledger.reader import SQL
from mezzotint.ledger.rows import CANCELED, EXPIRED, given_up
from mezzotint.ledger.sqlite_calls import SqliteCalls, calls_in
from mezzotint.ledger.sqlite_connections import Connection
from mezzotint.ledger.sqlite_ends import SqliteEnds
from mezzotint.ledger.sqlite_outbox import owe
from mezzotint.ledger.sqlite_tasks import virtual_clock
from mezzotint.ledger.terms import AHEAD, PATIENCE, not_enlisted
from mezzotint.ledger.writer import Writer
from mezzotint.ports import Orders


class SqliteQueue(SqliteEnds, SqliteCalls):
    """A base of `SqliteLedger`, which opens the connections."""

    _writer: Writer

    async def enlist(self, worker: str) -> int:
        return await self._writer.do(lambda connection: self._enlist(connection, worker))

    def _enlist(self, connection: Connection, worker: str) -> int:
        row = connection.execute(SQL["enlist"], {"worker": worker, "until": self._lease_end()}).fetchone()
        for left in connection.execute(SQL["held"], {"worker": worker}).fetchall():
            self._end_abandoned(connection, left)
        return int(row["epoch"])

    async def claim(
        self,
        worker: str,
        epoch: int,
        engines: Collection[str],
        count: int,
        held: Collection[tuple[UUID, int]] | None = None,
        prefer: Collection[str] = (),
    ) -> list[Claim]:
        which = {"worker": worker, "epoch": epoch}
        wish = {"count": count, "engines": records.encode(list(engines)).decode()}
        if prefer:
            wish |= {"prefer": records.encode(list(prefer)).decode(), "ahead": max(count, AHEAD)}
        return await self._writer.do(lambda connection: self._claim(connection, which, wish, held))

    def _claim(self, connection: Connection, which: dict[str, Any], wish: dict[str, Any], held: Collection[tuple[UUID, int]] | None) -> list[Claim]:
        if connection.execute(SQL["renew_lease"], which | {"until": self._lease_end()}).fetchone() is None:
            raise not_enlisted(**which)
        if held is not None:
            self._offer_missed(connection, which, set(held))
        query = which | wish | {"now": self._clock.now()}
        if "prefer" in wish:
            rows = connection.execute(SQL["claim_preferred"], query | {"since": query["now"] - PATIENCE}).fetchall()
        else:
            rows = connection.execute(SQL["claim"], query).fetchall()
        if not rows:
            return []
        clock = max(virtual_clock(connection), *(row["vstart"] for row in rows))
        connection.execute(SQL["set_fact"], {"name": "virtual clock", "value": clock})
        rows.sort(key=lambda row: (row["class"], row["vstart"], row["id"]))
        self._waiting -= len(rows)
        return [self._claimed(connection, row, query["now"]) for row in rows]

    def _offer_missed(self, connection: Connection, which: dict[str, Any], held: set[tuple[UUID, int]]) -> None:
        for row in connection.execute(SQL["held"], which).fetchall():
            if (UUID(bytes=row["id"]), row["attempt"]) not in held:
                self._end_abandoned(connection, row)

    @staticmethod
    def _claimed(connection: Connection, row: Mapping[str, Any], now: float) -> Claim:
        task, inputs = UUID(bytes=row["id"]), connection.execute(SQL["get_inputs"], {"task": row["id"]}).fetchone()[0]
        if row["attempt"] == 1:
            owe(connection, task, row, Event.START, now)
            return Claim(task, 1, records.decode(inputs, Inputs), row["created"])
        calls = calls_in(connection, row["id"], now)
        return Claim(task, row["attempt"], records.decode(inputs, Inputs), row["created"], calls=calls, age=max(0.0, now - row["started"]))

    async def beat(self, worker: str, epoch: int, held: Sequence[tuple[UUID, int]]) -> Orders:
        return await self._writer.do(lambda connection: self._beat(connection, worker, epoch, held))

    def _beat(self, connection: Connection, worker: str, epoch: int, held: Sequence[tuple[UUID, int]]) -> Orders:
        which = {"worker": worker, "epoch": epoch}
        if connection.execute(SQL["renew_lease"], which | {"until": self._lease_end()}).fetchone() is None:
            return Orders(lost=tuple(task for task, _ in held))
        owned = {(UUID(bytes=row["id"]), row["attempt"]): row["cancel_requested"] for row in connection.execute(SQL["held"], which)}
        return Orders(
            canceled=tuple(task for task, attempt in held if owned.get((task, attempt))),
            lost=tuple(task for task, attempt in held if (task, attempt) not in owned),
        )

    async def settle(self, verdicts: Sequence[Verdict]) -> list[bool]:
        return await self._writer.do(lambda connection: [self._settle(connection, verdict) for verdict in verdicts])

    def _settle(self, connection: Connection, verdict: Verdict) -> bool:
        for note in verdict.calls:
            self._note(connection, note)
        row = connection.execute(SQL["title"], {"id": verdict.task.bytes, "attempt": verdict.attempt}).fetchone()
        if row is None:
            return False
        if row["cancel_requested"]:
            self._finish(connection, verdict.task, row, CANCELED)
            return verdict.outcome is not None and verdict.outcome.status is Status.CANCELED
        if verdict.outcome is not None:
            self._finish(connection, verdict.task, row, verdict.outcome)
        elif verdict.attempt - row["refunded"] >= self._terms.attempts and not verdict.refund:
            failed = Outcome(Status.ERROR, code="engine_failed", message=verdict.message or given_up(verdict.attempt).message)
            self._finish(connection, verdict.task, row, failed)
        else:
            again = {"id": verdict.task.bytes, "not_before": self._clock.now() + verdict.delay, "refund": int(verdict.refund)}
            self._waiting += connection.execute(SQL["hand_back"], again).rowcount
        return True

    async def reap(self) -> int:
        return await self._writer.do(self._reap)

    def _reap(self, connection: Connection) -> int:
        now = {"now": self._clock.now()}
        lapsed = connection.execute(SQL["lapsed"], now).fetchall()
        for row in lapsed:
            self._end_abandoned(connection, row)
        overdue = connection.execute(SQL["overdue"], now).fetchall()
        for row in overdue:
            title = connection.execute(SQL["title"], {"id": row["id"], "attempt": row["attempt"]}).fetchone()
            self._finish(connection, UUID(bytes=row["id"]), title, EXPIRED)
        return len(lapsed) + len(overdue)

    def _end_abandoned(self, connection: Connection, row: Mapping[str, Any]) -> None:
        """A running task whose worker is gone: canceled if that was asked for, failed after its last attempt, else waiting again."""
        if row["cancel_requested"]:
            outcome = CANCELED
        elif row["attempt"] - row["refunded"] >= self._terms.attempts:
            outcome = given_up(row["attempt"])
        else:
            self._waiting += connection.execute(SQL["hand_back"], {"id": row["id"], "not_before": 0, "refund": 0}).rowcount
            return
        title = connection.execute(SQL["title"], {"id": row["id"], "attempt": row["attempt"]}).fetchone()
        self._finish(connection, UUID(bytes=row["id"]), title, outcome)

    def _lease_end(self) -> float:
        return self._clock.now() + self._terms.lease
