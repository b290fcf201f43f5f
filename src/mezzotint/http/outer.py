"""The outermost layer: every request gets an id and a measurement, and no exception leaves without an answer and a line in the log."""

from __future__ import annotations

import random
import string
import time
from collections.abc import Callable
from functools import lru_cache

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mezzotint.http.problems import Broken, Wording, answer
from mezzotint.http.rates import STANDING
from mezzotint.http.requests import Origins

LETTERS = string.ascii_letters + string.digits
REQUEST_ID = "mezzotint.request_id"

log = structlog.get_logger("http")


def new_request_id() -> str:
    """As CometAPI writes them: the time to the second, nine digits, eight letters or digits. Not a secret, only unlikely twice."""
    tail = "".join(random.choices(LETTERS, k=8))  # noqa: S311 - an id is no secret
    digits = int(random.random() * 1_000_000_000)  # noqa: S311 - the same; randrange costs several times as much
    return f"{_second(int(time.time()))}{digits:09d}{tail}"


@lru_cache(maxsize=1)
def _second(now: int) -> str:
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(now))


class Outer:
    """ASGI middleware around everything. `wording_for` gives the words of the surface at a path."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry, wording_for: Callable[[str], Wording], origins: Origins) -> None:
        self._app, self._wording_for, self._origins = app, wording_for, origins
        answers = Counter("mezzotint_http_answers", "Answers by surface and status.", ("surface", "status"), registry=registry)
        seconds = Histogram("mezzotint_http_seconds", "Time to answer.", ("surface",), registry=registry)
        self._count, self._time = lru_cache(answers.labels), lru_cache(seconds.labels)  # finding a label costs more than counting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_request_id()
        scope[REQUEST_ID] = request_id
        began, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                if (standing := scope.get(STANDING)) is not None:
                    message["headers"] += self._wording_for(scope["path"]).told_limits(standing)
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            log.exception("request failed", request_id=request_id, method=scope["method"], path=scope["path"])
            if status:  # the answer had begun: all that is left is to break it off
                raise
            broken = Broken("something went wrong here; it was logged")
            origin = self._origins.of(Request(scope))
            await answer(broken, self._wording_for(scope["path"]), request_id, origin)(scope, receive, send_with_id)
        finally:
            surface = surface_of(scope["path"])
            self._count(surface, status).inc()
            self._time(surface).observe(time.perf_counter() - began)


def surface_of(path: str) -> str:
    """The first part of a path, for metrics: few words, whatever is asked for."""
    head = path.split("/", 2)[1] if path.count("/") else ""
    return head if head in ("flux", "v1", "images", "health", "healthz", "readyz", "metrics") else "other"
