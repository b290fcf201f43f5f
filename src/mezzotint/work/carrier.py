"""A lane of the worker whose pictures others paint: no child, no model, and as many pictures at a time as providers take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

from mezzotint.core.calls import CallNote, Noted
from mezzotint.core.conditions import Condition
from mezzotint.core.errands import Errand
from mezzotint.core.errors import EngineFailure
from mezzotint.core.hooks import News
from mezzotint.core.previews import Wish
from mezzotint.leash import Leash
from mezzotint.ports import Interrupted, Upstream
from mezzotint.service.generate import Painted, PaintOrder
from mezzotint.work.link import Link, LinkDown

ENGINE = "upstream"
BACKOFF = (0.05, 0.2, 0.5, 1.0, 2.0)  # seconds between tries to have something noted
MOST_NOTES = 256  # in one request


class Notes:
    """Has calls noted: those that come together in one request, and each again until it was heard."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiting: list[tuple[CallNote, asyncio.Future[Noted]]] = []
        self._sending: asyncio.Task[None] | None = None

    async def __call__(self, note: CallNote) -> Noted:
        heard: asyncio.Future[Noted] = asyncio.get_running_loop().create_future()
        self._waiting.append((note, heard))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        return await heard

    async def _send(self) -> None:
        tries = 0
        while self._waiting:
            batch = self._waiting[:MOST_NOTES]
            try:
                noted = await self._link.calls([note for note, _ in batch])
            except LinkDown:
                await asyncio.sleep(BACKOFF[min(tries, len(BACKOFF) - 1)])
                tries += 1
                continue
            tries = 0
            del self._waiting[: len(batch)]
            for (_, heard), what in zip(batch, noted, strict=True):
                if not heard.done():
                    heard.set_result(what)


class Carrier:
    """See `service.generate.Painter`, `work.lane.Lane`."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._leashes: dict[UUID, list[Leash]] = {}
        self._ended: dict[UUID, list[CallNote]] = {}  # calls whose end is still to be told
        self._ending: EngineFailure | None = None
        self.engine = ENGINE

    @property
    def slots(self) -> int:
        return self._upstream.slots

    async def start(self) -> str:
        return self.engine

    async def paint(self, order: PaintOrder, report: Callable[[int, int], None]) -> Painted:
        leash = Leash()
        if self._ending is not None:
            raise self._ending
        errand = _errand(order)
        self._leashes.setdefault(errand.task, []).append(leash)
        try:
            delivered = await self._upstream.run(errand, report, leash)
        finally:
            self._leashes[errand.task].remove(leash)
            if not self._leashes[errand.task]:
                del self._leashes[errand.task]
        if delivered.note is not None:
            self._ended.setdefault(errand.task, []).append(delivered.note)
        return Painted(delivered.image, delivered.prompt or order.prompt, self.engine, delivered.seed)

    def ended(self, task: str) -> tuple[CallNote, ...]:
        return tuple(self._ended.pop(UUID(task), ()))

    def stop(self, task: str) -> None:
        self._pull(Interrupted(), UUID(task))

    def drain(self) -> None:
        """What waits for a provider is handed back at once, since its successor goes on with it; what is being ordered is not cut."""
        self._ending = EngineFailure("the worker was shut down", unused=True, delay=0.0)
        self._pull(self._ending, *self._leashes)

    def _pull(self, why: Exception, *tasks: UUID) -> None:
        for task in tasks:
            for leash in self._leashes.get(task, ()):
                leash.pull(why)

    def conditions(self) -> list[Condition]:
        return self._upstream.conditions()

    def hear(self, news: News) -> None:
        self._upstream.hear(news)

    def watch(self, task: str, wish: Wish, show: Callable[[bytes], None]) -> None:
        """Providers show nothing before the end."""

    def unwatch(self, task: str) -> None:
        """As `watch`."""

    async def close(self) -> None:
        await self._upstream.close()


def _errand(order: PaintOrder) -> Errand:
    claim = order.claim
    if claim is None:
        raise EngineFailure("an order without its task cannot go upstream")
    return Errand(
        task=claim.task,
        index=order.index,
        attempt=claim.attempt,
        model=order.model,
        values=claim.inputs.parameters,
        size=(order.width, order.height),
        seed=order.seed,
        format=order.format,
        pictures=order.pictures,
        calls=claim.calls,
        age=claim.age,
        hook=claim.hook,
    )
