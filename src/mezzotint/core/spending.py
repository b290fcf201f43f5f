"""What was painted and what it cost, summed up and as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mezzotint.core.accounts import Usage

COLUMNS = ("day", "key", "model", "label")
FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what spreadsheets take for the beginning of a formula

ENDING = "\r\n"  # of a line


def rows(used: Iterable[Usage], by: Sequence[str]) -> list[dict[str, Any]]:
    """What `by`, some of COLUMNS, tells apart, in its order, and nothing else."""
    return [{name: getattr(use, name) for name in (*by, "tasks", "credits")} for use in used]


def table(rows: Iterable[Mapping[str, Any]], by: Sequence[str]) -> Iterator[str]:
    """The lines of a CSV file, its header first, without what ends them."""
    yield _line([*by, "tasks", "credits"])
    for row in rows:
        yield _line([*(_harmless(row[name]) for name in by), row["tasks"], round(row["credits"], 6)])


def amount(spent: float) -> str:
    """As people read it: to the ten-thousandth of a credit, without needless zeros, and never with an exponent."""
    return f"{spent:.4f}".rstrip("0").rstrip(".")


def _harmless(text: str) -> str:
    """Labels are whatever callers chose; one that begins like a formula is marked as text, in the way that spreadsheets mark it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _line(cells: Sequence[Any]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator=ENDING).writerow(cells)  # what may end a line is quoted
    return written.getvalue().removesuffix(ENDING)
