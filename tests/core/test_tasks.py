"""What tasks are made of."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from mezzotint import records
from mezzotint.core.tasks import Claim, Inputs, NewTask, Outcome, Progress, Status, Task, Verdict
from mezzotint.core.webhooks import Event
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


NOTHING_MORE: dict[Any, dict[str, Any]] = {
    Inputs: {"origin": "", "webhook_url": None, "webhook_secret": None, "shown": None, "version": None, "webhook_events": (Event.COMPLETED,)},
    Outcome: {"images": (), "seed": None, "prompt": None, "engine": "", "reasons": (), "code": "", "message": ""},
    Task: {"started": None, "finished": None, "attempt": 0, "cancel_requested": False, "outcome": None, "images_until": None},
    NewTask: {
        "priority": 0, "cost": 1.0, "price": 0.0, "label": "", "idempotency_key": None, "request_hash": "", "deadline": None,
    },
    Claim: {"calls": (), "age": 0.0},
    Verdict: {"message": "", "delay": 0.0, "refund": False, "seconds": None, "calls": ()},
}  # fmt: skip


@pytest.mark.parametrize("kind", NOTHING_MORE, ids=lambda kind: kind.__name__)
def test_what_an_older_version_did_not_write_yet_is_nothing_more(kind: Any) -> None:
    """Records are read back by whatever version comes next: what they leave out has to mean nothing."""
    bare: dict[str, Any] = {"id": str(an_id()), "task": str(an_id()), "account": "a", "key": "k", "surface": "bfl", "model": "m", "engine": "e"}
    bare |= {"attempt": 1, "outcome": None, "status": "pending", "created": 0.0, "inputs": {"model": "m", "parameters": {}}, "parameters": {}}
    given = {field.name: bare[field.name] for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING}

    read = records.decode(records.encode(given), kind)

    assert {name: getattr(read, name) for name in NOTHING_MORE[kind]} == NOTHING_MORE[kind]


def test_what_is_said_of_a_task_cannot_be_altered_afterwards() -> None:
    inputs = Inputs("flux-dev", {})
    task = Task(an_id(), "a", "k", "bfl", "flux-dev", "stub", Status.PENDING, 0.0)
    for record in (Outcome(Status.READY), inputs, task, Verdict(an_id(), 1, None), a_task(), Claim(an_id(), 1, inputs, 0.0), Progress(an_id(), 1, 2, 3)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            record.seed = 1  # type: ignore[misc, union-attr]  # which is what is tried


@pytest.mark.parametrize(("attempts", "times"), [(1, "tried once"), (2, "tried 2 times"), (5, "tried 5 times")])
def test_a_task_that_was_given_up_says_how_often_it_was_tried(attempts: int, times: str) -> None:
    outcome = given_up(attempts)

    assert (outcome.status, outcome.code) == (Status.ERROR, "attempts_exhausted")
    assert times in outcome.message


def test_the_ends_that_nobody_painted_have_codes() -> None:
    assert (CANCELED.status, CANCELED.code) == (Status.CANCELED, "canceled")
    assert (EXPIRED.status, EXPIRED.code) == (Status.EXPIRED, "expired")
