"""Our records as rows and back, and the numbers that stand for states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any
from uuid import UUID

from mezzotint import records
from mezzotint.core import ids
from mezzotint.core.accounts import ApiKey, Rate, read_rate
from mezzotint.core.tasks import Inputs, NewTask, Outcome, Status, Task
from mezzotint.core.webhooks import Event, Standing

STATES = (
    Status.PENDING,
    Status.PROCESSING,
    Status.READY,
    Status.ERROR,
    Status.REQUEST_MODERATED,
    Status.CONTENT_MODERATED,
    Status.CANCELED,
    Status.EXPIRED,
)
NUMBERS = {status: number for number, status in enumerate(STATES)}
HOOKS = {Event.COMPLETED: 1, Event.START: 2, Event.OUTPUT: 4}  # what a task's `hook` is the sum of
STANDINGS = (Standing.PENDING, Standing.DELIVERED, Standing.FAILED)  # of webhooks
DAY = 86_400
IDEMPOTENCY = float(DAY)  # seconds that an idempotency key is remembered

CANCELED = Outcome(Status.CANCELED, code="canceled", message="canceled")
EXPIRED = Outcome(Status.EXPIRED, code="expired", message="the task's deadline passed before it was done")


def message_id(task: UUID, event: Event) -> str:
    """Of the webhook that tells it. These sort as their tasks do."""
    name = f"msg_{ids.short(task)}"
    return name if event is Event.COMPLETED else f"{name}_{event.value}"


def day_of(seconds: float) -> str:
    """Of Unix seconds, in UTC, as YYYY-MM-DD."""
    return _day(int(seconds // DAY))


@lru_cache(maxsize=8)
def _day(number: int) -> str:
    """Asked for some times with every task, nearly always for today."""
    return datetime.fromtimestamp(number * DAY, timezone.utc).strftime("%Y-%m-%d")


def hook_of(inputs: Inputs) -> int:
    """What is to be told of a task, as one number: 0 for nothing."""
    return sum(HOOKS[event] for event in inputs.webhook_events) if inputs.webhook_url is not None else 0


def given_up(attempts: int) -> Outcome:
    times = "once" if attempts == 1 else f"{attempts} times"
    return Outcome(Status.ERROR, code="attempts_exhausted", message=f"the task was tried {times} and its worker was lost every time")


def task_of(row: Mapping[str, Any]) -> Task:
    return Task(
        id=UUID(bytes=row["id"]),
        account=row["account"],
        key=row["api_key"],
        surface=row["surface"],
        model=row["model"],
        engine=row["engine"],
        status=STATES[row["state"]],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        attempt=row["attempt"],
        cancel_requested=bool(row["cancel_requested"]),
        outcome=None if row["outcome"] is None else records.decode(row["outcome"], Outcome),
        images_until=0.0 if row["emptied"] else row["images_until"],
    )


def row_of(task: NewTask, created: float, vstart: float, held: float) -> dict[str, Any]:
    return {
        "id": task.id.bytes,
        "account": task.account,
        "api_key": task.key,
        "surface": task.surface,
        "model": task.inputs.model,
        "engine": task.engine,
        "class": task.priority,
        "vstart": vstart,
        "deadline": task.deadline,
        "hook": hook_of(task.inputs),
        "price": task.price,
        "held": held,
        "label": task.label,
        "created": created,
    }


def key_of(row: Mapping[str, Any]) -> ApiKey:
    return ApiKey(
        id=row["id"],
        account=row["account"],
        name=row["name"],
        created=row["created"],
        expires=row["expires"],
        revoked=bool(row["revoked"]),
        max_active=row["max_active"],
        scopes=tuple(row["scopes"].split()),
        models=tuple(row["models"].split()),
        budget=row["budget"],
        spent=row["spent"],
        create_rate=_rate(row["create_rate"]),
        poll_rate=_rate(row["poll_rate"]),
    )


def row_of_key(key: ApiKey, digest: str) -> dict[str, Any]:
    return {
        "digest": digest,
        "id": key.id,
        "account": key.account,
        "name": key.name,
        "created": key.created,
        "expires": key.expires,
        "max_active": key.max_active,
        "scopes": " ".join(key.scopes),
        "models": " ".join(key.models),
        "budget": key.budget,
        "create_rate": None if key.create_rate is None else str(key.create_rate),
        "poll_rate": None if key.poll_rate is None else str(key.poll_rate),
    }


def _rate(text: str | None) -> Rate | None:
    return None if text is None else read_rate(text)
