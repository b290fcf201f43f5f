"""What every ledger must do. Each test runs over each implementation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mezzotint.core.accounts import ApiKey
from mezzotint.core.errors import IdempotencyConflict, PaymentRequired, TooManyRequests, Unavailable
from mezzotint.core.tasks import NewTask, Outcome, Status, Verdict
from mezzotint.core.webhooks import Attempt
from mezzotint.ledger.rows import CANCELED
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Ledger, Limits
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


async def spent(ledger: Ledger, key: str = "k") -> float:
    return next(found.spent for found in await ledger.keys_of(None) if found.id == key)


async def with_credits(ledger: Ledger, left: float | None) -> Ledger:
    await ledger.add_key(ApiKey("k", "default", "", 0.0, budget=10.0), "digest")
    await ledger.set_credits("default", left)
    return ledger


# submitting


async def test_a_submitted_task_is_pending_and_can_be_read(ledger: Ledger) -> None:
    task = a_task()

    submitted = await ledger.submit(task, FREE)

    found = await ledger.get(task.id)
    assert submitted.task == task.id
    assert not submitted.replayed
    assert found is not None
    assert (found.status, found.account, found.model, found.attempt) == (Status.PENDING, "default", "flux-dev", 0)
    assert (found.key, found.surface, found.engine) == ("k1", "comet", "stub")
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

    with pytest.raises(IdempotencyConflict, match=r"^this Idempotency-Key came before with another request: use a new key for a new request$"):
        await ledger.submit(a_task(idempotency_key="once", request_hash="other"), FREE)
    assert await ledger.waiting() == 1


async def test_idempotency_keys_belong_to_a_key_and_end_after_a_day(ledger: Ledger, clock: HandClock) -> None:
    first = await ledger.submit(a_task(idempotency_key="once", request_hash="h"), FREE)
    other = await ledger.submit(a_task(idempotency_key="once", request_hash="h", key="k2"), FREE)
    clock.advance(86_399)
    assert (await ledger.submit(a_task(idempotency_key="once", request_hash="h"), FREE)).task == first.task
    clock.advance(1)
    later = await ledger.submit(a_task(idempotency_key="once", request_hash="h"), FREE)

    assert len({first.task, other.task, later.task}) == 3


async def test_an_idempotency_key_that_is_used_anew_stands_for_its_new_request_for_a_day(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(a_task(idempotency_key="once", request_hash="first"), FREE)
    clock.advance(86_400)
    second = await ledger.submit(a_task(idempotency_key="once", request_hash="second"), FREE)
    clock.advance(86_399)

    again = await ledger.submit(a_task(idempotency_key="once", request_hash="second"), FREE)

    assert (second.replayed, again.task, again.replayed) == (False, second.task, True)


async def test_tidying_forgets_idempotency_keys_past_their_time_and_no_others(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(a_task(idempotency_key="old", request_hash="h"), FREE)
    clock.advance(80_000)
    recent = await ledger.submit(a_task(idempotency_key="recent", request_hash="h"), FREE)
    clock.advance(10_000)

    await ledger.tidy()

    assert (await ledger.submit(a_task(idempotency_key="recent", request_hash="h"), FREE)).task == recent.task
    assert not (await ledger.submit(a_task(idempotency_key="old", request_hash="other"), FREE)).replayed


async def test_a_full_queue_refuses_and_keeps_nothing(ledger: Ledger) -> None:
    await ledger.submit(a_task(), Limits(waiting=1))

    with pytest.raises(TooManyRequests, match=r"^the queue is full: 1 tasks wait. Nothing was accepted, try again later$") as refused:
        await ledger.submit(task := a_task(), Limits(waiting=1))
    assert refused.value.retry_after == 5
    assert await ledger.get(task.id) is None
    assert await ledger.waiting() == 1


async def test_a_full_queue_refuses_what_has_an_idempotency_key_in_the_same_words(ledger: Ledger) -> None:
    for number in range(2):
        await ledger.submit(a_task(key=str(number), idempotency_key="once", request_hash="h"), Limits(waiting=2))

    with pytest.raises(TooManyRequests, match=r"^the queue is full: 2 tasks wait\. Nothing was accepted, try again later$"):
        await ledger.submit(a_task(idempotency_key="once", request_hash="h"), Limits(waiting=2))


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
    with pytest.raises(TooManyRequests, match=r"^this key has 2 tasks waiting or running, which is its limit: wait for one to end$") as refused:
        await ledger.submit(a_task(), Limits(active=2))
    assert refused.value.retry_after == 2
    await ledger.submit(a_task(key="k2"), Limits(active=2))

    await ledger.settle([Verdict(claim.task, claim.attempt, ready())])

    assert not (await ledger.submit(a_task(), Limits(active=2))).replayed


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

    clock.advance(4.5)
    assert await ledger.claim("w", epoch, ["stub"], 1) == []
    clock.advance(0.5)
    [again] = await ledger.claim("w", epoch, ["stub"], 1)
    assert again.attempt == 2


@pytest.mark.parametrize(
    ("message", "shown"), [("out of memory", "out of memory"), ("", "the task was tried 3 times and its worker was lost every time")], ids=["told", "silent"]
)
async def test_handing_back_the_last_attempt_fails_with_its_reason(ledger: Ledger, message: str, shown: str) -> None:
    await ledger.submit(task := a_task(), FREE)
    epoch = await ledger.enlist("w")
    for _ in range(3):
        [claim] = await ledger.claim("w", epoch, ["stub"], 1)
        await ledger.settle([Verdict(task.id, claim.attempt, None, message)])

    found = await ledger.get(task.id)
    assert found is not None
    assert found.outcome is not None
    assert (found.status, found.outcome.code, found.outcome.message) == (Status.ERROR, "engine_failed", shown)


async def test_attempts_are_counted_beside_those_that_were_refunded(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)
    epoch = await ledger.enlist("w")
    for refund in (True, False, True, False, True, False):
        assert await status(ledger, task.id) is Status.PENDING
        [claim] = await ledger.claim("w", epoch, ["stub"], 1)
        await ledger.settle([Verdict(task.id, claim.attempt, None, refund=refund)])

    assert await status(ledger, task.id) is Status.ERROR  # after three that count


@pytest.mark.parametrize("refund", [True, False])
async def test_what_is_handed_back_late_waits_already_and_no_longer_for_it(ledger: Ledger, clock: HandClock, refund: bool) -> None:
    await ledger.submit(task := a_task(), FREE)
    [claim] = await claimed(ledger)
    clock.advance(TERMS.lease)
    await ledger.reap()

    assert await ledger.settle([Verdict(task.id, claim.attempt, None, delay=60, refund=refund)]) == [True]

    assert await ledger.waiting() == 1
    for _ in range(2):
        assert [again.task for again in await claimed(ledger)] == [task.id]
    assert await claimed(ledger) == []  # its three attempts, of which none was refunded


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
    clock.advance(86_399)
    assert await ledger.spent(10) == []
    clock.advance(1)
    assert await ledger.spent(10) == [task.id]
    await ledger.emptied([task.id])
    assert await ledger.spent(10) == []
    assert (await ledger.get(task.id)).images_until == 0  # type: ignore[union-attr]  # it is there


async def test_what_is_spent_first_is_deleted_first_and_the_rest_stays(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(3):
        await ledger.submit(a_task(), FREE)
    claims = await claimed(ledger, count=3)
    for claim in reversed(claims):
        await ledger.settle([Verdict(claim.task, claim.attempt, ready())])
        clock.advance(1)
    clock.advance(86_400)

    assert await ledger.spent(2) == [claims[2].task, claims[1].task]
    await ledger.emptied([claims[1].task])
    assert await ledger.spent(3) == [claims[2].task, claims[0].task]


@pytest.mark.parametrize("kept", [True, False])
async def test_pictures_may_be_kept_for_ever_though_what_has_none_is_not(open_ledger: Callable[[Terms], Ledger], clock: HandClock, kept: bool) -> None:
    ledger = open_ledger(Terms(keep_images=0 if kept else 60))
    await ledger.submit(task := a_task(), FREE)
    await ledger.submit(canceled := a_task(engine="another"), FREE)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(task.id, claim.attempt, ready())])
    await ledger.cancel(canceled.id, "default")
    clock.advance(10 * 365 * 86_400)

    assert (await ledger.get(task.id)).images_until == (None if kept else clock.now() - 10 * 365 * 86_400 + 60)  # type: ignore[union-attr]  # it is there
    assert await ledger.spent(10) == ([canceled.id] if kept else [canceled.id, task.id])


# canceling


async def test_canceling_a_waiting_task_ends_it(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(), FREE)

    canceled = await ledger.cancel(task.id, "default")

    assert canceled is not None
    assert (canceled.status, canceled.cancel_requested, canceled.outcome, canceled.finished) == (Status.CANCELED, True, CANCELED, clock.now())
    assert await ledger.spent(10) == [task.id]  # pictures that it was given
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


@pytest.mark.parametrize("state", [Status.PENDING, Status.PROCESSING])
async def test_another_account_cannot_cancel(ledger: Ledger, state: Status) -> None:
    await ledger.submit(task := a_task(), FREE)
    if state is Status.PROCESSING:
        await claimed(ledger)

    assert await ledger.cancel(task.id, "somebody else") is None
    found = await ledger.get(task.id)
    assert found is not None
    assert (found.status, found.cancel_requested) == (state, False)


@pytest.mark.parametrize("state", [Status.PENDING, Status.PROCESSING])
async def test_canceling_one_task_leaves_the_others_of_its_account(ledger: Ledger, state: Status) -> None:
    tasks = [a_task() for _ in range(2)]
    for task in tasks:
        await ledger.submit(task, FREE)
    if state is Status.PROCESSING:
        await claimed(ledger, count=2)

    await ledger.cancel(tasks[0].id, "default")

    other = await ledger.get(tasks[1].id)
    assert other is not None
    assert (other.status, other.cancel_requested) == (state, False)


async def test_canceling_what_has_ended_changes_nothing(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(), FREE)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(task.id, claim.attempt, ready())])
    before = await ledger.get(task.id)

    assert await ledger.cancel(task.id, "default") == before == await ledger.get(task.id)


# the rest


async def test_the_secret_lasts_beside_what_else_is_known_of_the_installation(ledger: Ledger) -> None:
    await ledger.submit(a_task(), FREE)
    await claimed(ledger)  # turns begin to be counted

    secret = await ledger.secret()
    await ledger.submit(a_task(), FREE)

    assert len(secret) == 32
    assert secret == await ledger.secret()
    assert len(await claimed(ledger, "another")) == 1


async def test_tasks_are_listed_newest_first_by_account_and_page(ledger: Ledger) -> None:
    tasks = [a_task(id=an_id(1_800_000_000_000 + n)) for n in range(5)]
    for task in [*tasks, a_task(account="other")]:
        await ledger.submit(task, FREE)
    await ledger.cancel(tasks[0].id, "default")

    newest = await ledger.list_of("default", None, None, 2)
    older = await ledger.list_of("default", None, newest[-1].id, 10)

    assert [task.id for task in newest + older] == [task.id for task in reversed(tasks)]
    assert [task.id for task in await ledger.list_of("default", Status.CANCELED, None, 10)] == [tasks[0].id]


async def test_tasks_are_listed_by_their_status(ledger: Ledger, clock: HandClock) -> None:
    """All of them, so that none is taken for its neighbour."""
    tasks = {state: a_task(deadline=clock.now() + 5 if state is Status.EXPIRED else None) for state in Status}
    for task in tasks.values():
        await ledger.submit(task, FREE)
    held = {claim.task: claim.attempt for claim in await claimed(ledger, count=len(tasks))}
    for state, task in tasks.items():
        if state is Status.PENDING:
            await ledger.settle([Verdict(task.id, held[task.id], None)])
        elif state not in {Status.PROCESSING, Status.EXPIRED}:
            await ledger.settle([Verdict(task.id, held[task.id], Outcome(state))])
    clock.advance(5)
    await ledger.reap()

    for state, task in tasks.items():
        assert [found.id for found in await ledger.list_of("default", state, None, 10)] == [task.id]
        assert [found.id for found in await ledger.list_of("default", state, None, 10, oldest=True)] == [task.id]
    assert len(await ledger.list_of("default", None, None, 10)) == len(tasks)


async def test_a_listing_of_tasks_has_bounds_and_may_begin_at_either(ledger: Ledger) -> None:
    tasks = [a_task(id=an_id(1_800_000_000_000 + n)) for n in range(6)]
    for task in tasks:
        await ledger.submit(task, FREE)
    ids = [task.id for task in tasks]

    async def listed(count: int, **how: Any) -> list[Any]:
        return [task.id for task in await ledger.list_of("default", None, ids[5], count, after=ids[0], **how)]

    assert await listed(2) == [ids[4], ids[3]]
    assert await listed(9) == ids[4:0:-1]
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


async def test_tasks_are_kept_for_their_time_and_then_nothing_of_them_is_left(ledger: Ledger, clock: HandClock) -> None:
    hook = "https://example.com/hook"
    old, kept = a_task(webhook_url=hook, id=an_id(int(clock.now() * 1000))), a_task(webhook_url=hook, id=an_id(int(clock.now() * 1000) + 1000))
    await ledger.submit(old, FREE)
    clock.advance(1)
    await ledger.submit(kept, FREE)
    for task in (old, kept):
        await ledger.cancel(task.id, "default")
    for delivery in await ledger.due(10):
        await ledger.record(delivery, Attempt(200), 0.0)
    await ledger.emptied(await ledger.spent(10))
    assert await ledger.tidy() == 0

    clock.advance(TERMS.keep_tasks - 1)
    assert await ledger.tidy() == 0
    clock.advance(0.5)
    assert await ledger.tidy() == 1

    assert (await ledger.get(old.id), await ledger.inputs(old.id)) == (None, None)
    assert await ledger.inputs(kept.id) == kept.inputs
    [message] = await ledger.messages_of("default", None, None, 10)
    assert (message.task, len(message.tries)) == (kept.id, 1)


async def test_tasks_may_be_kept_for_ever(open_ledger: Callable[[Terms], Ledger], clock: HandClock) -> None:
    ledger = open_ledger(Terms(keep_tasks=0))
    await ledger.submit(task := a_task(), FREE)
    await ledger.cancel(task.id, "default")
    await ledger.emptied(await ledger.spent(10))
    clock.advance(10 * 365 * 86_400)

    assert await ledger.tidy() == 0
    assert await ledger.get(task.id) is not None


async def test_a_clock_that_begins_at_zero_forgets_nothing(ledger: Ledger, clock: HandClock) -> None:
    """As that of a machine without a battery, until it has asked what time it is."""
    clock.advance(-clock.now())
    await ledger.submit(task := a_task(), FREE)
    await ledger.cancel(task.id, "default")
    await ledger.emptied([task.id])

    assert await ledger.tidy() == 0
    assert await ledger.get(task.id) is not None


async def test_what_one_task_owes_keeps_no_other(ledger: Ledger, clock: HandClock) -> None:
    owing, done = a_task(webhook_url="https://example.com/hook"), a_task()
    for task in (owing, done):
        await ledger.submit(task, FREE)
        await ledger.cancel(task.id, "default")
    await ledger.emptied(await ledger.spent(10))
    clock.advance(31 * 86_400)

    assert await ledger.tidy() == 1
    assert (await ledger.get(owing.id) is None, await ledger.get(done.id) is None) == (False, True)


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

    with pytest.raises(Unavailable, match=r"^the ledger is closed$"):
        await ledger.submit(a_task(), FREE)
