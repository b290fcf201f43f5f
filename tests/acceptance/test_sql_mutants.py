"""The faults that are made in SQL: what they are, and that the statements stay statements."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mezzotint.ledger.reader import SQL
from mezzotint.ledger.sqlite_connections import open_connection
from mezzotint.ledger.sqlite_migrations import migrate
from tests.acceptance.mutants.scope import QUERIES, ROOT
from tests.acceptance.mutants.sql import changes

STATEMENTS = {
    "SELECT a FROM t WHERE b = 1;": {
        "SELECT a FROM t WHERE b <> 1;", "SELECT a FROM t WHERE b = 2;", "SELECT a FROM t WHERE b = 0;", "SELECT a FROM t WHERE 1;",
    },
    "SELECT 1 FROM t WHERE (a < :b OR c IS NULL);": {
        "SELECT 1 FROM t WHERE (a <= :b OR c IS NULL);", "SELECT 1 FROM t WHERE (a < :b AND c IS NULL);",
        "SELECT 1 FROM t WHERE (a < :b OR c IS NOT NULL);", "SELECT 1 FROM t WHERE (0 OR c IS NULL);", "SELECT 1 FROM t WHERE (a < :b OR 0);",
        "SELECT 1 FROM t WHERE 1;",
    },
    "SELECT * FROM t ORDER BY a, b DESC LIMIT :n;": {
        "SELECT * FROM t  LIMIT :n;", "SELECT * FROM t ORDER BY a DESC, b DESC LIMIT :n;", "SELECT * FROM t ORDER BY a, b  LIMIT :n;",
        "SELECT * FROM t ORDER BY a LIMIT :n;", "SELECT * FROM t ORDER BY b DESC LIMIT :n;", "SELECT * FROM t ORDER BY a, b DESC ;",
    },
    "UPDATE t SET a = a + :b, c = coalesce(c, :d);": {
        "UPDATE t SET a = a - :b, c = coalesce(c, :d);", "UPDATE t SET a = a, c = coalesce(c, :d);", "UPDATE t SET a = a + :b, c = c;",
        "UPDATE t SET a = a + :b, c = :d;",
    },
    "DELETE FROM t WHERE NOT EXISTS (SELECT 1 FROM u);": {
        "DELETE FROM t WHERE EXISTS (SELECT 1 FROM u);", "DELETE FROM t WHERE 1;", "DELETE FROM t WHERE 0;",
    },
    "SELECT a FROM t WHERE b NOT IN (SELECT c FROM u);": {
        "SELECT a FROM t WHERE b IN (SELECT c FROM u);", "SELECT a FROM t WHERE 1;",
    },
    "INSERT INTO t (a) VALUES (max(:a, 2));": {
        "INSERT INTO t (a) VALUES (min(:a, 2));", "INSERT INTO t (a) VALUES (max(NULL, 2));", "INSERT INTO t (a) VALUES (max(:a, 3));",
        "INSERT INTO t (a) VALUES (max(:a, 1));",
    },
    "CREATE TABLE t (a INTEGER DEFAULT 0, b TEXT DEFAULT ''); CREATE INDEX i ON t (a) WHERE a = 1;": {
        "CREATE TABLE t (a INTEGER DEFAULT 1, b TEXT DEFAULT ''); CREATE INDEX i ON t (a) WHERE a = 1;",
        "CREATE TABLE t (a INTEGER DEFAULT -1, b TEXT DEFAULT ''); CREATE INDEX i ON t (a) WHERE a = 1;",
        "CREATE TABLE t (a INTEGER DEFAULT 0, b TEXT DEFAULT 'other'); CREATE INDEX i ON t (a) WHERE a = 1;",
    },
}  # fmt: skip


@pytest.mark.parametrize("statement", STATEMENTS)
def test_each_fault_is_one_and_all_of_them_are_made(statement: str) -> None:
    made = [change.applied(statement) for change in changes(statement)]

    assert sorted(made) == sorted(STATEMENTS[statement])


def test_what_is_said_in_comments_is_left_alone_and_names_are_known() -> None:
    text = "-- name: one\n-- where a = 1; and more\nSELECT a FROM t;\n\n-- name: two\nSELECT b FROM t LIMIT :n;\n"

    [change] = changes(text)

    assert (change.statement, change.applied(text)) == ("two", text.replace("LIMIT :n", ""))


def test_every_fault_of_our_statements_is_a_statement_still(tmp_path: Path) -> None:
    """Else it would be noticed by whatever runs it, which says nothing of the tests."""
    text, wrong = (ROOT / QUERIES).read_text("utf-8"), []
    with closing(open_connection(tmp_path / "ledger.db")) as connection:
        migrate(connection)
        every = list(changes(text))
        for change in every:
            statement = change.applied(text).partition(f"-- name: {change.statement}\n")[2].partition("-- name:")[0]
            try:
                connection.execute(f"EXPLAIN {statement}", dict.fromkeys(re.findall(r":(\w+)", statement)))
            except sqlite3.Error as error:
                wrong.append((change.statement, str(error)))

    assert wrong == []
    assert len(every) > 500
    assert {change.statement for change in every} >= {name for name, statement in SQL.items() if "WHERE" in statement}
