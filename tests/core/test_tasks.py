"""What tasks are made of."""

from __future__ import annotations

import dataclasses

import pytest

from mezzotint.core.tasks import Inputs, Outcome, Status, Verdict
from mezzotint.ledger.rows import CANCELED, EXPIRED, NUMBERS, STATES, given_up
from tests.tasks import a_task, an_id

UNFINISHED = {Status.PENDING, Status.PROCESSING}


@pytest.mark.parametrize("status", Status)
def test_a_task_ends_in_every_state_but_the_first_two(status: Status) -> None:
    assert status.final is (status not in UNFINISHED)


def test_states_are_kept_under_numbers_that_never_change() -> None:
    assert {status.value: number for status, number in NUMBERS.items()} == {
        "pending": 0,
        "processing": 1,
        "ready": 2,
        "error": 3,
        "request moderated": 4,
        "content moderated": 5,
        "canceled": 6,
        "expired": 7,
    }
    assert set(STATES) == set(Status)


def test_a_new_task_costs_one_and_waits_in_the_middle_class() -> None:
    task = a_task()

    assert (task.priority, task.cost, task.idempotency_key, task.deadline) == (0, 1.0, None, None)


def test_an_outcome_says_only_what_it_was_given() -> None:
    assert dataclasses.asdict(Outcome(Status.CANCELED)) == {
        "status": Status.CANCELED,
        "images": (),
        "seed": None,
        "prompt": None,
        "engine": "",
        "reasons": (),
        "code": "",
        "message": "",
    }


def test_what_is_said_of_a_task_cannot_be_altered_afterwards() -> None:
    for record in (Outcome(Status.READY), Inputs("flux-dev", {}), Verdict(an_id(), 1, None), a_task()):
        with pytest.raises(dataclasses.FrozenInstanceError):
            record.seed = 1  # type: ignore[misc, union-attr]


@pytest.mark.parametrize(("attempts", "times"), [(1, "tried once"), (2, "tried 2 times"), (5, "tried 5 times")])
def test_a_task_that_was_given_up_says_how_often_it_was_tried(attempts: int, times: str) -> None:
    outcome = given_up(attempts)

    assert (outcome.status, outcome.code) == (Status.ERROR, "attempts_exhausted")
    assert times in outcome.message


def test_the_ends_that_nobody_painted_have_codes() -> None:
    assert (CANCELED.status, CANCELED.code) == (Status.CANCELED, "canceled")
    assert (EXPIRED.status, EXPIRED.code) == (Status.EXPIRED, "expired")
