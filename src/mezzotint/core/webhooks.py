"""What is owed to a webhook, when it is tried again, and when it is given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

# seconds after which the next attempt follows: at once, then 5 s … 24 h; after the last the message has failed
DELAYS = (5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0, 18000.0, 36000.0, 86400.0)
ATTEMPTS = len(DELAYS) + 1
JITTER = 0.2  # of a delay, added at most
LONGEST_PAUSE = 86_400.0  # seconds that a receiver may ask for with Retry-After
GONE = 410  # a receiver that says so is not asked again
KEPT = 50  # attempts of one message that are remembered, the newest: each resending may add ATTEMPTS


class Event(str, Enum):
    """What a webhook tells of its task. Replicate's surface has all of them, the others the end alone.

    They come in this order; their names sort the other way round, by which the ledgers know what comes first.
    """

    START = "start"
    OUTPUT = "output"
    COMPLETED = "completed"


class Standing(str, Enum):
    """Where a message stands. A failed one is a dead letter: it is kept, and may be sent again by hand."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Delivery:
    """One webhook owed. `id` stays the same over all attempts, so that a receiver can tell a repeat."""

    id: str
    task: UUID
    attempt: int  # how often it was tried before
    event: Event = Event.COMPLETED


@dataclass(frozen=True)
class Attempt:
    """How one try went: the answer's status (None: no answer), what to note about it, and how long it took in milliseconds.

    `retry_after` is what the receiver asked for, in seconds.
    """

    status: int | None
    note: str = ""
    ms: float = 0.0
    retry_after: float = 0.0

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Try:
    """An attempt as the ledger keeps it: the message's `number`th, `at` that Unix time."""

    number: int
    at: float
    status: int | None
    note: str
    ms: float | None  # None: it was made before that was kept


@dataclass(frozen=True)
class Message:
    """A webhook as its account sees it. `tried` counts every attempt; `next_at` is None where none is to come. `tries` are those that
    were asked for, the oldest first: all that are kept, or only the last."""

    id: str
    task: UUID
    event: Event
    standing: Standing
    tried: int
    created: float
    next_at: float | None
    tries: tuple[Try, ...] = ()


def standing_after(event: Event, attempt: Attempt, tried: int, jitter: float, delays: Sequence[float] = DELAYS) -> tuple[Standing, float]:
    """How a message stands after its attempt number `tried`, and the seconds until the next one.

    Only the end is told again: what comes before it is soon out of date, and the end waits for it. `tried` counts from when it was last
    sent by hand; `jitter` and `delays` as in `next_delay`.
    """
    if attempt.delivered:
        return Standing.DELIVERED, 0.0
    delay = None if attempt.status == GONE or event is not Event.COMPLETED else next_delay(tried, jitter, delays)
    if delay is None:
        return Standing.FAILED, 0.0
    return Standing.PENDING, max(delay, min(attempt.retry_after, LONGEST_PAUSE))


def next_delay(tried: int, jitter: float, delays: Sequence[float] = DELAYS) -> float | None:
    """Seconds until the next attempt after `tried` of them, None when there is none: `delays` has one for each attempt but the last.
    `jitter` in 0..1 adds up to a fifth."""
    if tried > len(delays):
        return None
    return delays[tried - 1] * (1 + JITTER * jitter)
