"""Whether a ledger's files still lie where they were opened. A file that was moved or deleted can be written to by whoever has it open,
but what is written there is nowhere after a restart, so nothing may be promised by it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path


class Place:
    """A SQLite file and its log. The log is remembered when it is first seen: SQLite makes it with the first transaction."""

    def __init__(self, path: Path) -> None:
        self._files = [str(path), f"{path}-wal"]
        self._known: dict[str, tuple[int, int]] = {}

    def check(self) -> None:
        """Raises sqlite3.OperationalError where a file is gone, or another has its name."""
        for name in self._files:
            try:
                found = os.stat(name)  # noqa: PTH116 - twice with every commit, where a Path costs as much as the call
            except OSError as error:
                if name in self._known or not isinstance(error, FileNotFoundError):
                    raise _gone(name, error.strerror or "no such file") from error
                continue
            if self._known.setdefault(name, (found.st_dev, found.st_ino)) != (found.st_dev, found.st_ino):
                raise _gone(name, "another file has its name: a restart would open that one")


def _gone(name: str, why: str) -> sqlite3.OperationalError:
    """In words that count as passing: see `writer.unavailable`."""
    return sqlite3.OperationalError(f"unable to open {Path(name).name} where it was: {why}")
