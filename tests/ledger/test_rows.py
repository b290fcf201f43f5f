"""Whatever is written into a ledger is what is read from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint import records
from mezzotint.core.accounts import ApiKey
from mezzotint.core.images import StoredImage
from mezzotint.core.tasks import Inputs, NewTask, Outcome, Status, Task
from mezzotint.core.webhooks import Event
from mezzotint.ledger.reader import SQL
from mezzotint.ledger.rows import HOOKS, NUMBERS, STATES, given_up, key_of, row_of, task_of
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.sqlite_connections import open_connection
from mezzotint.ledger.sqlite_migrations import migrate

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)  # half characters are refused at the door
times = st.floats(0, 2**40, allow_nan=False)
plain = st.none() | st.booleans() | st.integers(0, 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5)
uuids = st.binary(min_size=16, max_size=16).map(lambda data: UUID(bytes=data))
inputs = st.builds(
    Inputs,
    model=texts,
    parameters=st.dictionaries(texts, values, max_size=5),
    origin=texts,
    webhook_url=st.none() | texts,
    webhook_secret=st.none() | texts,
    shown=st.none() | st.dictionaries(texts, values, max_size=3),
    version=st.none() | texts,
    webhook_events=st.lists(st.sampled_from(Event), unique=True).map(tuple),
)
images = st.builds(StoredImage, texts, texts, *[st.integers(0, 2**31)] * 3, texts)
outcomes = st.builds(
    Outcome,
    status=st.sampled_from([status for status in Status if status.final]),
    images=st.lists(images, max_size=4).map(tuple),
    seed=st.none() | st.integers(0, 2**64 - 1),
    prompt=st.none() | texts,
    engine=texts,
    reasons=st.lists(texts, max_size=3).map(tuple),
    code=texts,
    message=texts,
)
new_tasks = st.builds(
    NewTask,
    id=uuids,
    account=texts,
    key=texts,
    surface=texts,
    engine=texts,
    inputs=inputs,
    priority=st.integers(-(2**63), 2**63 - 1),
    deadline=st.none() | times,
)
words = st.lists(st.from_regex(r"[a-z0-9/._-]{1,20}", fullmatch=True), max_size=3).map(tuple)
keys = st.builds(
    ApiKey,
    id=texts,
    account=texts,
    name=texts,
    created=times,
    expires=st.none() | times,
    revoked=st.booleans(),
    max_active=st.none() | st.integers(1, 2**63 - 1),
    scopes=words,
    models=words,
    budget=st.none() | times,
    spent=times,
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Any:
    connection = open_connection(tmp_path_factory.mktemp("rows") / "ledger.db")
    migrate(connection)
    yield connection
    connection.close()


def through(table: Any, write: str, row: dict[str, Any], read: str, **which: Any) -> Any:
    """What SQLite gives back of a row, which is forgotten again."""
    table.execute("BEGIN")
    try:
        table.execute(SQL[write], row)
        return table.execute(SQL[read], which).fetchone()
    finally:
        table.execute("ROLLBACK")


@given(inputs)
def test_inputs_come_back_as_they_went(given_inputs: Inputs) -> None:
    assert records.decode(records.encode(given_inputs), Inputs) == given_inputs


@given(outcomes)
def test_outcomes_come_back_as_they_went(outcome: Outcome) -> None:
    assert records.decode(records.encode(outcome), Outcome) == outcome


@given(new_tasks, times, times)
def test_a_new_task_comes_back_waiting(table: Any, new: NewTask, created: float, vstart: float) -> None:
    found = task_of(through(table, "add_task", row_of(new, created, vstart, 0.0), "get_task", id=new.id.bytes))

    assert found == Task(new.id, new.account, new.key, new.surface, new.inputs.model, new.engine, Status.PENDING, created)


@given(new_tasks, outcomes, times, st.none() | times)
def test_a_finished_task_comes_back_with_its_outcome(table: Any, new: NewTask, outcome: Outcome, finished: float, images_until: float | None) -> None:
    end = {"id": new.id.bytes, "state": NUMBERS[outcome.status], "now": finished, "outcome": records.encode(outcome), "images_until": images_until}
    table.execute("BEGIN")
    try:
        table.execute(SQL["add_task"], row_of(new, 0.0, 0.0, 0.0))
        table.execute(SQL["finish"], end)
        found = task_of(table.execute(SQL["get_task"], {"id": new.id.bytes}).fetchone())
        table.execute(SQL["emptied"], {"id": new.id.bytes})
        emptied = task_of(table.execute(SQL["get_task"], {"id": new.id.bytes}).fetchone())
    finally:
        table.execute("ROLLBACK")

    assert (found.status, found.outcome, found.finished, found.images_until) == (outcome.status, outcome, finished, images_until)
    assert emptied.images_until == 0


@given(new_tasks)
def test_a_task_is_marked_with_what_somebody_waits_to_be_told(new: NewTask) -> None:
    hook = row_of(new, 0.0, 0.0, 0.0)["hook"]

    assert {event for event, bit in HOOKS.items() if hook & bit} == (set(new.inputs.webhook_events) if new.inputs.webhook_url is not None else set())


def test_tasks_of_older_ledgers_tell_their_end() -> None:
    assert records.decode(b'{"model":"flux-dev","parameters":{},"webhook_url":"https://example.com/"}', Inputs).webhook_events == (Event.COMPLETED,)
    assert HOOKS[Event.COMPLETED] == 1


@given(keys, texts)
def test_keys_come_back_as_they_went(table: Any, key: ApiKey, digest: str) -> None:
    table.execute("BEGIN")
    try:
        SqliteLedger._add_key(table, key, digest)
        table.execute(SQL["note_spent"], {"api_key": key.id, "price": key.spent})
        if key.revoked:
            table.execute(SQL["revoke_key"], {"id": key.id})
        found = key_of(table.execute(SQL["find_key"], {"digest": digest}).fetchone())
    finally:
        table.execute("ROLLBACK")

    assert found == (key if key.budget is not None else replace(key, spent=0.0))  # of the others nobody counts it


def test_every_status_has_a_number_and_every_number_a_status() -> None:
    assert set(STATES) == set(Status)
    assert [NUMBERS[status] for status in STATES] == list(range(len(Status)))


@pytest.mark.parametrize(("attempts", "times_said"), [(1, "tried once"), (2, "tried 2 times")])
def test_what_was_given_up_says_how_often_it_was_tried(attempts: int, times_said: str) -> None:
    assert times_said in given_up(attempts).message
