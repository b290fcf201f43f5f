"""Follows the clock on the wall when it is set.

A clock that jumps a day would end every lease, let pictures go, and keep what is delayed waiting for a day. So time goes on here as it
did until the jump is seen; then all that is to come is moved by as much as the clock, in the same moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from mezzotint.core.errors import MezzotintError
from mezzotint.ports import Ledger, WallClock

EVERY = 1.0

log = structlog.get_logger("time")


class Timekeeper:
    def __init__(self, clock: WallClock, ledger: Ledger, forget: Callable[[], None]) -> None:
        """`forget` drops what is remembered of times that were moved."""
        self._clock, self._ledger, self._forget = clock, ledger, forget

    async def run(self) -> None:
        """For ever; a ledger that cannot be written is waited out, and so long time goes on as it did."""
        while True:
            try:
                await self.look()
            except MezzotintError as error:
                log.warning("the clock cannot be followed", why=str(error))
            await asyncio.sleep(EVERY)

    async def catch_up(self) -> None:
        """Before anything else runs: the clock may have been set while no server was there to see it. Raises Unavailable."""
        seconds = self._clock.set_since(await self._ledger.clock_mark())
        self._ledger.move(seconds, self._clock.mark(), at_start=True)
        if seconds:
            log.warning("the clock was set while no server ran", seconds=round(seconds, 3))

    async def look(self) -> None:
        """Raises Unavailable."""
        if not self._clock.jumped():
            return
        await self._ledger.check()  # else everybody would wait below for as long as the ledger cannot be written
        seconds = self._clock.jumped()
        self._ledger.move(seconds, self._clock.mark(seconds))
        self._clock.follow(seconds)
        self._forget()
        log.warning("the clock was set", seconds=round(seconds, 3))
