"""What a worker has at hand goes first, a little. Each test runs over each ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mezzotint.core.tasks import NewTask
from mezzotint.ledger.terms import AHEAD, PATIENCE
from mezzotint.ports import Ledger, Limits
from tests.clocks import HandClock
from tests.tasks import a_task

FREE = Limits()


def of_model(model: str, **rest: Any) -> NewTask:
    task = a_task(**rest)
    return replace(task, inputs=replace(task.inputs, model=model))


async def preferring(ledger: Ledger, epoch: int, count: int, *models: str) -> list[str]:
    """The models of what a worker is given that has those at hand."""
    return [claim.inputs.model for claim in await ledger.claim("w", epoch, ["stub"], count, None, models)]


async def test_a_worker_is_given_what_it_has_at_hand_before_the_rest_of_the_head_of_the_queue(ledger: Ledger) -> None:
    epoch = await ledger.enlist("w")
    for model in ("a", "b", "a", "b", "c"):
        await ledger.submit(of_model(model), FREE)

    assert await preferring(ledger, epoch, 1, "b") == ["b"]
    assert await preferring(ledger, epoch, 3, "c", "b") == ["a", "b", "c"]  # in fair order, once they are chosen
    assert await preferring(ledger, epoch, 9, "b") == ["a"]


async def test_what_is_beyond_the_head_of_the_queue_passes_nobody(ledger: Ledger) -> None:
    epoch = await ledger.enlist("w")
    for model in (*["a"] * AHEAD, "b"):
        await ledger.submit(of_model(model), FREE)

    assert await preferring(ledger, epoch, 1, "b") == ["a"]
    assert await preferring(ledger, epoch, 1, "b") == ["b"]


async def test_nobody_is_passed_over_for_long_nor_by_a_class_that_comes_later(ledger: Ledger, clock: HandClock) -> None:
    epoch = await ledger.enlist("w")
    await ledger.submit(of_model("b", priority=9), FREE)
    await ledger.submit(of_model("a"), FREE)
    assert await preferring(ledger, epoch, 1, "b") == ["a"]

    clock.advance(PATIENCE + 1)
    await ledger.beat("w", epoch, [])
    epoch = await ledger.enlist("w2")
    for model in ("a", "c"):
        await ledger.submit(of_model(model, priority=9), FREE)
    order = [claim.inputs.model for _ in range(3) for claim in await ledger.claim("w2", epoch, ["stub"], 1, None, ["c"])]
    assert order == ["b", "c", "a"]  # the first has waited long enough
