"""What every create goes through before its surface reads it: a key that may, an open door, a bounded body, headers that all share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from mezzotint.core.accounts import CREATE, ApiKey
from mezzotint.core.catalogue import ModelCard
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Problem
from mezzotint.http.auth import Authenticator
from mezzotint.http.health import Door
from mezzotint.http.rates import CREATES
from mezzotint.http.requests import BODY_GRACE, Origins, hash_of, header, read_body
from mezzotint.service.submit import Accepted, Submission

IDEMPOTENCY_KEY, LONGEST_IDEMPOTENCY_KEY = "idempotency-key", 255
LABEL, LONGEST_LABEL = "x-mezzotint-label", 100


@dataclass(frozen=True)
class Taken:
    """A create that was let in: whose it is, and its body, still in the words of its surface."""

    key: ApiKey
    body: bytes
    origin: str
    label: str
    idempotency_key: str | None
    request_hash: str

    def submission(self, surface: str, card: ModelCard, given: Mapping[str, Any], **rest: Any) -> Submission:
        """`rest` as in Submission."""
        return Submission(
            card=card,
            given=given,
            surface=surface,
            key=self.key,
            origin=self.origin,
            idempotency_key=self.idempotency_key,
            request_hash=self.request_hash,
            label=self.label,
            **rest,
        )


def told_with(accepted: Accepted) -> dict[str, str]:
    """The headers of a create's answer: what paints it, what that cannot be told, and whether it was made before."""
    headers = {"x-mezzotint-engine": accepted.engine}
    if accepted.dropped:
        headers["x-mezzotint-dropped"] = ", ".join(accepted.dropped)
    if accepted.replayed:
        headers["idempotent-replayed"] = "true"
    return headers


class Intake:
    def __init__(self, authenticator: Authenticator, origins: Origins, door: Door, max_body: int, body_grace: float = BODY_GRACE) -> None:
        self._authenticator, self._origins, self._door = authenticator, origins, door
        self._max_body, self._body_grace = max_body, body_grace

    async def take(self, request: Request) -> Taken:
        """Raises NotAuthenticated, NotAllowed, TooManyRequests, Unavailable while the server shuts down, BodyTooLarge, BodyTooSlow, InvalidRequest."""
        key = await self._authenticator.required(request, CREATE, CREATES)
        self._door.check()
        body = await read_body(request, self._max_body, self._body_grace)
        repeated = _header(request, IDEMPOTENCY_KEY, LONGEST_IDEMPOTENCY_KEY) or None
        label = _header(request, LABEL, LONGEST_LABEL)
        return Taken(key, body, self._origins.of(request), label, repeated, hash_of(request, body) if repeated else "")


def _header(request: Request, name: str, longest: int) -> str:
    """Raises InvalidRequest for one that is too long or not printable."""
    text = header(request, name.encode())
    if len(text) > longest or not text.isprintable():
        raise InvalidRequest([Problem((name,), f"Header should have at most {longest} printable characters", "string_too_long", "header")])
    return text
