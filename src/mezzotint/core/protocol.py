"""What workers and the server say to each other: pull, beat, progress, finish, fail. JSON over HTTP, on a local socket or far away."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mezzotint.core.tasks import Claim, Progress, Verdict

PREFIX = "/v1/worker"
LONGEST_WAIT = 30.0  # seconds that a pull is held open


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
    """`held` is what the worker has of former pulls: an answer that was lost on the way must not be lost for ever."""

    worker: str
    epoch: int
    engines: list[str]
    slots: int
    wait: float = 0.0
    held: list[tuple[UUID, int]] | None = None


@dataclass(frozen=True)
class Pulled:
    claims: list[Claim]


@dataclass(frozen=True)
class Beat:
    worker: str
    epoch: int
    held: list[tuple[UUID, int]]


@dataclass(frozen=True)
class Told:
    """What the worker must know of its tasks: those to stop, and those that are no longer its own."""

    canceled: list[UUID]
    lost: list[UUID]


@dataclass(frozen=True)
class Report:
    progress: list[Progress]


@dataclass(frozen=True)
class Finish:
    """Of `finish` the verdicts have outcomes, of `fail` they have none: those tasks are handed back."""

    verdicts: list[Verdict]


@dataclass(frozen=True)
class Finished:
    """For each verdict whether it counted."""

    accepted: list[bool]
