"""How tasks end in the SQLite ledger: outcome, charge and webhook together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mezzotint import records
from mezzotint.core.tasks import Outcome, Status
from mezzotint.core.webhooks import Event
from mezzotint.ledger.reader import SQL, Reader
from mezzotint.ledger.rows import NUMBERS, day_of
from mezzotint.ledger.sqlite_connections import Connection
from mezzotint.ledger.sqlite_outbox import owe
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Clock


class SqliteEnds(Reader):
    """A base of those parts of `SqliteLedger` that end tasks."""

    _clock: Clock
    _terms: Terms
    _waiting: int  # tasks in the queue; once the ledger is open only the writer's thread changes it

    def _finish(self, connection: Connection, task: UUID, row: Mapping[str, Any], outcome: Outcome) -> None:
        """The one way into a final state, but for canceling what waits: outcome, charge, share and webhook together."""
        now, ready = self._clock.now(), outcome.status is Status.READY
        kept = (now + self._terms.keep_images if self._terms.keep_images else None) if ready else now
        end = {"id": task.bytes, "state": NUMBERS[outcome.status], "now": now, "outcome": records.encode(outcome), "images_until": kept}
        connection.execute(SQL["finish"], end)
        if ready:
            day = day_of(now)
            use = {name: row[name] for name in ("account", "api_key", "model", "label", "price")}
            connection.execute(SQL["charge"], use | {"day": day})
        elif row["price"]:
            self._give_back(connection, row)
        if row["state"] == NUMBERS[Status.PENDING]:
            self._waiting -= 1
        if ready:
            owe(connection, task, row, Event.OUTPUT, now)
        owe(connection, task, row, Event.COMPLETED, now)

    @staticmethod
    def _give_back(connection: Connection, row: Mapping[str, Any]) -> None:
        connection.execute(SQL["take_credits"], {"account": row["account"], "price": -row["held"]})
        connection.execute(SQL["note_spent"], {"api_key": row["api_key"], "price": -row["price"]})
