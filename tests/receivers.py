"""A real server on 127.0.0.1 that answers by a script, says what it heard, and counts what it sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Heard:
    """One request as it came; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Script = Callable[[Heard, asyncio.StreamWriter], Awaitable[None]]


def saying(status: int, body: bytes = b"", **headers: str) -> Script:
    """A whole answer; underscores in header names are dashes."""

    async def script(heard: Heard, writer: asyncio.StreamWriter) -> None:
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        head = "\r\n".join([f"HTTP/1.1 {status} So", f"content-length: {len(body)}", "connection: close", *lines])
        writer.write(head.encode() + b"\r\n\r\n" + body)

    return script


def sending(raw: bytes) -> Script:
    """Those bytes, then the end."""

    async def script(heard: Heard, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return script


async def silent(heard: Heard, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


@dataclass
class Receiver:
    """The scripts are used in turn, the last one for all that follow."""

    port: int
    scripts: list[Script]
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next_script(self) -> Script:
        return self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]


async def _heard(reader: asyncio.StreamReader) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    return Heard(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@contextlib.asynccontextmanager
async def receiving(*scripts: Script) -> AsyncIterator[Receiver]:
    busy: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver.connections += 1
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            heard = await _heard(reader)
            receiver.heard.append(heard)
            await receiver.next_script()(heard, writer)
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the other side went, or the test is over
        finally:
            busy.discard(task)
            writer.close()

    receiver = Receiver(0, list(scripts))
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        waiting = list(busy)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def an_unused_port() -> int:
    """A port of 127.0.0.1 where nobody listens."""
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
