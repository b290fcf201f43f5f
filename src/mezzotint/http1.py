"""Connections of HTTP/1.1 for our own lines: one request after the other, for as little as it can be had.

httptools reads the answers. What a client adds, such as redirects, cookies, proxies and credentials, these lines do without, and it cost a
gateway more than all else that it does for a picture.
"""

from __future__ import annotations

import asyncio
import re
import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import httptools

CONNECT = 10.0  # seconds until a connection stands
CONNECT_TO_ONE = 5.0  # ... with one of several addresses
LARGEST_HEAD = 64 * 1024  # bytes of an answer before its body
WORDY = 8  # bytes that may come for one of a body, which chunks and what follows them may take
TOGETHER = 64 * 1024  # bytes of a body up to which it goes out with its head, in one piece
TARGET = re.compile(r"[!-~]+")
NO_BODY = (204, 304)


class Unsent(Exception):
    """Not even the request went out."""


class Broken(Exception):
    """No whole answer came, and the request may have been heard."""


class TooLarge(Exception):
    """The answer is longer than is read."""


class Place(NamedTuple):
    """Where a connection leads: a host and port, or the path of a local socket."""

    host: str
    port: int
    tls: bool
    local: str | None = None


class Address(NamedTuple):
    place: Place
    target: str  # path and query
    host: str  # as the Host header says it


class Answer(NamedTuple):
    """Header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def address_of(url: str, local: str | None = None) -> Address:
    """Raises Unsent for what cannot be asked."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise Unsent(f"not an address: {error}") from None
    default = {"http": 80, "https": 443}.get(parts.scheme)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    if default is None or not host or not host.isascii() or TARGET.fullmatch(target) is None or TARGET.fullmatch(host) is None:
        raise Unsent("not an address")
    bare = f"[{host}]" if ":" in host else host
    shown = bare if port in (None, default) else f"{bare}:{port}"
    return Address(Place(host, port or default, parts.scheme == "https", local), target, shown)


