"""The ledger in one SQLite file: WAL, synchronous=FULL, one writer. The default, on one machine.

The statements are in sql/sqlite/queries.sql. What the modules beside this one own is their order within a transaction.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from mezzotint.core import ids
from mezzotint.core.errors import LedgerError
from mezzotint.ledger.place import Place
from mezzotint.ledger.reader import SQL
from mezzotint.ledger.sqlite_connections import Connection, open_connection, refuse_network_file_system
from mezzotint.ledger.sqlite_files import SqliteFiles
from mezzotint.ledger.sqlite_keys import SqliteKeys
from mezzotint.ledger.sqlite_migrations import migrate
from mezzotint.ledger.sqlite_outbox import SqliteOutbox
from mezzotint.ledger.sqlite_queue import SqliteQueue
from mezzotint.ledger.sqlite_tasks import SqliteTasks
from mezzotint.ledger.terms import Terms
from mezzotint.ledger.writer import Writer
from mezzotint.ports import Clock

TIDY_GROUP = 500
SHORT = ("move_leases", "move_delayed")
MOVED = ("move_deadlines", "move_pictures", "move_requests", "move_webhooks", "move_files")
PRIVATE = 0o600  # prompts are in it, and the secret that links are signed with


class SqliteLedger(SqliteTasks, SqliteQueue, SqliteOutbox, SqliteKeys, SqliteFiles):
    """See `ports.Ledger`."""

    def __init__(self, path: Path, clock: Clock, terms: Terms) -> None:
        """Raises LedgerError for a file that cannot be used."""
        self.path, self._clock, self._terms = path, clock, terms
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            refuse_network_file_system(path.parent)
            if path.is_dir():
                raise LedgerError(f"{path} is a folder: the ledger is a file, such as {path / 'ledger.db'}")
            path.touch(mode=PRIVATE)  # before there is anything in it to read
            with contextlib.closing(open_connection(path)) as connection:
                migrate(connection)
                path.chmod(PRIVATE)  # also where it is older; what is no ledger is left alone
                connection.execute(SQL["prolong_leases"], {"until": clock.now() + terms.lease})
                connection.execute(SQL["hurry_delayed"], {"until": clock.now() + terms.lease})
                self._count(connection)
            self._reader = open_connection(path, read_only=True)
            self._writer = Writer(open_connection(path), self._count, Place(path).check)
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(f"cannot open the ledger {path}: {error}") from error

    def _count(self, connection: Connection) -> None:
        self._waiting = connection.execute(SQL["count_waiting"]).fetchone()[0]

    # Shelf

    async def spent(self, count: int) -> list[UUID]:
        return [UUID(bytes=row[0]) for row in self._read_all("spent", now=self._clock.now(), count=count)]

    async def emptied(self, tasks: Sequence[UUID]) -> None:
        await self._writer.do(lambda connection: connection.executemany(SQL["emptied"], [{"id": task.bytes} for task in tasks]))

    async def tidy(self) -> int:
        return await self._writer.do(self._tidy)

    def _tidy(self, connection: Connection) -> int:
        now = self._clock.now()
        connection.execute(SQL["forget_requests"], {"now": now})
        if not self._terms.keep_tasks:
            return 0
        before = ids.mint(max(0, int((now - self._terms.keep_tasks) * 1000)), bytes(ids.RANDOM_BYTES))
        rows = connection.execute(SQL["old_tasks"], {"before": before.bytes, "count": TIDY_GROUP}).fetchall()
        for name in ("forget_deliveries", "forget_outbox", "forget_input", "forget_calls", "forget_task"):
            connection.executemany(SQL[name], [{"id": row[0]} for row in rows])
        return len(rows)

    # the rest of `ports.Ledger`

    async def secret(self) -> bytes:
        return await self._writer.do(self._secret)

    @staticmethod
    def _secret(connection: Connection) -> bytes:
        row = connection.execute(SQL["get_fact"], {"name": "secret"}).fetchone()
        if row is not None:
            return bytes(row[0])
        made = secrets.token_bytes(32)
        connection.execute(SQL["set_fact"], {"name": "secret", "value": made})
        return made

    async def waiting(self) -> int:
        return self._waiting

    async def check(self) -> dict[str, Any]:
        facts = await self._writer.do(self._look)
        if facts["journal_mode"] != "wal" or facts["synchronous"] != 2:
            raise LedgerError(f"the ledger is not durable: {facts}; expected journal_mode wal and synchronous 2 (full)")
        return facts | {"kind": "sqlite", "waiting": self._waiting}

    def _look(self, connection: Connection) -> dict[str, Any]:
        facts = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "user_version")}
        return facts | {"workers": connection.execute(SQL["count_workers"], {"now": self._clock.now()}).fetchone()[0]}

    async def clock_mark(self) -> str | None:
        row = self._read("get_fact", name="clock")
        return None if row is None else str(row[0])

    def move(self, seconds: float, mark: str, *, at_start: bool = False) -> None:
        self._writer.do_now(lambda connection: self._move(connection, seconds, mark, MOVED if at_start else SHORT + MOVED))

    @staticmethod
    def _move(connection: Connection, seconds: float, mark: str, names: Sequence[str]) -> None:
        for name in names if seconds else ():
            connection.execute(SQL[name], {"seconds": seconds})
        connection.execute(SQL["set_fact"], {"name": "clock", "value": mark})

    async def close(self) -> None:
        self._writer.close()
        self._reader.close()
