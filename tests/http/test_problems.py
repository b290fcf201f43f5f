"""Exceptions as answers: every refusal, in the words of every surface."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from mezzotint.core import errors
from mezzotint.core.errors import BadPicture, InvalidRequest, LedgerError, Refusal, Unavailable
from mezzotint.core.parameters import Problem
from mezzotint.http.dialects import bfl, comet, openai, replicate
from mezzotint.http.problems import NATIVE, Broken, MethodNotAllowed, Wording, answer, as_refusal, page_of

ORIGIN = "https://pictures.example"
WORDINGS = {"native": NATIVE, "comet": comet.WORDING, "bfl": bfl.WORDING, "replicate": replicate.WORDING, "openai": openai.WORDING}
KINDS = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, Refusal) and kind is not Refusal]


def a_refusal(kind: type[Refusal]) -> Refusal:
    if kind is InvalidRequest:
        return InvalidRequest([Problem(("width",), "Input should be a multiple of 32", "multiple_of"), Problem((), "one \ud7ff more")])
    refused: Refusal = kind("what, where, what to do")
    return refused


@pytest.mark.parametrize("surface", WORDINGS)
@pytest.mark.parametrize("kind", [*KINDS, Broken], ids=lambda kind: kind.__name__)
def test_every_refusal_has_words_on_every_surface(kind: type[Refusal], surface: str) -> None:
    wording, refusal = WORDINGS[surface], a_refusal(kind)

    response = answer(refusal, wording, "request-1", ORIGIN)

    told = json.loads(bytes(response.body))
    assert response.status_code == wording.status(refusal)
    assert response.headers["content-type"] == ("application/problem+json" if surface == "replicate" else "application/json")
    assert response.headers["link"] == f'<{ORIGIN}/errors/{refusal.code}>; rel="help"'
    assert isinstance(told, dict)
    assert told
    if surface in ("native", "comet"):
        assert "request-1" in json.dumps(told)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_answer_says_when_to_come_back_wherever_that_is_known(kind: type[Refusal]) -> None:
    refusal = a_refusal(kind)

    assert answer(refusal, NATIVE, "x", ORIGIN).headers.get("retry-after") == (None if refusal.retry_after is None else str(refusal.retry_after))
    assert refusal.status not in (429, 503) or refusal.retry_after is not None or kind is errors.ModelNotServed


def test_no_body_but_our_own_names_the_page() -> None:
    for name, wording in WORDINGS.items():
        body = bytes(answer(a_refusal(InvalidRequest), wording, "x", ORIGIN).body).decode()

        assert (ORIGIN in body) is (name == "native")


def test_what_a_path_takes_is_said_with_the_refusal() -> None:
    assert answer(MethodNotAllowed("no", "GET, HEAD"), comet.WORDING, "x", ORIGIN).headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("origin", "page"),
    [
        ("http://[::1]:8000", "http://[::1]:8000/errors/not_found"),
        ("https://host/below", "https://host/below/errors/not_found"),
        ('https://host/"><ü', "https://host/%22%3E%3C%C3%BC/errors/not_found"),
    ],
)
def test_the_page_is_where_the_client_called_and_fits_into_a_header(origin: str, page: str) -> None:
    assert page_of("not_found", origin) == page
    assert answer(errors.NotFound("no"), NATIVE, "x", origin).headers["link"] == f'<{page}>; rel="help"'


def test_a_problem_document_says_its_own_status_and_every_problem() -> None:
    told = json.loads(bytes(answer(a_refusal(InvalidRequest), NATIVE, "request-1", ORIGIN).body))

    assert told == {
        "type": "https://pictures.example/errors/invalid_request",
        "title": "invalid_request",
        "status": 400,
        "detail": "width: Input should be a multiple of 32; one \ud7ff more",
        "request_id": "request-1",
        "problems": [
            {"where": ["width"], "what": "Input should be a multiple of 32", "kind": "multiple_of"},
            {"where": [], "what": "one \ud7ff more", "kind": "value_error"},
        ],
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_problem_document_and_its_answer_agree(kind: type[Refusal]) -> None:
    response = answer(a_refusal(kind), NATIVE, "x", ORIGIN)

    assert json.loads(bytes(response.body))["status"] == response.status_code


def test_a_surface_may_have_statuses_of_its_own() -> None:
    wording = Wording(lambda refusal, request_id: {"no": str(refusal)}, {InvalidRequest: 422})

    assert answer(a_refusal(InvalidRequest), wording, "x", ORIGIN).status_code == 422
    assert answer(Unavailable("later"), wording, "x", ORIGIN).status_code == 503


def test_more_problems_than_anyone_reads_are_counted() -> None:
    refusal = InvalidRequest([Problem((f"f{number}",), "wrong") for number in range(errors.MOST_PROBLEMS + 7)])

    assert len(refusal.problems) == errors.MOST_PROBLEMS
    assert str(refusal).endswith(f"f{errors.MOST_PROBLEMS - 1}: wrong; and 7 more")
    assert str(InvalidRequest([Problem(("a",), "wrong")] * errors.MOST_PROBLEMS)).endswith("a: wrong")


@pytest.mark.parametrize(("error", "kind"), [(Unavailable("x"), Unavailable), (LedgerError("x"), Unavailable), (BadPicture("x"), None), (KeyError("x"), None)])
def test_a_ledger_in_trouble_is_a_refusal_and_a_fault_of_ours_is_none(error: Exception, kind: Any) -> None:
    found = as_refusal(error)

    assert found is None if kind is None else type(found) is kind
