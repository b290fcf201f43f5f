"""Black Forest Labs' surface: POST /v1/{model}, GET /v1/get_result, and FastAPI's error bodies."""

from __future__ import annotations

from typing import Any

from mezzotint.core.errors import InvalidRequest, NotAuthenticated, NotFound, Refusal, TooManyRequests
from mezzotint.core.parameters import Problem
from mezzotint.http import rates
from mezzotint.http.problems import Wording

SURFACE = "bfl"
CREATE, POLL = "/v1/{model:bfl_model}", "/v1/get_result"
POLLS_PER_SECOND = 1200
STATUSES: dict[type[Refusal], int] = {InvalidRequest: 422, NotAuthenticated: 403}


def _word(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """FastAPI's `detail`; the request's id is in the header alone, since clients compare these bodies."""
    del request_id
    match refusal:
        case InvalidRequest():
            return {"detail": [_entry(problem) for problem in refusal.problems]}
        case NotAuthenticated():
            return {"detail": "Not authenticated - Invalid Authentication" if refusal.presented else "Not authenticated"}
        case NotFound():
            return {"detail": "Not Found"}
        case TooManyRequests():
            return {"detail": str(refusal), "error": refusal.code, "message": str(refusal), "retry_after": refusal.retry_after}
        case _:
            return {"detail": _FIXED.get(refusal.status, str(refusal))}


def _entry(problem: Problem) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": problem.kind, "loc": [problem.part, *problem.where], "msg": problem.sentence}
    return entry | ({"ctx": dict(problem.limits)} if problem.limits else {})


_FIXED = {402: "Insufficient credits", 405: "Method Not Allowed"}
WORDING = Wording(_word, STATUSES, told_limits=rates.bfl)
