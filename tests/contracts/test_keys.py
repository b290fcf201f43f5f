"""What every ledger must do with keys, credits and usage. Each test runs over each implementation."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import pytest

from mezzotint.core.accounts import ApiKey, Rate
from mezzotint.core.errors import PaymentRequired
from mezzotint.core.spending import COLUMNS
from mezzotint.core.tasks import Outcome, Status, Verdict
from mezzotint.ports import Ledger, Limits
from tests.clocks import HandClock
from tests.contracts.conftest import TERMS
from tests.contracts.test_ledger import FREE, claimed, spent, status, with_credits
from tests.tasks import a_task, ready

DAY = "2027-01-15"  # of the clock


async def test_an_account_has_no_limit_until_it_is_given_one(ledger: Ledger) -> None:
    assert await ledger.credits_of("nobody") is None
    await ledger.submit(a_task(price=1e9), FREE)

    await ledger.set_credits("default", 12.5)
    assert await ledger.credits_of("default") == 12.5

    await ledger.set_credits("default", None)
    assert await ledger.credits_of("default") is None


async def test_the_price_is_taken_at_once_and_kept_when_the_task_is_ready(ledger: Ledger) -> None:
    await with_credits(ledger, 10.0)
    await ledger.submit(a_task(key="k", price=4.0), Limits(budget=10.0))
    assert (await ledger.credits_of("default"), await spent(ledger)) == (6.0, 4.0)

    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(claim.task, claim.attempt, ready())])

    assert (await ledger.credits_of("default"), await spent(ledger)) == (6.0, 4.0)
    [use] = await ledger.usage_of("default", DAY, DAY, COLUMNS, 9)
    assert (use.key, use.model, use.day, use.label, use.tasks, use.credits) == ("k", "flux-dev", DAY, "", 1, 4.0)


@pytest.mark.parametrize("end", ["failed", "moderated", "canceled while waiting", "canceled while running", "expired", "given up"])
async def test_any_other_end_gives_it_back(ledger: Ledger, clock: HandClock, end: str) -> None:
    await with_credits(ledger, 10.0)
    task = a_task(key="k", price=4.0, deadline=clock.now() + 3600 if end == "expired" else None)
    await ledger.submit(task, Limits(budget=10.0))
    if end == "canceled while waiting":
        await ledger.cancel(task.id, "default")
    elif end == "expired":
        clock.advance(3600)
        await ledger.reap()
    elif end == "given up":
        for _ in range(TERMS.attempts + 1):
            await claimed(ledger)
            clock.advance(TERMS.lease)
            await ledger.reap()
    else:
        [claim] = await claimed(ledger)
        outcome = Outcome(Status.CONTENT_MODERATED if end == "moderated" else Status.ERROR, code="engine_failed")
        if end == "canceled while running":
            await ledger.cancel(task.id, "default")
        await ledger.settle([Verdict(claim.task, claim.attempt, outcome)])

    assert (await status(ledger, task.id)).final
    assert (await ledger.credits_of("default"), await spent(ledger)) == (10.0, 0.0)
    assert await ledger.usage_of("default", DAY, DAY, COLUMNS, 9) == []


async def test_credits_that_are_set_are_what_is_left_now_and_what_was_paid_before_comes_back_to_them(ledger: Ledger) -> None:
    await with_credits(ledger, 10.0)
    await ledger.submit(task := a_task(key="k", price=4.0), FREE)

    await ledger.set_credits("default", 1.0)
    assert await ledger.credits_of("default") == 1.0
    await ledger.cancel(task.id, "default")

    assert await ledger.credits_of("default") == 5.0


@pytest.mark.parametrize("waiting", [True, False])
async def test_what_was_never_paid_does_not_come_back(ledger: Ledger, waiting: bool) -> None:
    """The task was made while there was no limit."""
    await with_credits(ledger, None)
    await ledger.submit(task := a_task(key="k", price=4.0), Limits(budget=10.0))
    await ledger.set_credits("default", 1.0)
    if waiting:
        await ledger.cancel(task.id, "default")
    else:
        [claim] = await claimed(ledger)
        await ledger.settle([Verdict(claim.task, claim.attempt, Outcome(Status.ERROR, code="engine_failed"))])

    assert (await ledger.credits_of("default"), await spent(ledger)) == (1.0, 0.0)


async def test_where_a_limit_is_lifted_nothing_comes_back_and_its_absence_stays(ledger: Ledger) -> None:
    await with_credits(ledger, 10.0)
    await ledger.submit(task := a_task(key="k", price=4.0), FREE)
    await ledger.set_credits("default", None)
    await ledger.cancel(task.id, "default")

    assert await ledger.credits_of("default") is None


async def test_a_task_that_is_tried_again_is_paid_once(ledger: Ledger) -> None:
    await with_credits(ledger, 10.0)
    await ledger.submit(a_task(key="k", price=4.0), Limits(budget=10.0))
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(claim.task, claim.attempt, None)])
    [again] = await claimed(ledger)
    verdict = Verdict(again.task, again.attempt, ready())
    await ledger.settle([verdict, verdict])

    assert (await ledger.credits_of("default"), await spent(ledger)) == (6.0, 4.0)


async def test_without_enough_credits_nothing_is_accepted_and_nothing_taken(ledger: Ledger) -> None:
    await with_credits(ledger, 3.0)
    task = a_task(key="k", price=4.0, idempotency_key="once", request_hash="h")

    with pytest.raises(PaymentRequired, match="costs 4 credits, and the account has 3 left"):
        await ledger.submit(task, FREE)

    assert await ledger.get(task.id) is None
    assert (await ledger.credits_of("default"), await spent(ledger)) == (3.0, 0.0)
    await ledger.set_credits("default", 4.0)
    assert not (await ledger.submit(task, FREE)).replayed


async def test_a_key_spends_no_more_than_its_budget(ledger: Ledger) -> None:
    await with_credits(ledger, None)
    await ledger.submit(a_task(key="k", price=4.0), Limits(budget=10.0))
    await ledger.submit(a_task(key="k", price=6.0), Limits(budget=10.0))

    with pytest.raises(PaymentRequired, match="0 left of its budget"):
        await ledger.submit(a_task(key="k", price=0.5), Limits(budget=10.0))

    assert await spent(ledger) == 10.0


async def test_what_costs_nothing_is_free_to_whoever_has_nothing(ledger: Ledger) -> None:
    await with_credits(ledger, 0.0)

    await ledger.submit(a_task(key="k"), Limits(budget=0.0))


async def test_a_repeated_request_is_not_paid_again(ledger: Ledger) -> None:
    await with_credits(ledger, 10.0)
    for _ in range(3):
        await ledger.submit(a_task(key="k", price=4.0, idempotency_key="once", request_hash="h"), FREE)

    assert await ledger.credits_of("default") == 6.0


async def test_usage_is_told_apart_by_day_key_model_and_label(ledger: Ledger, clock: HandClock) -> None:
    for key, label in (("k", ""), ("k", "shop"), ("k", "shop"), ("other", "")):
        await ledger.submit(a_task(key=key, label=label, price=1.5, priority=int(key == "other")), FREE)
    for claim in await claimed(ledger, count=3):
        await ledger.settle([Verdict(claim.task, claim.attempt, ready())])
    clock.advance(86_400)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(claim.task, claim.attempt, ready())])

    told = await ledger.usage_of("default", "2027-01-01", "2027-12-31", COLUMNS, 9)

    assert sum(use.tasks for use in told) == 4
    assert sum(use.credits for use in told) == 6.0
    assert {use.day for use in told} == {DAY, "2027-01-16"}
    assert [use.tasks for use in told if use.label == "shop"] == [2]
    assert await ledger.usage_of("default", "2027-01-17", "2027-12-31", COLUMNS, 9) == []
    assert await ledger.usage_of("another", "2027-01-01", "2027-12-31", COLUMNS, 9) == []


async def test_usage_is_summed_up_and_ordered_by_what_is_told_apart(ledger: Ledger) -> None:
    for key, label in (("k2", ""), ("k1", "shop"), ("k1", ""), ("k2", "shop"), ("k1", "a")):
        await ledger.submit(a_task(key=key, label=label, price=1.5), FREE)
    for claim in await claimed(ledger, count=5):
        await ledger.settle([Verdict(claim.task, claim.attempt, ready())])

    async def told(*by: str, count: int = 9, start: int = 0) -> list[tuple[str, str, str, int, float]]:
        found = await ledger.usage_of("default", DAY, DAY, by, count, start)
        return [(use.day, use.key, use.label, use.tasks, use.credits) for use in found]

    assert await told("key") == [("", "k1", "", 3, 4.5), ("", "k2", "", 2, 3.0)]
    assert await told("label", "key") == [
        ("", "k1", "", 1, 1.5),
        ("", "k2", "", 1, 1.5),
        ("", "k1", "a", 1, 1.5),
        ("", "k1", "shop", 1, 1.5),
        ("", "k2", "shop", 1, 1.5),
    ]
    assert await told("day") == [(DAY, "", "", 5, 7.5)]
    assert await told("label", count=2) == [("", "", "", 2, 3.0), ("", "", "a", 1, 1.5)]
    assert await told("label", count=2, start=2) == [("", "", "shop", 2, 3.0)]
    assert await told("label", start=3) == []
    assert await ledger.usage_total("default", DAY, DAY) == (5, 7.5)
    assert await ledger.usage_total("another", DAY, DAY) == (0, 0.0)


async def test_a_key_keeps_what_it_may(ledger: Ledger) -> None:
    key = ApiKey(
        "k", "a", "", 0.0, 9.0, max_active=3, scopes=("read", "create"), models=("flux-dev",), budget=7.5, create_rate=Rate(10, 1), poll_rate=Rate(600, 60)
    )
    await ledger.add_key(key, "digest")

    assert await ledger.find_key("digest") == key
    assert await ledger.keys_of("a") == [key]


async def test_a_key_is_made_to_expire_never_later_than_it_was_to(ledger: Ledger) -> None:
    await ledger.add_key(ApiKey("lasting", "a", "", 0.0), "one")
    await ledger.add_key(ApiKey("short", "a", "", 0.0, 5.0), "two")

    assert [await ledger.expire_key(key, 9.0) for key in ("lasting", "short", "nobody")] == [True, True, False]
    assert {key.id: key.expires for key in await ledger.keys_of("a")} == {"lasting": 9.0, "short": 5.0}


# keys


async def test_keys_are_found_by_digest_and_revoked_by_id(ledger: Ledger) -> None:
    key = ApiKey("id1", "default", "laptop", 1.0, expires=5.0, max_active=3)
    await ledger.add_key(key, "d" * 64)

    assert await ledger.find_key("d" * 64) == key
    assert await ledger.find_key("e" * 64) is None
    assert await ledger.keys_of(None) == await ledger.keys_of("default") == [key]
    assert await ledger.keys_of("other") == []
    assert await ledger.revoke_key("id1")
    assert not await ledger.revoke_key("id2")
    found = await ledger.find_key("d" * 64)
    assert found is not None
    assert found.revoked


async def test_what_is_done_to_one_key_is_nothing_to_another(ledger: Ledger) -> None:
    for name, made in (("b", 2.0), ("c", 1.0), ("a", 2.0)):
        await ledger.add_key(ApiKey(name, "default", "", made), f"digest {name}")

    await ledger.revoke_key("a")
    await ledger.expire_key("b", 9.0)

    assert [(key.id, key.revoked, key.expires) for key in await ledger.keys_of("default")] == [("c", False, None), ("a", True, None), ("b", False, 9.0)]


async def test_what_a_key_without_a_budget_spends_is_in_its_usage_alone(ledger: Ledger) -> None:
    await ledger.add_key(ApiKey("k", "default", "", 0.0), "digest")
    await ledger.add_key(ApiKey("limited", "default", "", 0.0, budget=10.0), "another")
    await ledger.submit(a_task(key="k", price=4.0), FREE)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(claim.task, claim.attempt, ready())])
    await ledger.submit(canceled := a_task(key="k", price=4.0), FREE)
    await ledger.cancel(canceled.id, "default")

    assert [(key.id, key.spent) for key in await ledger.keys_of(None)] == [("k", 0.0), ("limited", 0.0)]
    assert [use.credits for use in await ledger.usage_of("default", DAY, DAY, COLUMNS, 9)] == [4.0]


async def test_a_budget_may_be_spent_to_its_end_and_comes_back_to_its_key_alone(ledger: Ledger) -> None:
    for name in ("k", "other"):
        await ledger.add_key(ApiKey(name, "default", "", 0.0, budget=4.0), name)
    await ledger.submit(mine := a_task(key="k", price=4.0), Limits(budget=4.0))
    await ledger.submit(a_task(key="other", price=3.0), Limits(budget=4.0))

    with pytest.raises(PaymentRequired, match=r"^this costs 2 credits, and this key has 1 left of its budget$"):
        await ledger.submit(a_task(key="other", price=2.0), Limits(budget=4.0))
    await ledger.cancel(mine.id, "default")

    assert (await spent(ledger, "k"), await spent(ledger, "other")) == (0.0, 3.0)


async def test_a_budget_that_was_lowered_below_what_was_spent_has_nothing_left(ledger: Ledger) -> None:
    await with_credits(ledger, None)
    await ledger.submit(a_task(key="k", price=4.0), Limits(budget=10.0))

    with pytest.raises(PaymentRequired, match=r"^this costs 1 credits, and this key has 0 left of its budget$"):
        await ledger.submit(a_task(key="k", price=1.0), Limits(budget=2.0))


async def test_credits_are_an_accounts_own(ledger: Ledger) -> None:
    for account in ("a", "b"):
        await ledger.set_credits(account, 5.0)
    await ledger.submit(a_task(account="a", price=5.0), FREE)

    assert (await ledger.credits_of("a"), await ledger.credits_of("b")) == (0.0, 5.0)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(claim.task, claim.attempt, Outcome(Status.ERROR, code="engine_failed"))])
    assert (await ledger.credits_of("a"), await ledger.credits_of("b")) == (5.0, 5.0)


async def test_usage_is_in_order_of_day_key_model_and_label(ledger: Ledger, clock: HandClock) -> None:
    for key, label in (("b", "y"), ("b", "x"), ("a", "z")):
        await ledger.submit(a_task(key=key, label=label), FREE)
    for claim in await claimed(ledger, count=3):
        await ledger.settle([Verdict(claim.task, claim.attempt, ready())])
    clock.advance(86_400)
    await ledger.submit(a_task(key="a"), FREE)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(claim.task, claim.attempt, ready())])

    told = await ledger.usage_of("default", DAY, "2027-01-16", COLUMNS, 9)

    assert [(use.day, use.key, use.label) for use in told] == [(DAY, "a", "z"), (DAY, "b", "x"), (DAY, "b", "y"), ("2027-01-16", "a", "")]
    assert await ledger.usage_of("default", "2027-01-16", DAY, COLUMNS, 9) == []
    assert [use.day for use in await ledger.usage_of("default", "2027-01-16", "2027-01-16", COLUMNS, 9)] == ["2027-01-16"]


async def test_usage_is_in_the_order_that_is_asked_for_down_to_its_last_part(ledger: Ledger) -> None:
    for model in ("y", "x"):
        for key in ("b", "a"):
            for label in ("2", "1"):
                task = a_task(key=key, label=label)
                await ledger.submit(replace(task, inputs=replace(task.inputs, model=model)), FREE)
    for claim in await claimed(ledger, count=8):
        await ledger.settle([Verdict(claim.task, claim.attempt, ready())])

    async def told(*by: str) -> list[str]:
        return ["".join(getattr(use, name) for name in by) for use in await ledger.usage_of("default", DAY, DAY, by, 9)]

    for by in itertools.permutations(COLUMNS):
        found = await told(*by)
        assert found == sorted(found)
        assert len(found) == 8


async def test_the_sum_of_usage_is_that_of_its_days(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(3):
        await ledger.submit(a_task(price=1.5), FREE)
        [claim] = await claimed(ledger)
        await ledger.settle([Verdict(claim.task, claim.attempt, ready())])
        clock.advance(86_400)

    assert await ledger.usage_total("default", "2027-01-16", "2027-01-16") == (1, 1.5)
    assert await ledger.usage_total("default", "2027-01-16", "2027-01-17") == (2, 3.0)
    assert await ledger.usage_total("default", DAY, "2027-01-16") == (2, 3.0)


async def test_days_are_those_of_utc_wherever_the_server_stands(ledger: Ledger, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "XYZ-14")  # fourteen hours ahead
    time.tzset()
    try:
        await ledger.submit(a_task(), FREE)
        clock.advance(3 * 3600)  # eleven in the morning of UTC
        [claim] = await claimed(ledger)
        await ledger.settle([Verdict(claim.task, claim.attempt, ready())])

        assert [use.day for use in await ledger.usage_of("default", "2027-01-01", "2027-12-31", COLUMNS, 9)] == [DAY]
    finally:
        monkeypatch.undo()
        time.tzset()
