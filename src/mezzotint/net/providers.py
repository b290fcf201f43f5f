"""Speaking to providers: to the address that the operator gave, wherever that is, and to addresses that providers name, which are judged."""

from __future__ import annotations

import asyncio

from mezzotint.core.errands import ProviderAnswer, ProviderRequest
from mezzotint.core.errors import Unreachable
from mezzotint.lines import Answer, Broken, TooLarge, Unsent, read_within
from mezzotint.net.direct import Direct
from mezzotint.net.guard import Guard
from mezzotint.net.transport import NETWORK_ERRORS, UNSENT, guarded_client


class GuardedLine:
    """See `ports.ProviderLine`."""

    def __init__(self, guard: Guard, *, connections: int = 1024) -> None:
        """`connections` to addresses that providers name."""
        self._guard = guard
        self._own = Direct()
        self._others = guarded_client(guard, connections)

    async def ask(self, request: ProviderRequest) -> ProviderAnswer:
        if not request.own and (wrong := self._guard.wrong_with(request.url, https_only=False)) is not None:
            return ProviderAnswer(0, error=wrong, sent=False)
        try:
            answer = await (self._own_asked(request) if request.own else asyncio.wait_for(self._other_asked(request), request.seconds))
        except asyncio.TimeoutError:
            return ProviderAnswer(0, error=f"no whole answer within {request.seconds:g} seconds")
        except TooLarge:
            return ProviderAnswer(0, error=f"it sends more than {request.most} bytes")
        except (Unsent, Unreachable, *UNSENT) as error:
            return ProviderAnswer(0, error=_said(error), sent=False)
        except (Broken, *NETWORK_ERRORS) as error:
            return ProviderAnswer(0, error=_said(error))
        return ProviderAnswer(*answer)

    async def _own_asked(self, request: ProviderRequest) -> Answer:
        return await self._own.ask(request.method, request.url, request.headers, request.body, request.most, request.seconds)

    async def _other_asked(self, request: ProviderRequest) -> Answer:
        async with self._others.stream(request.method, request.url, content=request.body, headers=dict(request.headers)) as response:
            return Answer(
                response.status_code,
                {name.lower(): value for name, value in response.headers.items()},
                await read_within(request.most, response.aiter_raw(), length=response.headers.get("content-length", "")),
            )

    async def close(self) -> None:
        await self._own.close()
        await self._others.aclose()


def _said(error: Exception) -> str:
    """Without what an address may hold."""
    return f"{type(error).__name__}: {error}".removesuffix(": ")[:300]
