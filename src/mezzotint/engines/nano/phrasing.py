"""Phrases in prompts: whether one is there, and what stays of a prompt without it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

LANGUAGES = ("en", "de", "tr")


def phrases_of(about: Mapping[str, Any]) -> list[str]:
    """All ways to say it, whatever the language."""
    return [phrase for language in LANGUAGES for phrase in about[language]]


def either(phrases: Iterable[str], *, name: str = "", before: str = "", after: str = "") -> str:
    """An expression for one of the phrases as words of their own, the longest that there is; `before` and `after` are expressions of what
    goes with it. `name` is that of its group."""
    longest_first = sorted(set(phrases), key=len, reverse=True)
    one = "|".join(map(re.escape, longest_first)) or "(?!)"  # which is nowhere
    return rf"(?<!\w){before}({f'?P<{name}>' if name else '?:'}{one})(?!\w){after}"


def any_of(phrases: Iterable[str], before: str = "", after: str = "") -> re.Pattern[str]:
    """The same, to search for."""
    return re.compile(either(phrases, before=before, after=after), re.IGNORECASE)


def which(patterns: Mapping[str, re.Pattern[str]], text: str) -> str | None:
    """The first name whose phrases the text is one of."""
    return next((name for name, pattern in patterns.items() if pattern.fullmatch(text)), None)


def tidied(prompt: str) -> str:
    """Without the blanks and commas that what was left out leaves."""
    return re.sub(r"^[ ,]+|[ ,]+(?=[,.]|$)", "", re.sub(r"\s+", " ", prompt))
