"""Who watches which task become, and what there is to see. In memory, of the process that is asked; nothing of it is ever stored.

What nobody watches is not made, and what comes of it all the same is not kept. So at most one preview is held for each watcher.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from mezzotint.core.previews import Preview, Wish, joined, sound
from mezzotint.core.tasks import Status, Task


class PreviewBoard:
    """The watchers of running tasks, and the latest preview of each task that is watched."""

    def __init__(self) -> None:
        self._wishes: dict[UUID, list[Wish]] = {}
        self._latest: dict[UUID, Preview] = {}

    @contextmanager
    def watching(self, task: UUID, wish: Wish) -> Iterator[None]:
        self._wishes.setdefault(task, []).append(wish)
        try:
            yield
        finally:
            self._wishes[task].remove(wish)
            if not self._wishes[task]:
                del self._wishes[task]
                self._latest.pop(task, None)

    def wishes(self, tasks: Iterable[UUID]) -> dict[UUID, Wish]:
        """Of those among the tasks that somebody watches."""
        if not self._wishes:
            return {}  # as nearly always
        return {task: joined(self._wishes[task]) for task in tasks if task in self._wishes}

    def show(self, preview: Preview) -> None:
        """Keeps it unless nobody watches, a later one is known, or it is none that may be passed on."""
        known = self._latest.get(preview.task)
        if preview.task not in self._wishes or not sound(preview.image):
            return
        if known is None or (known.attempt, known.step) < (preview.attempt, preview.step):
            self._latest[preview.task] = preview

    def of(self, task: Task) -> Preview | None:
        """How it looks in its present attempt; nothing of a task that is to be canceled."""
        preview = self._latest.get(task.id)
        shown = preview is not None and preview.attempt == task.attempt and task.status is Status.PROCESSING and not task.cancel_requested
        return preview if shown else None

    def ended(self, task: UUID) -> None:
        self._latest.pop(task, None)
