"""Send one webhook. A redirect is a failure: a receiver is where it said it is."""

from __future__ import annotations

import asyncio
import re

import httpx2

from mezzotint.core.errors import Unreachable
from mezzotint.net.guard import Guard
from mezzotint.net.transport import NETWORK_ERRORS, guarded_client
from mezzotint.ports import Reply

SECONDS = 15.0  # a receiver that needs longer should answer first and work afterwards
CONNECTIONS = 256  # more than are ever sent at once: nobody waits for one that a silent receiver holds


class GuardedPoster:
    """See `ports.Poster`."""

    def __init__(self, guard: Guard, *, seconds: float = SECONDS) -> None:
        self._guard, self._seconds = guard, seconds
        self._client = guarded_client(guard, connections=CONNECTIONS)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        if (wrong := self._guard.wrong_with(url, https_only=True)) is not None:
            return Reply(None, wrong)
        try:
            return await asyncio.wait_for(self._send(url, body, headers), self._seconds)
        except asyncio.TimeoutError:
            return Reply(None, f"no answer within {self._seconds:g} seconds")
        except (Unreachable, UnicodeError, *NETWORK_ERRORS) as error:  # UnicodeError: a header that has no bytes
            return Reply(None, f"{type(error).__name__}: {error}"[:300])

    async def _send(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        """The status is all that counts: the receiver's body is not read."""
        async with self._client.stream("POST", url, content=body, headers=httpx2.Headers(headers, encoding="utf-8")) as response:
            return Reply(response.status_code, retry_after=_seconds(response.headers.get("retry-after", "")))

    async def close(self) -> None:
        await self._client.aclose()


def _seconds(text: str) -> float:
    """Of a Retry-After; 0 for a date, or whatever else is no number of seconds."""
    return float(text) if re.fullmatch(r"[0-9]{1,9}", text.strip()) else 0.0
