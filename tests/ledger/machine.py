"""Every operation of a ledger as a rule of a Hypothesis machine: it is done to the ledger and to the model, and both must agree."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from mezzotint.core.accounts import ApiKey
from mezzotint.core.errors import BodyTooLarge, IdempotencyConflict, NotEnlisted, PaymentRequired, TooManyRequests
from mezzotint.core.files import File
from mezzotint.core.spending import COLUMNS
from mezzotint.core.tasks import Claim, Outcome, Status, Verdict
from mezzotint.core.webhooks import Attempt, Delivery, Event
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.rows import IDEMPOTENCY
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import SHARE
from mezzotint.ports import Ledger, Limits
from tests.clocks import HandClock
from tests.ledger.model import TERMS, Known, Model, Owed, Uploaded
from tests.tasks import a_task, an_id, ready

Result = TypeVar("Result")
KEYS = {"a1": "a", "a2": "a", "b1": "b"}  # and their accounts
ACCOUNTS = st.sampled_from(["a", "b"])
WORKERS = st.sampled_from(["w1", "w2"])
ENDS = st.sampled_from([ready(), Outcome(Status.ERROR, code="engine_failed", message="no"), Outcome(Status.CONTENT_MODERATED, reasons=("x",))])
HOOKS = st.sampled_from([(), (Event.COMPLETED,), (Event.START, Event.COMPLETED), (Event.START, Event.OUTPUT, Event.COMPLETED)])
QUEUE, ACTIVE, BUDGET, ROOM = 12, 11, 20.0, 100
LONG = 1.0e12  # beyond every day


class LedgerMachine(RuleBasedStateMachine):
    claims: Bundle[Claim] = Bundle("claims")
    deliveries: Bundle[Delivery] = Bundle("deliveries")
    tasks: Bundle[UUID] = Bundle("tasks")
    files: Bundle[UUID] = Bundle("files")

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
        for key, account in KEYS.items():
            self.run(self.ledger.add_key(ApiKey(key, account, key, 0.0, budget=BUDGET if key == "a2" else None), f"digest of {key}"))

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.run(self.ledger.close())
            self.loop.close()
            self.folder.cleanup()

    @property
    def now(self) -> float:
        return self.clock.now()

    # what callers do

    @rule(
        target=tasks,
        keys=st.lists(st.sampled_from(list(KEYS)), min_size=1, max_size=5),
        events=HOOKS,
        name=st.sampled_from([None, None, "k1", "k2"]),
        body=st.sampled_from(["x", "y"]),
        deadline=st.sampled_from([None, None, 5.0, 60.0]),
        price=st.sampled_from([0.0, 2.5, 6.0]),
        priority=st.sampled_from([0, 0, 1]),
    )
    def submit(self, keys: list[str], name: str | None, body: str, **rest: Any) -> Any:
        made = [self._submitted(key, name, body, **rest) for key in keys]
        return multiple(*(task for task in made if task is not None))

    def _submitted(self, key: str, name: str | None, body: str, events: tuple[Event, ...], deadline: float | None, price: float, priority: int) -> UUID | None:
        """The task, where one was made."""
        account, now = KEYS[key], self.now
        expected = self._expected(account, key, name, body, price)
        end = None if deadline is None else now + deadline
        details: dict[str, Any] = {"idempotency_key": name, "request_hash": body, "deadline": end, "price": price, "priority": priority}
        details |= {"webhook_url": "https://x.example/", "webhook_events": events} if events else {}
        task = a_task(id=an_id(int(now * 1000)), account=account, key=key, **details)
        limits = Limits(QUEUE, ACTIVE, BUDGET if key == "a2" else None)
        if isinstance(expected, type):
            with pytest.raises(expected):
                self.run(self.ledger.submit(task, limits))
            return None
        submitted = self.run(self.ledger.submit(task, limits))
        assert submitted.replayed == (expected is not None)
        if expected is not None:
            assert submitted.task == expected
            return None
        assert submitted.task == task.id
        budgeted = key == "a2"
        held = self.model.pay(account, key, price, budgeted=budgeted)
        vstart = self.model.turn(key)
        self.model.tasks[task.id] = Known(account, key, now, vstart, priority, events, end, price, held, budgeted)
        if name is not None:
            self.model.requests[key, name] = (body, task.id, now + IDEMPOTENCY)
        return task.id

    def _expected(self, account: str, key: str, name: str | None, body: str, price: float) -> Any:
        """How a create is refused; the task that it repeats; None for one that makes a new one."""
        known = self.model.requests.get((key, name or ""))
        if name is not None and known is not None and known[2] > self.now:
            return known[1] if known[0] == body else IdempotencyConflict
        waiting, active = self.model.waiting, self.model.active(key)
        if waiting >= QUEUE or min(active, waiting) >= SHARE * (QUEUE - waiting) or active >= ACTIVE:
            return TooManyRequests
        left = self.model.credits.get(account)
        if price and left is not None and left < price:
            return PaymentRequired
        if price and key == "a2" and self.model.spent.get(key, 0.0) + price > BUDGET:
            return PaymentRequired
        return None

    @rule(task=tasks, account=ACCOUNTS)
    def cancel(self, task: UUID, account: str) -> None:
        known = self.model.tasks.get(task)
        found = self.run(self.ledger.cancel(task, account))
        assert (found is None) == (known is None or known.account != account)
        if found is None or known is None:
            return
        if known.status is Status.PENDING:
            self.model.end(task, Status.CANCELED, self.now)
        elif known.status is Status.PROCESSING:
            known.canceled = True
        assert found.status is known.status

    @rule(account=ACCOUNTS, left=st.sampled_from([None, 0.0, 10.0]))
    def set_credits(self, account: str, left: float | None) -> None:
        self.run(self.ledger.set_credits(account, left))
        self.model.credits[account] = left

    # what workers do

    def come(self, worker: str) -> None:
        """As a worker does before all else."""
        if worker not in self.model.epochs:
            self.enlist(worker)

    @rule(worker=WORKERS)
    def enlist(self, worker: str) -> None:
        epoch = self.run(self.ledger.enlist(worker))
        assert epoch == self.model.epochs.get(worker, 0) + 1
        self.model.epochs[worker], self.model.leases[worker] = epoch, self.now + TERMS.lease
        for task, known in self.model.tasks.items():
            if known.holder is not None and known.holder[0] == worker:
                self.model.abandon(task, self.now)

    @rule(
        target=claims,
        worker=WORKERS,
        count=st.integers(1, 6),
        stale=st.sampled_from([False, False, False, True]),
        heard=st.sampled_from([None, None, "all", "nothing"]),
    )
    def claim(self, worker: str, count: int, stale: bool, heard: str | None) -> Any:
        self.come(worker)
        epoch = self.model.epochs[worker] - stale
        own = [(task, known.attempt) for task, known in self.model.tasks.items() if known.holder == (worker, epoch)]
        held = None if heard is None else own if heard == "all" else []
        try:
            claims = self.run(self.ledger.claim(worker, epoch, ["stub"], count, held))
        except NotEnlisted:
            assert stale
            return multiple()
        assert not stale
        self.model.leases[worker] = self.now + TERMS.lease
        if heard == "nothing":
            for task, _ in own:
                self.model.abandon(task, self.now)
        assert [claim.task for claim in claims] == self.model.next_up(self.now, count)
        for claim in claims:
            self.model.begin(claim.task, worker, self.now)
            assert claim.attempt == self.model.tasks[claim.task].attempt
        return multiple(*claims)

    @rule(worker=WORKERS, claim=claims)
    def beat(self, worker: str, claim: Claim) -> None:
        epoch = self.model.epochs.get(worker, 0)
        orders = self.run(self.ledger.beat(worker, epoch, [(claim.task, claim.attempt)]))
        known = self.model.tasks.get(claim.task)
        if worker in self.model.epochs:
            self.model.leases[worker] = self.now + TERMS.lease
        holds = known is not None and known.status is Status.PROCESSING and known.attempt == claim.attempt and known.holder == (worker, epoch)
        assert (claim.task in orders.lost) == (not holds)
        assert (claim.task in orders.canceled) == (holds and known is not None and known.canceled)

    def _entitled(self, claim: Claim) -> Known | None:
        known = self.model.tasks.get(claim.task)
        return known if known is not None and not known.status.final and known.attempt == claim.attempt else None

    @rule(claim=claims, outcome=ENDS)
    def finish(self, claim: Claim, outcome: Outcome) -> None:
        known = self._entitled(claim)
        [accepted] = self.run(self.ledger.settle([Verdict(claim.task, claim.attempt, outcome)]))
        assert accepted == (known is not None and not known.canceled)
        if known is not None:
            self.model.end(claim.task, Status.CANCELED if known.canceled else outcome.status, self.now)

    @rule(claim=claims, refund=st.booleans(), delay=st.sampled_from([0.0, 3.0]))
    def hand_back(self, claim: Claim, refund: bool, delay: float) -> None:
        known = self._entitled(claim)
        [accepted] = self.run(self.ledger.settle([Verdict(claim.task, claim.attempt, None, "later", delay, refund)]))
        assert accepted == (known is not None and not known.canceled)
        if known is None:
            return
        if known.canceled:
            self.model.end(claim.task, Status.CANCELED, self.now)
        elif known.attempt - known.refunded >= TERMS.attempts and not refund:
            self.model.end(claim.task, Status.ERROR, self.now)
        elif known.status is Status.PROCESSING:
            known.refunded += refund
            known.status, known.holder, known.not_before = Status.PENDING, None, self.now + delay

    # what time does

    @rule(seconds=st.sampled_from([0.5, 0.5, 4.0, 4.0, 16.0, 16.0, 120.0, 1200.0, 90_000.0]))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def reap(self) -> None:
        self.run(self.ledger.reap())
        for task, known in self.model.tasks.items():
            if known.holder is not None:
                worker, epoch = known.holder
                if self.model.epochs[worker] != epoch or self.model.leases[worker] <= self.now:
                    self.model.abandon(task, self.now)
        for task, known in self.model.tasks.items():
            if not known.status.final and known.deadline is not None and known.deadline <= self.now:
                self.model.end(task, Status.EXPIRED, self.now)

    @rule()
    def sweep(self) -> None:
        spent = self.run(self.ledger.spent(1000))
        assert set(spent) == self.model.spent_tasks(self.now)
        self.run(self.ledger.emptied(spent))
        for task in spent:
            self.model.tasks[task].emptied = True

    @rule()
    def tidy(self) -> None:
        assert self.run(self.ledger.tidy()) == self.model.forget(self.now)

    # webhooks

    @rule(target=deliveries, count=st.integers(1, 5))
    def take_deliveries(self, count: int) -> Any:
        due = self.model.due(self.now)
        taken = self.run(self.ledger.due(count))
        assert len(taken) == min(count, len(due))
        assert all((each.attempt, each.task, each.event) == (due[each.id].attempts, due[each.id].task, due[each.id].event) for each in taken)
        left = [owed.not_before for name, owed in due.items() if name not in {each.id for each in taken}]
        assert max((due[each.id].not_before for each in taken), default=0.0) <= min(left, default=LONG)
        for each in taken:
            self.model.take(each.id, self.now)
        return multiple(*taken)

    @rule(delivery=consumes(deliveries), status=st.sampled_from([200, 500, 500, 410, None]))
    def deliver(self, delivery: Delivery, status: int | None) -> None:
        assert self.run(self.ledger.record(delivery, Attempt(status), 0.0)) is self.model.record(delivery.id, status, self.now)

    @rule(delivery=consumes(deliveries))
    def put_off(self, delivery: Delivery) -> None:
        self.run(self.ledger.put_off(delivery, 7.0))
        owed = self.model.outbox.get(delivery.id)
        if owed is not None and owed.taken:
            owed.not_before, owed.taken = self.now + 7.0, False

    @rule()
    def take_back(self) -> None:
        lost = [owed for owed in self.model.outbox.values() if owed.taken]
        assert self.run(self.ledger.take_back()) == len(lost)
        for owed in lost:
            owed.not_before, owed.taken = owed.created, False

    @rule(delivery=deliveries, account=ACCOUNTS)
    def resend(self, delivery: Delivery, account: str) -> None:
        owed = self.model.outbox.get(delivery.id)
        own = owed is not None and owed.account == account
        assert self.run(self.ledger.resend(delivery.id, account)) == own
        if owed is not None and own:
            fresh = Owed(owed.task, owed.event, owed.account, owed.created, self.now, attempts=owed.attempts, since=owed.attempts)
            self.model.outbox[delivery.id] = fresh

    # files

    @rule(target=files, account=ACCOUNTS, size=st.sampled_from([30, 60]), lives=st.sampled_from([5.0, 600.0]))
    def add_file(self, account: str, size: int, lives: float) -> Any:
        file = File(an_id(int(self.now * 1000)), account, "x.png", "png", size, "ab" * 32, self.now, self.now + lives)
        room = self.model.room_taken(account, self.now) + size <= ROOM
        try:
            self.run(self.ledger.add_file(file, ROOM))
        except BodyTooLarge:
            assert not room
            return multiple()
        assert room
        self.model.files[file.id] = Uploaded(account, size, file.expires)
        return file.id

    @rule(file=files, account=ACCOUNTS)
    def drop_file(self, file: UUID, account: str) -> None:
        known = self.model.files.get(file)
        mine = known is not None and known.account == account and known.expires > self.now
        assert self.run(self.ledger.drop_file(file, account)) == mine
        if known is not None and mine:
            known.expires = self.now

    @rule(file=files)
    def find_file(self, file: UUID) -> None:
        known = self.model.files.get(file)
        assert (self.run(self.ledger.find_file(file)) is not None) == (known is not None and known.expires > self.now)

    @rule()
    def sweep_files(self) -> None:
        spent = self.run(self.ledger.spent_files(1000))
        assert set(spent) == {name for name, file in self.model.files.items() if file.expires <= self.now}
        self.run(self.ledger.forget_files(spent))
        for file in spent:
            del self.model.files[file]

    # keys

    @rule(key=st.sampled_from(["b1"]), seconds=st.sampled_from([10.0, 1000.0]))
    def expire_key(self, key: str, seconds: float) -> None:
        before = self.run(self.ledger.find_key(f"digest of {key}"))
        assert before is not None
        assert self.run(self.ledger.expire_key(key, self.now + seconds))
        after = self.run(self.ledger.find_key(f"digest of {key}"))
        assert after is not None
        assert after.expires == min(self.now + seconds, before.expires or LONG)

    @rule()
    def restart(self) -> None:
        """Only where there is something to come back to."""

    # what holds always

    @invariant()
    def every_task_is_as_the_model_says(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for task, known in self.model.tasks.items():
            found = self.run(self.ledger.get(task))
            assert found is not None
            assert (found.status, found.attempt, found.account, found.key) == (known.status, known.attempt, known.account, known.key)
            assert (found.outcome is not None) == known.status.final
        assert self.run(self.ledger.waiting()) == self.model.waiting

    @invariant()
    def every_account_has_what_the_model_says(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for account in ("a", "b"):
            listed = self.run(self.ledger.list_of(account, None, None, 1000))
            assert [task.id for task in listed] == sorted((task for task, known in self.model.tasks.items() if known.account == account), reverse=True)
            assert self.run(self.ledger.credits_of(account)) == self.model.credits.get(account)
            used = self.run(self.ledger.usage_of(account, "2000-01-01", "2999-12-31", COLUMNS, 1000))
            expected = {(day, key): sums for (owner, day, key), sums in self.model.used.items() if owner == account}
            assert sorted((use.key, use.tasks, use.credits) for use in used) == sorted((key, *sums) for (_, key), sums in expected.items())
            files = self.run(self.ledger.files_of(account, None, 1000))
            kept = {name for name, file in self.model.files.items() if file.account == account and file.expires > self.now}
            assert {file.id for file in files} == kept
            messages = self.run(self.ledger.messages_of(account, None, None, 1000))
            told = {each.id: (each.standing, each.tried) for each in messages}
            assert told == {name: (owed.standing, owed.attempts) for name, owed in self.model.outbox.items() if owed.account == account}
        [limited] = [key for key in self.run(self.ledger.keys_of("a")) if key.id == "a2"]
        assert limited.spent == self.model.spent.get("a2", 0.0)


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
            self.model.leases[worker] = max(self.model.leases[worker], self.now + TERMS.lease)


MACHINES: dict[str, type[LedgerMachine]] = {"memory": MemoryMachine, "sqlite": SqliteMachine}
