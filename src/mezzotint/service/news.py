"""What providers said of orders that are under way, until their worker hears of it. In memory: what is lost costs time, as it is polled all
the same."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from mezzotint.core.hooks import News

MOST = 10_000  # tasks whose worker has not come to hear it
MOST_OF_ONE = 100  # orders of one task


class NewsBoard:
    def __init__(self) -> None:
        self._news: dict[UUID, dict[News, None]] = {}

    def note(self, news: News) -> None:
        """What is said twice before it is heard is said once."""
        known = self._news.setdefault(news.task, {})
        if len(known) < MOST_OF_ONE:
            known[news] = None
        if len(self._news) > MOST:
            del self._news[next(iter(self._news))]

    def take(self, tasks: Iterable[UUID]) -> list[News]:
        """Of these tasks, and only once."""
        return [news for task in tasks for news in self._news.pop(task, ())] if self._news else []

    def ended(self, task: UUID) -> None:
        self._news.pop(task, None)
