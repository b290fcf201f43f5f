"""What every ledger must do with calls of providers: noted before they are made, never twice, and never forgotten what they cost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mezzotint.core.calls import Call, CallNote, CallState, Caps, Noted, Spent
from mezzotint.core.conditions import Condition, Findings, State
from mezzotint.core.tasks import Claim, Verdict
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Ledger, Limits
from tests.clocks import HandClock
from tests.tasks import a_task, an_id, ready

SUBMITTING, SUBMITTED, DONE, FAILED, UNKNOWN = CallState


async def a_claim(ledger: Ledger, worker: str = "w", **task: Any) -> Claim:
    await ledger.submit(a_task(**task), Limits())
    [claim] = await ledger.claim(worker, await ledger.enlist(worker), ["stub"], 1)
    return claim


def a_call(claim: Claim, state: CallState = SUBMITTING, number: int = 1, **more: Any) -> Call:
    details: dict[str, Any] = {"provider": "bfl", "model": "flux-dev", "name": "flux-dev", "attempt": claim.attempt, "cost": 4.0, "index": 0} | more
    return Call(claim.task, details.pop("index"), number, state=state, **details)


async def noted(ledger: Ledger, call: Call, caps: Caps | None = None) -> Noted:
    [what] = await ledger.note_calls([CallNote(call, caps or Caps())])
    return what


async def spent(ledger: Ledger) -> list[tuple[str, int, float]]:
    return [(spent.provider, spent.calls, spent.cost) for spent in await ledger.spent_upstream("0000", "9999")]


async def test_a_call_is_kept_as_it_was_noted(ledger: Ledger, clock: HandClock) -> None:
    claim = await a_claim(ledger)
    call = a_call(claim, name="flux-dev-there", dropped=("steps",))

    assert await noted(ledger, call) is Noted.KEPT
    clock.advance(3)
    after = replace(call, state=SUBMITTED, external_id="abc", polling_url="https://there/?id=abc", cost=3.5)
    assert await noted(ledger, after) is Noted.KEPT

    assert await ledger.calls_of(claim.task) == [replace(after, begun=clock.now() - 3)]
    assert await ledger.calls_of(an_id()) == []


async def test_the_next_attempt_is_told_of_all_calls_with_their_age(ledger: Ledger, clock: HandClock) -> None:
    claim = await a_claim(ledger)
    assert (claim.calls, claim.age) == ((), 0.0)
    for call in (a_call(claim), a_call(claim, FAILED, cost=0.0), a_call(claim, number=2), a_call(claim, index=1)):
        await noted(ledger, call)
    clock.advance(5)

    [again] = await ledger.claim("w", await ledger.enlist("w"), ["stub"], 1)

    assert [(call.index, call.number, call.state, call.age) for call in again.calls] == [(0, 1, FAILED, 5.0), (0, 2, SUBMITTING, 5.0), (1, 1, SUBMITTING, 5.0)]
    assert (again.age, again.inputs, again.created) == (5.0, claim.inputs, claim.created)
    [same_moment] = await ledger.claim("w", await ledger.enlist("w"), ["stub"], 1)
    assert same_moment.age == 5.0


async def test_how_old_a_call_is_and_who_began_it_is_the_ledgers_word(ledger: Ledger, clock: HandClock) -> None:
    claim = await a_claim(ledger)
    await noted(ledger, a_call(claim, age=7.0, begun=1.0))
    assert [(call.age, call.begun, call.attempt) for call in await ledger.calls_of(claim.task)] == [(0.0, clock.now(), claim.attempt)]

    await noted(ledger, replace(a_call(claim, SUBMITTED, age=7.0, begun=1.0), attempt=claim.attempt + 1))

    assert [(call.age, call.begun, call.attempt) for call in await ledger.calls_of(claim.task)] == [(0.0, clock.now(), claim.attempt)]
    [again] = await ledger.claim("w", await ledger.enlist("w"), ["stub"], 1)
    assert [call.age for call in again.calls] == [0.0]


@pytest.mark.parametrize("span", ["per_day", "per_month"])
async def test_where_nothing_was_spent_a_call_may_cost_all_and_no_more(ledger: Ledger, span: str) -> None:
    claim = await a_claim(ledger)

    assert await noted(ledger, a_call(claim), Caps(**{span: 3.5})) is Noted.SPENT
    assert await noted(ledger, a_call(claim), Caps(**{span: 4.0})) is Noted.KEPT
    assert await noted(ledger, a_call(claim, number=2, cost=0.5), Caps(**{span: 4.0})) is Noted.SPENT


async def test_what_was_spent_in_a_time_to_come_is_not_of_this_one(ledger: Ledger, clock: HandClock) -> None:
    """The clock was set back."""
    claim = await a_claim(ledger)
    await noted(ledger, a_call(claim))
    clock.advance(-40 * 86_400)

    assert await noted(ledger, a_call(claim, number=2), Caps(per_day=4.0, per_month=4.0)) is Noted.KEPT


async def test_what_was_spent_is_listed_by_day_provider_and_model(ledger: Ledger, clock: HandClock) -> None:
    claim = await a_claim(ledger)
    for number, (provider, model) in enumerate((("b", "x"), ("a", "y"), ("a", "x")), 1):
        await noted(ledger, a_call(claim, number=number, provider=provider, model=model))
    clock.advance(86_400)
    await noted(ledger, a_call(claim, number=9, provider="a", model="x"))

    async def listed(first: str, last: str) -> list[tuple[str, str, str]]:
        return [(spent.day, spent.provider, spent.model) for spent in await ledger.spent_upstream(first, last)]

    today = [("2027-01-15", "a", "x"), ("2027-01-15", "a", "y"), ("2027-01-15", "b", "x")]
    assert await listed("2027-01-15", "2027-01-16") == [*today, ("2027-01-16", "a", "x")]
    assert await listed("2027-01-15", "2027-01-15") == today
    assert await listed("2027-01-16", "2027-01-16") == [("2027-01-16", "a", "x")]


async def test_calls_are_forgotten_with_their_own_task(ledger: Ledger, clock: HandClock) -> None:
    old, running = await a_claim(ledger), await a_claim(ledger, "v")
    for claim in (old, running):
        await noted(ledger, a_call(claim))
    await ledger.settle([Verdict(old.task, old.attempt, ready())])
    clock.advance(31 * 86_400)
    await ledger.emptied(await ledger.spent(9))

    assert await ledger.tidy() == 1
    assert (len(await ledger.calls_of(old.task)), len(await ledger.calls_of(running.task))) == (0, 1)


async def test_a_month_is_all_of_its_days_and_no_other(ledger: Ledger, clock: HandClock) -> None:
    claim, caps = await a_claim(ledger), Caps(per_month=8.0)
    for number in (1, 2):
        assert await noted(ledger, a_call(claim, number=number), caps) is Noted.KEPT
        clock.advance(86_400)

    assert await noted(ledger, a_call(claim, number=3), caps) is Noted.SPENT
    clock.advance(31 * 86_400)
    assert await noted(ledger, a_call(claim, number=3), caps) is Noted.KEPT


async def test_only_the_attempt_that_has_the_task_may_begin_a_call(ledger: Ledger) -> None:
    old = await a_claim(ledger)
    [new] = await ledger.claim("w", await ledger.enlist("w"), ["stub"], 1)

    assert await noted(ledger, a_call(old)) is Noted.LOST
    assert await noted(ledger, a_call(new)) is Noted.KEPT
    assert await noted(ledger, a_call(old)) is Noted.LOST


async def test_no_call_begins_for_a_task_that_is_canceled_ended_or_unknown(ledger: Ledger) -> None:
    canceled, ended = await a_claim(ledger), await a_claim(ledger, "v")
    await a_claim(ledger, "another, which runs")
    await ledger.cancel(canceled.task, "default")
    await ledger.settle([Verdict(ended.task, ended.attempt, ready())])

    for claim in (canceled, ended, replace(ended, task=an_id())):
        assert await noted(ledger, a_call(claim)) is Noted.LOST
    assert await spent(ledger) == []


async def test_what_its_worker_says_again_is_as_it_was(ledger: Ledger) -> None:
    claim = await a_claim(ledger)
    beginning, going_on = a_call(claim), a_call(claim, SUBMITTED, external_id="abc")

    assert [await noted(ledger, call) for call in (beginning, beginning, going_on, going_on)] == [Noted.KEPT] * 4
    assert await spent(ledger) == [("bfl", 1, 4.0)]
    assert await noted(ledger, beginning) is Noted.LOST


async def test_a_call_of_another_attempt_is_not_begun_again(ledger: Ledger) -> None:
    """Its late word, that it begins the first call, must not pass for the first call of the attempt that came after it."""
    old = await a_claim(ledger)
    [new] = await ledger.claim("w", await ledger.enlist("w"), ["stub"], 1)
    await noted(ledger, a_call(new))
    [newest] = await ledger.claim("w", await ledger.enlist("w"), ["stub"], 1)

    assert await noted(ledger, a_call(newest)) is Noted.LOST
    assert await noted(ledger, a_call(old)) is Noted.LOST


@pytest.mark.parametrize("final", [DONE, FAILED, UNKNOWN])
async def test_an_end_is_an_end(ledger: Ledger, final: CallState) -> None:
    claim = await a_claim(ledger)
    await noted(ledger, a_call(claim))
    await noted(ledger, a_call(claim, final))

    assert [await noted(ledger, a_call(claim, state)) for state in CallState] == [Noted.LOST] * len(CallState)
    [call] = await ledger.calls_of(claim.task)
    assert call.state is final


async def test_nothing_goes_on_that_was_not_begun(ledger: Ledger) -> None:
    claim = await a_claim(ledger)

    assert await noted(ledger, a_call(claim, SUBMITTED, external_id="abc")) is Noted.LOST
    assert await ledger.calls_of(claim.task) == []


async def test_what_a_call_cost_is_recorded_whoever_has_the_task_by_then(ledger: Ledger) -> None:
    claim = await a_claim(ledger)
    await noted(ledger, a_call(claim))
    await ledger.enlist("w")

    assert await noted(ledger, a_call(claim, DONE, cost=7.0)) is Noted.KEPT
    assert await spent(ledger) == [("bfl", 1, 7.0)]


async def test_how_a_call_ended_may_be_told_with_what_became_of_the_task(ledger: Ledger) -> None:
    mine, lost = await a_claim(ledger), await a_claim(ledger, "v")
    for claim in (mine, lost):
        await noted(ledger, a_call(claim))
    await ledger.enlist("v")
    verdicts = [
        Verdict(mine.task, 1, ready(), calls=(CallNote(a_call(mine, DONE, cost=1.0)),)),
        Verdict(lost.task, 9, None, calls=(CallNote(a_call(lost, DONE, cost=2.0)),)),
    ]

    assert await ledger.settle(verdicts) == [True, False]
    assert [(await ledger.calls_of(claim.task))[0].state for claim in (mine, lost)] == [DONE, DONE]
    assert await spent(ledger) == [("bfl", 2, 3.0)]


async def test_what_made_nothing_cost_nothing(ledger: Ledger) -> None:
    claim = await a_claim(ledger)
    await noted(ledger, a_call(claim))
    await noted(ledger, a_call(claim, FAILED, cost=0.0))

    assert await spent(ledger) == [("bfl", 1, 0.0)]


async def test_a_provider_may_cost_so_much_a_day_and_no_more(ledger: Ledger, clock: HandClock) -> None:
    claim, caps = await a_claim(ledger), Caps(per_day=10.0)
    results = [await noted(ledger, a_call(claim, number=number), caps) for number in (1, 2, 3)]

    assert results == [Noted.KEPT, Noted.KEPT, Noted.SPENT]
    assert await noted(ledger, a_call(claim, number=3, provider="other"), caps) is Noted.KEPT
    assert await noted(ledger, a_call(claim, number=4, cost=2.0), caps) is Noted.KEPT
    clock.advance(86_400)
    assert await noted(ledger, a_call(claim, number=5), caps) is Noted.KEPT


async def test_a_provider_may_cost_so_much_a_month_and_no_more(ledger: Ledger, clock: HandClock) -> None:
    claim, caps = await a_claim(ledger), Caps(per_month=10.0)
    days = []
    for number in range(1, 60):  # the clock begins in the middle of January 2027
        days.append(await noted(ledger, a_call(claim, number=number), caps))
        clock.advance(86_400)

    assert days.count(Noted.KEPT) == 6
    assert days[:3] == [Noted.KEPT, Noted.KEPT, Noted.SPENT]


async def test_what_providers_cost_is_told_by_day_and_model(ledger: Ledger, clock: HandClock) -> None:
    claim = await a_claim(ledger)
    await noted(ledger, a_call(claim))
    await noted(ledger, a_call(claim, number=2, model="flux-pro", provider="a"))
    clock.advance(86_400)
    await noted(ledger, a_call(claim, number=3))

    told = await ledger.spent_upstream("2027-01-01", "2027-12-31")
    assert told == [
        Spent("a", "flux-pro", "2027-01-15", 1, 4.0),
        Spent("bfl", "flux-dev", "2027-01-15", 1, 4.0),
        Spent("bfl", "flux-dev", "2027-01-16", 1, 4.0),
    ]
    assert await ledger.spent_upstream("2027-01-16", "2027-01-16") == told[2:]


async def test_calls_are_forgotten_with_their_task_and_what_they_cost_is_not(ledger: Ledger, clock: HandClock) -> None:
    claim = await a_claim(ledger)
    await noted(ledger, a_call(claim))
    await ledger.settle([Verdict(claim.task, claim.attempt, ready())])
    await ledger.emptied([claim.task])
    clock.advance(31 * 86_400)

    await ledger.tidy()

    assert await ledger.calls_of(claim.task) == []
    assert await spent(ledger) == [("bfl", 1, 4.0)]


WORDS = st.lists(st.tuples(st.sampled_from(list(CallState)), st.integers(1, 3), st.sampled_from([0.0, 2.5, 7.0])), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
async def test_whatever_is_noted_what_is_spent_is_the_sum_of_what_the_calls_cost(words: list[tuple[CallState, int, float]]) -> None:
    ledger = MemoryLedger(HandClock(), Terms())
    claim = await a_claim(ledger)
    for state, number, cost in words:
        before = {call.number: call.state for call in await ledger.calls_of(claim.task)}
        what = await noted(ledger, a_call(claim, state, number, cost=cost), Caps(per_day=12.0))
        if before.get(number) in (DONE, FAILED, UNKNOWN):
            assert what is Noted.LOST

    calls = await ledger.calls_of(claim.task)
    assert sum(cost for _, _, cost in await spent(ledger)) == pytest.approx(sum(call.cost for call in calls))


async def test_each_workers_last_word_on_its_providers_is_kept(ledger: Ledger, clock: HandClock) -> None:
    assert await ledger.conditions() == []
    well, resting = Condition("bfl", State.WELL, 3, 0, 0.5), Condition("bfl", State.RESTING, 3, 5, 9.5, 1.5, "down \u2028 \U0001f43b")
    await ledger.note_conditions("b", [well])
    await ledger.note_conditions("a \U0001f43b", [well])
    clock.advance(5)
    await ledger.note_conditions("b", [resting, well])

    assert await ledger.conditions() == [Findings("a \U0001f43b", clock.now() - 5, (well,)), Findings("b", clock.now(), (resting, well))]
