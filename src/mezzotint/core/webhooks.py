"""What is owed to a webhook, when it is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

# seconds after which the next attempt follows: at once, then 5 s … 24 h; after the last the delivery is dead
DELAYS = (5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0, 18000.0, 36000.0, 86400.0)
ATTEMPTS = len(DELAYS) + 1
GONE = 410  # a receiver that says so is not asked again


@dataclass(frozen=True)
class Delivery:
    """One webhook owed. `id` stays the same over all attempts, so that a receiver can tell a repeat."""

    id: str
    task: UUID
    attempt: int  # how often it was tried before


@dataclass(frozen=True)
class Attempt:
    """How one try went: the answer's status (None: no answer) and what to note about it."""

    status: int | None
    note: str = ""

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def next_delay(tried: int, jitter: float) -> float | None:
    """Seconds until the next attempt after `tried` of them, None when there is none. `jitter` in 0..1 adds up to a fifth."""
    if tried > len(DELAYS):
        return None
    return DELAYS[tried - 1] * (1 + 0.2 * jitter)
