"""Connections to addresses that the operator gave: not judged, and each used for one request after the other.

Single connections of httpcore2 rather than its pool, or a client over that: a pool looks at all of its connections at every request, and
with a hundred of them that cost more than all else that a gateway does for a picture.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpcore2

from mezzotint.net.bounded import read
from mezzotint.net.transport import USER_AGENT, tls

IDLE = 2.0  # seconds that a connection is kept for the next request: far below what servers keep them for, so that none is used that just ends
CONNECT = 10.0
ALWAYS = ((b"user-agent", USER_AGENT.encode()), (b"accept", b"*/*"), (b"accept-encoding", b"identity"))

Place = tuple[bytes, bytes, int]  # scheme, host and port


class Direct:
    """Redirects are answers, cookies are not kept, no proxy is used."""

    def __init__(self) -> None:
        self._idle: dict[Place, list[httpcore2.AsyncHTTPConnection]] = {}

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most: int) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by lower-case name, body. Raises TooLarge, and what httpcore2 raises."""
        address = httpcore2.URL(url)
        connection = await self._connection(address.origin)
        try:
            answer = await connection.handle_async_request(_request(method, address, headers, body))
            try:
                told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                content = await read(answer.aiter_stream(), most, length=told.get("content-length", ""))
            finally:
                await answer.aclose()
        except BaseException:
            await connection.aclose()
            raise
        if connection.is_idle():
            self._idle.setdefault(_place(address.origin), []).append(connection)
        else:
            await connection.aclose()
        return answer.status, told, content

    async def _connection(self, origin: httpcore2.Origin) -> httpcore2.AsyncHTTPConnection:
        """The one used last that still holds, so that those which are not needed come to their end; or a new one."""
        idle = self._idle.get(_place(origin), [])
        while idle:
            connection = idle.pop()
            if connection.is_available() and not connection.has_expired():
                return connection
            for expired in (connection, *idle):  # all below it were used longer ago
                await expired.aclose()
            idle.clear()
        return httpcore2.AsyncHTTPConnection(origin, ssl_context=tls(), keepalive_expiry=IDLE)

    async def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                await idle.pop().aclose()


def _place(origin: httpcore2.Origin) -> Place:
    return origin.scheme, origin.host, origin.port


def _request(method: str, address: httpcore2.URL, headers: Mapping[str, str], body: bytes | None) -> httpcore2.Request:
    default = {b"http": 80, b"https": 443}.get(address.scheme)
    host = address.host if address.port in (None, default) else b"%b:%d" % (address.host, address.port)
    lines = [(b"host", host), *ALWAYS, *((name.encode(), value.encode()) for name, value in headers.items())]
    if body is not None:
        lines.append((b"content-length", b"%d" % len(body)))
    return httpcore2.Request(method, address, headers=lines, content=body, extensions={"timeout": {"connect": CONNECT}})
