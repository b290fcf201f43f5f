"""A mutant and what became of it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Fate(str, Enum):
    KILLED = "killed"
    TIMEOUT = "timeouts"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"  # it survived, and no test could tell it apart


@dataclass(frozen=True)
class Mutant:
    """`where` is its module, or its file of SQL; `name` its function or statement; `change` the lines that went, `->`, those that came."""

    where: str
    name: str
    change: str
    fate: Fate


def change_of(before: Sequence[str], after: Sequence[str]) -> str:
    lines = [line for line in difflib.unified_diff(before, after, lineterm="", n=0) if not line.startswith(("---", "+++", "@@"))]
    gone, come = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    return f"{' '.join(gone)} -> {' '.join(come)}"
