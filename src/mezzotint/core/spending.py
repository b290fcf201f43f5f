"""What was painted and what it cost, summed up and as a table for spreadsheets."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mezzotint.core.accounts import Usage

COLUMNS = ("day", "key", "model", "label")
FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what spreadsheets take for the beginning of a formula

ENDING = "\r\n"  # of a line


def grouped(used: Iterable[Usage], by: Sequence[str]) -> list[dict[str, Any]]:
    """Sums over all that `by`, some of COLUMNS, does not tell apart; in its order."""
    sums: dict[tuple[str, ...], list[Usage]] = {}
    for use in used:
        sums.setdefault(tuple(getattr(use, name) for name in by), []).append(use)
    return [
        dict(zip(by, values, strict=True)) | {"tasks": sum(use.tasks for use in uses), "credits": math.fsum(use.credits for use in uses)}
        for values, uses in sorted(sums.items())
    ]


def table(rows: Iterable[Mapping[str, Any]], by: Sequence[str]) -> Iterator[str]:
    """The lines of a CSV file, its header first, without what ends them."""
    yield _line([*by, "tasks", "credits"])
    for row in rows:
        yield _line([*(_harmless(row[name]) for name in by), row["tasks"], round(row["credits"], 6)])


def _harmless(text: str) -> str:
    """Labels are whatever callers chose; one that begins like a formula is marked as text, in the way that spreadsheets mark it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _line(cells: Sequence[Any]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator=ENDING).writerow(cells)  # what may end a line is quoted
    return written.getvalue().removesuffix(ENDING)
