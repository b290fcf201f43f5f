"""What every ledger must do. Each test runs over each implementation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mezzotint.core.accounts import ApiKey, Rate
from mezzotint.core.errors import IdempotencyConflict, NotEnlisted, PaymentRequired, TooManyRequests, Unavailable
from mezzotint.core.spending import COLUMNS
from mezzotint.core.tasks import NewTask, Outcome, Status, Verdict
from mezzotint.core.webhooks import Attempt
from mezzotint.ports import Ledger, Limits, Orders
from tests.clocks import HandClock
from tests.contracts.conftest import TERMS
from tests.tasks import a_task, an_id, ready

FREE = Limits()


async def claimed(ledger: Ledger, worker: str = "w", count: int = 1) -> list[Any]:
    epoch = await ledger.enlist(worker)
    return await ledger.claim(worker, epoch, ["stub"], count)


async def status(ledger: Ledger, task: Any) -> Status:
    found = await ledger.get(task)
    assert found is not None
    return found.status


# submitting


async def test_a_submitted_task_is_pending_and_can_be_read(ledger: Ledger) -> None:
    task = a_task()

    submitted = await ledger.submit(task, FREE)

    found = await ledger.get(task.id)
    assert submitted.task == task.id
    assert not submitted.replayed
    assert found is not None
    assert (found.status, found.account, found.model, found.attempt) == (Status.PENDING, "default", "flux-dev", 0)
    assert await ledger.inputs(task.id) == task.inputs
    assert await ledger.waiting() == 1


async def test_an_unknown_id_is_nothing(ledger: Ledger) -> None:
    assert await ledger.get(an_id()) is None
    assert await ledger.inputs(an_id()) is None
    assert await ledger.cancel(an_id(), "default") is None


async def test_the_same_idempotency_key_makes_one_task(ledger: Ledger) -> None:
    first, second = (a_task(idempotency_key="once", request_hash="h") for _ in range(2))

    one, two = await ledger.submit(first, FREE), await ledger.submit(second, FREE)

    assert (one.task, two.task, two.replayed) == (first.id, first.id, True)
    assert await ledger.waiting() == 1


async def test_many_at_once_with_one_idempotency_key_make_one_task(ledger: Ledger) -> None:
    tasks = [a_task(idempotency_key="once", request_hash="h") for _ in range(20)]

    submitted = await asyncio.gather(*(ledger.submit(task, FREE) for task in tasks))

    assert len({one.task for one in submitted}) == 1
    assert sum(not one.replayed for one in submitted) == 1


async def test_an_idempotency_key_with_another_request_is_refused(ledger: Ledger) -> None:
    await ledger.submit(a_task(idempotency_key="once", request_hash="h"), FREE)

    with pytest.raises(IdempotencyConflict):
        await ledger.submit(a_task(idempotency_key="once", request_hash="other"), FREE)
    assert await ledger.waiting() == 1


async def test_idempotency_keys_belong_to_a_key_and_end_after_a_day(ledger: Ledger, clock: HandClock) -> None:
    first = await ledger.submit(a_task(idempotency_key="once", request_hash="h"), FREE)
    other = await ledger.submit(a_task(idempotency_key="once", request_hash="h", key="k2"), FREE)
    clock.advance(86_401)
    later = await ledger.submit(a_task(idempotency_key="once", request_hash="h"), FREE)

    assert len({first.task, other.task, later.task}) == 3


async def test_a_full_queue_refuses_and_keeps_nothing(ledger: Ledger) -> None:
    await ledger.submit(a_task(), Limits(waiting=1))

    with pytest.raises(TooManyRequests) as refused:
        await ledger.submit(task := a_task(), Limits(waiting=1))
    assert (refused.value.retry_after or 0) > 0
    assert await ledger.get(task.id) is None
    assert await ledger.waiting() == 1


async def test_a_replay_is_answered_though_the_queue_is_full(ledger: Ledger) -> None:
    first = await ledger.submit(a_task(idempotency_key="once", request_hash="h"), Limits(waiting=1))

    again = await ledger.submit(a_task(idempotency_key="once", request_hash="h"), Limits(waiting=1))

    assert again.task == first.task


# several together


async def test_several_are_accepted_together_and_in_order(ledger: Ledger) -> None:
    tasks = [a_task() for _ in range(3)]

    submitted = await ledger.submit_all(tasks, Limits(waiting=3, active=3))

    assert [(made.task, made.replayed) for made in submitted] == [(task.id, False) for task in tasks]
    assert [claim.task for claim in await claimed(ledger, count=9)] == [task.id for task in tasks]


@pytest.mark.parametrize(
    ("limits", "left"),
    [(Limits(waiting=3), None), (Limits(active=3), None), (Limits(budget=3.0), None), (FREE, 3.0)],
    ids=["queue", "active", "budget", "credits"],
)
async def test_where_one_of_several_is_refused_none_is_accepted(ledger: Ledger, limits: Limits, left: float | None) -> None:
    await with_credits(ledger, left)
    tasks = [a_task(key="k", price=1.0, idempotency_key=str(number), request_hash="h") for number in range(4)]
    neighbour = a_task(key="another", account="another")

    refused, accepted = await asyncio.gather(ledger.submit_all(tasks, limits), ledger.submit(neighbour, FREE), return_exceptions=True)

    assert isinstance(refused, TooManyRequests | PaymentRequired)
    assert not isinstance(accepted, BaseException)
    assert (await ledger.waiting(), await ledger.list_of("default", None, None, 9)) == (1, [])
    assert (await ledger.credits_of("default"), await spent(ledger)) == (left, 0.0)
    again = await ledger.submit_all(tasks[:2], limits)  # nothing is remembered of what was refused
    assert not any(made.replayed for made in again)


async def test_several_are_repeated_together(ledger: Ledger) -> None:
    def several() -> list[NewTask]:
        return [a_task(idempotency_key=f"once {number}", request_hash="h") for number in range(3)]

    first, again = await ledger.submit_all(several(), FREE), await ledger.submit_all(several(), Limits(waiting=3))

    assert [made.task for made in again] == [made.task for made in first]
    assert all(made.replayed for made in again)
    assert await ledger.waiting() == 3


async def test_a_keys_own_limit_counts_waiting_and_running_tasks_of_that_key(ledger: Ledger) -> None:
    await ledger.submit(a_task(), Limits(active=2))
    await ledger.submit(a_task(), Limits(active=2))
    [claim] = await claimed(ledger)
    with pytest.raises(TooManyRequests):
        await ledger.submit(a_task(), Limits(active=2))
    await ledger.submit(a_task(key="k2"), Limits(active=2))

    await ledger.settle([Verdict(claim.task, claim.attempt, ready())])

    assert not (await ledger.submit(a_task(), Limits(active=2))).replayed


# claiming


async def test_a_claim_gives_what_is_needed_to_paint(ledger: Ledger) -> None:
    await ledger.submit(task := a_task("a red fox"), FREE)

    [claim] = await claimed(ledger)

    assert (claim.task, claim.attempt, claim.inputs) == (task.id, 1, task.inputs)
    assert await status(ledger, task.id) is Status.PROCESSING
    assert await ledger.waiting() == 0


async def test_no_task_is_claimed_twice(ledger: Ledger) -> None:
    for _ in range(10):
        await ledger.submit(a_task(), FREE)
    epochs = {worker: await ledger.enlist(worker) for worker in ("a", "b", "c")}

    claims = await asyncio.gather(*(ledger.claim(worker, epoch, ["stub"], 4) for worker, epoch in epochs.items()))

    tasks = [claim.task for group in claims for claim in group]
    assert len(tasks) == len(set(tasks)) == 10


async def test_only_tasks_of_the_workers_engines_are_claimed(ledger: Ledger) -> None:
    await ledger.submit(a_task(engine="nano"), FREE)
    await ledger.submit(mine := a_task(engine="stub"), FREE)

    claims = await claimed(ledger, count=5)

    assert [claim.task for claim in claims] == [mine.id]


async def test_a_key_that_hogs_does_not_delay_the_others(ledger: Ledger) -> None:
    for _ in range(20):
        await ledger.submit(a_task(account="hog"), FREE)
    small = [a_task(account=f"small {n}") for n in range(3)]
    for task in small:
        await ledger.submit(task, FREE)

    claims = await claimed(ledger, count=6)

    assert {task.id for task in small} <= {claim.task for claim in claims}


async def test_within_an_account_first_come_is_first_served(ledger: Ledger) -> None:
    tasks = [a_task() for _ in range(5)]
    for task in tasks:
        await ledger.submit(task, FREE)

    claims = await claimed(ledger, count=5)

    assert [claim.task for claim in claims] == [task.id for task in tasks]


async def test_a_lower_class_is_served_first(ledger: Ledger) -> None:
    await ledger.submit(a_task(), FREE)
    await ledger.submit(urgent := a_task(priority=-1), FREE)

    [claim] = await claimed(ledger)

    assert claim.task == urgent.id


async def test_an_account_that_rested_does_not_save_up_its_turns(ledger: Ledger) -> None:
    for _ in range(6):
        await ledger.submit(a_task(account="busy"), FREE)
    epoch = await ledger.enlist("w")
    await ledger.claim("w", epoch, ["stub"], 4)
    for _ in range(4):
        await ledger.submit(a_task(account="rested"), FREE)

    claims = await ledger.claim("w", epoch, ["stub"], 4)

    found = [await ledger.get(claim.task) for claim in claims]
    assert sorted(task.account for task in found if task) == ["busy", "busy", "rested", "rested"]


# leases


async def test_a_worker_that_lost_its_lease_cannot_overwrite_the_picture(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(), FREE)
    [slow] = await claimed(ledger, "slow")
    clock.advance(16)
    assert await ledger.reap() == 1
    [quick] = await claimed(ledger, "quick")

    assert await ledger.settle([Verdict(task.id, quick.attempt, ready(2))]) == [True]
    assert await ledger.settle([Verdict(task.id, slow.attempt, ready(1))]) == [False]
    found = await ledger.get(task.id)
    assert found is not None
    assert found.outcome == ready(2)


async def test_a_late_result_counts_while_nobody_else_has_the_task(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(), FREE)
    [claim] = await claimed(ledger)
    clock.advance(16)
    await ledger.reap()

    assert await ledger.settle([Verdict(task.id, claim.attempt, ready())]) == [True]
    assert await status(ledger, task.id) is Status.READY
    assert await ledger.waiting() == 0


async def test_beating_keeps_a_lease(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(a_task(), FREE)
    epoch = await ledger.enlist("w")
    [claim] = await ledger.claim("w", epoch, ["stub"], 1)
    for _ in range(5):
        clock.advance(10)
        orders = await ledger.beat("w", epoch, [(claim.task, claim.attempt)])
        assert orders.lost == ()

    assert await ledger.reap() == 0


async def test_a_worker_that_comes_back_frees_its_old_tasks_at_once(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)
    [old] = await claimed(ledger)

    [new] = await claimed(ledger)

    assert (old.attempt, new.attempt, new.task) == (1, 2, task.id)
    assert await ledger.settle([Verdict(task.id, old.attempt, ready())]) == [False]


async def test_an_old_epoch_claims_nothing_and_has_lost_everything(ledger: Ledger) -> None:
    await ledger.submit(a_task(), FREE)
    old = await ledger.enlist("w")
    [claim] = await ledger.claim("w", old, ["stub"], 1)
    await ledger.enlist("w")

    with pytest.raises(NotEnlisted):
        await ledger.claim("w", old, ["stub"], 1)
    with pytest.raises(NotEnlisted):
        await ledger.claim("never enlisted", 1, ["stub"], 1)
    assert (await ledger.beat("w", old, [(claim.task, 1)])).lost == (claim.task,)


async def test_a_task_whose_workers_all_vanish_fails_after_its_attempts(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)
    for attempt in range(1, 4):
        [claim] = await claimed(ledger)
        assert claim.attempt == attempt

    assert await claimed(ledger) == []
    found = await ledger.get(task.id)
    assert found is not None
    assert found.status is Status.ERROR
    assert found.outcome is not None
    assert found.outcome.code == "attempts_exhausted"


async def test_a_task_past_its_deadline_expires(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(deadline=clock.now() + 60), FREE)
    clock.advance(61)

    await ledger.reap()

    assert await status(ledger, task.id) is Status.EXPIRED
    assert await ledger.waiting() == 0


async def test_a_worker_is_given_again_what_never_reached_it(ledger: Ledger) -> None:
    tasks = [a_task() for _ in range(2)]
    for task in tasks:
        await ledger.submit(task, FREE)
    epoch = await ledger.enlist("w")
    first, _lost = await ledger.claim("w", epoch, ["stub"], 2)

    [again] = await ledger.claim("w", epoch, ["stub"], 2, held=[(first.task, first.attempt)])

    assert (again.task, again.attempt) == (tasks[1].id, 2)
    assert await ledger.beat("w", epoch, [(first.task, 1), (again.task, 2)]) == Orders()


async def test_what_a_worker_never_got_of_a_canceled_task_ends_it(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)
    epoch = await ledger.enlist("w")
    await ledger.claim("w", epoch, ["stub"], 1)
    await ledger.cancel(task.id, "default")

    assert await ledger.claim("w", epoch, ["stub"], 1, held=[]) == []
    assert await status(ledger, task.id) is Status.CANCELED


async def test_a_claim_keeps_a_lease_too_though_it_finds_nothing(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(a_task(), FREE)
    epoch = await ledger.enlist("w")
    await ledger.claim("w", epoch, ["stub"], 1)
    for _ in range(3):
        clock.advance(10)
        assert await ledger.claim("w", epoch, ["stub"], 1) == []

    assert await ledger.reap() == 0


async def test_a_running_task_past_its_deadline_expires_and_is_lost_to_its_worker(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(deadline=clock.now() + 5), FREE)
    epoch = await ledger.enlist("w")
    [claim] = await ledger.claim("w", epoch, ["stub"], 1)
    clock.advance(6)
    await ledger.reap()

    assert (await ledger.beat("w", epoch, [(task.id, claim.attempt)])).lost == (task.id,)
    assert await ledger.settle([Verdict(task.id, claim.attempt, ready())]) == [False]
    assert await status(ledger, task.id) is Status.EXPIRED


async def test_a_worker_counts_as_long_as_it_has_a_lease(ledger: Ledger, clock: HandClock) -> None:
    await ledger.enlist("a")
    clock.advance(10)
    await ledger.enlist("b")

    assert (await ledger.check())["workers"] == 2
    clock.advance(6)
    assert (await ledger.check())["workers"] == 1


# ending


async def test_times_are_those_of_what_happened(ledger: Ledger, clock: HandClock) -> None:
    made = clock.now()
    await ledger.submit(task := a_task(), FREE)
    clock.advance(1)
    epoch = await ledger.enlist("w")
    [claim] = await ledger.claim("w", epoch, ["stub"], 1)
    clock.advance(1)
    await ledger.settle([Verdict(task.id, claim.attempt, None)])
    [again] = await ledger.claim("w", epoch, ["stub"], 1)
    clock.advance(1)
    await ledger.settle([Verdict(task.id, again.attempt, ready())])

    found = await ledger.get(task.id)
    assert found is not None
    assert (found.created, found.started, found.finished) == (made, made + 1, made + 3)  # begun is begun, whichever attempt


async def test_each_of_many_verdicts_is_judged_by_itself(ledger: Ledger) -> None:
    for _ in range(2):
        await ledger.submit(a_task(), FREE)
    first, second = await claimed(ledger, count=2)
    verdicts = [Verdict(first.task, 1, ready()), Verdict(an_id(), 1, ready()), Verdict(first.task, 1, ready()), Verdict(second.task, 2, ready())]

    assert await ledger.settle(verdicts) == [True, False, False, False]
    assert await status(ledger, second.task) is Status.PROCESSING


async def test_a_final_state_is_final(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)
    [claim] = await claimed(ledger)
    failed = Outcome(Status.ERROR, code="engine_failed", message="no")

    first = await ledger.settle([Verdict(task.id, claim.attempt, ready())])
    second = await ledger.settle([Verdict(task.id, claim.attempt, failed)])

    assert (first, second) == ([True], [False])
    assert await status(ledger, task.id) is Status.READY
    assert (await ledger.cancel(task.id, "default")).status is Status.READY  # type: ignore[union-attr]  # it is there


async def test_a_task_handed_back_waits_for_its_delay_and_counts_the_attempt(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(), FREE)
    epoch = await ledger.enlist("w")
    [claim] = await ledger.claim("w", epoch, ["stub"], 1)

    assert await ledger.settle([Verdict(task.id, claim.attempt, None, "out of memory", delay=5)]) == [True]

    assert await ledger.claim("w", epoch, ["stub"], 1) == []
    clock.advance(6)
    [again] = await ledger.claim("w", epoch, ["stub"], 1)
    assert again.attempt == 2


async def test_handing_back_the_last_attempt_fails_with_its_reason(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)
    epoch = await ledger.enlist("w")
    for _ in range(3):
        [claim] = await ledger.claim("w", epoch, ["stub"], 1)
        await ledger.settle([Verdict(task.id, claim.attempt, None, "out of memory")])

    found = await ledger.get(task.id)
    assert found is not None
    assert found.outcome is not None
    assert (found.status, found.outcome.message) == (Status.ERROR, "out of memory")


async def test_a_refunded_attempt_does_not_count_but_its_title_has_passed(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)
    epoch = await ledger.enlist("w")
    claims = []
    for _ in range(5):
        claims += await ledger.claim("w", epoch, ["stub"], 1)
        assert await ledger.settle([Verdict(task.id, claims[-1].attempt, None, refund=True)]) == [True]
    [last] = await ledger.claim("w", epoch, ["stub"], 1)

    assert last.attempt == 6
    assert await ledger.settle([Verdict(task.id, claims[-1].attempt, ready())]) == [False]
    assert await ledger.settle([Verdict(task.id, last.attempt, ready())]) == [True]


async def test_pictures_are_kept_for_their_time_from_ready(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(), FREE)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(task.id, claim.attempt, ready())])

    found = await ledger.get(task.id)
    assert found is not None
    assert found.images_until == clock.now() + 86_400
    assert await ledger.spent(10) == []
    clock.advance(86_401)
    assert await ledger.spent(10) == [task.id]
    await ledger.emptied([task.id])
    assert await ledger.spent(10) == []
    assert (await ledger.get(task.id)).images_until == 0  # type: ignore[union-attr]  # it is there


# canceling


async def test_canceling_a_waiting_task_ends_it(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)

    canceled = await ledger.cancel(task.id, "default")

    assert canceled is not None
    assert canceled.status is Status.CANCELED
    assert await claimed(ledger) == []
    assert await ledger.waiting() == 0


async def test_canceling_a_running_task_waits_for_its_worker(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)
    epoch = await ledger.enlist("w")
    [claim] = await ledger.claim("w", epoch, ["stub"], 1)

    asked = await ledger.cancel(task.id, "default")
    assert asked is not None
    assert (asked.status, asked.cancel_requested) == (Status.PROCESSING, True)
    assert (await ledger.beat("w", epoch, [(claim.task, claim.attempt)])).canceled == (task.id,)
    assert await ledger.settle([Verdict(task.id, claim.attempt, Outcome(Status.CANCELED))]) == [True]
    assert await status(ledger, task.id) is Status.CANCELED


async def test_a_picture_that_comes_after_the_cancel_is_dropped(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)
    [claim] = await claimed(ledger)
    await ledger.cancel(task.id, "default")

    assert await ledger.settle([Verdict(task.id, claim.attempt, ready())]) == [False]
    assert await status(ledger, task.id) is Status.CANCELED


async def test_a_canceled_task_of_a_dead_worker_is_not_painted_again(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(), FREE)
    await claimed(ledger)
    await ledger.cancel(task.id, "default")
    clock.advance(16)

    await ledger.reap()

    assert await status(ledger, task.id) is Status.CANCELED


async def test_another_account_cannot_cancel(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)

    assert await ledger.cancel(task.id, "somebody else") is None
    assert await status(ledger, task.id) is Status.PENDING


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


# the rest


async def test_tasks_are_listed_newest_first_by_account_and_page(ledger: Ledger) -> None:
    tasks = [a_task(id=an_id(1_800_000_000_000 + n)) for n in range(5)]
    for task in [*tasks, a_task(account="other")]:
        await ledger.submit(task, FREE)
    await ledger.cancel(tasks[0].id, "default")

    newest = await ledger.list_of("default", None, None, 2)
    older = await ledger.list_of("default", None, newest[-1].id, 10)

    assert [task.id for task in newest + older] == [task.id for task in reversed(tasks)]
    assert [task.id for task in await ledger.list_of("default", Status.CANCELED, None, 10)] == [tasks[0].id]


async def test_a_listing_of_tasks_has_bounds_and_may_begin_at_either(ledger: Ledger) -> None:
    tasks = [a_task(id=an_id(1_800_000_000_000 + n)) for n in range(6)]
    for task in tasks:
        await ledger.submit(task, FREE)
    ids = [task.id for task in tasks]

    async def listed(count: int, **how: Any) -> list[Any]:
        return [task.id for task in await ledger.list_of("default", None, ids[5], count, after=ids[0], **how)]

    assert await listed(2) == [ids[4], ids[3]]
    assert await listed(2, oldest=True) == [ids[2], ids[1]]
    assert await listed(9, oldest=True) == ids[4:0:-1]


async def test_old_tasks_are_forgotten_once_nothing_of_them_is_left(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(), FREE)
    await ledger.cancel(task.id, "default")
    await ledger.submit(waiting := a_task(), FREE)
    clock.advance(31 * 86_400)

    assert await ledger.tidy() == 0  # its pictures' place has not been emptied
    await ledger.emptied(await ledger.spent(10))
    assert await ledger.tidy() == 1
    assert await ledger.get(task.id) is None
    assert await status(ledger, waiting.id) is Status.PENDING


async def test_a_task_is_not_forgotten_while_its_webhook_is_owed(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(new := a_task(webhook_url="https://example.com/hook"), FREE)
    await ledger.cancel(task := new.id, "default")
    clock.advance(31 * 86_400)
    await ledger.emptied(await ledger.spent(10))
    [delivery] = await ledger.due(10)

    assert await ledger.tidy() == 0
    await ledger.record(delivery, Attempt(200), 0.0)
    assert await ledger.tidy() == 1
    assert await ledger.get(task) is None
    assert await ledger.inputs(task) is None


async def test_the_pictures_of_what_ended_otherwise_may_go_at_once(ledger: Ledger) -> None:
    await ledger.submit(canceled := a_task(), FREE)
    await ledger.submit(failed := a_task(), FREE)
    await ledger.submit(a_task(), FREE)
    await ledger.cancel(canceled.id, "default")
    [claim, _] = await claimed(ledger, count=2)
    await ledger.settle([Verdict(claim.task, claim.attempt, Outcome(Status.ERROR, code="engine_failed", message="no"))])

    assert set(await ledger.spent(10)) == {canceled.id, failed.id}
    assert len(await ledger.spent(1)) == 1


async def test_an_idempotency_key_that_ended_may_be_used_for_another_request(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(a_task(idempotency_key="once", request_hash="h"), FREE)
    clock.advance(86_401)
    await ledger.tidy()

    assert not (await ledger.submit(a_task(idempotency_key="once", request_hash="another"), FREE)).replayed


async def test_the_secret_stays_the_same(ledger: Ledger) -> None:
    first = await ledger.secret()

    assert len(first) == 32
    assert await ledger.secret() == first


async def test_a_closed_ledger_promises_nothing(ledger: Ledger) -> None:
    await ledger.close()

    with pytest.raises(Unavailable):
        await ledger.submit(a_task(), FREE)


# credits

DAY = "2027-01-15"  # of the clock


async def spent(ledger: Ledger, key: str = "k") -> float:
    return next(found.spent for found in await ledger.keys_of(None) if found.id == key)


async def with_credits(ledger: Ledger, left: float | None) -> Ledger:
    await ledger.add_key(ApiKey("k", "default", "", 0.0, budget=10.0), "digest")
    await ledger.set_credits("default", left)
    return ledger


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
        await ledger.submit(a_task(key=key, label=label, price=1.5), FREE)
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
