"""The outermost layer: every request gets an id, a log line and a measurement, and no exception leaves without an answer."""

from __future__ import annotations

import secrets
import string
import time
from datetime import datetime, timezone

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LETTERS = string.ascii_letters + string.digits
REQUEST_ID = "mezzotint.request_id"

log = structlog.get_logger("http")


def new_request_id() -> str:
    """As CometAPI writes them: the time to the second, nine digits, eight letters or digits."""
    chance = secrets.token_bytes(12)
    digits = int.from_bytes(chance[:4], "big") % 1_000_000_000
    tail = "".join(LETTERS[byte % len(LETTERS)] for byte in chance[4:])
    return f"{datetime.now(timezone.utc):%Y%m%d%H%M%S}{digits:09d}{tail}"


class Outer:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._answers = Counter("mezzotint_http_answers", "Answers by surface and status.", ("surface", "status"), registry=registry)
        self._seconds = Histogram("mezzotint_http_seconds", "Time to answer.", ("surface",), registry=registry)

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
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            log.exception("request failed", request_id=request_id, method=scope["method"], path=scope["path"])
            if status:  # the answer had begun: all that is left is to break it off
                raise
            await _broken(request_id)(scope, receive, send_with_id)
        finally:
            surface = surface_of(scope["path"])
            self._answers.labels(surface, status).inc()
            self._seconds.labels(surface).observe(time.perf_counter() - began)


def surface_of(path: str) -> str:
    """The first part of a path, for metrics: few words, whatever is asked for."""
    head = path.split("/", 2)[1] if path.count("/") else ""
    return head if head in ("flux", "v1", "images", "healthz", "readyz", "metrics") else "other"


def _broken(request_id: str) -> Response:
    body = f'{{"error":{{"code":"internal_error","message":"something went wrong here; it was logged (request id: {request_id})","type":"comet_api_error"}}}}'
    return Response(body, 500, media_type="application/json")
