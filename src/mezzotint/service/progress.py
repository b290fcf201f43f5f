"""How far running tasks are. Kept in memory by the process that is told; a restart forgets it, and the worker tells again."""

from __future__ import annotations

from uuid import UUID

from mezzotint.core.tasks import Progress

MOST = 10_000  # tasks that are known; of those that were taken from a lost worker nobody says that they ended


class ProgressBoard:
    """The last word on each running task, and how long pictures took lately."""

    def __init__(self) -> None:
        self._latest: dict[UUID, Progress] = {}
        self.seconds_per_task = 0.0  # a moving average, 0 before the first

    def note(self, progress: Progress) -> None:
        known = self._latest.get(progress.task)
        if known is None or (known.attempt, known.step) <= (progress.attempt, progress.step):
            self._latest.pop(progress.task, None)
            self._latest[progress.task] = progress
            if len(self._latest) > MOST:
                del self._latest[next(iter(self._latest))]

    def of(self, task: UUID) -> Progress | None:
        return self._latest.get(task)

    def ended(self, task: UUID, seconds: float | None) -> None:
        """`seconds` is how long painting took, None where nothing was painted."""
        self._latest.pop(task, None)
        if seconds is not None:
            self.seconds_per_task = seconds if not self.seconds_per_task else 0.8 * self.seconds_per_task + 0.2 * seconds
