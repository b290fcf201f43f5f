"""Offers again what lost its worker, deletes pictures and files whose time is over, forgets old tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from mezzotint.core import places
from mezzotint.core.errors import MezzotintError
from mezzotint.crash_points import reached
from mezzotint.service.tools import Tools
from mezzotint.work.strays import Strays

REAP_EVERY, SWEEP_EVERY = 1.0, 30.0
GROUP = 200

log = structlog.get_logger("sweeper")


class Sweeper:
    def __init__(self, tools: Tools) -> None:
        self._tools, self._strays = tools, Strays(tools)

    async def run(self) -> None:
        """For ever; what fails is tried again the next time round."""
        rounds = 0
        while True:
            try:
                await self.reap()
                if rounds % int(SWEEP_EVERY / REAP_EVERY) == 0:
                    await self.sweep()
                    await self._strays.sweep()
            except MezzotintError as error:
                log.warning("sweeping failed", why=str(error))
            except Exception:
                log.exception("sweeping failed")  # a fault of ours, which is no reason to stop serving
            rounds += 1
            await asyncio.sleep(REAP_EVERY)

    async def reap(self) -> int:
        """How many tasks had lost their worker or passed their deadline."""
        reaped = await self._tools.ledger.reap()
        if reaped:
            log.info("tasks reaped", count=reaped)
            self._tools.hub.queued()
            self._tools.hub.owed()
            self._tools.hub.any_changed()
        return reaped

    async def sweep(self) -> int:
        """How many tasks' pictures, and how many uploaded files, were deleted."""
        ledger = self._tools.ledger
        emptied = await self._emptied(ledger.spent, ledger.emptied) + await self._emptied(ledger.spent_files, ledger.forget_files)
        while await ledger.tidy():
            pass
        return emptied

    async def _emptied(self, spent_ones: Callable[[int], Awaitable[list[UUID]]], note: Callable[[list[UUID]], Awaitable[None]]) -> int:
        """Deletes what is spent, and notes that it is gone."""
        emptied, stuck = 0, set[UUID]()
        while spent := [each for each in await spent_ones(GROUP + len(stuck)) if each not in stuck]:
            reached("sweep: chosen")
            gone = await self._deleted(spent)
            reached("sweep: deleted")
            stuck |= set(spent) - set(gone)
            await note(gone)
            reached("sweep: recorded")
            emptied += len(gone)
            if len(stuck) > GROUP:
                break  # it is not about single files: try again next time
        return emptied

    async def _deleted(self, owners: list[UUID]) -> list[UUID]:
        """Those tasks and files whose pictures are gone now. Where they cannot all be deleted together, each is tried alone."""
        try:
            await self._tools.blobs.delete([places.prefix(each) for each in owners])
        except MezzotintError as error:
            if len(owners) > 1:
                return [gone for each in owners for gone in await self._deleted([each])]
            log.warning("pictures cannot be deleted", id=str(owners[0]), why=str(error))
            return []
        return owners
