"""What a worker has at hand goes first, a little. Each test runs over each ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mezzotint.core.tasks import NewTask, Status, Verdict
from mezzotint.ledger.terms import AHEAD, PATIENCE
from mezzotint.ports import Ledger, Limits, Orders
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

    clock.advance(PATIENCE)
    await ledger.beat("w", epoch, [])
    epoch = await ledger.enlist("w2")
    for model in ("a", "c"):
        await ledger.submit(of_model(model, priority=9), FREE)
    order = [claim.inputs.model for _ in range(3) for claim in await ledger.claim("w2", epoch, ["stub"], 1, None, ["c"])]
    assert order == ["b", "c", "a"]  # the first has waited long enough


async def test_a_claim_with_a_wish_is_a_claim(ledger: Ledger, clock: HandClock) -> None:
    begun = clock.now()
    await ledger.submit(of_model("a", engine="another"), FREE)
    await ledger.submit(task := of_model("b"), FREE)
    epoch = await ledger.enlist("w")

    [claim] = await ledger.claim("w", epoch, ["stub"], 2, None, ["b"])

    assert (claim.task, claim.attempt) == (task.id, 1)
    assert await ledger.beat("w", epoch, [(task.id, 1)]) == Orders()
    await ledger.settle([Verdict(task.id, 1, None, delay=5)])
    clock.advance(4.5)
    assert await ledger.claim("w", epoch, ["stub"], 2, None, ["b"]) == []
    clock.advance(0.5)
    [again] = await ledger.claim("w", epoch, ["stub"], 2, None, ["b"])
    found = await ledger.get(task.id)
    assert found is not None
    assert (again.attempt, found.attempt, found.started, found.status) == (2, 2, begun, Status.PROCESSING)


async def test_among_what_is_preferred_and_among_the_rest_the_order_is_fair(ledger: Ledger) -> None:
    epoch = await ledger.enlist("w")
    order = [("busy", "a", 0), ("busy", "b", 0), ("busy", "b", 0), ("rested", "b", 0), ("rested", "a", 0), ("urgent", "a", -1)]
    for key, model, priority in order:
        await ledger.submit(of_model(model, key=key, priority=priority), FREE)

    given = [claim.task for _ in order for claim in await ledger.claim("w", epoch, ["stub"], 1, None, ["b"])]

    found = [await ledger.get(task) for task in given]
    assert [(task.key, task.model) for task in found if task] == [
        ("urgent", "a"), ("rested", "b"), ("busy", "b"), ("busy", "b"), ("busy", "a"), ("rested", "a"),
    ]  # fmt: skip


async def test_the_head_of_the_queue_is_that_of_fair_order(ledger: Ledger) -> None:
    epoch = await ledger.enlist("w")
    for number in range(AHEAD):
        await ledger.submit(of_model("b" if number == AHEAD - 1 else "a", key="busy"), FREE)
    await ledger.submit(of_model("b", key="rested", priority=1), FREE)
    await ledger.submit(of_model("a", key="rested"), FREE)

    [first] = await ledger.claim("w", epoch, ["stub"], 1, None, ["b"])

    found = await ledger.get(first.task)
    assert found is not None
    assert (found.key, found.model) == ("busy", "a")  # the only other one at hand is the ninth
