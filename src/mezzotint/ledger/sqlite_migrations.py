"""Bringing a ledger's file to the newest schema."""

from __future__ import annotations

import sqlite3

from mezzotint.core.errors import LedgerError
from mezzotint.ledger.queries import load_migrations
from mezzotint.ledger.sqlite_connections import Connection


def migrate(connection: Connection) -> None:
    """Brings the file to the newest schema. An older program refuses a newer file rather than misread it."""
    migrations = load_migrations("sqlite")
    filled = connection.execute("SELECT EXISTS (SELECT 1 FROM sqlite_master)").fetchone()[0]
    version = schema_of(connection)  # looked at last: another process that fills the file just now gives it a number too
    if filled and not version:
        raise LedgerError("the ledger's file is another program's database: nothing was changed in it")
    if version > migrations[-1][0]:
        raise LedgerError(f"the ledger's schema is number {version}, but this version of mezzotint knows {migrations[-1][0]}: upgrade mezzotint")
    for number, script in migrations:
        if number > version:
            _migrate_to(connection, number, script)


def schema_of(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate_to(connection: Connection, number: int, script: str) -> None:
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
    except sqlite3.OperationalError:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if schema_of(connection) < number:  # else another process began at the same moment, and was quicker
            raise
