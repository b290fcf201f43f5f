"""Tasks to test with."""

from __future__ import annotations

import itertools
from typing import Any
from uuid import UUID

from mezzotint.core import ids
from mezzotint.core.images import StoredImage
from mezzotint.core.tasks import Inputs, NewTask, Outcome, Status
from mezzotint.core.webhooks import Event

_numbers = itertools.count(1)


def an_id(milliseconds: int = 1_800_000_000_000) -> UUID:
    return ids.mint(milliseconds, next(_numbers).to_bytes(ids.RANDOM_BYTES, "big"))


def a_task(prompt: str = "a paper boat", *, webhook_url: str | None = None, webhook_events: tuple[Event, ...] = (Event.COMPLETED,), **rest: Any) -> NewTask:
    inputs = Inputs("flux-dev", {"prompt": prompt, "seed": 1}, "http://here", webhook_url, webhook_events=webhook_events)
    details: dict[str, Any] = {"account": "default", "key": "k1", "surface": "comet", "engine": "stub"} | rest
    return NewTask(id=details.pop("id", None) or an_id(), inputs=inputs, **details)


def ready(seed: int = 1) -> Outcome:
    return Outcome(Status.READY, (StoredImage("a/b/0.png", "png", 64, 64, 100, "ab" * 32),), seed, "a paper boat", "stub")
