"""Webhooks owed, in the SQLite ledger: the part of it that answers `ports.Outbox`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mezzotint.core.webhooks import KEPT, Attempt, Delivery, Event, Message, Standing, Try, standing_after
from mezzotint.ledger.reader import SQL, Reader
from mezzotint.ledger.rows import HOOKS, STANDINGS, message_id
from mezzotint.ledger.sqlite_connections import Connection
from mezzotint.ledger.terms import TAKEN, Terms, forgotten
from mezzotint.ledger.writer import Writer
from mezzotint.ports import Clock

AFTER_ALL = "~"  # sorts behind every id


def owe(connection: Connection, task: UUID, row: Mapping[str, Any], event: Event, now: float) -> None:
    """Where the task's row says that it is to be told."""
    if row["hook"] & HOOKS[event]:
        told = {"id": message_id(task, event), "task": task.bytes, "account": row["account"], "event": event.value, "now": now}
        connection.execute(SQL["owe_webhook"], told)


def _take_due(connection: Connection, count: int, now: float) -> list[Delivery]:
    rows = connection.execute(SQL["due_deliveries"], {"now": now, "count": count}).fetchall()
    for row in rows:
        connection.execute(SQL["take_delivery"], {"id": row["id"], "until": now + TAKEN})
    return [Delivery(row["id"], UUID(bytes=row["task"]), row["attempt"], Event(row["event"])) for row in rows]


class SqliteOutbox(Reader):
    """A base of `SqliteLedger`, which opens the connections."""

    _clock: Clock
    _terms: Terms
    _writer: Writer

    async def due(self, count: int) -> list[Delivery]:
        if not self._read_all("due_deliveries", now=self._clock.now(), count=1):
            return []  # nothing is owed most of the time: no write for that
        return await self._writer.do(lambda connection: _take_due(connection, count, self._clock.now()))

    async def next_due(self) -> float | None:
        now = self._clock.now()
        at = self._read("next_due", now=now)["at"]
        return None if at is None else float(at) - now

    async def take_back(self) -> int:
        return await self._writer.do(lambda connection: connection.execute(SQL["take_back"], {"now": self._clock.now()}).rowcount)

    async def put_off(self, delivery: Delivery, seconds: float) -> None:
        until = {"id": delivery.id, "until": self._clock.now() + seconds}
        await self._writer.do(lambda connection: connection.execute(SQL["put_off"], until))

    async def record(self, delivery: Delivery, attempt: Attempt, jitter: float) -> Standing:
        return await self._writer.do(lambda connection: self._record(connection, delivery, attempt, jitter))

    def _record(self, connection: Connection, delivery: Delivery, attempt: Attempt, jitter: float) -> Standing:
        """Counted by the row, not by the delivery: two senders may have had it."""
        now, row = self._clock.now(), connection.execute(SQL["owed_delivery"], {"id": delivery.id}).fetchone()
        if row is None:
            return forgotten(attempt)
        number, before = row["attempt"] + 1, STANDINGS[row["state"]]
        note = {"id": delivery.id, "attempt": number, "now": now, "status": attempt.status, "note": attempt.note, "ms": attempt.ms}
        connection.execute(SQL["note_delivery"], note)
        if number > KEPT:
            connection.execute(SQL["forget_tries"], {"id": delivery.id, "attempt": number, "kept": KEPT})
        standing, delay = standing_after(Event(row["event"]), attempt, number - row["since"], jitter, self._terms.webhook_delays)
        if before is not Standing.PENDING and standing is not Standing.DELIVERED:
            standing = before  # another sender settled it while this one dragged on
        settled = {"id": delivery.id, "state": STANDINGS.index(standing), "attempt": number, "not_before": now + delay}
        connection.execute(SQL["settle_delivery"], settled)
        return standing

    async def messages_of(self, account: str, standing: Standing | None, before: str | None, count: int) -> list[Message]:
        """Asked for each standing apart, so that the index leads to a page of any of them."""
        states = range(len(STANDINGS)) if standing is None else (STANDINGS.index(standing),)
        query = {"account": account, "before": before or AFTER_ALL, "count": count}
        rows = [row for state in states for row in self._read_all("list_messages", state=state, **query)]
        rows.sort(key=lambda row: row["id"], reverse=True)
        return [_message(row, () if row["at"] is None else (_try(row),)) for row in rows[:count]]

    async def message(self, message: str, account: str) -> Message | None:
        row = self._read("get_message", id=message, account=account)
        return None if row is None else _message(row, tuple(_try(each) for each in self._read_all("list_tries", id=message)))

    async def resend(self, message: str, account: str) -> bool:
        which = {"id": message, "account": account}
        return await self._writer.do(lambda connection: connection.execute(SQL["resend"], which | {"now": self._clock.now()}).fetchone() is not None)


def _message(row: Mapping[str, Any], tries: tuple[Try, ...]) -> Message:
    standing = STANDINGS[row["state"]]
    next_at = row["not_before"] if standing is Standing.PENDING else None
    return Message(row["id"], UUID(bytes=row["task"]), Event(row["event"]), standing, row["attempt"], row["created"], next_at, tries)


def _try(row: Mapping[str, Any]) -> Try:
    return Try(row["attempt"], row["at"], row["status"], row["note"], row["ms"])
