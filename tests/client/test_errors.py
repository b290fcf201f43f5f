"""One tree of errors: every status has a class, every class says what happened and how to come back."""

from __future__ import annotations

import re

import pytest

import mezzotint
from mezzotint.client import errors
from mezzotint.client.errors import (
    AuthenticationFailed,
    BadRequest,
    ClientError,
    LimitReached,
    NoSuchThing,
    RequestFailed,
    ServerFailed,
    TaskFailed,
    TaskModerated,
    WaitTimeout,
    failure_for,
)
from mezzotint.core.errors import MezzotintError

CLASSES = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ClientError)}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, AuthenticationFailed),
        (402, LimitReached),
        (403, AuthenticationFailed),
        (404, NoSuchThing),
        (405, BadRequest),
        (409, BadRequest),
        (413, BadRequest),
        (418, BadRequest),
        (422, BadRequest),
        (429, LimitReached),
        (500, ServerFailed),
        (502, ServerFailed),
        (503, ServerFailed),
        (504, ServerFailed),
        (599, ServerFailed),
    ],
)
def test_each_status_has_its_class(status: int, kind: type[RequestFailed]) -> None:
    assert failure_for(status) is kind


def test_every_status_has_one() -> None:
    assert all(issubclass(failure_for(status), RequestFailed) for status in range(300, 700))


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for indent, name in re.findall(r"^( *)([A-Z]\w+)(?:  |$)", errors.__doc__ or "", re.MULTILINE):
        above = [*above[: len(indent) // 2], name]
        drawn[name] = above[-2] if len(above) > 1 else "MezzotintError"

    assert drawn == {name: kind.__mro__[1].__name__ for name, kind in CLASSES.items()}


def test_all_are_public_and_documented() -> None:
    for name, kind in CLASSES.items():
        assert issubclass(kind, MezzotintError)
        assert getattr(mezzotint, name) is kind
        assert kind.__doc__


def test_what_an_answer_said_is_kept() -> None:
    error = LimitReached("slow down", 429, "rate_limit_exceeded", "req_1", 2.5)

    assert (str(error), error.status, error.code, error.request_id, error.retry_after, error.task) == (
        "slow down", 429, "rate_limit_exceeded", "req_1", 2.5, ""
    )  # fmt: skip


def test_an_error_about_a_task_names_it() -> None:
    timeout, failed, moderated = WaitTimeout("t1", 1.5), TaskFailed("t2", "no", {"error": "x"}), TaskModerated("t3", "no", ("Violence",), {})

    assert (timeout.task, failed.task, moderated.task) == ("t1", "t2", "t3")
    assert "t1 was not done after 1.5 seconds" in str(timeout)
    assert failed.details == {"error": "x"}
    assert moderated.reasons == ("Violence",)
