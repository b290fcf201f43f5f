"""Speaking to providers: to the address that the operator gave, wherever that is, and to addresses that providers name, which are judged."""

from __future__ import annotations

import asyncio

import httpx2

from mezzotint.core.errands import ProviderAnswer, ProviderRequest
from mezzotint.core.errors import Unreachable
from mezzotint.net.guard import Guard
from mezzotint.net.transport import NETWORK_ERRORS, UNSENT, guarded_client, plain_client

TOO_LARGE = "it sends more than {} bytes"


class GuardedLine:
    """See `ports.ProviderLine`."""

    def __init__(self, guard: Guard, *, connections: int = 1024) -> None:
        self._guard = guard
        self._own = plain_client(connections)
        self._others = guarded_client(guard, connections)

    async def ask(self, request: ProviderRequest) -> ProviderAnswer:
        if not request.own and (wrong := self._guard.wrong_with(request.url, https_only=False)) is not None:
            return ProviderAnswer(0, error=wrong, sent=False)
        try:
            return await asyncio.wait_for(self._asked(request), request.seconds)
        except asyncio.TimeoutError:
            return ProviderAnswer(0, error=f"no whole answer within {request.seconds:g} seconds")
        except (Unreachable, *UNSENT) as error:
            return ProviderAnswer(0, error=_said(error), sent=False)
        except NETWORK_ERRORS as error:
            return ProviderAnswer(0, error=_said(error))

    async def _asked(self, request: ProviderRequest) -> ProviderAnswer:
        client = self._own if request.own else self._others
        async with client.stream(request.method, request.url, content=request.body, headers=dict(request.headers)) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            length = headers.get("content-length", "")
            body = None if length.isdecimal() and int(length[:20]) > request.most else await _body(response, request.most)
            if body is None:
                return ProviderAnswer(0, headers, error=TOO_LARGE.format(request.most))
            return ProviderAnswer(response.status_code, headers, body)

    async def close(self) -> None:
        await self._own.aclose()
        await self._others.aclose()


async def _body(response: httpx2.Response, most: int) -> bytes | None:
    """None where it is more than that."""
    parts, size = [], 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > most:
            return None
        parts.append(part)
    return b"".join(parts)


def _said(error: Exception) -> str:
    """Without what an address may hold."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")[:300]
