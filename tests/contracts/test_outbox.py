"""What every ledger must do with the webhooks it owes. Each test runs over each implementation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from mezzotint.core.tasks import Verdict
from mezzotint.core.webhooks import ATTEMPTS, DELAYS, KEPT, LONGEST_PAUSE, Attempt, Delivery, Event, Message, Standing, Try
from mezzotint.ledger.terms import TAKEN, Terms
from mezzotint.ports import Ledger
from tests.clocks import HandClock
from tests.contracts.conftest import TERMS
from tests.contracts.test_ledger import FREE, claimed
from tests.tasks import a_task, an_id, ready


async def an_owed_webhook(ledger: Ledger, **details: Any) -> UUID:
    await ledger.submit(task := a_task(webhook_url="https://example.com/hook", **details), FREE)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(task.id, claim.attempt, ready())])
    return task.id


async def test_every_end_owes_one_webhook_and_only_where_one_was_asked_for(ledger: Ledger) -> None:
    done = await an_owed_webhook(ledger)
    await ledger.submit(canceled := a_task(webhook_url="https://example.com/hook"), FREE)
    await ledger.cancel(canceled.id, "default")
    await ledger.submit(quiet := a_task(), FREE)
    await ledger.cancel(quiet.id, "default")

    deliveries = await ledger.due(10)

    assert {delivery.task for delivery in deliveries} == {done, canceled.id}
    assert len({delivery.id for delivery in deliveries}) == 2


async def test_a_delivery_that_is_taken_is_not_offered_again_until_its_taker_is_long_gone(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)

    [taken] = await ledger.due(10)
    assert await ledger.due(10) == []
    clock.advance(TAKEN - 1)
    assert await ledger.due(10) == []
    clock.advance(1)
    assert await ledger.due(10) == [taken]


async def test_a_delivered_webhook_is_settled(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    [delivery] = await ledger.due(10)

    await ledger.record(delivery, Attempt(204), 0.0)

    clock.advance(10 * 86_400)
    assert await ledger.due(10) == []


async def test_a_failed_webhook_is_tried_again_by_the_schedule_and_given_up_at_its_end(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    for number in range(ATTEMPTS):
        [delivery] = await ledger.due(10)
        assert delivery.attempt == number
        await ledger.record(delivery, Attempt(500), 0.0)
        assert await ledger.due(10) == []
        if number < len(DELAYS):
            clock.advance(DELAYS[number] + 0.1)

    clock.advance(10 * 86_400)
    assert await ledger.due(10) == []


async def test_a_receiver_that_is_gone_is_not_asked_again(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    [delivery] = await ledger.due(10)

    await ledger.record(delivery, Attempt(410), 0.0)

    clock.advance(10 * 86_400)
    assert await ledger.due(10) == []


async def test_a_sender_that_dragged_on_does_not_undo_what_another_one_delivered(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    [slow] = await ledger.due(10)
    clock.advance(TAKEN + 1)
    [quick] = await ledger.due(10)
    await ledger.record(quick, Attempt(200), 0.0)

    await ledger.record(slow, Attempt(None, "no answer"), 0.0)

    clock.advance(10 * 86_400)
    assert await ledger.due(10) == []


async def test_a_delivery_counts_though_another_sender_noted_a_failure_meanwhile(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    [slow] = await ledger.due(10)
    clock.advance(TAKEN + 1)
    [quick] = await ledger.due(10)
    await ledger.record(quick, Attempt(500), 0.0)

    await ledger.record(slow, Attempt(200), 0.0)

    clock.advance(10 * 86_400)
    assert await ledger.due(10) == []


async def test_the_longest_due_is_sent_first_and_no_more_than_asked_for(ledger: Ledger, clock: HandClock) -> None:
    owed = []
    for _ in range(3):
        owed.append(await an_owed_webhook(ledger))
        clock.advance(1)

    assert [delivery.task for delivery in await ledger.due(2)] == owed[:2]
    assert [delivery.task for delivery in await ledger.due(2)] == owed[2:]


@pytest.mark.parametrize("end", ["deadline", "attempts"])
async def test_an_end_that_nobody_painted_owes_its_webhook_too(ledger: Ledger, clock: HandClock, end: str) -> None:
    deadline = clock.now() + 20 if end == "deadline" else None
    await ledger.submit(task := a_task(webhook_url="https://example.com/hook", deadline=deadline), FREE)
    for _ in range(1 if end == "deadline" else TERMS.attempts):
        await claimed(ledger)
        clock.advance(21)
        await ledger.reap()

    assert [delivery.task for delivery in await ledger.due(10)] == [task.id]


# what is kept of them


async def the_message(ledger: Ledger) -> Message:
    """The one that there is, with all of its attempts."""
    [listed] = await ledger.messages_of("default", None, None, 10)
    found = await ledger.message(listed.id, "default")
    assert found is not None
    assert (listed.tries, listed.tried, listed.standing) == (found.tries[-1:], found.tried, found.standing)
    return found


async def failed(ledger: Ledger, clock: HandClock) -> Message:
    """A message that was given up."""
    while (found := await the_message(ledger)).standing is Standing.PENDING:
        clock.advance(max(0.0, (found.next_at or 0.0) - clock.now()))
        [delivery] = await ledger.due(10)
        await ledger.record(delivery, Attempt(500), 0.0)
    return found


async def test_a_webhook_that_was_not_tried_yet_is_pending_and_due_at_once(ledger: Ledger, clock: HandClock) -> None:
    task = await an_owed_webhook(ledger)

    found = await the_message(ledger)

    assert found == Message(found.id, task, Event.COMPLETED, Standing.PENDING, 0, clock.now(), clock.now(), ())


async def test_every_attempt_is_kept_with_its_time_and_how_it_went(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    begun = clock.now()
    for attempt in (Attempt(500, "", 12.5), Attempt(None, "no answer", 15_000.0), Attempt(204, "", 3.0)):
        [delivery] = await ledger.due(10)
        await ledger.record(delivery, attempt, 0.0)
        clock.advance(30)

    found = await the_message(ledger)

    assert found.tries == (Try(1, begun, 500, "", 12.5), Try(2, begun + 30, None, "no answer", 15_000.0), Try(3, begun + 60, 204, "", 3.0))
    assert (found.standing, found.tried, found.next_at) == (Standing.DELIVERED, 3, None)


@pytest.mark.parametrize(
    ("attempt", "standing"), [(Attempt(200), Standing.DELIVERED), (Attempt(500), Standing.PENDING), (Attempt(410), Standing.FAILED)], ids=["200", "500", "410"]
)
async def test_who_records_an_attempt_is_told_how_the_message_stands(ledger: Ledger, attempt: Attempt, standing: Standing) -> None:
    await an_owed_webhook(ledger)
    [delivery] = await ledger.due(10)

    assert await ledger.record(delivery, attempt, 0.0) is standing
    assert (await the_message(ledger)).standing is standing


async def test_the_next_attempt_is_told_with_its_jitter(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    [delivery] = await ledger.due(10)

    await ledger.record(delivery, Attempt(500), 0.5)

    assert (await the_message(ledger)).next_at == pytest.approx(clock.now() + DELAYS[0] * 1.1)


@pytest.mark.parametrize(("asked", "given"), [(1.0, DELAYS[0]), (60.0, 60.0), (1e9, LONGEST_PAUSE)])
async def test_a_receiver_may_ask_for_a_longer_pause_but_not_for_ever(ledger: Ledger, clock: HandClock, asked: float, given: float) -> None:
    await an_owed_webhook(ledger)
    [delivery] = await ledger.due(10)

    await ledger.record(delivery, Attempt(429, retry_after=asked), 0.0)

    assert (await the_message(ledger)).next_at == clock.now() + given


async def test_a_message_that_was_given_up_is_kept(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)

    found = await failed(ledger, clock)

    assert (found.standing, found.tried, found.next_at, len(found.tries)) == (Standing.FAILED, ATTEMPTS, None, ATTEMPTS)
    assert await ledger.messages_of("default", Standing.FAILED, None, 10) != []


async def test_two_senders_of_one_message_leave_two_attempts(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    [slow] = await ledger.due(10)
    clock.advance(TAKEN + 1)
    [quick] = await ledger.due(10)
    await ledger.record(quick, Attempt(200), 0.0)

    assert await ledger.record(slow, Attempt(None, "no answer"), 0.0) is Standing.DELIVERED

    found = await the_message(ledger)
    assert [(each.number, each.status) for each in found.tries] == [(1, 200), (2, None)]
    assert found.standing is Standing.DELIVERED


async def test_a_delivery_counts_though_another_sender_heard_that_nobody_is_there(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    [slow] = await ledger.due(10)
    clock.advance(TAKEN + 1)
    [quick] = await ledger.due(10)
    await ledger.record(quick, Attempt(410), 0.0)

    assert await ledger.record(slow, Attempt(200), 0.0) is Standing.DELIVERED


async def test_messages_are_listed_newest_first_by_account_standing_and_page(ledger: Ledger) -> None:
    for number in range(6):
        await an_owed_webhook(ledger, id=an_id(1_800_000_000_000 + number), account="other" if number == 5 else "default")
    for delivery, status in zip(await ledger.due(10), (200, 410, 500, 200, 410, 410), strict=True):
        await ledger.record(delivery, Attempt(status), 0.0)

    everything = await ledger.messages_of("default", None, None, 10)
    assert [message.standing.value for message in everything] == ["failed", "delivered", "pending", "failed", "delivered"]
    assert sorted(everything, key=lambda message: message.task, reverse=True) == everything
    assert await ledger.messages_of("default", None, None, 2) == everything[:2]
    assert await ledger.messages_of("default", None, everything[1].id, 2) == everything[2:4]
    for standing in Standing:
        assert await ledger.messages_of("default", standing, None, 10) == [message for message in everything if message.standing is standing]
    assert await ledger.messages_of("default", Standing.FAILED, everything[0].id, 10) == [everything[3]]
    assert [message.task for message in await ledger.messages_of("other", None, None, 10)] != [message.task for message in everything[:1]]


async def test_a_page_of_messages_is_of_the_newest_though_all_stand_alike(ledger: Ledger) -> None:
    owed = [await an_owed_webhook(ledger, id=an_id(1_800_000_000_000 + number)) for number in range(3)]

    for standing in (None, Standing.PENDING):
        assert [message.task for message in await ledger.messages_of("default", standing, None, 2)] == owed[:0:-1]


async def test_the_next_that_is_due_is_the_soonest_of_those_that_wait(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(2):
        await an_owed_webhook(ledger)
    first, second = await ledger.due(10)
    await ledger.record(first, Attempt(500), 0.0)
    clock.advance(1)
    await ledger.record(second, Attempt(500), 0.0)

    assert await ledger.next_due() == DELAYS[0] - 1


async def test_what_is_put_off_is_one_and_only_while_its_sender_has_it(ledger: Ledger, clock: HandClock) -> None:
    for _ in range(2):
        await an_owed_webhook(ledger)
    first, second = await ledger.due(10)

    await ledger.put_off(first, 5.0)
    await ledger.put_off(first, 50.0)

    assert await ledger.next_due() == 5.0
    clock.advance(5)
    assert await ledger.due(10) == [first]
    clock.advance(TAKEN - 5)
    assert [delivery.id for delivery in await ledger.due(10)] == [second.id]


async def test_the_operator_says_how_often_and_how_late_a_webhook_is_tried_again(open_ledger: Callable[[Terms], Ledger], clock: HandClock) -> None:
    ledger = open_ledger(Terms(webhook_delays=(7.0,)))
    await an_owed_webhook(ledger)
    standings = []
    for _ in range(2):
        [delivery] = await ledger.due(10)
        standings.append(await ledger.record(delivery, Attempt(500), 0.0))
        clock.advance(await ledger.next_due() or 0.0)

    assert standings == [Standing.PENDING, Standing.FAILED]
    assert [each.at - clock.now() for each in (await the_message(ledger)).tries] == [-7.0, 0.0]


async def test_another_accounts_message_is_not_there(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    found = await failed(ledger, clock)

    assert await ledger.messages_of("other", None, None, 10) == []
    assert await ledger.message(found.id, "other") is None
    assert not await ledger.resend(found.id, "other")
    assert await ledger.due(10) == []


@pytest.mark.parametrize("name", ["msg_nothing", "", "~", "'; DROP TABLE outbox"])
async def test_what_is_no_message_is_not_there(ledger: Ledger, name: str) -> None:
    await an_owed_webhook(ledger)

    assert await ledger.message(name, "default") is None
    assert not await ledger.resend(name, "default")


# sending again by hand


async def test_what_was_given_up_is_sent_again_under_its_id_with_all_its_attempts(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    given_up = await failed(ledger, clock)

    assert await ledger.resend(given_up.id, "default")

    again = await the_message(ledger)
    assert (again.id, again.standing, again.next_at) == (given_up.id, Standing.PENDING, clock.now())
    assert [delivery.id for delivery in await ledger.due(10)] == [given_up.id]
    await ledger.record(Delivery(again.id, again.task, again.tried), Attempt(500), 0.0)
    assert (await the_message(ledger)).next_at == clock.now() + DELAYS[0]
    assert (await failed(ledger, clock)).tried == 2 * ATTEMPTS


async def test_what_was_delivered_may_be_sent_again_too(ledger: Ledger) -> None:
    await an_owed_webhook(ledger)
    [delivery] = await ledger.due(10)
    await ledger.record(delivery, Attempt(200), 0.0)

    assert await ledger.resend(delivery.id, "default")

    [again] = await ledger.due(10)
    assert await ledger.record(again, Attempt(201), 0.0) is Standing.DELIVERED
    assert [each.status for each in (await the_message(ledger)).tries] == [200, 201]


async def test_what_waits_for_its_next_attempt_is_sent_now(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    [delivery] = await ledger.due(10)
    await ledger.record(delivery, Attempt(500), 0.0)
    assert await ledger.due(10) == []

    await ledger.resend(delivery.id, "default")

    assert [each.id for each in await ledger.due(10)] == [delivery.id]


async def test_sending_again_is_not_undone_by_a_sender_that_was_at_it(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    [slow] = await ledger.due(10)
    await ledger.resend(slow.id, "default")

    await ledger.record(slow, Attempt(500), 0.0)

    assert (await the_message(ledger)).next_at == clock.now() + DELAYS[0]


async def test_of_a_message_that_is_sent_again_and_again_only_the_newest_attempts_are_kept(ledger: Ledger) -> None:
    await an_owed_webhook(ledger)
    [other] = await ledger.due(10)
    await ledger.record(other, Attempt(200), 0.0)
    await an_owed_webhook(ledger)
    for _ in range(KEPT + 3):
        [delivery] = await ledger.due(10)
        await ledger.record(delivery, Attempt(200), 0.0)
        await ledger.resend(delivery.id, "default")

    [newest, _] = await ledger.messages_of("default", None, None, 10)
    found = await ledger.message(newest.id, "default")

    assert found is not None
    assert found.tried == KEPT + 3
    assert [each.number for each in found.tries] == list(range(4, KEPT + 4))
    assert [len(message.tries) for message in await ledger.messages_of("default", Standing.DELIVERED, None, 10)] == [1]  # of the other


async def test_a_dead_letter_goes_with_its_task(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    found = await failed(ledger, clock)
    clock.advance(31 * 86_400)
    await ledger.emptied(await ledger.spent(10))

    assert await ledger.tidy() == 1
    assert await ledger.message(found.id, "default") is None
    assert await ledger.messages_of("default", None, None, 10) == []


async def test_what_is_sent_again_keeps_its_task(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    found = await failed(ledger, clock)
    clock.advance(31 * 86_400)
    await ledger.emptied(await ledger.spent(10))

    await ledger.resend(found.id, "default")

    assert await ledger.tidy() == 0


# what comes before the end


EVERY = (Event.START, Event.OUTPUT, Event.COMPLETED)
HOOK = "https://example.com/hook"


async def told(ledger: Ledger, status: int = 200) -> list[Event]:
    """The events that are due, in turn, each answered with that status."""
    events = []
    while deliveries := await ledger.due(10):
        for delivery in deliveries:
            events.append(delivery.event)
            await ledger.record(delivery, Attempt(status), 0.0)
    return events


async def test_a_start_is_owed_as_soon_as_the_task_is_claimed(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(webhook_url=HOOK, webhook_events=(Event.START, Event.COMPLETED)), FREE)
    assert await told(ledger) == []

    [claim] = await claimed(ledger)

    [delivery] = await ledger.due(10)
    assert (delivery.event, delivery.task, delivery.attempt) == (Event.START, task.id, 0)
    await ledger.record(delivery, Attempt(200), 0.0)
    await ledger.settle([Verdict(task.id, claim.attempt, ready())])
    [end] = await ledger.due(10)
    assert end.event is Event.COMPLETED
    assert end.id != delivery.id


async def test_a_task_that_begins_again_has_started_once(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(a_task(webhook_url=HOOK, webhook_events=EVERY), FREE)
    for _ in range(TERMS.attempts):
        await claimed(ledger)
        clock.advance(21)
        await ledger.reap()

    assert await told(ledger) == [Event.START, Event.COMPLETED]  # it ended without an output


async def test_what_never_began_has_only_an_end(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(webhook_url=HOOK, webhook_events=EVERY), FREE)
    await ledger.cancel(task.id, "default")

    assert await told(ledger) == [Event.COMPLETED]


@pytest.mark.parametrize("events", [(Event.START,), (Event.OUTPUT,), (Event.COMPLETED,), EVERY], ids="+".join)
async def test_only_what_was_asked_for_is_told_and_in_order(ledger: Ledger, events: tuple[Event, ...]) -> None:
    await ledger.submit(task := a_task(webhook_url=HOOK, webhook_events=events), FREE)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(task.id, claim.attempt, ready())])

    assert await told(ledger) == list(events)


async def test_without_an_address_nothing_is_told(ledger: Ledger) -> None:
    await ledger.submit(task := a_task(webhook_events=EVERY), FREE)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(task.id, claim.attempt, ready())])

    assert await told(ledger) == []


async def test_the_end_waits_for_the_start_to_be_settled_and_nobody_elses(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(first := a_task(webhook_url=HOOK, webhook_events=EVERY), FREE)
    [claim] = await claimed(ledger)
    [start] = await ledger.due(10)
    await ledger.settle([Verdict(first.id, claim.attempt, ready())])
    other = await an_owed_webhook(ledger)

    assert [(delivery.task, delivery.event) for delivery in await ledger.due(10)] == [(other, Event.COMPLETED)]
    clock.advance(TAKEN + 1)  # whoever had the start is gone
    assert {(delivery.task, delivery.event) for delivery in await ledger.due(10)} == {(other, Event.COMPLETED), (first.id, Event.START)}
    assert await ledger.record(start, Attempt(500), 0.0) is Standing.FAILED
    assert [(delivery.task, delivery.event) for delivery in await ledger.due(10)] == [(first.id, Event.OUTPUT)]


async def test_every_message_of_a_task_goes_with_it(ledger: Ledger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(webhook_url=HOOK, webhook_events=EVERY), FREE)
    [claim] = await claimed(ledger)
    await ledger.settle([Verdict(task.id, claim.attempt, ready())])
    await told(ledger)
    names = [message.id for message in await ledger.messages_of("default", None, None, 10)]
    assert len(names) == len(EVERY)
    clock.advance(31 * 86_400)
    await ledger.emptied(await ledger.spent(10))

    assert await ledger.tidy() == 1
    assert [await ledger.message(name, "default") for name in names] == [None, None, None]


# senders that are gone, and sendings that are put off


async def test_what_a_dead_sender_had_is_due_at_once_for_the_next_one(ledger: Ledger) -> None:
    await an_owed_webhook(ledger)
    await an_owed_webhook(ledger)
    [taken] = await ledger.due(1)

    assert await ledger.take_back() == 1

    assert taken in await ledger.due(10)
    assert await ledger.take_back() == 2
    assert await ledger.take_back() == 0


async def test_nothing_is_taken_back_that_nobody_has(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    await an_owed_webhook(ledger)
    failed, delivered = await ledger.due(2)
    await ledger.record(failed, Attempt(500), 0.0)
    await ledger.record(delivered, Attempt(200), 0.0)

    assert await ledger.take_back() == 0

    assert await ledger.due(10) == []
    clock.advance(DELAYS[0])
    assert [delivery.id for delivery in await ledger.due(10)] == [failed.id]


async def test_what_is_put_off_is_offered_again_then_and_has_no_attempt_less(ledger: Ledger, clock: HandClock) -> None:
    await an_owed_webhook(ledger)
    [taken] = await ledger.due(1)

    await ledger.put_off(taken, 7.0)

    assert await ledger.take_back() == 0
    clock.advance(6.9)
    assert await ledger.due(1) == []
    clock.advance(0.1)
    assert await ledger.due(1) == [taken]


async def test_what_was_sent_again_by_hand_meanwhile_is_not_put_off(ledger: Ledger) -> None:
    task = await an_owed_webhook(ledger)
    [taken] = await ledger.due(1)
    await ledger.resend(taken.id, "default")

    await ledger.put_off(taken, 7.0)

    assert [delivery.task for delivery in await ledger.due(1)] == [task]


async def test_how_long_until_the_next_is_due(ledger: Ledger, clock: HandClock) -> None:
    assert await ledger.next_due() is None
    await an_owed_webhook(ledger)
    assert await ledger.next_due() is None  # it is due already
    [delivery] = await ledger.due(1)
    assert await ledger.next_due() == TAKEN

    await ledger.record(delivery, Attempt(500), 0.0)

    clock.advance(1.0)
    assert await ledger.next_due() == DELAYS[0] - 1.0


async def test_what_is_taken_back_is_sent_before_what_came_due_meanwhile(ledger: Ledger, clock: HandClock) -> None:
    first = await an_owed_webhook(ledger)
    await ledger.due(1)
    clock.advance(1.0)
    second = await an_owed_webhook(ledger)
    await ledger.take_back()

    assert [delivery.task for delivery in await ledger.due(2)] == [first, second]


@pytest.mark.parametrize(("status", "standing"), [(200, Standing.DELIVERED), (500, Standing.FAILED)])
async def test_a_sender_may_be_slower_than_a_message_is_kept(ledger: Ledger, clock: HandClock, status: int, standing: Standing) -> None:
    await an_owed_webhook(ledger)
    [slow] = await ledger.due(1)
    clock.advance(TAKEN + 1)
    [quick] = await ledger.due(1)
    await ledger.record(quick, Attempt(200), 0.0)
    clock.advance(TERMS.keep_tasks + TERMS.keep_images)
    await ledger.emptied(await ledger.spent(10))
    assert await ledger.tidy() == 1

    assert await ledger.record(slow, Attempt(status), 0.0) is standing
    await ledger.put_off(slow, 1.0)
    assert await ledger.due(1) == []


async def test_what_is_taken_back_is_due_though_the_clock_was_set_back(ledger: Ledger, clock: HandClock) -> None:
    task = await an_owed_webhook(ledger)
    await ledger.due(1)
    clock.advance(-3600.0)

    await ledger.take_back()

    assert [delivery.task for delivery in await ledger.due(1)] == [task]
