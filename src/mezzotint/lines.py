"""Lines of HTTP to addresses that the operator chose: a worker's to its server, a gateway's to its providers.

aiohttp, since a gateway does little else than to ask, and httpx2 takes several times the processor time for it. What a browser would do,
such as following redirects or keeping cookies, is turned off: an answer is an answer.
"""

from __future__ import annotations

import io
import math
import ssl
from collections.abc import AsyncIterable, Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import aiohttp
from yarl import URL

CONNECT = 10.0  # seconds until a connection stands
AT_ONCE = 512 * 1024  # bytes of a body that go out in one piece
LARGEST_HEADER = 64 * 1024  # bytes of one header of an answer


class Unsent(Exception):
    """Not even the request went out."""


class _Stale(Unsent):
    """A connection that was kept had ended meanwhile."""


class Broken(Exception):
    """No whole answer came, and the request may have been heard."""


class TooLarge(Exception):
    """The answer is longer than is read."""


class Answer(NamedTuple):
    """Header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


async def read_within(most: int, parts: AsyncIterable[bytes], *, length: str = "") -> bytes:
    """`parts` together. `length` is what the answer says of itself; one that says too much is not read at all. Raises TooLarge."""
    if length.isdecimal() and int(length[:20]) > most:
        raise TooLarge
    whole = bytearray()
    async for part in parts:
        if len(whole) + len(part) > most:
            raise TooLarge
        whole += part
    return bytes(whole)


async def _answer(response: aiohttp.ClientResponse, most: int) -> Answer:
    if response.status < 200:
        raise Broken("the answer goes on in another protocol")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.raw_headers}
    return Answer(response.status, headers, await read_within(most, response.content.iter_any(), length=headers.get("content-length", "")))


@lru_cache(maxsize=64)
def _patience(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, connect=min(CONNECT, seconds * 0.9), ceil_threshold=math.inf)


class Lines:
    """Connections, each used for one request after the other."""

    def __init__(self, tls: Callable[[], ssl.SSLContext], idle: float, socket: str | None = None) -> None:
        """`tls` makes the context where one is needed. `idle`: seconds that a connection is kept for the next request. `socket`: the path of
        a local one, which all addresses then lead to."""
        self._tls, self._idle, self._socket = tls, idle, socket
        self._context: ssl.SSLContext | None = None
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most: int, seconds: float) -> Answer:
        """An answer with a body of up to `most` bytes within `seconds`. Raises Unsent, Broken, TooLarge, asyncio.TimeoutError."""
        patience = _patience(seconds)
        try:
            return await self._asked(method, url, headers, body, most, patience)
        except _Stale:
            return await self._asked(method, url, headers, body, most, patience)

    async def _asked(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most: int, patience: aiohttp.ClientTimeout) -> Answer:
        content = io.BytesIO(body) if body is not None and len(body) > AT_ONCE else body
        try:
            response = await self._opened().request(
                method, URL(url, encoded=True), headers=headers, data=content, timeout=patience, allow_redirects=False, ssl=self._trust(url)
            )
            try:
                return await _answer(response, most)
            finally:
                response.release()  # which closes a connection that was not read to the answer's end
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unsent(f"no connection ({error})") from error
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, ValueError) as error:  # ValueError: a port that is none, a header with line ends
            raise Unsent("not an address, or a header that cannot be sent") from error
        except aiohttp.ClientError as error:
            if isinstance(error.__cause__, aiohttp.ClientConnectionResetError):  # no write after it: what the other side has is no whole request
                raise _Stale("the connection ended before the request was out") from error
            raise Broken(f"{type(error).__name__}: {error}" if str(error) else "the connection ended without an answer") from error

    def _trust(self, url: str) -> ssl.SSLContext | bool:
        if not url.startswith("https:"):
            return True
        if self._context is None:
            self._context = self._tls()
        return self._context

    def _opened(self) -> aiohttp.ClientSession:
        """Made where the event loop runs."""
        if self._session is None:
            if self._socket is None:
                connector: aiohttp.BaseConnector = aiohttp.TCPConnector(limit=0, keepalive_timeout=self._idle)
            else:
                connector = aiohttp.UnixConnector(self._socket, limit=0, keepalive_timeout=self._idle)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("content-type", "accept-encoding", "user-agent"),
                max_line_size=LARGEST_HEADER,
                max_field_size=LARGEST_HEADER,
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None
