"""An exception as an answer: the status here, the words by the dialect of the surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from mezzotint import records
from mezzotint.core.errors import LedgerError, Refusal, Unavailable
from mezzotint.http.endpoint import JSON
from mezzotint.http.rates import Headers, ietf
from mezzotint.service.rates import Standing

PAGES = "/errors/"  # where each code is explained
OF_ADDRESSES = ":/?#[]@%"  # what stays as it is in one that is quoted: nothing that means more in headers, HTML, JSON or a shell


class MethodNotAllowed(Refusal):
    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, allowed: str) -> None:
        self.allowed = allowed
        super().__init__(message)


class Broken(Refusal):
    """A fault of ours."""

    status = 500
    code = "internal_error"


@dataclass(frozen=True)
class Wording:
    """How a surface says no: a refusal's body, given the request's id, and the statuses that differ there from ours. `page_field` is
    where the body names the page that explains the refusal, if it does; the headers always do."""

    body: Callable[[Refusal, str], dict[str, Any]]
    statuses: Mapping[type[Refusal], int] = field(default_factory=dict)
    media_type: str = JSON
    ending: bytes = b""
    told_limits: Callable[[Standing], Headers] = ietf
    page_field: str = ""

    def status(self, refusal: Refusal) -> int:
        return self.statuses.get(type(refusal), refusal.status)


def as_refusal(error: Exception) -> Refusal | None:
    """The refusal that an exception amounts to; None for what is a fault of ours."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, LedgerError):
        return Unavailable(str(error))
    return None


def answer(refusal: Refusal, wording: Wording, request_id: str, origin: str) -> Response:
    """`origin`: the address that the client called, for the link to the refusal's page."""
    page = page_of(refusal.code, origin)
    headers = {"link": help_link(page)}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    if isinstance(refusal, MethodNotAllowed):
        headers["allow"] = refusal.allowed
    body = wording.body(refusal, request_id)
    if wording.page_field:
        body[wording.page_field] = page
    return Response(records.encode(body) + wording.ending, wording.status(refusal), headers, wording.media_type)


def page_of(code: str, origin: str) -> str:
    """The address of the page about a code. An operator's own origin may have letters that headers cannot carry."""
    return quote(f"{origin}{PAGES}{code}", safe=OF_ADDRESSES)


def help_link(page: str) -> str:
    """The value of a Link header (RFC 8288)."""
    return f'<{page}>; rel="help"'


def _native(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """RFC 9457, for our own routes."""
    problems = [{"where": list(problem.where), "what": problem.sentence, "kind": problem.kind} for problem in getattr(refusal, "problems", ())]
    body: dict[str, Any] = {"type": "about:blank", "title": refusal.code, "status": refusal.status, "detail": str(refusal), "request_id": request_id}
    return body | ({"problems": problems} if problems else {})


NATIVE = Wording(_native, page_field="type")
