"""Leashes and slots: who is let go, who waits, and that no slot is ever lost."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.leash import Leash, Slots
from tests.waiting import until


class Pulled(Exception):
    pass


async def test_sleep_lasts_until_its_end_or_the_pull() -> None:
    leash = Leash()
    await leash.sleep(0.01)
    sleeping = asyncio.create_task(leash.sleep(60))
    await asyncio.sleep(0)
    leash.pull(Pulled())
    leash.pull(ValueError("later ones do not count"))

    with pytest.raises(Pulled):
        await sleeping
    with pytest.raises(Pulled):
        await leash.sleep(60)
    with pytest.raises(Pulled):
        leash.check()


async def test_held_work_gives_what_it_gives_or_is_broken_off() -> None:
    leash, ended = Leash(), asyncio.Event()

    async def work(seconds: float) -> str:
        try:
            await asyncio.sleep(seconds)
        finally:
            ended.set()
        return "done"

    assert await leash.hold(work(0)) == "done"
    ended.clear()
    holding = asyncio.create_task(leash.hold(work(60)))
    await asyncio.sleep(0.01)
    leash.pull(Pulled())
    with pytest.raises(Pulled):
        await holding
    await until(ended.is_set, "the work to end")


async def test_what_held_work_raises_comes_through() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await Leash().hold(fail())


async def test_slots_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    slots, came = Slots(1), list[int]()

    async def take(number: int) -> None:
        assert await slots.take(Leash(), 10)
        came.append(number)

    waiting = [asyncio.create_task(take(number)) for number in range(4)]
    for number in range(4):
        await until(lambda number=number: len(came) == number + 1, "a slot")  # type: ignore[misc]  # mypy cannot infer defaults of lambdas
        slots.give()
    await asyncio.gather(*waiting)

    assert came == [0, 1, 2, 3]


async def test_who_waits_too_long_or_is_pulled_leaves_the_slot_to_others() -> None:
    slots, leash = Slots(1), Leash()
    assert await slots.take(Leash(), 1)
    assert not await slots.take(Leash(), 0.01)
    pulled = asyncio.create_task(slots.take(leash, 60))
    await asyncio.sleep(0.01)
    leash.pull(Pulled())
    with pytest.raises(Pulled):
        await pulled
    slots.give()

    assert await slots.take(Leash(), 0)


async def test_a_slot_by_force_is_paid_back_before_others_are_let_in() -> None:
    slots = Slots(1)
    slots.force()
    slots.force()
    slots.give()
    assert not await slots.take(Leash(), 0)
    slots.give()
    assert await slots.take(Leash(), 0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["take", "give", "pull", "cancel"]), max_size=40))
async def test_no_slot_is_ever_lost_or_made(steps: list[str]) -> None:
    slots, held, waiting = Slots(2), 0, list[tuple[Leash, asyncio.Task[bool]]]()
    for step in steps:
        if step == "take":
            leash = Leash()
            waiting.append((leash, asyncio.create_task(slots.take(leash, 60))))
        elif step == "give" and held:
            slots.give()
            held -= 1
        elif waiting and step in ("pull", "cancel"):
            leash, task = waiting[len(waiting) // 2]
            leash.pull(Pulled()) if step == "pull" else task.cancel()
        if len(steps) % 2:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        done = [(leash, task) for leash, task in waiting if task.done()]
        held += sum(not task.cancelled() and task.exception() is None and task.result() for _, task in done)
        waiting = [each for each in waiting if each not in done]
        assert held <= 2
    for _, task in waiting:
        task.cancel()
    results = await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)
    held += sum(result is True for result in results)
    for _ in range(held):
        slots.give()

    assert [await slots.take(Leash(), 0) for _ in range(3)] == [True, True, False]
