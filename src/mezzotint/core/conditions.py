"""How providers are, as the workers that speak to them find them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

LONGEST_ERROR = 200  # characters


class State(str, Enum):
    """Whether a provider is asked now."""

    WELL = "well"
    RESTING = "resting"  # not for a while: it failed too often, or asked to be left alone
    REFUSING = "refusing"  # it will have nothing of us: the key, or the account


@dataclass(frozen=True)
class Condition:
    """A provider since its worker began: `answered` and `failed` count, `..._ago` are seconds, None for never. `error` is the last failure's."""

    provider: str
    state: State
    answered: int = 0
    failed: int = 0
    answered_ago: float | None = None
    failed_ago: float | None = None
    error: str = ""

    def same_as(self, other: Condition) -> bool:
        """But for the time that has passed."""
        return replace(self, answered_ago=None, failed_ago=None) == replace(other, answered_ago=None, failed_ago=None)


@dataclass(frozen=True)
class Findings:
    """What a worker said of its providers, and when, in Unix seconds of the ledger."""

    worker: str
    at: float
    conditions: tuple[Condition, ...]

    def same_as(self, others: Sequence[Condition]) -> bool:
        return len(others) == len(self.conditions) and all(map(Condition.same_as, self.conditions, others))
