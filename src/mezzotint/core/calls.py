"""Calls: pictures that were ordered from a provider. What is known of each is on disk before and after it is made, so that no death of
ours makes a second one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from uuid import UUID


class CallState(str, Enum):
    """Where a call stands. The last three are final."""

    SUBMITTING = "submitting"  # the provider may be hearing of it now: without another word nobody knows whether it did
    SUBMITTED = "submitted"  # it gave an id
    DONE = "done"  # its picture came
    FAILED = "failed"  # it made none, and said so, or never heard of it
    UNKNOWN = "unknown"  # nobody knows, and nobody will ask again

    @property
    def final(self) -> bool:
        return self not in (CallState.SUBMITTING, CallState.SUBMITTED)


@dataclass(frozen=True)
class Call:
    """The `number`th order, from 1, for picture `index` of a task. `model` is ours, `name` the provider's word for it.

    `attempt` is the worker's title to the task under which it was begun. `cost` in credits (0.01 USD): expected at first, then as the provider says; nothing where it made nothing. `begun` is Unix seconds and
    the ledger's; `age`, how many seconds ago that was when a worker was told of it. `dropped` are parameters that it was not told.
    `moderated`: "request" or "picture", where the provider refused that for `reasons`.
    """

    task: UUID
    index: int
    number: int
    provider: str
    model: str
    name: str
    state: CallState
    attempt: int
    external_id: str = ""
    polling_url: str = ""
    cost: float = 0.0
    seed: int | None = None
    prompt: str | None = None
    dropped: tuple[str, ...] = ()
    note: str = ""
    moderated: str = ""
    reasons: tuple[str, ...] = ()
    begun: float = 0.0
    age: float = 0.0


@dataclass(frozen=True)
class Caps:
    """Credits that a provider may cost in a day and in a month, in UTC; None is no limit."""

    per_day: float | None = None
    per_month: float | None = None

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return self.per_day is not None or self.per_month is not None


@dataclass(frozen=True)
class CallNote:
    """What a worker says of a call. A new one is held to `caps`."""

    call: Call
    caps: Caps = Caps()


class Noted(str, Enum):
    """What became of a note. Of a new call only KEPT means that it may be made."""

    KEPT = "kept"
    LOST = "lost"  # the title has passed on, the task was canceled, or the call has ended
    SPENT = "spent"  # it would cost more than its provider may


@dataclass(frozen=True)
class Spent:
    """What a provider's calls of one day (UTC, YYYY-MM-DD) cost, in credits, for one of our models; those that are under way as expected."""

    provider: str
    model: str
    day: str
    calls: int
    cost: float


def may_follow(old: CallState, new: CallState) -> bool:
    """Whether a call may go from one state to the other: on, and never back."""
    return not old.final and not (old is CallState.SUBMITTED and new is CallState.SUBMITTING)


def begun_by(known: Call, call: Call) -> Noted:
    """What a call's beginning comes to that is known already: its worker may not have heard that it was noted, and says it again."""
    return Noted.KEPT if known.state is CallState.SUBMITTING and known.attempt == call.attempt else Noted.LOST


def over(caps: Caps, cost: float, day: float, month: float) -> bool:
    """Whether another call's cost is too much, where `day` and `month` are spent."""
    too_much_today = caps.per_day is not None and day + cost > caps.per_day
    return too_much_today or (caps.per_month is not None and month + cost > caps.per_month)
