"""Server-sent events: how one is written, and an answer that is made of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mezzotint import records

MEDIA_TYPE = "text/event-stream"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
STILL_HERE = b": still here\n\n"


def event(kind: str, body: dict[str, Any], name: str = "") -> bytes:
    """`name` is the id that a client comes back with; one without leaves that as it was."""
    return (f"id: {name}\n" if name else "").encode() + f"event: {kind}\ndata: ".encode() + records.encode(body) + b"\n\n"


class EventStream(StreamingResponse):
    """`during` is held until the stream is over, also where nobody hears its end, or even its beginning."""

    def __init__(self, events: AsyncIterator[bytes], during: AbstractContextManager[Any]) -> None:
        super().__init__(events, media_type=MEDIA_TYPE, headers=HEADERS)
        self._during = during

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._during:
            await super().__call__(scope, receive, send)
