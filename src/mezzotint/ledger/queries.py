"""Reads a file of named statements: each begins with a line `-- name: it`."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load_queries(dialect: str) -> dict[str, str]:
    """The statements of ledger/sql/<dialect>/queries.sql by name, comments dropped."""
    text = _read(dialect, "queries.sql")
    parts = NAME.split(text)[1:]
    return {name: _bare(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}


def load_migrations(dialect: str) -> list[tuple[int, str]]:
    """(number, script) of ledger/sql/<dialect>/NNNN_*.sql, in order."""
    folder = resources.files("mezzotint.ledger") / "sql" / dialect
    names = sorted(entry.name for entry in folder.iterdir() if re.match(r"\d{4}_\w+\.sql$", entry.name))
    return [(int(name[:4]), _read(dialect, name)) for name in names]


def _read(dialect: str, name: str) -> str:
    return (resources.files("mezzotint.ledger") / "sql" / dialect / name).read_text("utf-8")


def _bare(body: str) -> str:
    lines = [line for line in body.strip().splitlines() if not line.startswith("--")]
    return "\n".join(lines).rstrip(";")
