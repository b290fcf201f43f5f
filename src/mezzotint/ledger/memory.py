"""The ledger in dictionaries: the plainest reading of the port. It ships, for tests and for trying things out; a restart forgets it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

from mezzotint.core.accounts import ApiKey, Usage
from mezzotint.core.errors import IdempotencyConflict, Refusal
from mezzotint.core.tasks import Claim, Inputs, NewTask, Outcome, Status, Task, Verdict
from mezzotint.core.webhooks import KEPT, Attempt, Delivery, Event, Message, Standing, Try, standing_after
from mezzotint.ledger.memory_files import MemoryFiles
from mezzotint.ledger.rows import CANCELED, EXPIRED, HOOKS, IDEMPOTENCY, given_up, hook_of, message_id
from mezzotint.ledger.terms import TAKEN, Terms, no_credits, not_enlisted, over_budget, queue_full, too_many_active
from mezzotint.ports import Clock, Limits, Orders, Submitted


@dataclass
class _Entry:
    """A task, with what only the ledger knows of it."""

    task: Task
    new: NewTask
    vstart: float
    held: float = 0.0
    not_before: float = 0.0
    refunded: int = 0
    worker: str | None = None
    epoch: int = 0

    @property
    def waiting(self) -> bool:
        return self.task.status is Status.PENDING

    @property
    def running(self) -> bool:
        return self.task.status is Status.PROCESSING


@dataclass
class _Owed:
    """A webhook, with what only the ledger knows of it."""

    delivery: Delivery
    account: str
    created: float
    not_before: float
    standing: Standing = Standing.PENDING
    since: int = 0  # attempts before it was last sent by hand
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


@dataclass
class _Lease:
    epoch: int
    until: float


class MemoryLedger(MemoryFiles):
    """See `ports.Ledger`."""

    def __init__(self, clock: Clock, terms: Terms | None = None) -> None:
        super().__init__(clock)
        self._terms = terms or Terms()
        self._tasks: dict[UUID, _Entry] = {}
        self._requests: dict[tuple[str, str], tuple[str, UUID, float]] = {}
        self._leases: dict[str, _Lease] = {}
        self._outbox: dict[str, _Owed] = {}
        self._keys: dict[str, ApiKey] = {}
        self._finish_of: dict[str, float] = {}
        self._virtual_clock = 0.0
        self._secret = secrets.token_bytes(32)
        self._used: dict[tuple[str, str, str, str, str], tuple[int, float]] = {}
        self._credits: dict[str, float | None] = {}
        self._spent: dict[str, float] = {}

    # Tasks

    async def submit(self, task: NewTask, limits: Limits) -> Submitted:
        now = self._open()
        name = (task.key, task.idempotency_key or "")
        request_hash, known, expires = self._requests.get(name, ("", None, 0.0))
        if task.idempotency_key is not None and known is not None and expires > now:
            if request_hash != task.request_hash:
                raise IdempotencyConflict("this Idempotency-Key came before with another request: use a new key for a new request")
            return Submitted(known, replayed=True)
        held = self._check(task, limits)
        if task.idempotency_key is not None:
            self._requests[name] = (task.request_hash, task.id, now + IDEMPOTENCY)
        vstart = max(self._virtual_clock, self._finish_of.get(task.account, 0.0))
        self._finish_of[task.account] = vstart + task.cost
        accepted = Task(task.id, task.account, task.key, task.surface, task.inputs.model, task.engine, Status.PENDING, now)
        self._tasks[task.id] = _Entry(accepted, task, vstart, held)
        return Submitted(task.id)

    async def submit_all(self, tasks: Sequence[NewTask], limits: Limits) -> list[Submitted]:
        before = dict(self._requests), dict(self._finish_of), dict(self._credits), dict(self._spent)
        try:
            return [await self.submit(task, limits) for task in tasks]
        except Refusal:
            self._requests, self._finish_of, self._credits, self._spent = before
            for task in tasks:
                self._tasks.pop(task.id, None)
            raise

    def _check(self, task: NewTask, limits: Limits) -> float:
        waiting = sum(entry.waiting for entry in self._tasks.values())
        if limits.waiting is not None and waiting >= limits.waiting:
            raise queue_full(waiting)
        active = sum(not entry.task.status.final for entry in self._tasks.values() if entry.task.key == task.key)
        if limits.active is not None and active >= limits.active:
            raise too_many_active(active)
        return self._take_price(task, limits)

    def _take_price(self, task: NewTask, limits: Limits) -> float:
        """What the account paid."""
        left, spent = self._credits.get(task.account), self._spent.get(task.key, 0.0)
        if task.price and left is not None and left < task.price:
            raise no_credits(task.price, left)
        if task.price and limits.budget is not None and spent + task.price > limits.budget:
            raise over_budget(task.price, limits.budget - spent)
        held = 0.0 if left is None else task.price
        self._take(task, held, task.price if limits.budget is not None else 0.0)
        return held

    def _take(self, task: NewTask, paid: float, spent: float) -> None:
        """A negative number gives back."""
        if (left := self._credits.get(task.account)) is not None:
            self._credits[task.account] = left - paid
        self._spent[task.key] = self._spent.get(task.key, 0.0) + spent

    async def get(self, task: UUID) -> Task | None:
        self._open()
        entry = self._tasks.get(task)
        return None if entry is None else entry.task

    async def inputs(self, task: UUID) -> Inputs | None:
        self._open()
        entry = self._tasks.get(task)
        return None if entry is None else entry.new.inputs

    async def list_of(
        self, account: str, status: Status | None, before: UUID | None, count: int, *, after: UUID | None = None, oldest: bool = False
    ) -> list[Task]:
        self._open()
        tasks = [
            entry.task
            for entry in self._tasks.values()
            if entry.task.account == account and (status is None or entry.task.status is status)
            if (before is None or entry.task.id < before) and (after is None or entry.task.id > after)
        ]
        chosen = sorted(tasks, key=lambda task: task.id, reverse=not oldest)[:count]
        return chosen[::-1] if oldest else chosen

    async def cancel(self, task: UUID, account: str) -> Task | None:
        self._open()
        entry = self._tasks.get(task)
        if entry is None or entry.task.account != account:
            return None
        if not entry.task.status.final:
            entry.task = replace(entry.task, cancel_requested=True)
        if entry.waiting:
            self._end(entry, CANCELED)
        return entry.task

    # Queue

    async def enlist(self, worker: str) -> int:
        until = self._open() + self._terms.lease
        epoch = self._leases[worker].epoch + 1 if worker in self._leases else 1
        self._leases[worker] = _Lease(epoch, until)
        for entry in self._tasks.values():
            if entry.running and entry.worker == worker and entry.epoch < epoch:
                self._abandon(entry)
        return epoch

    def _renewed(self, worker: str, epoch: int) -> bool:
        lease = self._leases.get(worker)
        if lease is None or lease.epoch != epoch:
            return False
        lease.until = self._clock.now() + self._terms.lease
        return True

    async def claim(self, worker: str, epoch: int, engines: Collection[str], count: int, held: Collection[tuple[UUID, int]] | None = None) -> list[Claim]:
        now = self._open()
        if not self._renewed(worker, epoch):
            raise not_enlisted(worker, epoch)
        if held is not None:
            self._offer_missed(worker, epoch, held)
        ready = [entry for entry in self._tasks.values() if entry.waiting and entry.not_before <= now and entry.task.engine in engines]
        ready.sort(key=lambda entry: (entry.new.priority, entry.vstart, entry.task.id))
        return [self._claimed(entry, worker, epoch, now) for entry in ready[:count]]

    def _offer_missed(self, worker: str, epoch: int, held: Collection[tuple[UUID, int]]) -> None:
        given = [entry for entry in self._tasks.values() if entry.running and (entry.worker, entry.epoch) == (worker, epoch)]
        for entry in given:
            if (entry.task.id, entry.task.attempt) not in held:
                self._abandon(entry)

    def _claimed(self, entry: _Entry, worker: str, epoch: int, now: float) -> Claim:
        self._virtual_clock = max(self._virtual_clock, entry.vstart)
        entry.worker, entry.epoch = worker, epoch
        entry.task = replace(entry.task, status=Status.PROCESSING, attempt=entry.task.attempt + 1, started=entry.task.started or now)
        if entry.task.attempt == 1:
            self._owe(entry, Event.START)
        return Claim(entry.task.id, entry.task.attempt, entry.new.inputs, entry.task.created)

    async def beat(self, worker: str, epoch: int, held: Sequence[tuple[UUID, int]]) -> Orders:
        self._open()
        if not self._renewed(worker, epoch):
            return Orders(lost=tuple(task for task, _ in held))
        owned = {
            (entry.task.id, entry.task.attempt): entry.task.cancel_requested
            for entry in self._tasks.values()
            if entry.running and entry.worker == worker and entry.epoch == epoch
        }
        return Orders(
            canceled=tuple(task for task, attempt in held if owned.get((task, attempt))),
            lost=tuple(task for task, attempt in held if (task, attempt) not in owned),
        )

    async def settle(self, verdicts: Sequence[Verdict]) -> list[bool]:
        self._open()
        return [self._settle(verdict) for verdict in verdicts]

    def _settle(self, verdict: Verdict) -> bool:
        entry = self._tasks.get(verdict.task)
        if entry is None or entry.task.attempt != verdict.attempt or entry.task.status.final:
            return False
        if entry.task.cancel_requested:
            self._end(entry, CANCELED)
            return verdict.outcome is not None and verdict.outcome.status is Status.CANCELED
        if verdict.outcome is not None:
            self._end(entry, verdict.outcome)
        elif self._used_up(entry) and not verdict.refund:
            self._end(entry, Outcome(Status.ERROR, code="engine_failed", message=verdict.message or given_up(verdict.attempt).message))
        elif entry.running:
            entry.refunded += verdict.refund
            self._requeue(entry, self._clock.now() + verdict.delay)
        return True

    def _used_up(self, entry: _Entry) -> bool:
        return entry.task.attempt - entry.refunded >= self._terms.attempts

    async def reap(self) -> int:
        now = self._open()
        lapsed = [entry for entry in self._tasks.values() if entry.running and self._lease_over(entry, now)]
        for entry in lapsed:
            self._abandon(entry)
        overdue = [entry for entry in self._tasks.values() if not entry.task.status.final and entry.new.deadline is not None and entry.new.deadline <= now]
        for entry in overdue:
            self._end(entry, EXPIRED)
        return len(lapsed) + len(overdue)

    def _lease_over(self, entry: _Entry, now: float) -> bool:
        lease = self._leases.get(entry.worker or "")
        return lease is None or lease.epoch != entry.epoch or lease.until <= now

    def _abandon(self, entry: _Entry) -> None:
        if entry.task.cancel_requested:
            self._end(entry, CANCELED)
        elif self._used_up(entry):
            self._end(entry, given_up(entry.task.attempt))
        else:
            self._requeue(entry, 0.0)

    @staticmethod
    def _requeue(entry: _Entry, not_before: float) -> None:
        entry.worker, entry.not_before = None, not_before
        entry.task = replace(entry.task, status=Status.PENDING)

    def _end(self, entry: _Entry, outcome: Outcome) -> None:
        now, ready = self._clock.now(), outcome.status is Status.READY
        kept = (now + self._terms.keep_images if self._terms.keep_images else None) if ready else now
        entry.worker = None
        entry.task = replace(entry.task, status=outcome.status, finished=now, outcome=outcome, images_until=kept)
        if ready:
            self._note_use(entry, now)
        else:
            has_budget = any(key.id == entry.task.key and key.budget is not None for key in self._keys.values())
            self._take(entry.new, -entry.held, -entry.new.price if has_budget else 0.0)
        if ready:
            self._owe(entry, Event.OUTPUT)
        self._owe(entry, Event.COMPLETED)

    def _owe(self, entry: _Entry, event: Event) -> None:
        """Where it was asked for."""
        if not hook_of(entry.new.inputs) & HOOKS[event]:
            return
        now, message = self._clock.now(), message_id(entry.task.id, event)
        if message in self._outbox:
            raise AssertionError(f"{entry.task.id} told {event.value} twice")
        self._outbox[message] = _Owed(Delivery(message, entry.task.id, 0, event), entry.task.account, now, now)

    def _note_use(self, entry: _Entry, now: float) -> None:
        day = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%d")
        name = (entry.task.account, day, entry.task.key, entry.task.model, entry.new.label)
        tasks, spent = self._used.get(name, (0, 0.0))
        self._used[name] = tasks + 1, spent + entry.new.price

    # Outbox

    async def due(self, count: int) -> list[Delivery]:
        now = self._open()
        ready = [entry for entry in self._outbox.values() if not entry.settled and entry.not_before <= now and not self._comes_later(entry.delivery)]
        owed = sorted(ready, key=lambda entry: entry.not_before)
        for entry in owed[:count]:
            entry.not_before = now + TAKEN
        return [entry.delivery for entry in owed[:count]]

    def _comes_later(self, delivery: Delivery) -> bool:
        """Whether an earlier event of the same task is still owed."""
        earlier = (self._outbox.get(message_id(delivery.task, event)) for event in Event if event.value > delivery.event.value)
        return any(entry is not None and not entry.settled for entry in earlier)

    async def record(self, delivery: Delivery, attempt: Attempt, jitter: float) -> Standing:
        now = self._open()
        entry = self._outbox[delivery.id]
        number = entry.delivery.attempt + 1
        entry.delivery = replace(entry.delivery, attempt=number)
        entry.tries = [*entry.tries, Try(number, now, attempt.status, attempt.note, attempt.ms)][-KEPT:]
        standing, delay = standing_after(delivery.event, attempt, number - entry.since, jitter)
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
        entry.standing, entry.since, entry.not_before = Standing.PENDING, entry.delivery.attempt, now
        return True

    # Keys

    async def find_key(self, digest: str) -> ApiKey | None:
        self._open()
        return None if digest not in self._keys else self._with_spent(self._keys[digest])

    def _with_spent(self, key: ApiKey) -> ApiKey:
        return replace(key, spent=self._spent.get(key.id, 0.0))

    async def add_key(self, key: ApiKey, digest: str) -> None:
        self._open()
        self._keys[digest] = key

    async def revoke_key(self, key_id: str) -> bool:
        self._open()
        for digest, key in self._keys.items():
            if key.id == key_id:
                self._keys[digest] = replace(key, revoked=True)
                return True
        return False

    async def expire_key(self, key_id: str, at: float) -> bool:
        self._open()
        for digest, key in self._keys.items():
            if key.id == key_id:
                self._keys[digest] = replace(key, expires=at if key.expires is None else min(at, key.expires))
                return True
        return False

    async def credits_of(self, account: str) -> float | None:
        self._open()
        return self._credits.get(account)

    async def set_credits(self, account: str, left: float | None) -> None:
        self._open()
        self._credits[account] = left

    async def usage_of(self, account: str, first: str, last: str) -> list[Usage]:
        self._open()
        return [
            Usage(key, model, day, label, tasks, spent)
            for (owner, day, key, model, label), (tasks, spent) in sorted(self._used.items())
            if owner == account and first <= day <= last
        ]

    async def keys_of(self, account: str | None) -> list[ApiKey]:
        self._open()
        return sorted((self._with_spent(key) for key in self._keys.values() if account in (None, key.account)), key=lambda key: (key.created, key.id))

    # Shelf

    async def spent(self, count: int) -> list[UUID]:
        now = self._open()
        spent = [entry.task for entry in self._tasks.values() if entry.task.images_until is not None and 0 < entry.task.images_until <= now]
        return [task.id for task in sorted(spent, key=lambda task: task.images_until or 0)][:count]

    async def emptied(self, tasks: Sequence[UUID]) -> None:
        self._open()
        for task in tasks:
            self._tasks[task].task = replace(self._tasks[task].task, images_until=0.0)

    async def tidy(self) -> int:
        now = self._open()
        self._requests = {name: request for name, request in self._requests.items() if request[2] > now}
        if not self._terms.keep_tasks:
            return 0
        owed = {entry.delivery.task for entry in self._outbox.values() if not entry.settled}
        old = [
            task
            for task, entry in self._tasks.items()
            if entry.task.images_until == 0.0 and entry.task.created < now - self._terms.keep_tasks and task not in owed
        ]
        for task in old:
            del self._tasks[task]
            for event in Event:
                self._outbox.pop(message_id(task, event), None)
        return len(old)

    # the rest of `ports.Ledger`

    async def secret(self) -> bytes:
        return self._secret

    async def waiting(self) -> int:
        return sum(entry.waiting for entry in self._tasks.values())

    async def check(self) -> dict[str, Any]:
        now = self._open()
        workers = sum(lease.until > now for lease in self._leases.values())
        return {"kind": "memory", "waiting": await self.waiting(), "workers": workers, "durable": False}

    async def close(self) -> None:
        self._closed = True
