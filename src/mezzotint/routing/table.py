"""A table of the operator's file, read strictly: every key is known, every value is what it should be, every complaint says where."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

from mezzotint.core.errors import BadSetting
from mezzotint.settings import read_seconds

Value = TypeVar("Value")
Other = TypeVar("Other")
Read = Callable[[Any], Value]


class Unspoken(ValueError):
    """What is wrong with a value that may be a secret, and is therefore not repeated."""


class Table:
    """`place` is how the table is called in complaints, such as `mezzotint.toml: [providers.bfl]`."""

    def __init__(self, place: str, values: Any) -> None:
        """Raises BadSetting for what is no table."""
        if not isinstance(values, dict):
            raise BadSetting(f"{place}: expected a table, not {values!r}")
        self._place, self._values = place, dict(values)

    def take(self, name: str, read: Read[Value], otherwise: Other) -> Value | Other:
        """The value of that key, which is then done with. Raises BadSetting."""
        if name not in self._values:
            return otherwise
        value = self._values.pop(name)
        try:
            return read(value)
        except Unspoken as error:
            raise self.wrong(f"{name}: {error}") from None
        except ValueError as error:
            raise self.wrong(f"{name} = {value!r}: {error}") from None

    def need(self, name: str, read: Read[Value]) -> Value:
        if (found := self.take(name, read, None)) is None:
            raise self.wrong(f"{name} is missing")
        return found

    def end(self, known: Collection[str]) -> None:
        """Raises BadSetting where anything is left."""
        for name in self._values:
            near = difflib.get_close_matches(name, known, 1)
            raise self.wrong(f"there is no {name} here. " + (f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}"))

    def items(self) -> Iterator[tuple[str, Any]]:
        yield from self._values.items()

    def wrong(self, why: str) -> BadSetting:
        return BadSetting(f"{self._place} {why}")


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected a text in quotes")
    return value


def switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")  # noqa: TRY004 - readers say all that is wrong in one way
    return value


def count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100_000:
        raise ValueError("expected a whole number from 1 to 100000")
    return value


def amount(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError("expected a number of at least 0")
    return float(value)


def seconds(value: Any) -> float:
    """A number, or a text such as 10m."""
    found = read_seconds(value) if isinstance(value, str) else amount(value)
    if not 0.01 <= found <= 86_400:
        raise ValueError("expected 0.01 seconds to 1 day, such as 30 or 10m")
    return found


def one_of(*words: str) -> Read[str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"expected one of {', '.join(words)}")
        return str(value)

    return read


def listed(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ValueError("expected a list that is not empty")
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("expected a table")  # noqa: TRY004 - as above
    return value
