"""An exception as an answer: the status here, the words by the dialect of the surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from mezzotint import records
from mezzotint.core.errors import LedgerError, Refusal, Unavailable
from mezzotint.http.endpoint import JSON
from mezzotint.http.rates import Headers, ietf
from mezzotint.service.rates import Standing


@dataclass(frozen=True)
class Wording:
    """How a surface says no: a refusal's body, given the request's id, and the statuses that differ there from ours."""

    body: Callable[[Refusal, str], dict[str, Any]]
    statuses: Mapping[type[Refusal], int] = field(default_factory=dict)
    media_type: str = JSON
    ending: bytes = b""
    told_limits: Callable[[Standing], Headers] = ietf

    def status(self, refusal: Refusal) -> int:
        return self.statuses.get(type(refusal), refusal.status)


def as_refusal(error: Exception) -> Refusal | None:
    """The refusal that an exception amounts to; None for what is a fault of ours."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, LedgerError):
        return Unavailable(str(error))
    return None


def answer(refusal: Refusal, wording: Wording, request_id: str) -> Response:
    headers = {} if refusal.retry_after is None else {"retry-after": str(refusal.retry_after)}
    body = records.encode(wording.body(refusal, request_id)) + wording.ending
    return Response(body, wording.status(refusal), headers, wording.media_type)


def _native(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """RFC 9457, for our own routes."""
    problems = [{"where": list(problem.where), "what": problem.sentence, "kind": problem.kind} for problem in getattr(refusal, "problems", ())]
    body: dict[str, Any] = {"type": "about:blank", "title": refusal.code, "status": refusal.status, "detail": str(refusal), "request_id": request_id}
    return body | ({"problems": problems} if problems else {})


NATIVE = Wording(_native)
