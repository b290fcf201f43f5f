"""Pictures that came with a request and never got a task, or a file's record: the server was killed between the two. Nobody can ever
ask for them.

It does not look at what may still get its task: a create takes seconds, and only what is older than SETTLED is looked at. A server that
goes on cleans up after itself, so only what is older than this process is looked at, once in its life. Painted pictures are left alone,
also those of tasks that the ledger does not know: perhaps an older ledger was put back.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import structlog

from mezzotint.core import places
from mezzotint.service.tools import Tools

SETTLED = 3600.0  # seconds after which a create has its task, or never will
BACK = 7 * 86_400.0  # seconds before the start that are looked at: a server that was away for longer leaves strays
MINUTE = 60.0
AT_ONCE = 50  # tasks that are looked up before others have their turn

log = structlog.get_logger("strays")


class Strays:
    def __init__(self, tools: Tools) -> None:
        self._tools, self._began, self._done = tools, tools.clock.now(), False

    async def sweep(self) -> int:
        """How many tasks that there never were left pictures. Looks once, when the time has come."""
        if self._done or self._tools.clock.now() < self._began + SETTLED:
            return 0
        found, moment = 0, self._began - BACK
        while moment <= self._began:
            found += await self._sweep_minute(places.folder(moment))
            moment += MINUTE
        self._done = True
        if found:
            log.info("pictures without a task deleted", tasks=found)
        return found

    async def _sweep_minute(self, folder: str) -> int:
        by_task: dict[UUID, bool] = {}  # whether all that it has came with its request
        for key in await self._tools.blobs.keys_in(folder):
            if (task := places.task_of(key)) is not None:
                by_task[task] = by_task.get(task, True) and places.is_given(key)
        strays = []
        for number, task in enumerate(task for task, given_alone in by_task.items() if given_alone):
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
            if await self._tools.ledger.get(task) is None and await self._tools.ledger.find_file(task) is None:
                strays.append(task)
        if strays:
            await self._tools.blobs.delete([places.prefix(task) for task in strays])
        return len(strays)
