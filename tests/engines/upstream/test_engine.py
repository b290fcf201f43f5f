"""An errand from the first call to the picture, over every dialect, and through everything that a provider may do wrong."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from mezzotint.core.calls import CallState
from mezzotint.core.errors import EngineFailure, Moderated
from mezzotint.core.headers import read_header
from mezzotint.core.images import ImageFormat
from mezzotint.leash import Leash
from mezzotint.ports import Interrupted
from mezzotint.routing import Offer
from tests.engines.upstream.errands import DIALECTS, Office, an_office
from tests.providers import FAULTS, KEY, UNKNOWABLE, FakeBFL, FakeOpenAI, FakeProvider, Reply, as_json
from tests.waiting import until

every_dialect = pytest.mark.parametrize("kind", DIALECTS)


def one(kind: str, **rest: Any) -> dict[str, tuple[str, FakeProvider]]:
    return {kind: (kind, DIALECTS[kind](**rest))}


@every_dialect
async def test_a_picture_is_ordered_followed_and_brought_as_the_provider_made_it(kind: str) -> None:
    fakes = one(kind, seconds=0.05)
    async with an_office(fakes) as office:
        delivered = await office.deliver("a boat")

        [call] = await office.calls("a boat")
        fake = fakes[kind][1]
        assert delivered.image.data == fake.picture
        assert (delivered.image.width, delivered.image.height) == (64, 64)
        assert (call.state, call.provider, call.number) == (CallState.DONE, kind, 1)
        assert fake.made_of == {"a boat": 1}
        if kind != "openai":
            assert [call.external_id] == list(fake.made)


@every_dialect
async def test_the_key_is_shown_to_the_provider_and_nowhere_else(kind: str) -> None:
    other = FakeOpenAI()
    fakes = one(kind) | {"other": ("openai", other)}
    fake = fakes[kind][1]
    fake.link = lambda made: f"{other.url}/pictures/{made.id}"  # type: ignore[method-assign]  # results lie on another host
    if isinstance(fake, FakeOpenAI):
        fake.links = True
    async with an_office(fakes, offers=(Offer(kind),), reach=(ip_network("127.0.0.0/8"),)) as office:
        other.made = fake.made
        await office.deliver("a boat")

        [fetched] = other.requests
        assert fetched.path.startswith("/pictures/")
        assert not {"authorization", "x-key"} & set(fetched.headers)


@every_dialect
async def test_a_link_to_a_private_address_is_not_followed_unless_it_is_the_providers_own(kind: str) -> None:
    other = FakeOpenAI()
    fakes = one(kind) | {"other": ("openai", other)}
    fake = fakes[kind][1]
    fake.link = lambda made: f"{other.url}/pictures/{made.id}"  # type: ignore[method-assign]  # as above
    if isinstance(fake, FakeOpenAI):
        fake.links = True
    async with an_office(fakes, offers=(Offer(kind),)) as office:
        with pytest.raises(EngineFailure) as failed:
            await office.deliver("a boat")

    assert failed.value.code == "picture_lost"
    assert other.requests == []


ENDS = {
    "slow": "done", "429": "done", "wrong-id": "done", "expired": "done", "moderated": "moderated",
    "5xx": "unknown", "half": "unknown", "junk": "unknown", "cut": "unknown",
    "endless": "timeout", "huge": "lost", "wrong-type": "lost",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["bfl", "replicate", "openai", "mezzotint"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_ends_as_it_must_and_nothing_is_ordered_twice(kind: str, fault: str) -> None:
    """An idempotent provider is asked again until it is known how it went; no other is, where it may have been made."""
    prompt, fakes = f"a boat fault:{fault}", one(kind, price=6.0)
    fake = fakes[kind][1]
    async with an_office(fakes, deadline=1.5 if fault == "endless" else 8.0) as office:
        expected = ENDS[fault]
        if expected == "unknown" and fake.idempotent:
            expected = "done"
        if kind == "openai" and fault in ("wrong-id", "expired", "endless"):
            expected = "done"  # it has no ids, no polls, and here no links
        if kind == "openai" and fault == "huge":
            expected = "unknown"  # the picture is in the answer, which is not read to its end
        claim = await office.claim(prompt)
        ended = await told_of(office.run(claim))
        while ended == "later":
            claim = await office.again(prompt)
            await asyncio.sleep(0.3)
            ended = await told_of(office.run(claim))

        assert ended == expected
        assert fake.made_of[prompt] == (0 if expected == "moderated" and kind == "openai" else 1)
        if fault in UNKNOWABLE and not fake.idempotent:
            assert fake.asked_of[prompt] == 1
            assert (await office.states(prompt))[-1] == "unknown"
        states = await office.states(prompt)
        assert states[:-1] == ["failed"] * (len(states) - 1)
        last = (await office.calls(prompt))[-1]
        assert await office.cost() == (0.0 if expected == "moderated" else last.cost)


async def until_taken(office: Office) -> None:
    await until(lambda: any(note.call.state is CallState.SUBMITTED for note in office.notes), "an id")


async def told_of(delivering: Any) -> str:
    try:
        await delivering
    except Moderated:
        return "moderated"
    except EngineFailure as error:
        if error.unused:
            return "later"
        return {"outcome_unknown": "unknown", "provider_timeout": "timeout", "picture_lost": "lost"}.get(error.code, error.code)
    return "done"


# after a death


@every_dialect
async def test_a_restart_goes_on_by_the_providers_id(kind: str) -> None:
    fakes = one(kind, seconds=0.3)
    fake = fakes[kind][1]
    if kind == "openai":
        return  # it has none
    async with an_office(fakes) as office:
        running = asyncio.create_task(office.run(await office.claim("a boat")))
        await until_taken(office)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        delivered = await office.run(await office.again("a boat"))

        assert delivered.image.data == fake.picture
        assert fake.asked_of == {"a boat": 1}
        assert await office.states("a boat") == ["done"]


@every_dialect
async def test_after_a_death_in_the_middle_of_an_order_only_an_idempotent_provider_is_asked_again(kind: str) -> None:
    fakes = one(kind)
    fake = fakes[kind][1]
    async with an_office(fakes) as office:
        running = asyncio.create_task(office.run(await office.claim("a boat fault:slow")))
        await until(lambda: fake.requests, "an order")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await until(lambda: fake.made_of, "that it was made")
        again = office.run(await office.again("a boat fault:slow"))

        if fake.idempotent:
            assert (await again).image.data == fake.picture
            assert await office.states("a boat fault:slow") == ["done"]
        else:
            with pytest.raises(EngineFailure, match="may or may not have made the picture") as failed:
                await again
            assert failed.value.code == "outcome_unknown"
            assert await office.states("a boat fault:slow") == ["unknown"]
        assert fake.made_of == {"a boat fault:slow": 1}


async def test_a_refusal_after_a_doubt_does_not_settle_the_doubt() -> None:
    """429 to the second of two orders says nothing of the first."""
    fakes = one("mezzotint")
    fake = fakes["mezzotint"][1]
    async with an_office(fakes, deadline=0.4) as office:
        claim = await office.claim("a boat fault:cut")
        fake.throttled = lambda: DIALECTS["bfl"]().throttled()  # type: ignore[method-assign]  # one provider's own way
        real = fake.accept
        fake.accept = lambda request, prompt: fake.throttled() if fake.made_of[prompt] else real(request, prompt)  # type: ignore[method-assign]  # the same
        with pytest.raises(EngineFailure) as failed:
            await office.run(claim)

    assert failed.value.code == "outcome_unknown"
    assert fake.made_of == {"a boat fault:cut": 1}


@pytest.mark.parametrize("kind", ["bfl", "openai"])
async def test_what_was_moderated_before_a_death_is_moderated_after_it(kind: str) -> None:
    fakes = one(kind)
    async with an_office(fakes) as office:
        told = []
        for claiming in (office.claim, office.again):
            with pytest.raises(Moderated) as refused:
                await office.run(await claiming("a boat fault:moderated"))
            told.append((refused.value.reasons, refused.value.picture))

        assert told[0] == told[1]
        assert fakes[kind][1].asked_of == {"a boat fault:moderated": 1}


async def test_a_provider_that_left_the_file_leaves_its_calls_unknown() -> None:
    async with an_office(one("bfl", seconds=9)) as office:
        leash = Leash()
        claim = await office.claim("a boat")
        running = asyncio.create_task(office.run(claim, leash=leash))
        await until_taken(office)
        leash.pull(EngineFailure("shut down", unused=True))
        await asyncio.gather(running, return_exceptions=True)
        again = await office.again("a boat")
        gone = tuple(replace(call, provider="of-old") for call in again.calls)

        with pytest.raises(EngineFailure, match=r"of-old, of whom mezzotint\.toml says nothing") as failed:
            await office.run(replace(again, calls=gone))

    assert failed.value.code == "outcome_unknown"


# several providers


def two(**of_first: Any) -> tuple[FakeBFL, FakeOpenAI, dict[str, tuple[str, FakeProvider]]]:
    first, second = FakeBFL(**of_first), FakeOpenAI()
    return first, second, {"first": ("bfl", first), "second": ("openai", second)}


async def test_the_next_provider_is_asked_where_the_first_cannot_be_reached() -> None:
    first, second, fakes = two()
    async with an_office(fakes) as office:
        office.engine._counters.all["first"].desk = replace(
            office.engine._counters.all["first"].desk, provider=replace(office.engine._counters.all["first"].provider, base_url="http://127.0.0.1:9")
        )
        await office.deliver("a boat")

        assert (first.made_of, second.made_of) == ({}, {"a boat": 1})
        assert await office.states("a boat") == ["failed", "done"]


async def test_the_next_provider_is_asked_where_the_first_says_that_it_made_none() -> None:
    first, second, fakes = two()
    async with an_office(fakes) as office:
        second.hooks["/v1/images/generations"] = lambda request: as_json(400, {"error": {"message": "on fire here too", "code": "x"}})
        with pytest.raises(EngineFailure, match="second: it answered 400: on fire here too") as failed:
            await office.deliver("a boat fault:failed")
        calls = [(call.provider, call.state.value, call.cost) for call in await office.calls("a boat fault:failed")]

        assert failed.value.code == "provider_refused"
        assert calls == [("first", "failed", 0.0), ("second", "failed", 0.0)]
        assert first.made_of == {"a boat fault:failed": 1}


async def test_the_next_provider_is_asked_while_the_first_wants_to_be_left_alone() -> None:
    first, second, fakes = two()
    first.hooks["/v1/flux-dev"] = lambda request: first.throttled()
    async with an_office(fakes) as office:
        await office.deliver("a boat")
        await office.deliver("another")

        assert len(first.requests) == 1
        assert second.made_of == {"a boat": 1, "another": 1}
        assert [await office.states(prompt) for prompt in ("a boat", "another")] == [["failed", "done"], ["done"]]


@pytest.mark.parametrize("fault", UNKNOWABLE)
async def test_no_other_provider_is_asked_where_the_first_may_have_made_one(fault: str) -> None:
    _, second, fakes = two()
    async with an_office(fakes) as office:
        assert await told_of(office.deliver(f"a boat fault:{fault}")) == "unknown"

    assert second.requests == []


async def test_what_one_provider_moderates_another_is_not_asked_for() -> None:
    _, second, fakes = two()
    async with an_office(fakes) as office:
        with pytest.raises(Moderated) as refused:
            await office.deliver("a boat fault:moderated")

    assert (refused.value.reasons, refused.value.picture) == (("Derivative Works Filter",), True)
    assert second.requests == []


async def test_statuses_that_the_operator_calls_harmless_are_so() -> None:
    first, second, fakes = two()
    first.hooks["/v1/flux-dev"] = lambda request: Reply(500, b"Internal Server Error", {"content-type": "text/plain"})
    async with an_office(fakes, not_taken=(500,)) as office:
        await office.deliver("a boat")

    assert second.made_of == {"a boat": 1}


async def test_a_provider_that_does_not_know_our_key_is_passed_over_and_not_asked_again_at_once() -> None:
    first, second, fakes = two()
    async with an_office(fakes) as office:
        counter = office.engine._counters.all["first"]
        counter.desk = replace(counter.desk, key="wrong")
        for prompt in ("one", "two"):
            await office.deliver(prompt)

        assert len(first.requests) == 1
        assert second.made_of == {"one": 1, "two": 1}
        [refused, _] = await office.calls("one")
        assert (refused.state, refused.note) == (CallState.FAILED, "refused: it answered 403: Not authenticated - Invalid Authentication")


async def test_where_all_refuse_the_task_says_why() -> None:
    async with an_office(one("bfl"), key="wrong") as office:
        with pytest.raises(EngineFailure, match="bfl: it answered 403: Not authenticated - Invalid Authentication") as failed:
            await office.deliver("a boat")
        assert (failed.value.code, failed.value.retryable) == ("provider_refused", False)
        with pytest.raises(EngineFailure, match="bfl: it answered 403") as failed:
            await office.deliver("another")
        assert failed.value.code == "provider_refused"


async def test_a_provider_that_fails_again_and_again_is_left_alone_and_comes_back() -> None:
    first, second, fakes = two()
    first.down = True
    async with an_office(fakes) as office:
        for number in range(5):
            assert await told_of(office.deliver(f"boat {number}")) == "unknown"
        for number in range(5, 8):
            assert await told_of(office.deliver(f"boat {number}")) == "done"
        assert len(first.requests) == 5
        assert sum(second.made_of.values()) == 3

        first.down = False
        office.engine._counters.all["first"].health._until = 0.0
        await office.deliver("boat 8")
        assert first.made_of == {"boat 8": 1}


async def test_while_a_provider_asks_to_be_left_alone_the_task_is_handed_back_until_then() -> None:
    async with an_office(one("bfl")) as office:
        with pytest.raises(EngineFailure, match="it answered 429: Too many") as failed:
            await office.deliver("a boat fault:429")
        assert (failed.value.unused, failed.value.delay) == (True, 1.0)
        with pytest.raises(EngineFailure, match="429") as failed:
            await office.deliver("another")
        assert failed.value.unused
        assert 0 < failed.value.delay <= 1.0


async def test_a_task_that_nobody_can_take_ends_when_its_time_is_over() -> None:
    async with an_office(one("bfl"), deadline=60.0) as office:
        claim = await office.claim("a boat fault:429")
        with pytest.raises(EngineFailure) as failed:
            await office.run(replace(claim, age=61.0))

    assert (failed.value.code, failed.value.unused) == ("provider_unavailable", False)


async def test_a_task_that_is_handed_back_comes_again_before_its_time_is_over() -> None:
    async with an_office(one("bfl"), deadline=60.0) as office:
        claim = await office.claim("a boat fault:429")
        with pytest.raises(EngineFailure) as failed:
            await office.run(replace(claim, age=59.5))

    assert failed.value.unused
    assert 0 < failed.value.delay <= 0.5


async def test_no_more_pictures_are_ordered_at_a_time_than_the_provider_takes() -> None:
    fakes = one("bfl", seconds=0.2)
    fake = fakes["bfl"][1]
    async with an_office(fakes, concurrency=2) as office:
        claims = [await office.claim(f"boat {number}") for number in range(6)]
        running = [asyncio.create_task(office.run(claim)) for claim in claims]
        most = 0
        while not all(task.done() for task in running):
            most = max(most, sum(made.fetches == 0 for made in list(fake.made.values())))
            await asyncio.sleep(0.005)

        assert [task.result().image.data == fake.picture for task in running] == [True] * 6
        assert most <= 2


async def test_an_errand_that_finds_no_slot_in_time_makes_room_for_others() -> None:
    async with an_office(one("bfl", seconds=9), concurrency=1) as office:
        first, leash = asyncio.create_task(office.run(await office.claim("first"))), Leash()
        await until(lambda: office.notes, "an order")
        with pytest.raises(EngineFailure, match="all of its 1 slots are taken") as failed:
            await office.run(await office.claim("second"), leash=leash)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    assert failed.value.unused


async def test_weights_spread_the_work() -> None:
    first, second, fakes = two()
    async with an_office(fakes, offers=(Offer("first", weight=1.0), Offer("second", weight=3.0))) as office:
        for number in range(40):
            await office.deliver(f"boat {number}")

    made = sum(first.made_of.values()), sum(second.made_of.values())
    assert sum(made) == 40
    assert 2 <= made[0] <= 20


# what it costs


async def test_a_provider_that_may_cost_no_more_is_not_asked() -> None:
    first, second, fakes = two(price=2.5)
    async with an_office(fakes, per_day=4.0) as office:
        for number in range(2):
            await office.deliver(f"boat {number}")

        assert (sum(first.made_of.values()), sum(second.made_of.values())) == (1, 1)


async def test_where_nobody_may_cost_more_the_task_says_so() -> None:
    async with an_office(one("bfl"), per_day=1.0) as office:
        with pytest.raises(EngineFailure, match="may not cost more for now") as failed:
            await office.deliver("a boat")

    assert failed.value.code == "spend_cap_reached"


async def test_a_call_is_expected_to_cost_what_the_operator_or_the_card_says_until_the_provider_tells() -> None:
    async with an_office(one("bfl", price=9.5)) as office:
        await office.deliver("a boat")
        costs = [note.call.cost for note in office.notes]

    assert costs == [2.5, 9.5, 9.5]


# who is told what


async def test_a_canceled_errand_is_canceled_there_too_where_that_can_be_told() -> None:
    for kind, told in (("mezzotint", True), ("replicate", True), ("bfl", False)):
        fakes = one(kind, seconds=9)
        fake = fakes[kind][1]
        async with an_office(fakes) as office:
            leash = Leash()
            running = asyncio.create_task(office.run(await office.claim("a boat"), leash=leash))
            await until_taken(office)
            leash.pull(Interrupted())
            with pytest.raises(Interrupted):
                await running

            [made] = fake.made.values()
            assert made.canceled is told
            assert await office.states("a boat") == ["unknown"]


async def test_a_task_that_is_no_longer_ours_is_not_ordered() -> None:
    fakes = one("bfl")
    async with an_office(fakes) as office:
        old = await office.claim("a boat")
        await office.again("a boat")
        with pytest.raises(Interrupted):
            await office.run(old)

    assert fakes["bfl"][1].requests == []


async def test_the_picture_is_made_into_the_format_that_was_asked_for_where_it_came_in_another() -> None:
    async with an_office(one("openai")) as office:
        delivered = await office.run(await office.claim("a boat"), wanted=ImageFormat.JPEG)

    assert read_header(delivered.image.data).format is ImageFormat.JPEG


async def test_half_a_picture_is_fetched_again() -> None:
    fakes = one("bfl")
    async with an_office(fakes) as office:
        delivered = await office.deliver("a boat fault:torn")

    assert delivered.image.data == fakes["bfl"][1].picture


async def test_what_the_provider_says_of_prompt_and_seed_is_recorded() -> None:
    async with an_office(one("bfl")) as office:
        delivered = await office.deliver("a boat", seed=99)
        [call] = await office.calls("a boat")

    assert (delivered.seed, delivered.prompt, call.seed, call.prompt) == (99, "a boat", 99, "a boat")


async def test_nothing_that_is_noted_or_raised_holds_the_key() -> None:
    said: list[str] = []
    repeating = one("bfl")
    repeating["bfl"][1].hooks["/v1/flux-dev"] = lambda request: as_json(403, {"detail": f"{KEY} is no key of ours"})
    async with an_office(repeating) as office:
        with pytest.raises(EngineFailure, match=r"\[key\] is no key of ours"):
            await office.deliver("a boat")
        said += [repr(note) for note in office.notes]
    for fault in ("cut", "junk", "5xx", "moderated", "wrong-type"):
        async with an_office(one("bfl")) as office:
            try:
                await office.deliver(f"a boat fault:{fault}")
            except (EngineFailure, Moderated) as error:
                said.append(str(error))
            said += [repr(note) for note in office.notes]

    assert len(said) > 10
    assert not any(KEY in text for text in said)


async def test_an_engine_that_was_closed_leaves_no_connection_to_complain_of() -> None:
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))
    async with an_office(one("bfl")) as office:
        await office.deliver("a boat")

    del office
    gc.collect()

    assert complaints == []
