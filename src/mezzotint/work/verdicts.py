"""What became of tasks, until the server has heard it."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import structlog

from mezzotint.core.tasks import Verdict
from mezzotint.crash_points import reached
from mezzotint.work.link import Link, LinkDown

LINGER = 0.01  # seconds that pulls and verdicts of a fast engine wait for company, where they are not alone anyway
COMPANY = 64
MOST_VERDICTS = 128  # in one request
BACKOFF = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = structlog.get_logger("worker")


class Verdicts:
    """Sends those that gather in one request. `company`: whether to wait for more; `heard` is called with each that was."""

    def __init__(self, link: Link, company: Callable[[], bool], heard: Callable[[Verdict], None]) -> None:
        self._link, self._company, self._heard = link, company, heard
        self.waiting: deque[Verdict] = deque()
        self._came, self._none_left = asyncio.Event(), asyncio.Event()

    def say(self, verdict: Verdict) -> None:
        self.waiting.append(verdict)
        self._none_left.clear()
        self._came.set()

    async def send(self) -> None:
        """For ever; a request that was not heard is made again."""
        while True:
            await self._came.wait()
            self._came.clear()
            delays = forever(BACKOFF)
            while self.waiting:
                if len(self.waiting) < COMPANY and self._company():
                    await asyncio.sleep(LINGER)
                if not await self._sent(list(itertools.islice(self.waiting, MOST_VERDICTS))):
                    await asyncio.sleep(next(delays))
                else:
                    delays = forever(BACKOFF)
            self._none_left.set()

    async def _sent(self, batch: list[Verdict]) -> bool:
        try:
            reached("verdict: sending")
            await self._link.finish(batch)
            reached("verdict: acknowledged")
        except LinkDown as error:
            log.warning("cannot finish", why=str(error), verdicts=len(batch))
            return False
        for verdict in batch:
            self.waiting.popleft()
            self._heard(verdict)
        return True

    async def flush(self, sending: asyncio.Task[Any]) -> None:
        """Until all were heard, or `sending`, which runs `send`, has ended."""
        if self.waiting and not sending.done():
            none_left = asyncio.create_task(self._none_left.wait())
            try:
                await asyncio.wait([sending, none_left], return_when=asyncio.FIRST_COMPLETED)
            finally:
                none_left.cancel()


def forever(delays: Sequence[float]) -> Iterator[float]:
    """Delays that grow, and then stay."""
    return itertools.chain(delays, itertools.repeat(delays[-1]))
