"""What every ledger must do for workers: claims, leases and their ends. Each test runs over each implementation."""

from __future__ import annotations

import asyncio

import pytest

from mezzotint.core.errors import NotEnlisted, TooManyRequests
from mezzotint.core.tasks import NewTask, Status, Verdict
from mezzotint.ports import Ledger, Limits, Orders
from tests.clocks import HandClock
from tests.contracts.conftest import TERMS
from tests.contracts.test_ledger import FREE, claimed, status
from tests.tasks import a_task, an_id, ready

# claiming


async def test_a_claim_gives_what_is_needed_to_paint(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task("a red fox"), FREE)

    [claim] = await claimed(ledger)

    assert (claim.task, claim.attempt, claim.inputs, claim.created) == (task.id, 1, task.inputs, clock.now())
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
        await ledger.submit(a_task(key="hog"), FREE)
    small = [a_task(key=f"small {n}") for n in range(3)]
    for task in small:
        await ledger.submit(task, FREE)

    claims = await claimed(ledger, count=6)

    assert {task.id for task in small} <= {claim.task for claim in claims}


async def test_a_key_that_floods_leaves_room_in_the_queue_for_others(ledger: Ledger) -> None:
    limits = Limits(waiting=50)
    for _ in range(45):
        await ledger.submit(a_task(key="flood"), limits)
    with pytest.raises(
        TooManyRequests, match=r"^the queue is nearly full: 45 tasks wait, and most are this key's. Nothing was accepted, try again later$"
    ) as refused:
        await ledger.submit(a_task(key="flood"), limits)
    for number in range(5):
        await ledger.submit(a_task(key=f"other {number}"), limits)
    with pytest.raises(TooManyRequests, match="the queue is full"):
        await ledger.submit(a_task(key="last"), limits)

    assert refused.value.retry_after == 5
    assert await ledger.waiting() == 50


async def test_a_key_has_its_share_of_the_queue_again_when_its_tasks_have_ended(ledger: Ledger) -> None:
    limits = Limits(waiting=10)
    tasks = [a_task(key="flood") for _ in range(9)]
    for task in tasks:
        await ledger.submit(task, limits)
    with pytest.raises(TooManyRequests):
        await ledger.submit(a_task(key="flood"), limits)
    for task in tasks[:5]:
        await ledger.cancel(task.id, "default")

    for _ in range(5):
        await ledger.submit(a_task(key="flood"), limits)


async def test_within_a_key_first_come_is_first_served(ledger: Ledger) -> None:
    tasks = [a_task() for _ in range(5)]
    for task in tasks:
        await ledger.submit(task, FREE)

    claims = await claimed(ledger, count=5)

    assert [claim.task for claim in claims] == [task.id for task in tasks]


async def test_a_task_that_costs_more_lets_others_go_before_the_next_of_its_key(ledger: Ledger) -> None:
    def of(key: str, cost: float) -> NewTask:
        return a_task(key=key, cost=cost)

    tasks = [of("large", 3.0), of("large", 3.0), of("small", 1.0), of("small", 1.0), of("small", 1.0), of("small", 1.0)]
    for task in tasks:
        await ledger.submit(task, FREE)

    claims = await claimed(ledger, count=6)

    assert [tasks.index(next(task for task in tasks if task.id == claim.task)) for claim in claims] == [0, 2, 3, 4, 1, 5]


async def test_of_equal_turns_the_older_task_goes_first(ledger: Ledger) -> None:
    newer, older = a_task(key="a", id=an_id(1_800_000_000_001)), a_task(key="b", id=an_id(1_800_000_000_000))
    for task in (newer, older):
        await ledger.submit(task, FREE)

    assert [claim.task for claim in await claimed(ledger, count=2)] == [older.id, newer.id]


async def test_a_lower_class_is_served_first(ledger: Ledger) -> None:
    await ledger.submit(a_task(), FREE)
    await ledger.submit(urgent := a_task(priority=-1), FREE)

    [claim] = await claimed(ledger)

    assert claim.task == urgent.id


async def test_a_key_that_rested_does_not_save_up_its_turns(ledger: Ledger) -> None:
    for _ in range(6):
        await ledger.submit(a_task(key="busy"), FREE)
    epoch = await ledger.enlist("w")
    await ledger.claim("w", epoch, ["stub"], 4)
    for _ in range(4):
        await ledger.submit(a_task(key="rested"), FREE)

    claims = await ledger.claim("w", epoch, ["stub"], 4)

    found = [await ledger.get(claim.task) for claim in claims]
    assert sorted(task.key for task in found if task) == ["busy", "busy", "rested", "rested"]


async def test_turns_go_on_from_where_the_last_claim_left_them(ledger: Ledger) -> None:
    for _ in range(6):
        await ledger.submit(a_task(key="busy"), FREE)
    epoch = await ledger.enlist("w")
    for _ in range(2):
        await ledger.claim("w", epoch, ["stub"], 2)
    for _ in range(4):
        await ledger.submit(a_task(key="rested"), FREE)

    found = [await ledger.get(claim.task) for claim in await ledger.claim("w", epoch, ["stub"], 4)]

    assert [task.key for task in found if task] == ["rested", "busy", "rested", "busy"]


