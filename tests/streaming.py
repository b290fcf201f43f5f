"""Streams of server-sent events, heard as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from tests.studio import KEY, Studio


async def asked(studio: Studio, path: str, query: str, send: Any, receive: Any, spec: str = "2.4") -> None:
    """The app itself, as the test client gives answers out whole."""
    app = studio.client._transport.app  # type: ignore[attr-defined]  # the test client holds the app
    headers = [(b"authorization", f"Bearer {KEY}".encode()), (b"host", b"testserver")]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "scheme": "http", "headers": headers}
    scope |= {"query_string": query.encode(), "asgi": {"version": "3.0", "spec_version": spec}, "root_path": "", "client": ("127.0.0.1", 5000)}
    await app(scope, receive, send)


async def parts(studio: Studio, path: str, query: str = "") -> AsyncIterator[str]:
    """What comes, as it comes."""
    coming: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await coming.put(message["body"] or None)

    async def receive() -> Any:
        await asyncio.sleep(60)

    running = asyncio.create_task(asked(studio, path, query, send, receive))
    while (part := await asyncio.wait_for(coming.get(), 10)) is not None:
        yield part.decode()
    await running
