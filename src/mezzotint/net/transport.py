"""httpx2 over connections that the guard has judged: httpcore2 lets its network backend be given, and ours resolves and judges."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore2
import httpx2

from mezzotint._version import __version__
from mezzotint.core.errors import Unreachable
from mezzotint.net.guard import Guard

CONNECTIONS = 32  # at once; whoever would have more waits for one, and its time runs
CONNECT = 5.0  # seconds for one address of a host
USER_AGENT = f"mezzotint/{__version__}"


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that the guard lets through, and to no other, whatever the URL says."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        error: Exception | None = None
        for address in await self._guard.addresses(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout=timeout, local_address=local_address, socket_options=socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout, OSError) as failed:
                error = failed
        raise error or Unreachable(f"{host} has no address")


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


@cache
def tls() -> ssl.SSLContext:
    """Made once: reading the world's certificates takes a while."""
    return httpx2.create_ssl_context(trust_env=False)


class GuardedTransport(httpx2.AsyncBaseTransport):
    """A transport for `httpx2.AsyncClient`. No proxies, no environment: nothing but the guard decides where it connects."""

    def __init__(self, guard: Guard, connections: int = CONNECTIONS) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls(), max_connections=connections, max_keepalive_connections=0, network_backend=GuardedBackend(guard)
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        answer = await self._pool.handle_async_request(
            httpcore2.Request(request.method, url, headers=request.headers.raw, content=request.stream, extensions=request.extensions)
        )
        return httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    async def aclose(self) -> None:
        await self._pool.aclose()


NETWORK_ERRORS = (httpx2.HTTPError, httpx2.InvalidURL, httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError)


# what says that not even the request went out
UNSENT = (
    httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.LocalProtocolError,
    httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout, httpcore2.UnsupportedProtocol, httpcore2.LocalProtocolError,
)  # fmt: skip


def guarded_client(guard: Guard, connections: int = CONNECTIONS) -> httpx2.AsyncClient:
    """A client that follows no redirect by itself, keeps no cookies, and asks for bodies as they are, so that their size is what comes.

    It bounds how long it tries to connect; the rest is for whoever asks, who bounds all of it.
    """
    return httpx2.AsyncClient(
        transport=GuardedTransport(guard, connections),
        timeout=httpx2.Timeout(None, connect=CONNECT),
        follow_redirects=False,
        trust_env=False,
        headers={"user-agent": USER_AGENT, "accept-encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
    )