def head_of(method: str, address: Address, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Raises Unsent for a header that would be more than one."""
    lines = [f"{method} {address.target} HTTP/1.1", f"host: {address.host}", *(f"{name}: {value}" for name, value in headers.items())]
    if body is not None:
        lines.append(f"content-length: {len(body)}")
    if not all(map(str.isprintable, lines)):
        raise Unsent("a header cannot be sent")
    return "\r\n".join([*lines, "", ""]).encode()


class _Reading:
    """An answer as far as it has come; httptools calls what is public."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._came = self._size = 0
        self._in_body = False
        self.answer: Answer | None = None
        self.keeps = False  # the connection may be used again
        self.error: Exception | None = None

    def feed(self, data: bytes) -> bool:
        """Whether it is over, with an answer or an error."""
        self._came += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(Broken(f"the answer is no HTTP ({error})"))
            self.keeps = False
        if self._came > LARGEST_HEAD + (WORDY * self._most if self._in_body else 0):
            self._fail(Broken("the answer is more wrapping than content"))
        return self.answer is not None or self.error is not None

    def ended(self) -> None:
        """The connection did: that is the end of a body that says no length, and of any other it is a breach."""
        status = self._parser.get_status_code() if self._in_body else 0
        if self._in_body and status not in NO_BODY and not {"content-length", "transfer-encoding"} & self._headers.keys():
            self._end(status)
        else:
            self._fail(Broken("the connection ended before the answer did" if self._came else "the connection ended without an answer"))

    def _fail(self, error: Exception) -> None:
        """What came first counts, and after an answer nothing does."""
        if self.answer is None and self.error is None:
            self.error = error

    def on_message_begin(self) -> None:
        if self.answer is not None:  # something came that nobody asked for
            self.keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.answer is None and not self._in_body:  # what follows a body is not read
            self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._in_body = True
        length = self._headers.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > self._most:
            self._fail(TooLarge())

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._most:
            self._fail(TooLarge())
        elif self.answer is None:
            self._parts.append(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200:  # the answer is still to come
            self._headers, self._in_body = {}, False
        elif self.answer is None:
            self.keeps = self._parser.should_keep_alive()
            self._end(status)

    def _end(self, status: int) -> None:
        if self.error is None:
            self.answer = Answer(status, self._headers, self._parts[0] if len(self._parts) == 1 else b"".join(self._parts))


class Connection(asyncio.Protocol):
    """One, for one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._socket = -1
        self._reading: _Reading | None = None
        self._done: asyncio.Future[None] | None = None
        self._open = False
        self.idle_until = 0.0

    async def ask(self, head: bytes, body: bytes | None, most: int, seconds: float) -> Answer:
        """Raises Broken, TooLarge, asyncio.TimeoutError; after any of them, and where it is broken off, it is closed."""
        loop = asyncio.get_running_loop()
        reading, done = _Reading(most), loop.create_future()
        if self._transport is None or not self._open:
            raise Broken("the connection ended without an answer")
        self._reading, self._done = reading, done
        late = loop.call_later(seconds, self._late)
        try:
            self._write(self._transport, head, body)
            await done
        finally:
            late.cancel()
            self._reading = self._done = None
            if not reading.keeps:
                self.close()
        if reading.error is not None:
            self.close()
            raise reading.error
        if reading.answer is None:
            raise Broken("the connection ended without an answer")
        return reading.answer

    @staticmethod
    def _write(transport: asyncio.Transport, head: bytes, body: bytes | None) -> None:
        if body is None or len(body) <= TOGETHER:
            transport.write(head + body if body else head)
        else:
            transport.write(head)
            transport.write(body)

    @property
    def fresh(self) -> bool:
        """Whether it may be used again: it stands, was not idle for long, and nothing has come that nobody asked for, such as its end."""
        return self._open and self.idle_until > time.monotonic() and not _readable(self._socket)

    def kept(self, seconds: float) -> bool:
        """Whether there may be a next request, within that time."""
        self.idle_until = time.monotonic() + seconds
        return self._open

    def close(self) -> None:
        self._open = False
        if self._transport is not None:
            self._transport.abort()

    # called by the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._open = cast("asyncio.Transport", transport), True  # uvloop's is none by its class
        self._socket = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        if self._reading is None:
            self.close()
        elif self._reading.feed(data):
            self._settle()

    def eof_received(self) -> bool:
        self._ended()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self._ended()

    def _ended(self) -> None:
        self._open = False
        if self._reading is not None and self._done is not None and not self._done.done():
            self._reading.ended()
            self._settle()

    def _late(self) -> None:
        if self._reading is not None:
            self._reading.keeps, self._reading.error = False, asyncio.TimeoutError()
            self._settle()

    def _settle(self) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_result(None)


def _readable(handle: int) -> bool:
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([handle], [], [], 0)[0])
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(0))


class Lines:
    """Connections to a few places, each used for one request after the other. `tls` makes the context where one is needed."""

    def __init__(self, tls: Callable[[], ssl.SSLContext], idle: float) -> None:
        """`idle`: seconds that a connection is kept for the next request."""
        self._tls, self._keep = tls, idle
        self.idle: dict[Place, list[Connection]] = {}

    async def ask(self, place: Place, head: bytes, body: bytes | None, most: int, seconds: float) -> Answer:
        """Raises Unsent, Broken, TooLarge, asyncio.TimeoutError."""
        began = time.monotonic()
        connection = self._kept(place)
        if connection is None:
            connection = await self._connected(place, min(CONNECT, seconds))
            seconds -= time.monotonic() - began
        answer = await connection.ask(head, body, most, max(seconds, 0.0))
        if connection.kept(self._keep):
            self.idle.setdefault(place, []).append(connection)
        return answer

    def _kept(self, place: Place) -> Connection | None:
        """The one used last that still holds, so that those which are not needed come to their end."""
        idle = self.idle.get(place, [])
        while idle:
            connection = idle.pop()
            if connection.fresh:
                return connection
            for expired in (connection, *idle):  # all below it were used longer ago
                expired.close()
            idle.clear()
        return None

    async def _connected(self, place: Place, seconds: float) -> Connection:
        try:
            return await asyncio.wait_for(self._connect(place), seconds)
        except asyncio.TimeoutError:
            raise Unsent(f"no connection within {seconds:g} seconds") from None
        except (OSError, UnicodeError) as error:
            raise Unsent(f"no connection ({type(error).__name__}: {error})") from error

    async def _connect(self, place: Place) -> Connection:
        """To the first of its addresses that takes one. Raises OSError."""
        loop = asyncio.get_running_loop()
        if place.local is not None:
            return (await loop.create_unix_connection(Connection, place.local))[1]
        context = self._tls() if place.tls else None
        name = place.host if place.tls else None
        found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        failed: Exception = OSError(f"{place.host} has no address")
        for address in dict.fromkeys(str(entry[4][0]) for entry in found):
            try:
                connecting = loop.create_connection(Connection, address, place.port, ssl=context, server_hostname=name)
                return (await asyncio.wait_for(connecting, CONNECT_TO_ONE))[1]
            except (OSError, asyncio.TimeoutError) as error:
                failed = error
        raise failed

    async def close(self) -> None:
        for idle in self.idle.values():
            while idle:
                idle.pop().close()
        await asyncio.sleep(0)  # for the loop to let go of them
