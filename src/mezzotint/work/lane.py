"""What paints for a worker, as the worker handles it, and a task in its hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mezzotint.core.calls import CallNote
from mezzotint.core.conditions import Condition
from mezzotint.core.hooks import News
from mezzotint.core.previews import Wish
from mezzotint.core.tasks import Claim, Progress
from mezzotint.service.generate import Painter
from mezzotint.work.pace import Course


class Lane(Painter, Protocol):
    """An engine child, or a carrier."""

    async def start(self) -> str: ...

    def ended(self, task: str) -> tuple[CallNote, ...]:
        """How calls of providers for the task ended, where that was not told yet; each once."""
        ...

    def stop(self, task: str) -> None: ...

    def drain(self) -> None:
        """Nothing comes any more, and what need not be waited for is handed back."""
        ...

    def conditions(self) -> Sequence[Condition]: ...

    def hear(self, news: News) -> None:
        """A provider said that it has something for an order of a task that is painted here."""
        ...

    def watch(self, task: str, wish: Wish, show: Callable[[bytes], None]) -> None: ...

    def unwatch(self, task: str) -> None: ...

    async def close(self) -> None: ...


@dataclass
class Held:
    """A claim in hand."""

    claim: Claim
    lane: Lane | None = None  # that paints it now
    step: Progress | None = None
    told: Progress | None = None
    wish: Wish | None = None  # of those who watch it
    canceled: bool = False
    lost: bool = False
    seconds: float = 0.0  # that painting took
    calls: tuple[CallNote, ...] = ()  # that ended
    course: Course = field(default_factory=Course)
