"""Waiting for a provider to say that an order has come further; and whether its word can be waited for at all."""

from __future__ import annotations

import asyncio

from mezzotint.leash import Leash

SLOWLY = 15.0  # seconds between polls of a provider that says when there is something to see
MISSED = 3  # orders in a row that were ready unsaid, after which it is polled as if it said nothing


class Ear:
    """Of one errand."""

    def __init__(self) -> None:
        self._said: set[int] = set()
        self._rung: asyncio.Future[None] | None = None

    def hear(self, number: int) -> None:
        """There is news of the errand's order of that number."""
        self._said.add(number)
        if self._rung is not None and not self._rung.done():
            self._rung.set_result(None)

    async def wait(self, number: int, leash: Leash, seconds: float) -> bool:
        """Whether there was news of that order within the time, also some that came before; each counts once. Raises what the leash holds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while number not in self._said:
            self._rung = loop.create_future()
            if not await leash.settled(self._rung, end - loop.time()):
                break
        leash.check()
        heard = number in self._said
        self._said.discard(number)
        return heard


class Hearing:
    """Whether a provider's word comes through."""

    def __init__(self) -> None:
        self._missed = 0

    @property
    def good(self) -> bool:
        return self._missed < MISSED

    def note(self, *, said: bool) -> None:
        """An order has come to its end, and that was said before it was looked for, or was not."""
        self._missed = 0 if said else self._missed + 1
