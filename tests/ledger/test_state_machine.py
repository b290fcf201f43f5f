"""Whatever order things happen in, a ledger agrees with a plain model of what it should do: Hypothesis tries the orders."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from mezzotint.core.errors import IdempotencyConflict, NotEnlisted, TooManyRequests
from mezzotint.core.tasks import Claim, Outcome, Status, Verdict
from mezzotint.core.webhooks import Attempt, Delivery
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Ledger, Limits
from tests.clocks import HandClock
from tests.tasks import a_task, ready

Result = TypeVar("Result")
TERMS = Terms(lease=15, attempts=3)
ACCOUNTS = st.sampled_from(["a", "b", "c"])
WORKERS = st.sampled_from(["w1", "w2"])
ENDS = st.sampled_from([ready(), Outcome(Status.ERROR, code="engine_failed", message="no"), Outcome(Status.CONTENT_MODERATED, reasons=("x",))])


@dataclass
class Known:
    """What the model knows of a task."""

    account: str
    status: Status = Status.PENDING
    attempt: int = 0
    refunded: int = 0
    holder: tuple[str, int] | None = None
    canceled: bool = False
    hook: bool = False
    not_before: float = 0.0
    deadline: float | None = None


@dataclass
class Model:
    tasks: dict[UUID, Known] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    leases: dict[str, float] = field(default_factory=dict)
    requests: dict[tuple[str, str], tuple[str, UUID]] = field(default_factory=dict)
    owed: set[UUID] = field(default_factory=set)

    def end(self, task: UUID, status: Status) -> None:
        known = self.tasks[task]
        assert not known.status.final
        known.status, known.holder = status, None
        if known.hook:
            self.owed.add(task)

    def abandon(self, task: UUID) -> None:
        known = self.tasks[task]
        if known.canceled:
            self.end(task, Status.CANCELED)
        elif known.attempt - known.refunded >= TERMS.attempts:
            self.end(task, Status.ERROR)
        else:
            known.status, known.holder, known.not_before = Status.PENDING, None, 0.0


class LedgerMachine(RuleBasedStateMachine):
    """Every rule does the same to the ledger and to the model; the invariants compare them."""

    claims: Bundle[Claim] = Bundle("claims")
    deliveries: Bundle[Delivery] = Bundle("deliveries")
    tasks: Bundle[UUID] = Bundle("tasks")

    def open_ledger(self) -> Ledger:
        raise NotImplementedError

    def run(self, waited: Coroutine[Any, Any, Result]) -> Result:
        return self.loop.run_until_complete(waited)

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = HandClock()
        self.model = Model()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = self.open_ledger()

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.run(self.ledger.close())
            self.loop.close()
            self.folder.cleanup()

    @rule(
        target=tasks,
        account=ACCOUNTS,
        hook=st.booleans(),
        key=st.sampled_from([None, "k1", "k2"]),
        body=st.sampled_from(["x", "y"]),
        deadline=st.sampled_from([None, 5.0, 60.0]),
    )
    def submit(self, account: str, hook: bool, key: str | None, body: str, deadline: float | None) -> Any:
        end = None if deadline is None else self.clock.now() + deadline
        task = a_task(account=account, key=account, idempotency_key=key, request_hash=body, webhook_url="https://x.example/" if hook else None, deadline=end)
        known = self.model.requests.get((account, key or ""))
        waiting = sum(each.status is Status.PENDING for each in self.model.tasks.values())
        try:
            submitted = self.run(self.ledger.submit(task, Limits(waiting=12)))
        except TooManyRequests:
            assert waiting >= 12
            return multiple()
        except IdempotencyConflict:
            assert known is not None
            assert known[0] != body
            return multiple()
        if key is not None and known is not None:
            assert (submitted.task, submitted.replayed, known[0]) == (known[1], True, body)
            return multiple()
        assert waiting < 12
        assert (submitted.task, submitted.replayed) == (task.id, False)
        self.model.tasks[task.id] = Known(account, hook=hook, deadline=end)
        if key is not None:
            self.model.requests[account, key] = (body, task.id)
        return task.id

    @rule(worker=WORKERS)
    def enlist(self, worker: str) -> None:
        epoch = self.run(self.ledger.enlist(worker))
        assert epoch == self.model.epochs.get(worker, 0) + 1
        self.model.epochs[worker], self.model.leases[worker] = epoch, self.clock.now() + TERMS.lease
        for task, known in self.model.tasks.items():
            if known.holder is not None and known.holder[0] == worker:
                self.model.abandon(task)

    @rule(target=claims, worker=WORKERS, count=st.integers(1, 4), stale=st.booleans())
    def claim(self, worker: str, count: int, stale: bool) -> Any:
        epoch = self.model.epochs.get(worker, 0) - stale
        try:
            claims = self.run(self.ledger.claim(worker, epoch, ["stub"], count))
        except NotEnlisted:
            assert stale or worker not in self.model.epochs
            return multiple()
        assert not stale
        self.model.leases[worker] = self.clock.now() + TERMS.lease
        claimable = [known for known in self.model.tasks.values() if known.status is Status.PENDING and known.not_before <= self.clock.now()]
        assert len(claims) == min(count, len(claimable))
        for claim in claims:
            known = self.model.tasks[claim.task]
            assert known.status is Status.PENDING
            known.status, known.attempt, known.holder = Status.PROCESSING, known.attempt + 1, (worker, epoch)
            assert claim.attempt == known.attempt
        return multiple(*claims)

    @rule(worker=WORKERS, claim=claims)
    def beat(self, worker: str, claim: Claim) -> None:
        epoch = self.model.epochs.get(worker, 0)
        orders = self.run(self.ledger.beat(worker, epoch, [(claim.task, claim.attempt)]))
        known = self.model.tasks[claim.task]
        if worker in self.model.epochs:
            self.model.leases[worker] = self.clock.now() + TERMS.lease
        holds = known.status is Status.PROCESSING and known.attempt == claim.attempt and known.holder == (worker, epoch)
        assert (claim.task in orders.lost) == (not holds)
        assert (claim.task in orders.canceled) == (holds and known.canceled)

    @rule(claim=claims, outcome=ENDS)
    def finish(self, claim: Claim, outcome: Outcome) -> None:
        known = self.model.tasks[claim.task]
        title = not known.status.final and known.attempt == claim.attempt
        [accepted] = self.run(self.ledger.settle([Verdict(claim.task, claim.attempt, outcome)]))
        assert accepted == (title and not known.canceled)
        if title:
            self.model.end(claim.task, Status.CANCELED if known.canceled else outcome.status)

    @rule(claim=claims, refund=st.booleans(), delay=st.sampled_from([0.0, 3.0]))
    def hand_back(self, claim: Claim, refund: bool, delay: float) -> None:
        known = self.model.tasks[claim.task]
        title = not known.status.final and known.attempt == claim.attempt
        [accepted] = self.run(self.ledger.settle([Verdict(claim.task, claim.attempt, None, "later", delay, refund)]))
        assert accepted == (title and not known.canceled)
        if not title:
            return
        if known.canceled:
            self.model.end(claim.task, Status.CANCELED)
        elif known.attempt - known.refunded >= TERMS.attempts and not refund:
            self.model.end(claim.task, Status.ERROR)
        elif known.status is Status.PROCESSING:
            known.refunded += refund
            known.status, known.holder, known.not_before = Status.PENDING, None, self.clock.now() + delay

    @rule(task=tasks, account=ACCOUNTS)
    def cancel(self, task: UUID, account: str) -> None:
        known = self.model.tasks[task]
        found = self.run(self.ledger.cancel(task, account))
        assert (found is None) == (known.account != account)
        if found is None:
            return
        if known.status is Status.PENDING:
            self.model.end(task, Status.CANCELED)
        elif known.status is Status.PROCESSING:
            known.canceled = True
        assert found.status is known.status

    @rule(seconds=st.sampled_from([0.5, 4.0, 16.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def reap(self) -> None:
        self.run(self.ledger.reap())
        now = self.clock.now()
        for task, known in self.model.tasks.items():
            if known.holder is not None:
                worker, epoch = known.holder
                if self.model.epochs[worker] != epoch or self.model.leases[worker] <= now:
                    self.model.abandon(task)
        for task, known in self.model.tasks.items():
            if not known.status.final and known.deadline is not None and known.deadline <= now:
                self.model.end(task, Status.EXPIRED)

    @rule(target=deliveries)
    def take_deliveries(self) -> Any:
        return multiple(*self.run(self.ledger.due(3)))

    @rule(delivery=consumes(deliveries), status=st.sampled_from([200, 500, 410, None]))
    def deliver(self, delivery: Delivery, status: int | None) -> None:
        self.run(self.ledger.record(delivery, Attempt(status), 0.0))

    @rule()
    def restart(self) -> None:
        """Only where there is something to come back to."""

    @invariant()
    def every_task_is_as_the_model_says(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for task, known in self.model.tasks.items():
            found = self.run(self.ledger.get(task))
            assert found is not None
            assert (found.status, found.attempt, found.account) == (known.status, known.attempt, known.account)
            assert (found.outcome is not None) == known.status.final
        waiting = sum(known.status is Status.PENDING for known in self.model.tasks.values())
        assert self.run(self.ledger.waiting()) == waiting


class MemoryMachine(LedgerMachine):
    def open_ledger(self) -> Ledger:
        return MemoryLedger(self.clock, TERMS)


class SqliteMachine(LedgerMachine):
    def open_ledger(self) -> Ledger:
        return SqliteLedger(Path(self.folder.name) / "ledger.db", self.clock, TERMS)

    @rule()
    def restart(self) -> None:
        """A new process on the same file: everything is as it was, and nobody is expired for one lease."""
        self.run(self.ledger.close())
        self.ledger = self.open_ledger()
        for worker in self.model.leases:
            self.model.leases[worker] = max(self.model.leases[worker], self.clock.now() + TERMS.lease)

    @invariant()
    def webhooks_owed_are_one_for_each_end(self) -> None:
        if not hasattr(self, "ledger"):
            return
        from mezzotint.ledger.sqlite_connections import open_connection

        connection = open_connection(Path(self.folder.name) / "ledger.db", read_only=True)
        owed = [UUID(bytes=row[0]) for row in connection.execute("SELECT task FROM outbox")]
        connection.close()
        assert len(owed) == len(set(owed))
        assert set(owed) == self.model.owed


MANY = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
FEWER = settings(MANY, max_examples=40)


class TestMemory(MemoryMachine.TestCase):  # type: ignore[misc,valid-type]
    settings = MANY


class TestSqlite(SqliteMachine.TestCase):  # type: ignore[misc,valid-type]
    settings = FEWER
