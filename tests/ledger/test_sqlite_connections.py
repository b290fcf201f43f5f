"""How a SQLite file is opened: with what durability rests on said outright, whatever this build of SQLite would do by itself."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from mezzotint.ledger import sqlite_connections as module
from mezzotint.ledger.sqlite_connections import file_system_of, open_connection

DURABLE = ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"]
TO_THE_PLATTER = ["PRAGMA fullfsync = ON", "PRAGMA checkpoint_fullfsync = ON"]


class Noting(sqlite3.Connection):
    """What it was told."""

    def __init__(self, *details: Any, **more: Any) -> None:
        super().__init__(*details, **more)
        self.told: list[str] = []

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        self.told.append(statement)
        return super().execute(statement, *values)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """With what each connection was opened."""
    details: list[dict[str, Any]] = []
    connect = sqlite3.connect

    def noting(path: Path, **more: Any) -> sqlite3.Connection:
        details.append(more)
        return connect(path, **more, factory=Noting)

    monkeypatch.setattr(sqlite3, "connect", noting)
    return details


@pytest.mark.parametrize(
    ("platform", "read_only", "told"),
    [
        ("linux", False, DURABLE),
        ("linux", True, [*DURABLE, "PRAGMA query_only = ON"]),
        ("darwin", False, [*DURABLE, *TO_THE_PLATTER]),
        ("darwin", True, [*DURABLE, *TO_THE_PLATTER, "PRAGMA query_only = ON"]),
    ],
)
def test_what_durability_rests_on_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[dict[str, Any]], platform: str, read_only: bool, told: list[str]
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    connection = open_connection(tmp_path / "ledger.db", read_only=read_only)

    assert isinstance(connection, Noting)
    assert connection.told == told
    assert opened[0]["cached_statements"] == 256
    connection.close()


def test_and_it_holds(tmp_path: Path) -> None:
    connection = open_connection(tmp_path / "ledger.db")
    reading = open_connection(tmp_path / "ledger.db", read_only=True)
    names = ("journal_mode", "synchronous", "foreign_keys", "query_only", "busy_timeout")

    assert [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names] == ["wal", 2, 1, 0, 10_000]
    assert [reading.execute(f"PRAGMA {name}").fetchone()[0] for name in names] == ["wal", 2, 1, 1, 1_000]
    with pytest.raises(sqlite3.OperationalError):
        reading.execute("CREATE TABLE t (a)")
    for each in (connection, reading):
        each.close()


def test_where_the_system_tells_nothing_nothing_is_known() -> None:
    assert file_system_of(Path("/x"), "") == "unknown"
    assert Path("/proc/mounts") == module.MOUNTS
