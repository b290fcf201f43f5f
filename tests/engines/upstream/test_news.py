"""Providers that say when an order has come further: where they are told to, when they are looked at then, and what if they do not."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from mezzotint.core.hooks import Hook, News
from mezzotint.engines.upstream import news as module
from tests.engines.upstream.errands import DIALECTS, Office, an_office
from tests.providers import FakeProvider, Reply
from tests.waiting import until

TELLING = ("bfl", "cometapi", "replicate", "mezzotint")
HOOK = Hook("https://us.example/v1/providers/news/x", "key")
every_dialect = pytest.mark.parametrize("kind", TELLING)


def telling(kind: str, fake: FakeProvider, **more: Any) -> AbstractAsyncContextManager[Office]:
    return an_office({kind: (kind, fake)}, **({"webhooks": True, "deadline": 60.0} | more))


async def ordered(office: Office, fake: FakeProvider, prompt: str = "a boat") -> asyncio.Task[Any]:
    office.hook = HOOK
    running = asyncio.create_task(office.deliver(prompt))
    await until(lambda: fake.made_of[prompt], "the order")
    return running


def polls(fake: FakeProvider) -> int:
    return sum(made.polls for made in fake.made.values())


def news(office: Office, prompt: str = "a boat", number: int = 1) -> News:
    return News(office.claims[prompt].task, 0, number)


@every_dialect
async def test_an_order_says_where_and_the_provider_is_looked_at_as_soon_as_it_speaks(kind: str) -> None:
    fake: FakeProvider = DIALECTS[kind]()
    async with telling(kind, fake) as office:
        running = await ordered(office, fake)
        office.engine.hear(news(office))
        await running

    [made] = fake.made.values()
    said = made.body if kind == "replicate" else {"webhook": made.body["webhook_url"]}
    assert said["webhook"] == HOOK.address(0, 1)
    if kind == "replicate":
        assert said["webhook_events_filter"] == ["completed"]
        assert "webhook" not in said["input"]
    assert polls(fake) == 1


@every_dialect
@pytest.mark.parametrize(("webhooks", "hook"), [(False, HOOK), (True, None)])
async def test_nothing_is_said_where_it_is_not_wished_or_the_world_cannot_reach_us(kind: str, *, webhooks: bool, hook: Hook | None) -> None:
    fake: FakeProvider = DIALECTS[kind]()
    async with telling(kind, fake, webhooks=webhooks) as office:
        office.hook = hook
        await office.deliver("a boat")

    assert not any(b"webhook" in request.body for request in fake.requests)


async def test_what_is_said_too_early_or_again_is_looked_after_once_each_and_not_at_once() -> None:
    fake = DIALECTS["bfl"](seconds=0.6)
    async with telling("bfl", fake, poll=0.3) as office:
        running = await ordered(office, fake)
        for _ in range(20):
            office.engine.hear(news(office))
            await asyncio.sleep(0.01)
        await until(lambda: polls(fake) >= 1, "a look")
        await asyncio.sleep(0.7)
        office.engine.hear(news(office))
        await running

    assert 2 <= polls(fake) <= 3


@pytest.mark.parametrize("other", [2, 7])
async def test_news_of_another_order_is_none(other: int) -> None:
    fake = DIALECTS["bfl"]()
    async with telling("bfl", fake) as office:
        running = await ordered(office, fake)
        office.engine.hear(news(office, number=other))
        await asyncio.sleep(0.1)
        assert polls(fake) == 0

        office.engine.hear(news(office))
        await running


async def test_what_is_said_before_the_order_is_answered_counts() -> None:
    fake = DIALECTS["bfl"]()
    async with telling("bfl", fake) as office:
        office.hook = HOOK

        def create(request: Any) -> Reply:
            office_loop.call_soon_threadsafe(office.engine.hear, news(office))
            answer: Reply = fake.route(request)
            return answer

        office_loop = asyncio.get_running_loop()
        fake.hooks["/v1/flux-dev"] = create
        await office.deliver("a boat")

    assert polls(fake) == 1


async def test_after_it_has_ended_nothing_is_minded() -> None:
    fake = DIALECTS["bfl"]()
    async with telling("bfl", fake) as office:
        running = await ordered(office, fake)
        office.engine.hear(news(office))
        await running
        office.engine.hear(news(office))

        assert office.engine._ears == {}
    assert polls(fake) == 1


async def test_one_whose_word_does_not_come_through_is_polled_slowly_and_then_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOWLY", 0.2)
    fake = DIALECTS["bfl"](seconds=0.1)
    async with telling("bfl", fake) as office:
        office.hook = HOOK
        [counter] = office.engine._counters.all.values()
        for number in range(module.MISSED):
            assert counter.hearing.good
            before = polls(fake)
            await office.deliver(f"a boat {number}")
            assert polls(fake) - before == 1
        assert not counter.hearing.good

        before = polls(fake)
        await office.deliver("a boat at last")
        assert polls(fake) - before > 2


def test_one_whose_word_comes_through_again_is_trusted_again() -> None:
    hearing = module.Hearing()
    for said in (False, False, True, False, False, False):
        assert hearing.good
        hearing.note(said=said)

    assert not hearing.good
    hearing.note(said=True)
    assert hearing.good
