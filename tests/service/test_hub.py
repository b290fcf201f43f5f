"""Who is woken by what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from mezzotint.service.hub import Hub
from tests.service.asking import all_had_their_turn
from tests.tasks import an_id

TASK = an_id()


async def _rings(hub: Hub, seconds: float) -> None:
    with hub.bell(TASK) as bell:
        await bell.wait(seconds)


async def _ends(hub: Hub, seconds: float) -> None:
    with hub.bell(TASK, at_end=True) as bell:
        await bell.wait(seconds)


WAYS: dict[str, tuple[Callable[[Hub, float], Coroutine[Any, Any, None]], Callable[[Hub], None]]] = {
    "queue": (Hub.wait_for_queue, Hub.queued),
    "outbox": (Hub.wait_for_outbox, Hub.owed),
    "task": (_rings, lambda hub: hub.changed(TASK)),
    "task's end": (_ends, lambda hub: hub.changed(TASK)),
}
UNLIKE = {"task": {"queue", "outbox"}, "task's end": {"queue", "outbox"}}  # a change may be an end, so these two have one call
every_way = pytest.mark.parametrize("way", WAYS)


async def waiting_for(hub: Hub, way: str, seconds: float = 60) -> asyncio.Task[None]:
    waiting = asyncio.create_task(WAYS[way][0](hub, seconds))
    await asyncio.sleep(0)
    return waiting


@every_way
async def test_all_who_wait_are_woken(way: str) -> None:
    hub = Hub()
    waiting = [await waiting_for(hub, way) for _ in range(3)]

    WAYS[way][1](hub)

    await asyncio.wait_for(asyncio.gather(*waiting), 5)


@every_way
async def test_nobody_is_woken_by_what_they_do_not_wait_for(way: str) -> None:
    hub = Hub()
    waiting = await waiting_for(hub, way)

    for other in UNLIKE.get(way, WAYS.keys() - {way}):
        WAYS[other][1](hub)
    hub.changed(an_id())
    await all_had_their_turn()

    assert not waiting.done()
    waiting.cancel()


@every_way
async def test_a_wait_has_an_end_of_its_own(way: str) -> None:
    for seconds in (0, 0.001):
        await asyncio.wait_for(WAYS[way][0](Hub(), seconds), 5)


@every_way
async def test_a_wake_up_is_for_those_who_wait_now(way: str) -> None:
    hub = Hub()
    WAYS[way][1](hub)

    waiting = await waiting_for(hub, way)
    await all_had_their_turn()

    assert not waiting.done()
    waiting.cancel()


@every_way
async def test_who_goes_away_leaves_nothing_behind_and_wakes_nobody(way: str) -> None:
    hub = Hub()
    leaving, staying = await waiting_for(hub, way), await waiting_for(hub, way)

    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    await all_had_their_turn()
    assert not staying.done()
    WAYS[way][1](hub)
    await asyncio.wait_for(staying, 5)

    assert [len(waiting) for waiting in (hub._bells, hub._last_bells, hub._queue.waiting, hub._outbox.waiting)] == [0, 0, 0, 0]


async def test_two_wake_ups_at_once_are_one() -> None:
    hub = Hub()
    waiting = await waiting_for(hub, "queue")

    hub.queued()
    hub.queued()

    await asyncio.wait_for(waiting, 5)


CALLS: dict[str, tuple[Callable[[Hub], None], Callable[[Hub], int], Callable[[Hub, float, int], Coroutine[Any, Any, None]]]] = {
    "queue": (Hub.queued, lambda hub: hub.queue_calls, Hub.wait_for_queue),
    "outbox": (Hub.owed, lambda hub: hub.outbox_calls, Hub.wait_for_outbox),
}


@pytest.mark.parametrize("way", CALLS)
async def test_a_call_between_a_look_and_the_wait_is_heard_by_whoever_says_what_it_heard_before(way: str) -> None:
    call, calls, wait = CALLS[way]
    hub = Hub()
    heard = calls(hub)
    call(hub)

    await asyncio.wait_for(wait(hub, 60, heard), 5)

    waiting = asyncio.create_task(wait(hub, 60, calls(hub)))
    await all_had_their_turn()
    assert not waiting.done()
    waiting.cancel()


# bells


async def test_where_nobody_knows_what_changed_every_bell_rings() -> None:
    hub = Hub()
    with hub.bell(TASK) as one, hub.bell(an_id()) as other, hub.bell(TASK, at_end=True) as last:
        hub.any_changed()

        assert [await bell.wait(5) for bell in (one, other, last)] == [True, True, True]


async def test_who_waits_for_the_end_is_not_woken_on_the_way_there() -> None:
    hub = Hub()
    with hub.bell(TASK) as every, hub.bell(TASK, at_end=True) as last:
        hub.moved(TASK)

        assert await every.wait(5)
        assert not await last.wait(0.01)
        hub.changed(TASK)
        assert [await bell.wait(5) for bell in (every, last)] == [True, True]


async def test_a_wait_that_was_given_up_takes_no_ring_away() -> None:
    hub = Hub()
    with hub.bell(TASK) as bell:
        given_up = asyncio.create_task(bell.wait(60))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        hub.changed(TASK)

        assert await bell.wait(5)


async def test_a_bell_rings_also_for_what_came_before_it_was_waited_for() -> None:
    hub = Hub()
    with hub.bell(TASK) as bell:
        hub.changed(TASK)
        hub.changed(TASK)

        assert await bell.wait(60)
        assert not await bell.wait(0.01)  # two changes are one to look at


async def test_a_bell_wakes_who_waits_and_rings_for_its_own_task_only() -> None:
    hub = Hub()
    with hub.bell(TASK) as one, hub.bell(TASK) as two, hub.bell(an_id()) as other:
        waiting = [asyncio.create_task(bell.wait(60)) for bell in (one, two)]
        await asyncio.sleep(0)

        hub.changed(TASK)

        assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == [True, True]
        assert not await other.wait(0.01)


async def test_of_bells_that_are_put_away_nothing_is_left() -> None:
    hub = Hub()
    with hub.bell(TASK), hub.bell(TASK), hub.bell(TASK, at_end=True):
        hub.changed(TASK)

    assert not hub._bells
    assert not hub._last_bells