# leases


async def test_a_worker_that_lost_its_lease_cannot_overwrite_the_picture(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(), FREE)
    [slow] = await claimed(ledger, "slow")
    clock.advance(14.5)
    assert await ledger.reap() == 0
    clock.advance(0.5)
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


async def test_epochs_are_counted_for_each_worker_from_one(ledger: Ledger) -> None:
    assert [await ledger.enlist(worker) for worker in ("a", "a", "b", "a")] == [1, 2, 1, 3]


async def test_what_one_worker_does_is_nothing_to_the_tasks_of_another(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(2):
        await ledger.submit(a_task(), FREE)
    epochs = {worker: await ledger.enlist(worker) for worker in ("a", "b")}
    [mine], [other] = [await ledger.claim(worker, epochs[worker], ["stub"], 1) for worker in ("a", "b")]

    clock.advance(10)
    assert await ledger.claim("a", epochs["a"], ["stub"], 1, held=[(mine.task, 1)]) == []
    assert (await ledger.beat("a", epochs["a"], [(mine.task, 1), (other.task, 1)])).lost == (other.task,)
    await ledger.enlist("a")

    assert (await status(ledger, mine.task), await status(ledger, other.task)) == (Status.PENDING, Status.PROCESSING)
    [again] = await ledger.claim("a", 2, ["stub"], 1)
    clock.advance(5)
    assert await ledger.reap() == 1  # that of the one that was silent
    assert (await status(ledger, again.task), await status(ledger, other.task)) == (Status.PROCESSING, Status.PENDING)


async def test_what_has_ended_or_was_handed_back_is_lost_to_its_worker(ledger: Ledger) -> None:
    for _ in range(3):
        await ledger.submit(a_task(), FREE)
    epoch = await ledger.enlist("w")
    done, back, held = [(claim.task, claim.attempt) for claim in await ledger.claim("w", epoch, ["stub"], 3)]
    await ledger.settle([Verdict(*done, ready()), Verdict(*back, None, delay=60)])

    assert await ledger.beat("w", epoch, [done, back, held]) == Orders(lost=(done[0], back[0]))
    assert await ledger.claim("w", epoch, ["stub"], 3, held=[held]) == []
    assert await ledger.enlist("w") == epoch + 1
    assert (await status(ledger, done[0]), await ledger.waiting()) == (Status.READY, 2)


async def test_an_old_epoch_claims_nothing_and_has_lost_everything(ledger: Ledger) -> None:
    await ledger.submit(a_task(), FREE)
    old = await ledger.enlist("w")
    [claim] = await ledger.claim("w", old, ["stub"], 1)
    await ledger.enlist("w")

    with pytest.raises(NotEnlisted, match=rf"^epoch {old} of worker w has passed: it was replaced, or never enlisted$"):
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
    assert (found.outcome.code, found.outcome.message) == ("attempts_exhausted", "the task was tried 3 times and its worker was lost every time")


@pytest.mark.parametrize("how", ["comes back", "is silent", "never got it"])
async def test_refunded_attempts_do_not_count_where_a_worker_vanishes(ledger: Ledger, clock: HandClock, how: str) -> None:
    await ledger.submit(task := a_task(), FREE)
    epoch = await ledger.enlist("w")
    for _ in range(2):
        [claim] = await ledger.claim("w", epoch, ["stub"], 1)
        await ledger.settle([Verdict(task.id, claim.attempt, None, refund=True)])
    for lost in range(TERMS.attempts):
        assert await status(ledger, task.id) is Status.PENDING, lost
        await ledger.claim("w", epoch, ["stub"], 1)
        if how == "comes back":
            epoch = await ledger.enlist("w")
        elif how == "is silent":
            clock.advance(TERMS.lease)
            assert await ledger.reap() == 1
        else:
            await ledger.claim("w", epoch, [], 1, held=[])

    assert await status(ledger, task.id) is Status.ERROR


async def test_all_that_a_silent_worker_held_waits_again_beside_what_waited(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(4):
        await ledger.submit(a_task(), FREE)
    await ledger.submit(a_task(engine="another", deadline=clock.now() + TERMS.lease), FREE)
    await claimed(ledger, count=3)
    assert await ledger.waiting() == 2
    clock.advance(TERMS.lease)

    assert await ledger.reap() == 4  # three that lapsed, and one that is overdue
    assert await ledger.waiting() == 4
    assert await ledger.reap() == 0


async def test_a_task_past_its_deadline_expires(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(deadline=clock.now() + 60), FREE)
    clock.advance(59)
    assert await ledger.reap() == 0
    clock.advance(1)

    assert await ledger.reap() == 1

    assert await status(ledger, task.id) is Status.EXPIRED
    assert await ledger.reap() == 0
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
    clock.advance(4.5)
    assert (await ledger.check())["workers"] == 2
    clock.advance(0.5)
    assert (await ledger.check())["workers"] == 1


async def test_a_worker_that_comes_back_has_a_lease_from_then_on(ledger: Ledger, clock: HandClock) -> None:
    await ledger.enlist("w")
    clock.advance(10)
    await ledger.enlist("w")
    clock.advance(10)

    assert (await ledger.check())["workers"] == 1
