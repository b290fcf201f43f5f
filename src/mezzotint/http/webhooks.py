"""Our own routes about webhooks: what was sent, how it went, and sending it again.

The secret that signs them is asked for at Replicate's address, `/v1/webhooks/default/secret` (`http.replicate_models`).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mezzotint.core.accounts import CREATE, READ
from mezzotint.core.errors import NotFound
from mezzotint.core.webhooks import GONE, Event, Message, Standing, Try
from mezzotint.http.auth import Authenticator
from mezzotint.http.endpoint import as_json, route
from mezzotint.http.paging import page_of
from mezzotint.service.tools import Tools

ID = re.compile(r"msg_[0-9a-z]{26}(?:_[a-z]{1,20})?", re.ASCII)


class Webhooks:
    def __init__(self, tools: Tools, authenticator: Authenticator) -> None:
        self._tools, self._authenticator = tools, authenticator

    def routes(self) -> list[Route]:
        return [
            route("GET", "/v1/webhooks", self.list),
            route("GET", "/v1/webhooks/{id}", self.get),
            route("POST", "/v1/webhooks/{id}/resend", self.resend),
        ]

    async def list(self, request: Request) -> Response:
        """Those of the newest tasks first."""
        key = await self._authenticator.required(request, READ)
        standing, before, count = page_of(request, Standing, lambda text: text if ID.fullmatch(text) else None, "a webhook")
        messages = await self._tools.ledger.messages_of(key.account, standing, before, count)
        after = messages[-1].id if len(messages) == count else None
        return as_json({"object": "list", "data": [_shown(message) for message in messages], "before": after})

    async def get(self, request: Request) -> Response:
        key = await self._authenticator.required(request, READ)
        return as_json(await self._told(request, key.account))

    async def resend(self, request: Request) -> Response:
        """Sent as soon as may be, under its old id; a receiver that had it knows it by that."""
        key = await self._authenticator.required(request, CREATE)
        name = _named(request)
        if not await self._tools.ledger.resend(name, key.account):
            raise _not_found(name)
        self._tools.hub.owed()
        return as_json(await self._told(request, key.account))

    async def _told(self, request: Request, account: str) -> dict[str, Any]:
        name = _named(request)
        message = await self._tools.ledger.message(name, account)
        if message is None:
            raise _not_found(name)
        inputs = await self._tools.ledger.inputs(message.task)
        url = inputs.webhook_url if inputs else None
        return _shown(message) | {"url": _bare(url) if url else None, "attempts": [_attempt(each) for each in message.tries]}


def _named(request: Request) -> str:
    """The id in the path. Raises NotFound for what can be none: a ledger need not be asked for it."""
    name: str = request.path_params["id"]
    if ID.fullmatch(name) is None:
        raise _not_found(name)
    return name


def _not_found(name: str) -> NotFound:
    return NotFound(f"there is no webhook {name[:64]!r}; GET /v1/webhooks lists them")


def _bare(url: str) -> str:
    """Without the query, in which some receivers want a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _shown(message: Message) -> dict[str, Any]:
    last = message.tries[-1] if message.tries else None
    return {
        "id": message.id,
        "task": str(message.task),
        "event": message.event.value,
        "status": message.standing.value,
        "tried": message.tried,
        "created_at": message.created,
        "next_attempt_at": message.next_at,
        "last_attempt": _attempt(last) if last else None,
        "why": _why(message, last),
    }


def _attempt(attempt: Try) -> dict[str, Any]:
    return {"number": attempt.number, "at": attempt.at, "status": attempt.status, "error": attempt.note or None, "ms": attempt.ms}


def _why(message: Message, last: Try | None) -> str | None:
    """Of one that failed: what ended it."""
    if message.standing is not Standing.FAILED or last is None:
        return None
    if last.status == GONE:
        return "the receiver answered 410: it is gone for good, and is not asked again"
    how = f"was answered with {last.status}" if last.status is not None else f"failed ({last.note})"
    if message.event is not Event.COMPLETED:
        return f"the attempt {how}, and what comes before a task's end is told once"
    return f"it was given up after {message.tried} attempts, the last of which {how}"
