"""A handler as an ASGI app, with nothing in between.

Starlette wraps a function endpoint in layers that look for exception handlers and close what was left open; our one layer of that
kind is outermost (`app.Worded`), and a poll should not pay for it three times.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mezzotint import records

JSON = "application/json"
Handler = Callable[[Request], Awaitable[Response]]


class Endpoint:
    """What a Route takes for an ASGI app: an object, not a function."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._handler(Request(scope, receive, send))
        await response(scope, receive, send)


def route(method: str, path: str, handler: Handler) -> Route:
    return Route(path, Endpoint(handler), methods=[method])


def as_json(body: Any, headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    return Response(records.encode(body), status, headers, JSON)
