"""Tasks: what was asked, what state it is in, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from mezzotint.core.calls import Call, CallNote
from mezzotint.core.hooks import Hook
from mezzotint.core.images import StoredImage
from mezzotint.core.webhooks import Event


class Status(str, Enum):
    """Where a task stands. The last six are final: a task that has one never leaves it."""

    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    ERROR = "error"
    REQUEST_MODERATED = "request moderated"
    CONTENT_MODERATED = "content moderated"
    CANCELED = "canceled"
    EXPIRED = "expired"  # its deadline passed before it was done

    @property
    def final(self) -> bool:
        return self not in (Status.PENDING, Status.PROCESSING)


@dataclass(frozen=True)
class Outcome:
    """How a task ended. `images` with READY; `reasons` with the moderated ones; `code` and `message` with ERROR."""

    status: Status
    images: tuple[StoredImage, ...] = ()
    seed: int | None = None
    prompt: str | None = None  # the prompt as painted, after upsampling
    engine: str = ""
    reasons: tuple[str, ...] = ()
    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class Inputs:
    """What a worker needs to paint: the model's name and its settled parameters, by their core names.

    Picture parameters hold a URL, or `blob:` and a key in the blob store. `origin` is the address that the client called, on
    which links in webhooks are made. `shown` is the input as it was given and `version` the model's version that was asked for,
    on surfaces that show them. `webhook_events` are what is told, if there is a `webhook_url`.
    """

    model: str
    parameters: dict[str, Any]
    origin: str = ""
    webhook_url: str | None = None
    webhook_secret: str | None = None
    shown: dict[str, Any] | None = None
    version: str | None = None
    webhook_events: tuple[Event, ...] = (Event.COMPLETED,)


@dataclass(frozen=True)
class Task:
    """One accepted request and what became of it. Times are Unix seconds."""

    id: UUID
    account: str
    key: str
    surface: str
    model: str
    engine: str
    status: Status
    created: float
    started: float | None = None
    finished: float | None = None
    attempt: int = 0
    cancel_requested: bool = False
    outcome: Outcome | None = None
    images_until: float | None = None  # when its pictures are deleted; None with pictures: never


@dataclass(frozen=True)
class NewTask:
    """A task as it is submitted. `request_hash` and `idempotency_key` make a repeated create the same task."""

    id: UUID
    account: str
    key: str
    surface: str
    engine: str
    inputs: Inputs
    priority: int = 0
    cost: float = 1.0  # of the engine's time, relative; what fair queuing counts
    price: float = 0.0  # credits: taken when it is made, given back unless it becomes ready
    label: str = ""
    idempotency_key: str | None = None
    request_hash: str = ""
    deadline: float | None = None


@dataclass(frozen=True)
class Claim:
    """A worker's title to a task: `attempt` is the fencing token that every later word about the task must carry.

    `calls` are what earlier attempts ordered from providers; `age`, for how many seconds the task has been worked on. `hook`: where
    providers may say how its orders are, if they can reach us.
    """

    task: UUID
    attempt: int
    inputs: Inputs
    created: float
    calls: tuple[Call, ...] = ()
    age: float = 0.0
    hook: Hook | None = None


@dataclass(frozen=True)
class Verdict:
    """What a worker says of a claimed task: an outcome, or (outcome None) that it hands the task back to be tried again.

    `refund` hands it back unused, so that the attempt does not count against the task.
    """

    task: UUID
    attempt: int
    outcome: Outcome | None
    message: str = ""
    delay: float = 0.0  # seconds before the next attempt
    refund: bool = False
    seconds: float | None = None  # that painting took
    calls: tuple[CallNote, ...] = ()  # how what was ordered from providers ended, which is noted whoever has the task by now


@dataclass(frozen=True)
class Progress:
    """How far a running task is. Known only while it runs, and only to the process that is told."""

    task: UUID
    attempt: int
    step: int
    steps: int
