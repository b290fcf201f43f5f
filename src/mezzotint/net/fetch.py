"""A picture by its URL: bounded in size, time and redirects, every hop judged."""

from __future__ import annotations

import asyncio

import httpx2

from mezzotint.core.errors import BadPicture, Unreachable
from mezzotint.core.headers import MAX_BYTES
from mezzotint.lines import TooLarge, read_within
from mezzotint.net.guard import Guard
from mezzotint.net.transport import NETWORK_ERRORS, guarded_client

HOPS = 3
SECONDS = 15.0  # for the whole fetch, redirects and body included: a server that drips gets no more


class GuardedFetcher:
    """See `ports.Fetcher`."""

    def __init__(self, guard: Guard, *, seconds: float = SECONDS, most: int = MAX_BYTES) -> None:
        self._guard, self._seconds, self._most = guard, seconds, most
        self._client = guarded_client(guard)

    async def fetch(self, url: str) -> bytes:
        try:
            return await asyncio.wait_for(self._follow(url), self._seconds)
        except asyncio.TimeoutError as error:
            raise Unreachable(f"{_shown(url)} did not answer within {self._seconds:g} seconds") from error
        except NETWORK_ERRORS as error:
            raise Unreachable(f"{_shown(url)} cannot be reached ({type(error).__name__}: {error})") from error

    async def _follow(self, url: str) -> bytes:
        for _ in range(HOPS + 1):
            if (wrong := self._guard.wrong_with(url, https_only=False)) is not None:
                raise Unreachable(f"{_shown(url)}: {wrong}")
            async with self._client.stream("GET", url, headers={"accept": "image/png,image/jpeg,image/webp"}) as response:
                if response.has_redirect_location:
                    url = str(response.url.join(response.headers["location"]))
                    continue
                if response.status_code != 200:
                    raise Unreachable(f"{_shown(url)} answered {response.status_code}")
                return await self._body(response, url)
        raise Unreachable(f"{_shown(url)} redirects more than {HOPS} times")

    async def _body(self, response: httpx2.Response, url: str) -> bytes:
        try:
            return await read_within(self._most, response.aiter_raw(), length=response.headers.get("content-length", ""))
        except TooLarge as error:
            raise BadPicture(f"{_shown(url)} sends more than {self._most} bytes") from error

    async def close(self) -> None:
        await self._client.aclose()


def _shown(url: str) -> str:
    """A URL fit for a message: without its query, which may hold secrets."""
    return url.partition("?")[0].partition("#")[0][:200]
