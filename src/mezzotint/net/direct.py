"""Connections to addresses that the operator gave: not judged, and each used for one request after the other."""

from __future__ import annotations

from collections.abc import Mapping

from mezzotint.lines import Answer, Lines
from mezzotint.net.transport import USER_AGENT, tls

IDLE = 2.0  # seconds that a connection is kept for the next request: far below what servers keep them for, so that none is used that just ends
ALWAYS = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "identity"}


class Direct:
    """Redirects are answers, cookies are not kept, no proxy is used."""

    def __init__(self) -> None:
        self._lines = Lines(tls, IDLE)

    async def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, most: int, seconds: float = 30.0) -> Answer:
        """Raises Unsent, Broken, TooLarge, asyncio.TimeoutError."""
        return await self._lines.ask(method, url, {**ALWAYS, **headers}, body, most, seconds)

    async def close(self) -> None:
        await self._lines.close()
