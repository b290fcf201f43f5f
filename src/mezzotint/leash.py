"""A leash on work that waits most of its time: pulled once, it ends the work where that may be ended. And slots that such work waits for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from typing import Any, TypeVar

Result = TypeVar("Result")


class Leash:
    """Whoever is on it ends with the exception that it was pulled with."""

    def __init__(self) -> None:
        self._why: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None  # of whoever waits now; one at a time

    def pull(self, why: Exception) -> None:
        if self._why is not None:
            return
        self._why = why
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def check(self) -> None:
        """Raises it."""
        if self._why is not None:
            raise self._why

    async def sleep(self, seconds: float) -> None:
        """Raises it as soon as there is one."""
        await self.settled(asyncio.get_running_loop().create_future(), seconds)
        self.check()

    async def hold(self, work: Awaitable[Result]) -> Result:
        """What the work gives; it is broken off where the leash is pulled meanwhile."""
        working = asyncio.ensure_future(work)
        try:
            await self.settled(working, None)
            self.check()
            return await working
        finally:
            working.cancel()
            working.add_done_callback(_forget)

    async def settled(self, what: asyncio.Future[Result], seconds: float | None) -> bool:
        """Waits until it is done, the time is over, or the leash is pulled; whether it is done."""
        if self._why is None and not what.done():
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                both: list[asyncio.Future[Any]] = [what, self._waiting]
                await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._waiting.cancel()
        return what.done()


def _forget(work: asyncio.Future[Any]) -> None:
    """What broken-off work raises at its end is nobody's business."""
    if not work.cancelled():
        work.exception()


class Slots:
    """So many at a time; the others in the order in which they came."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._line: deque[asyncio.Future[None]] = deque()

    async def take(self, leash: Leash, seconds: float) -> bool:
        """Whether there was one within that time. Raises what the leash holds, without one."""
        if self._free > 0:
            self._free -= 1
            return True
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            came = await leash.settled(turn, seconds)
            leash.check()
        except BaseException:
            self._leave(turn)
            raise
        if not came:
            turn.cancel()
        return came

    def _leave(self, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.give()
        turn.cancel()

    def force(self) -> None:
        """One more than there are, where need be."""
        self._free -= 1

    def give(self) -> None:
        """Back."""
        self._free += 1
        while self._free > 0 and self._line:
            turn = self._line.popleft()
            if not turn.done():
                self._free -= 1
                turn.set_result(None)
