"""Bringing a ledger's file to the newest schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

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
    connection.execute("BEGIN IMMEDIATE")
    try:
        if schema_of(connection) < number:  # else another process began at the same moment, and was quicker
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """One by one: what runs a whole script at once would first end the transaction in which it is to be run."""
    statement = ""
    for part in script.split(";")[:-1]:
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
