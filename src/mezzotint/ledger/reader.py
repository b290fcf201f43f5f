"""Reading from a SQLite ledger, beside its writer: named statements on a connection that cannot write."""

from __future__ import annotations

import sqlite3
from typing import Any

from mezzotint.ledger.queries import load_queries
from mezzotint.ledger.writer import unavailable

SQL = load_queries("sqlite")


class Reader:
    """A base of those parts of the ledger that read. Raises Unavailable or LedgerError for what SQLite raises."""

    _reader: sqlite3.Connection

    def _read(self, name: str, /, **values: Any) -> Any:
        try:
            return self._reader.execute(SQL[name], values).fetchone()
        except sqlite3.Error as error:
            raise unavailable(error) from error

    def _read_all(self, name: str, /, **values: Any) -> list[Any]:
        try:
            return self._reader.execute(SQL[name], values).fetchall()
        except sqlite3.Error as error:
            raise unavailable(error) from error
