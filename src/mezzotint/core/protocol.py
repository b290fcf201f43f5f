"""What workers and the server say to each other: pull, beat, progress, calls, finish, fail. JSON over HTTP, on a local socket or far away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mezzotint.core.calls import CallNote, Noted
from mezzotint.core.conditions import Condition
from mezzotint.core.hooks import News
from mezzotint.core.previews import Preview, Wish
from mezzotint.core.tasks import Claim, Progress, Verdict

PREFIX = "/v1/worker"
LONGEST_WAIT = 30.0  # seconds that a pull is held open
SPARE = ("watched", "previews", "news")  # fields that are left out where they are empty, for those who do not know them, and as they nearly always are


@dataclass(frozen=True)
class Enlist:
    worker: str


@dataclass(frozen=True)
class Enlisted:
    """The worker's epoch, and for how many seconds it may be silent before its tasks are offered to others."""

    epoch: int
    lease: float


@dataclass(frozen=True)
class Pull:
    """`held` is what the worker has of former pulls: an answer that was lost on the way must not be lost for ever. `prefer` are models
    that it has at hand."""

    worker: str
    epoch: int
    engines: list[str]
    slots: int
    wait: float = 0.0
    held: list[tuple[UUID, int]] | None = None
    prefer: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Pulled:
    """`watched`: which of the tasks somebody watches, and what there is to be seen of them. `news` are of orders for tasks that the worker
    has already."""

    claims: list[Claim]
    watched: dict[UUID, Wish] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)


@dataclass(frozen=True)
class Beat:
    worker: str
    epoch: int
    held: list[tuple[UUID, int]]
    providers: list[Condition] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """What the worker must know of the tasks that it spoke of: those to stop, those that are no longer its own, and those that are
    watched: nobody watches the others, or no longer. And news of their orders."""

    canceled: list[UUID]
    lost: list[UUID]
    watched: dict[UUID, Wish] = field(default_factory=dict)
    news: list[News] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """`previews` are of tasks whose progress is told too."""

    progress: list[Progress]
    previews: list[Preview] = field(default_factory=list)


@dataclass(frozen=True)
class Calls:
    """What is ordered from providers, and what became of it: each noted before it is done, and when it is."""

    notes: list[CallNote]


@dataclass(frozen=True)
class CallsNoted:
    """What became of each note."""

    noted: list[Noted]


@dataclass(frozen=True)
class Finish:
    """Of `finish` the verdicts have outcomes, of `fail` they have none: those tasks are handed back."""

    verdicts: list[Verdict]


@dataclass(frozen=True)
class Finished:
    """For each verdict whether it counted."""

    accepted: list[bool]


def trimmed(message: Pulled | Told | Report) -> dict[str, Any]:
    """The message as it is sent: previews that nobody watches cost no byte."""
    return {name: value for name, value in vars(message).items() if value or name not in SPARE}
