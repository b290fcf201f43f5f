"""What every part of the ledger that is kept in memory needs: whether it is open, and its tasks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from mezzotint.core.errors import Unavailable
from mezzotint.core.tasks import NewTask, Status, Task
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Clock


@dataclass
class Entry:
    """A task, with what only the ledger knows of it."""

    task: Task
    new: NewTask
    vstart: float
    held: float = 0.0
    not_before: float = 0.0
    refunded: int = 0
    worker: str = ""  # who runs it, or ran it last

    @property
    def waiting(self) -> bool:
        return self.task.status is Status.PENDING

    @property
    def running(self) -> bool:
        return self.task.status is Status.PROCESSING


class MemoryBase:
    """A base of `MemoryLedger`."""

    def __init__(self, clock: Clock, terms: Terms) -> None:
        self._clock, self._terms, self._closed = clock, terms, False
        self._tasks: dict[UUID, Entry] = {}

    def _open(self) -> float:
        """The time, if the ledger is open."""
        if self._closed:
            raise Unavailable("the ledger is closed")
        return self._clock.now()
