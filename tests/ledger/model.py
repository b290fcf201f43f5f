"""What a ledger should do, said as plainly as can be: a reference model that real ledgers are held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from mezzotint.core.tasks import Status
from mezzotint.core.webhooks import GONE, Event, Standing
from mezzotint.ledger.rows import message_id
from mezzotint.ledger.terms import TAKEN, Terms

TERMS = Terms(lease=15, attempts=3, keep_images=100, keep_tasks=1000, webhook_delays=(5.0, 30.0))
ORDER = (Event.START, Event.OUTPUT, Event.COMPLETED)
DAY = 86_400.0


@dataclass
class Known:
    """A task."""

    account: str
    key: str
    created: float
    vstart: float
    priority: int = 0
    events: tuple[Event, ...] = ()
    deadline: float | None = None
    price: float = 0.0
    held: float = 0.0
    budgeted: bool = False
    status: Status = Status.PENDING
    attempt: int = 0
    refunded: int = 0
    holder: tuple[str, int] | None = None
    canceled: bool = False
    not_before: float = 0.0
    images_until: float | None = None
    emptied: bool = False


@dataclass
class Owed:
    """A webhook."""

    task: UUID
    event: Event
    account: str
    created: float
    not_before: float
    standing: Standing = Standing.PENDING
    attempts: int = 0
    since: int = 0
    taken: bool = False


@dataclass
class Uploaded:
    account: str
    size: int
    expires: float


@dataclass
class Model:
    tasks: dict[UUID, Known] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    leases: dict[str, float] = field(default_factory=dict)
    requests: dict[tuple[str, str], tuple[str, UUID, float]] = field(default_factory=dict)
    outbox: dict[str, Owed] = field(default_factory=dict)
    files: dict[UUID, Uploaded] = field(default_factory=dict)
    credits: dict[str, float | None] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    used: dict[tuple[str, int, str], tuple[int, float]] = field(default_factory=dict)
    finish: dict[str, float] = field(default_factory=dict)
    clock: float = 0.0  # virtual: the latest start among all that began

    # tasks

    @property
    def waiting(self) -> int:
        return sum(known.status is Status.PENDING for known in self.tasks.values())

    def active(self, key: str) -> int:
        return sum(not known.status.final for known in self.tasks.values() if known.key == key)

    def turn(self, key: str) -> float:
        start = max(self.clock, self.finish.get(key, 0.0))
        self.finish[key] = start + 1.0
        return start

    def pay(self, account: str, key: str, price: float, *, budgeted: bool) -> float:
        """What the account paid."""
        left = self.credits.get(account)
        if budgeted:
            self.spent[key] = self.spent.get(key, 0.0) + price
        if left is None:
            return 0.0
        self.credits[account] = left - price
        return price

    def end(self, task: UUID, status: Status, now: float) -> None:
        known = self.tasks[task]
        assert not known.status.final
        known.status, known.holder = status, None
        known.images_until = now + TERMS.keep_images if status is Status.READY else now
        if status is Status.READY:
            use = known.account, int(now // DAY), known.key
            tasks, cost = self.used.get(use, (0, 0.0))
            self.used[use] = tasks + 1, cost + known.price
            self.owe(task, Event.OUTPUT, now)
        else:
            if (left := self.credits.get(known.account)) is not None:
                self.credits[known.account] = left + known.held
            if known.budgeted:
                self.spent[known.key] -= known.price
        self.owe(task, Event.COMPLETED, now)

    def abandon(self, task: UUID, now: float) -> None:
        known = self.tasks[task]
        if known.canceled:
            self.end(task, Status.CANCELED, now)
        elif known.attempt - known.refunded >= TERMS.attempts:
            self.end(task, Status.ERROR, now)
        else:
            known.status, known.holder, known.not_before = Status.PENDING, None, 0.0

    def next_up(self, now: float, count: int) -> list[UUID]:
        ready = [(known.priority, known.vstart, task) for task, known in self.tasks.items() if known.status is Status.PENDING and known.not_before <= now]
        return [task for _, _, task in sorted(ready)[:count]]

    def begin(self, task: UUID, worker: str, now: float) -> None:
        known = self.tasks[task]
        known.status, known.attempt, known.holder = Status.PROCESSING, known.attempt + 1, (worker, self.epochs[worker])
        self.clock = max(self.clock, known.vstart)
        if known.attempt == 1:
            self.owe(task, Event.START, now)

    # webhooks

    def owe(self, task: UUID, event: Event, now: float) -> None:
        if event in self.tasks[task].events:
            self.outbox[message_id(task, event)] = Owed(task, event, self.tasks[task].account, now, now)

    def due(self, now: float) -> dict[str, Owed]:
        """Of each task only the first event that is still owed."""
        pending = {name: owed for name, owed in self.outbox.items() if owed.standing is Standing.PENDING}
        first: dict[UUID, int] = {}
        for owed in pending.values():
            first[owed.task] = min(first.get(owed.task, len(ORDER)), ORDER.index(owed.event))
        return {name: owed for name, owed in pending.items() if owed.not_before <= now and ORDER.index(owed.event) == first[owed.task]}

    def take(self, name: str, now: float) -> None:
        self.outbox[name].not_before, self.outbox[name].taken = now + TAKEN, True

    def record(self, name: str, status: int | None, now: float) -> Standing:
        delivered = status is not None and 200 <= status < 300
        owed = self.outbox.get(name)
        if owed is None:
            return Standing.DELIVERED if delivered else Standing.FAILED
        owed.attempts += 1
        owed.taken = False
        tried = owed.attempts - owed.since
        if delivered:
            owed.standing = Standing.DELIVERED
        elif owed.standing is Standing.PENDING and (status == GONE or owed.event is not Event.COMPLETED or tried > len(TERMS.webhook_delays)):
            owed.standing = Standing.FAILED
        elif owed.standing is Standing.PENDING:
            owed.not_before = now + TERMS.webhook_delays[tried - 1]
        return owed.standing

    # what is kept

    def room_taken(self, account: str, now: float) -> int:
        return sum(file.size for file in self.files.values() if file.account == account and file.expires > now)

    def spent_tasks(self, now: float) -> set[UUID]:
        return {task for task, known in self.tasks.items() if known.images_until is not None and not known.emptied and known.images_until <= now}

    def forget(self, now: float) -> int:
        self.requests = {name: request for name, request in self.requests.items() if request[2] > now}
        owing = {owed.task for owed in self.outbox.values() if owed.standing is Standing.PENDING}
        old = [task for task, known in self.tasks.items() if known.emptied and known.created < now - TERMS.keep_tasks and task not in owing]
        for task in old:
            del self.tasks[task]
        self.outbox = {name: owed for name, owed in self.outbox.items() if owed.task not in old}
        return len(old)
