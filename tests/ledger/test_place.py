"""Whether files lie where they were opened."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from mezzotint.core.errors import Unavailable
from mezzotint.ledger.place import Place
from mezzotint.ledger.writer import unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    path.write_text("a file")
    return path


def said(place: Place) -> str:
    with pytest.raises(sqlite3.OperationalError) as wrong:
        place.check()
    assert isinstance(unavailable(wrong.value), Unavailable)  # it may come back
    return str(wrong.value)


def test_files_that_lie_where_they_were_are_sound_and_a_log_may_come_later(path: Path) -> None:
    place = Place(path)
    place.check()
    log = path.with_name("ledger.db-wal")
    log.write_text("a log")
    place.check()
    place.check()

    log.unlink()

    assert said(place) == f"unable to open ledger.db-wal where it was: {os.strerror(errno.ENOENT)}"


def gone(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("another file")
    other.replace(path)


@pytest.mark.parametrize(
    ("change", "why"),
    [(gone, os.strerror(errno.ENOENT)), (replaced, "another file has its name: a restart would open that one")],
)
def test_a_file_that_is_gone_or_another_is_told(path: Path, change: Callable[[Path], None], why: str) -> None:
    place = Place(path)
    place.check()

    change(path)

    assert said(place) == f"unable to open ledger.db where it was: {why}"


def test_what_cannot_be_looked_at_is_told_though_it_was_never_seen(path: Path) -> None:
    assert said(Place(path / "below a file")) == f"unable to open below a file where it was: {os.strerror(errno.ENOTDIR)}"


def test_a_file_that_comes_back_is_sound_again(path: Path) -> None:
    place, away = Place(path), path.with_name("away")
    place.check()
    path.rename(away)
    said(place)

    away.rename(path)

    place.check()
