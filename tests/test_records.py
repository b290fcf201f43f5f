"""Records as JSON and back."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint import records
from mezzotint.core.images import StoredImage
from mezzotint.core.protocol import Finish
from mezzotint.core.tasks import Claim, Inputs, Outcome, Status, Verdict

TASK = UUID("01a8d6a0-7e00-7000-8000-000000000001")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
IMAGES = st.builds(StoredImage, TEXT, TEXT, *[st.integers(0, 2**53)] * 3, TEXT)
OUTCOMES = st.builds(
    Outcome,
    st.sampled_from(Status),
    st.lists(IMAGES, max_size=2).map(tuple),
    st.none() | st.integers(0, 2**64 - 1),
    st.none() | TEXT,
    TEXT,
    st.lists(TEXT, max_size=2).map(tuple),
    TEXT,
    TEXT,
)


@given(OUTCOMES)
def test_an_outcome_comes_back_as_it_went(outcome: Outcome) -> None:
    assert records.decode(records.encode(outcome), Outcome) == outcome


@given(st.dictionaries(TEXT, st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXT | st.lists(TEXT)))
def test_inputs_come_back_as_they_went(parameters: dict[str, Any]) -> None:
    claim = Claim(TASK, 3, Inputs("flux-dev", parameters, "http://here", None, "secret"), 1.5)

    assert records.decode(records.encode(claim), Claim) == claim


def test_json_is_compact_and_anybodys() -> None:
    data = records.encode(Finish([Verdict(TASK, 1, Outcome(Status.READY, seed=2**64 - 1, prompt="é"))]))

    assert b": " not in data
    assert b", " not in data
    verdict = json.loads(data)["verdicts"][0]
    assert (verdict["task"], verdict["outcome"]["status"], verdict["outcome"]["seed"], verdict["outcome"]["prompt"]) == (str(TASK), "ready", 2**64 - 1, "é")


WHOLE = records.encode(Outcome(Status.READY, (StoredImage("key", "png", 1, 2, 3, "ab"),), 7, "words", "stub"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"ready"',
        b'{"status":"Ready"}',
        b'{"status":7}',
        b'{"status":"ready","seed":"7"}',
        b'{"status":"ready","seed":true}',
        b'{"status":"ready","seed":1e400}',
        b'{"status":"ready","images":[{"key":"only"}]}',
        b'{"status":"ready"}{"status":"ready"}',
        b'{"status":"\xff"}',
        b"\x89PNG\r\n\x1a\n",
        b"NaN",
    ],
    ids=repr,
)
def test_what_is_no_such_record_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        records.decode(data, Outcome)


def test_what_was_cut_short_is_a_value_error_wherever_it_was_cut() -> None:
    for end in range(len(WHOLE)):
        with pytest.raises(ValueError, match=r".+"):
            records.decode(WHOLE[:end], Outcome)
    assert records.decode(WHOLE, Outcome).seed == 7


def test_what_is_nested_too_deeply_is_a_value_error_too() -> None:
    deep = b'{"model":"flux-dev","parameters":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"

    with pytest.raises(ValueError, match=r".+"):
        records.decode(deep, Inputs)


@given(st.binary(max_size=200))
def test_random_bytes_are_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        records.decode(data, Outcome)
