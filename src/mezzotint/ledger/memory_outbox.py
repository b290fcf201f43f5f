"""Webhooks owed, in the ledger that is kept in memory: the part of it that answers `ports.Outbox`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mezzotint.core.webhooks import KEPT, Attempt, Delivery, Event, Message, Standing, Try, standing_after
from mezzotint.ledger.memory_base import Entry, MemoryBase
from mezzotint.ledger.rows import HOOKS, hook_of, message_id
from mezzotint.ledger.terms import TAKEN, Terms, forgotten
from mezzotint.ports import Clock


@dataclass
class _Owed:
    """A webhook, with what only the ledger knows of it."""

    delivery: Delivery
    account: str
    created: float
    not_before: float
    standing: Standing = Standing.PENDING
    since: int = 0  # attempts before it was last sent by hand
    taken: bool = False  # a sender has it
    tries: list[Try] = field(default_factory=list)

    @property
    def settled(self) -> bool:
        return self.standing is not Standing.PENDING

    def message(self, tries: int) -> Message:
        """With so many of the last tries."""
        next_at = None if self.settled else self.not_before
        return Message(
            self.delivery.id, self.delivery.task, self.delivery.event, self.standing, self.delivery.attempt, self.created, next_at, tuple(self.tries[-tries:])
        )


class MemoryOutbox(MemoryBase):
    """A base of `MemoryLedger`."""

    def __init__(self, clock: Clock, terms: Terms) -> None:
        super().__init__(clock, terms)
        self._outbox: dict[str, _Owed] = {}

    def _owe(self, entry: Entry, event: Event) -> None:
        """Where it was asked for."""
        if not hook_of(entry.new.inputs) & HOOKS[event]:
            return
        now, message = self._clock.now(), message_id(entry.task.id, event)
        self._outbox[message] = _Owed(Delivery(message, entry.task.id, 0, event), entry.task.account, now, now)

    async def due(self, count: int) -> list[Delivery]:
        now = self._open()
        ready = [entry for entry in self._outbox.values() if not entry.settled and entry.not_before <= now and not self._comes_later(entry.delivery)]
        owed = sorted(ready, key=lambda entry: entry.not_before)
        for entry in owed[:count]:
            entry.not_before, entry.taken = now + TAKEN, True
        return [entry.delivery for entry in owed[:count]]

    async def next_due(self) -> float | None:
        now = self._open()
        return min((entry.not_before - now for entry in self._outbox.values() if not entry.settled and entry.not_before > now), default=None)

    async def take_back(self) -> int:
        now = self._open()
        lost = [entry for entry in self._outbox.values() if entry.taken]
        for entry in lost:  # before all that came due meanwhile
            entry.not_before, entry.taken = min(entry.created, now), False
        return len(lost)

    async def put_off(self, delivery: Delivery, seconds: float) -> None:
        now = self._open()
        entry = self._outbox.get(delivery.id)
        if entry is not None and entry.taken:
            entry.not_before, entry.taken = now + seconds, False

    def _comes_later(self, delivery: Delivery) -> bool:
        """Whether an earlier event of the same task is still owed."""
        earlier = (self._outbox.get(message_id(delivery.task, event)) for event in Event if event.value > delivery.event.value)
        return any(entry is not None and not entry.settled for entry in earlier)

    async def record(self, delivery: Delivery, attempt: Attempt, jitter: float) -> Standing:
        now = self._open()
        entry = self._outbox.get(delivery.id)
        if entry is None:
            return forgotten(attempt)
        number = entry.delivery.attempt + 1
        entry.delivery, entry.taken = replace(entry.delivery, attempt=number), False
        entry.tries = [*entry.tries, Try(number, now, attempt.status, attempt.note, attempt.ms)][-KEPT:]
        standing, delay = standing_after(delivery.event, attempt, number - entry.since, jitter, self._terms.webhook_delays)
        if not entry.settled or standing is Standing.DELIVERED:  # else another sender settled it while this one dragged on
            entry.standing, entry.not_before = standing, now + delay
        return entry.standing

    async def messages_of(self, account: str, standing: Standing | None, before: str | None, count: int) -> list[Message]:
        self._open()
        own = [
            entry.message(1)
            for name, entry in self._outbox.items()
            if entry.account == account and standing in (None, entry.standing) and (before is None or name < before)
        ]
        return sorted(own, key=lambda message: message.id, reverse=True)[:count]

    async def message(self, message: str, account: str) -> Message | None:
        self._open()
        entry = self._outbox.get(message)
        return entry.message(KEPT) if entry is not None and entry.account == account else None

    async def resend(self, message: str, account: str) -> bool:
        now = self._open()
        entry = self._outbox.get(message)
        if entry is None or entry.account != account:
            return False
        entry.standing, entry.since, entry.not_before, entry.taken = Standing.PENDING, entry.delivery.attempt, now, False
        return True
