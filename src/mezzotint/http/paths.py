"""Which routes a path can lead to, known before anybody asks: trying all of them costs as much as a poll.

What has parameters in it is still found by trying the routes in turn; the first that fits wins either way.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send


class Paths:
    """ASGI app: `routes`, tried in turn, of which only those that may fit are tried where the path has none of their parameters."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._all = _router(routes)
        plain = {route.path for route in routes if not route.param_convertors}
        self._at = {path: _router([route for route in routes if route.path_regex.match(path)]) for path in plain}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._at.get(scope["path"], self._all)(scope, receive, send)


def _router(routes: Sequence[Route]) -> Router:
    return Router(routes, redirect_slashes=False)
