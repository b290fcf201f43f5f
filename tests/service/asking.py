"""Requests as dialects hand them on."""

from __future__ import annotations

import asyncio
from typing import Any

from mezzotint.core.accounts import ApiKey
from mezzotint.core.catalogue import Surface
from mezzotint.core.tasks import Inputs, Task
from mezzotint.service.submit import Accepted, Submission, card_of, submit
from mezzotint.service.tools import Tools

OWNER = ApiKey("k1", "default", "mine", 0.0)
COLLEAGUE = ApiKey("k2", "default", "a colleague's", 0.0)
STRANGER = ApiKey("k3", "other", "somebody else's", 0.0)


def a_submission(model: str = "flux-dev", *, key: ApiKey = OWNER, idempotency_key: str | None = None, request_hash: str = "", **given: Any) -> Submission:
    asked = {"prompt": "a paper boat"} | given
    return Submission(card_of(model, Surface.BFL), asked, "comet", key, "http://here", idempotency_key, request_hash)


async def ask(tools: Tools, model: str = "flux-dev", **rest: Any) -> Accepted:
    return await submit(a_submission(model, **rest), tools)


async def task_behind(tools: Tools, accepted: Accepted) -> Task:
    task = await tools.ledger.get(accepted.task)
    assert task is not None
    return task


async def inputs_of(tools: Tools, accepted: Accepted) -> Inputs:
    inputs = await tools.ledger.inputs(accepted.task)
    assert inputs is not None
    return inputs


async def all_had_their_turn() -> None:
    """Whoever was woken has noticed."""
    for _ in range(10):
        await asyncio.sleep(0)
