"""An exception as an answer: the status here, the words by the dialect of the surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from mezzotint import records
from mezzotint.core.errors import LedgerError, Refusal, Unavailable

JSON = "application/json"
Wording = Callable[[Refusal, str], dict[str, Any]]


def as_refusal(error: Exception) -> Refusal | None:
    """The refusal that an exception amounts to; None for what is a fault of ours."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, LedgerError):
        return Unavailable(str(error))
    return None


def answer(refusal: Refusal, wording: Wording, request_id: str) -> Response:
    headers = {} if refusal.retry_after is None else {"retry-after": str(refusal.retry_after)}
    return Response(records.encode(wording(refusal, request_id)), refusal.status, headers, JSON)


def native(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """RFC 9457, for our own routes."""
    problems = [{"where": list(problem.where), "what": problem.sentence, "kind": problem.kind} for problem in getattr(refusal, "problems", ())]
    body: dict[str, Any] = {"type": "about:blank", "title": refusal.code, "status": refusal.status, "detail": str(refusal), "request_id": request_id}
    return body | ({"problems": problems} if problems else {})
