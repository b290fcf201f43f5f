"""A path leads where it would if all routes were tried in turn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from mezzotint.http.endpoint import Handler, route
from mezzotint.http.paths import Paths

WORDS = ("models", "tasks", "images", "x")
PATTERNS = [*(f"/{word}" for word in WORDS), "/{name}", "/models/tasks", "/models/{name}", "/{first}/{second}", "/images/{rest:path}", "/"]


def named(name: str) -> Handler:
    async def handler(request: Request) -> Response:
        return Response(f"{name} {sorted(request.path_params.items())}")

    return handler


def led(app: Any, method: str, path: str) -> object:
    """What it answers, or how it refuses."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nobody reads")

    scope: dict[str, Any] = {"type": "http", "app": None, "method": method, "path": path, "root_path": "", "query_string": b"", "headers": []}
    try:
        asyncio.run(app(scope, receive, send))
    except HTTPException as refused:
        return refused.status_code, refused.headers
    return [message.get("body") for message in sent]


some_routes = st.lists(st.tuples(st.sampled_from(PATTERNS), st.sampled_from(["GET", "POST"])), max_size=12)
some_path = st.lists(st.sampled_from([*WORDS, ""]), max_size=3).map(lambda parts: "/" + "/".join(parts))


@given(some_routes, st.sampled_from(["GET", "POST", "HEAD", "DELETE"]), some_path)
def test_it_leads_where_the_routes_lead_in_turn(declared: list[tuple[str, str]], method: str, path: str) -> None:
    routes = [route(method, pattern, named(str(number))) for number, (pattern, method) in enumerate(declared)]

    assert led(Paths(routes), method, path) == led(Router(routes, redirect_slashes=False), method, path)


def test_other_routes_are_not_tried_for_a_path_without_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    matches = Route.matches

    def noted(each: Route, scope: Any) -> Any:
        tried.append(each.path)
        return matches(each, scope)

    monkeypatch.setattr(Route, "matches", noted)
    paths = Paths([route("GET", pattern, named(pattern)) for pattern in ("/a", "/{name}", "/b", "/c/{name}")])

    assert led(paths, "GET", "/b") == [None, b"/{name} [('name', 'b')]"]
    assert tried == ["/{name}"]
