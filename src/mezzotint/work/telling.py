"""Tells the server how far pictures are, and shows what there is to see of them; the answers bring orders."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from mezzotint.core.previews import Preview
from mezzotint.core.protocol import Told
from mezzotint.core.tasks import Progress
from mezzotint.work.lane import Held
from mezzotint.work.link import Link, LinkDown

PROGRESS_EVERY = 0.25
PREVIEWS_PAUSE = 0.05  # seconds after previews were sent: an engine may make them as often as it likes


class Telling:
    """`held` is what the worker holds, as it changes; `obey` does what an answer says, of the attempts that were told of."""

    def __init__(self, link: Link, held: Mapping[UUID, Held], obey: Callable[[Told, dict[UUID, int]], None]) -> None:
        self._link, self._held, self._obey = link, held, obey
        self._previews: dict[UUID, Preview] = {}  # the latest of each task, until it is sent
        self._preview_came = asyncio.Event()

    def show(self, held: Held) -> Callable[[bytes], None]:
        """What a lane calls with each preview of that task."""

        def show(image: bytes) -> None:
            step = held.step
            if step is not None and not (held.canceled or held.lost):
                self._previews[step.task] = Preview(step.task, step.attempt, step.step, step.steps, image)
                self._preview_came.set()

        return show

    async def tell_progress(self) -> None:
        """For ever: how far pictures are that take their time. The answer brings cancels."""
        while True:
            await asyncio.sleep(PROGRESS_EVERY)
            news = [held for held in self._held.values() if held.step is not None and held.step is not held.told]
            if not news:
                continue
            steps = [held.step for held in news if held.step is not None]
            if await self._tell(steps):
                for held, step in zip(news, steps, strict=True):
                    held.told = step

    async def show_previews(self) -> None:
        """For ever: the steps that there is something to see of, as soon as there is."""
        while True:
            await self._preview_came.wait()
            self._preview_came.clear()
            previews, self._previews = list(self._previews.values()), {}
            await self._tell([Progress(preview.task, preview.attempt, preview.step, preview.steps) for preview in previews], previews)
            await asyncio.sleep(PREVIEWS_PAUSE)

    async def _tell(self, steps: Sequence[Progress], previews: Sequence[Preview] = ()) -> bool:
        """Whether it was heard; what was not is not told again, as there is more to come."""
        try:
            told = await self._link.progress(steps, previews)
        except LinkDown:
            return False
        self._obey(told, {step.task: step.attempt for step in steps})
        return True
