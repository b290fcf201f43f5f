"""The ledger in one SQLite file: WAL, synchronous=FULL, one writer. The default, on one machine.

The statements are in sql/sqlite/queries.sql. What this file owns is their order within a transaction.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

from mezzotint import records
from mezzotint.core import ids
from mezzotint.core.accounts import ApiKey, Usage
from mezzotint.core.errors import IdempotencyConflict, LedgerError
from mezzotint.core.tasks import Claim, Inputs, NewTask, Outcome, Status, Task, Verdict
from mezzotint.core.webhooks import Attempt, Delivery, Event, Message, Standing
from mezzotint.ledger import sqlite_outbox as outbox
from mezzotint.ledger.queries import load_migrations, load_queries
from mezzotint.ledger.rows import CANCELED, EXPIRED, IDEMPOTENCY, NUMBERS, given_up, key_of, row_of, row_of_key, task_of
from mezzotint.ledger.sqlite_files import LAST, SqliteFiles
from mezzotint.ledger.terms import Terms, no_credits, not_enlisted, over_budget, queue_full, too_many_active
from mezzotint.ledger.writer import Writer
from mezzotint.ports import Clock, Limits, Orders, Submitted

SQL = load_queries("sqlite")
BUSY = 10.0  # seconds to wait for another process (the keys command) to let go of the file
READ_BUSY = 1.0  # the same for reading, which needs no turn but while another process recovers the log
TIDY_GROUP = 500
PRIVATE = 0o600  # prompts are in it, and the secret that links are signed with
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs")

Connection = sqlite3.Connection


def open_connection(path: Path, *, read_only: bool = False) -> Connection:
    """A connection set up for durability: nothing is answered before it is on disk."""
    wait = READ_BUSY if read_only else BUSY
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.row_factory = sqlite3.Row
    settings = ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"]
    settings += ["fullfsync = ON", "checkpoint_fullfsync = ON"] if sys.platform == "darwin" else []  # where fsync alone does not reach the platter
    settings += ["query_only = ON"] if read_only else []
    try:
        for setting in settings:
            connection.execute(f"PRAGMA {setting}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system that holds `path`, from the text of /proc/mounts."""
    best, kind = "", "unknown"
    for line in mounts.splitlines():
        _, where, found, *_ = line.split(" ")
        where = where.replace("\\040", " ")
        if len(where) >= len(best) and (path.is_relative_to(where)):
            best, kind = where, found
    return kind


def refuse_network_file_system(path: Path) -> None:
    """WAL needs shared memory, which file systems of other machines do not have."""
    mounts = Path("/proc/mounts")
    if mounts.exists() and (kind := file_system_of(path.resolve(), mounts.read_text())) in NETWORK_FILE_SYSTEMS:
        raise LedgerError(f"{path} lies on {kind}, a network file system, where SQLite's log is not safe: put MEZZOTINT_DATA on a local disk")


def migrate(connection: Connection) -> None:
    """Brings the file to the newest schema. An older program refuses a newer file rather than misread it."""
    migrations = load_migrations("sqlite")
    filled = connection.execute("SELECT EXISTS (SELECT 1 FROM sqlite_master)").fetchone()[0]
    version = schema_of(connection)  # looked at last: another process that fills the file just now gives it a number too
    if filled and not version:
        raise LedgerError("the ledger's file is another program's database: nothing was changed in it")
    if version > migrations[-1][0]:
        raise LedgerError(f"the ledger's schema is number {version}, but this version of mezzotint knows {migrations[-1][0]}: upgrade mezzotint")
    for number, script in migrations:
        if number > version:
            _migrate_to(connection, number, script)


def schema_of(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate_to(connection: Connection, number: int, script: str) -> None:
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
    except sqlite3.OperationalError:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if schema_of(connection) < number:  # else another process began at the same moment, and was quicker
            raise


class SqliteLedger(SqliteFiles):
    """See `ports.Ledger`."""

    def __init__(self, path: Path, clock: Clock, terms: Terms) -> None:
        """Raises LedgerError for a file that cannot be used."""
        self.path, self._clock, self._terms = path, clock, terms
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            refuse_network_file_system(path.parent)
            if path.is_dir():
                raise LedgerError(f"{path} is a folder: the ledger is a file, such as {path / 'ledger.db'}")
            path.touch(mode=PRIVATE)  # before there is anything in it to read
            with contextlib.closing(open_connection(path)) as connection:
                migrate(connection)
                path.chmod(PRIVATE)  # also where it is older; what is no ledger is left alone
                connection.execute(SQL["prolong_leases"], {"until": clock.now() + terms.lease})
                self._waiting = 0  # tasks in the queue; from here on only the writer's thread changes it
                self._count(connection)
            self._reader = open_connection(path, read_only=True)
            self._writer = Writer(open_connection(path), self._count)
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(f"cannot open the ledger {path}: {error}") from error

    def _count(self, connection: Connection) -> None:
        self._waiting = connection.execute(SQL["count_waiting"]).fetchone()[0]

    # Tasks

    async def submit(self, task: NewTask, limits: Limits) -> Submitted:
        if limits.waiting is not None and self._waiting >= limits.waiting and task.idempotency_key is None:
            raise queue_full(self._waiting)  # before a write is spent on it
        return await self._writer.do(lambda connection: self._submit(connection, task, limits))

    async def submit_all(self, tasks: Sequence[NewTask], limits: Limits) -> list[Submitted]:
        """What is refused after another was written spoils the writer's group, which is undone."""
        return await self._writer.do(lambda connection: [self._submit(connection, task, limits) for task in tasks])

    def _submit(self, connection: Connection, task: NewTask, limits: Limits) -> Submitted:
        """Refuses before it writes, as every job must."""
        now, inputs = self._clock.now(), records.encode(task.inputs)
        if task.idempotency_key is not None and (known := self._known(connection, task, now)) is not None:
            return Submitted(known, replayed=True)
        if limits.waiting is not None and self._waiting >= limits.waiting:
            raise queue_full(self._waiting)
        if limits.active is not None:
            active = connection.execute(SQL["count_active"], {"api_key": task.key, "limit": limits.active}).fetchone()[0]
            if active >= limits.active:
                raise too_many_active(active)
        held = self._take_price(connection, task, limits)
        if task.idempotency_key is not None:
            self._remember(connection, task, now)
        clock = self._virtual_clock(connection)
        turn = {"account": task.account, "clock": clock, "cost": task.cost}
        vstart = connection.execute(SQL["take_turn"], turn).fetchone()[0]
        connection.execute(SQL["add_task"], row_of(task, now, vstart, held))
        connection.execute(SQL["add_input"], {"task": task.id.bytes, "inputs": inputs})
        self._waiting += 1
        return Submitted(task.id)

    @staticmethod
    def _take_price(connection: Connection, task: NewTask, limits: Limits) -> float:
        """What the account paid. Checks both purses before it takes from either."""
        if not task.price:
            return 0.0
        spender = {"api_key": task.key, "account": task.account, "price": task.price}
        left = connection.execute(SQL["credits_of"], spender).fetchone()
        limited = left is not None and left["credits"] is not None
        if limited and left["credits"] < task.price:
            raise no_credits(task.price, left["credits"])
        if limits.budget is not None:
            row = connection.execute(SQL["spent_of"], spender).fetchone()
            if row is not None and row["spent"] + task.price > limits.budget:
                raise over_budget(task.price, limits.budget - row["spent"])
            connection.execute(SQL["note_spent"], spender)
        if limited:
            connection.execute(SQL["take_credits"], spender)
        return task.price if limited else 0.0

    def _known(self, connection: Connection, task: NewTask, now: float) -> UUID | None:
        """The task that this request already made."""
        row = connection.execute(SQL["known_request"], {"api_key": task.key, "key": task.idempotency_key, "now": now}).fetchone()
        if row is None:
            return None
        if row["request_hash"] != task.request_hash:
            raise IdempotencyConflict("this Idempotency-Key came before with another request: use a new key for a new request")
        return UUID(bytes=row["task"])

    @staticmethod
    def _remember(connection: Connection, task: NewTask, now: float) -> None:
        note = {"request_hash": task.request_hash, "task": task.id.bytes, "expires": now + IDEMPOTENCY}
        connection.execute(SQL["remember_request"], {"api_key": task.key, "key": task.idempotency_key} | note)

    @staticmethod
    def _virtual_clock(connection: Connection) -> float:
        row = connection.execute(SQL["get_fact"], {"name": "virtual clock"}).fetchone()
        return 0.0 if row is None else float(row[0])

    async def get(self, task: UUID) -> Task | None:
        row = self._read("get_task", id=task.bytes)
        return None if row is None else task_of(row)

    async def inputs(self, task: UUID) -> Inputs | None:
        row = self._read("get_inputs", task=task.bytes)
        return None if row is None else records.decode(row[0], Inputs)

    async def list_of(
        self, account: str, status: Status | None, before: UUID | None, count: int, *, after: UUID | None = None, oldest: bool = False
    ) -> list[Task]:
        low, high = (0, len(NUMBERS)) if status is None else (NUMBERS[status],) * 2
        span = {"before": before.bytes if before else LAST, "after": after.bytes if after else b"", "count": count}
        rows = self._read_all("list_oldest_tasks" if oldest else "list_tasks", account=account, low=low, high=high, **span)
        return [task_of(row) for row in (reversed(rows) if oldest else rows)]

    async def cancel(self, task: UUID, account: str) -> Task | None:
        await self._writer.do(lambda connection: self._cancel(connection, task, account))
        found = await self.get(task)
        return found if found and found.account == account else None

    def _cancel(self, connection: Connection, task: UUID, account: str) -> None:
        which = {"id": task.bytes, "account": account}
        now = self._clock.now()
        row = connection.execute(SQL["cancel_waiting"], which | {"now": now, "outcome": records.encode(CANCELED)}).fetchone()
        if row is None:
            connection.execute(SQL["cancel_running"], which)
            return
        if row["price"]:
            self._give_back(connection, row)
        self._after_end(connection, task, row, now)
        self._waiting -= 1

    # Queue

    async def enlist(self, worker: str) -> int:
        return await self._writer.do(lambda connection: self._enlist(connection, worker))

    def _enlist(self, connection: Connection, worker: str) -> int:
        row = connection.execute(SQL["enlist"], {"worker": worker, "until": self._lease_end()}).fetchone()
        which = {"worker": worker, "epoch": row["epoch"]}
        freed = connection.execute(SQL["free_older"], which | {"attempts": self._terms.attempts}).fetchall()
        self._waiting += len(freed)
        for left in connection.execute(SQL["ended_older"], which).fetchall():
            self._end_abandoned(connection, left)
        return int(row["epoch"])

    async def claim(self, worker: str, epoch: int, engines: Collection[str], count: int, held: Collection[tuple[UUID, int]] | None = None) -> list[Claim]:
        which = {"worker": worker, "epoch": epoch}
        return await self._writer.do(lambda connection: self._claim(connection, which, engines, count, held))

    def _claim(
        self, connection: Connection, which: dict[str, Any], engines: Collection[str], count: int, held: Collection[tuple[UUID, int]] | None
    ) -> list[Claim]:
        if connection.execute(SQL["renew_lease"], which | {"until": self._lease_end()}).fetchone() is None:
            raise not_enlisted(**which)
        if held is not None:
            self._offer_missed(connection, which, set(held))
        query = which | {"now": self._clock.now(), "count": count, "engines": records.encode(list(engines)).decode()}
        rows = connection.execute(SQL["claim"], query).fetchall()
        if not rows:
            return []
        clock = max(self._virtual_clock(connection), *(row["vstart"] for row in rows))
        connection.execute(SQL["set_fact"], {"name": "virtual clock", "value": clock})
        rows.sort(key=lambda row: (row["class"], row["vstart"], row["id"]))
        self._waiting -= len(rows)
        return [self._claimed(connection, row, query["now"]) for row in rows]

    def _offer_missed(self, connection: Connection, which: dict[str, Any], held: set[tuple[UUID, int]]) -> None:
        for row in connection.execute(SQL["held"], which).fetchall():
            if (UUID(bytes=row["id"]), row["attempt"]) not in held:
                self._end_abandoned(connection, row)

    @staticmethod
    def _claimed(connection: Connection, row: Mapping[str, Any], now: float) -> Claim:
        task, inputs = UUID(bytes=row["id"]), connection.execute(SQL["get_inputs"], {"task": row["id"]}).fetchone()[0]
        if row["attempt"] == 1:
            outbox.owe(connection, task, row, Event.START, now)
        return Claim(task, row["attempt"], records.decode(inputs, Inputs), row["created"])

    async def beat(self, worker: str, epoch: int, held: Sequence[tuple[UUID, int]]) -> Orders:
        return await self._writer.do(lambda connection: self._beat(connection, worker, epoch, held))

    def _beat(self, connection: Connection, worker: str, epoch: int, held: Sequence[tuple[UUID, int]]) -> Orders:
        which = {"worker": worker, "epoch": epoch}
        if connection.execute(SQL["renew_lease"], which | {"until": self._lease_end()}).fetchone() is None:
            return Orders(lost=tuple(task for task, _ in held))
        owned = {(UUID(bytes=row["id"]), row["attempt"]): row["cancel_requested"] for row in connection.execute(SQL["held"], which)}
        return Orders(
            canceled=tuple(task for task, attempt in held if owned.get((task, attempt))),
            lost=tuple(task for task, attempt in held if (task, attempt) not in owned),
        )

    async def settle(self, verdicts: Sequence[Verdict]) -> list[bool]:
        return await self._writer.do(lambda connection: [self._settle(connection, verdict) for verdict in verdicts])

    def _settle(self, connection: Connection, verdict: Verdict) -> bool:
        row = connection.execute(SQL["title"], {"id": verdict.task.bytes, "attempt": verdict.attempt}).fetchone()
        if row is None:
            return False
        if row["cancel_requested"]:
            self._finish(connection, verdict.task, row, CANCELED)
            return verdict.outcome is not None and verdict.outcome.status is Status.CANCELED
        if verdict.outcome is not None:
            self._finish(connection, verdict.task, row, verdict.outcome)
        elif verdict.attempt - row["refunded"] >= self._terms.attempts and not verdict.refund:
            failed = Outcome(Status.ERROR, code="engine_failed", message=verdict.message or given_up(verdict.attempt).message)
            self._finish(connection, verdict.task, row, failed)
        else:
            again = {"id": verdict.task.bytes, "not_before": self._clock.now() + verdict.delay, "refund": int(verdict.refund)}
            self._waiting += connection.execute(SQL["hand_back"], again).rowcount
        return True

    async def reap(self) -> int:
        return await self._writer.do(self._reap)

    def _reap(self, connection: Connection) -> int:
        now = {"now": self._clock.now()}
        lapsed = connection.execute(SQL["lapsed"], now).fetchall()
        for row in lapsed:
            self._end_abandoned(connection, row)
        overdue = connection.execute(SQL["overdue"], now).fetchall()
        for row in overdue:
            title = connection.execute(SQL["title"], {"id": row["id"], "attempt": row["attempt"]}).fetchone()
            self._finish(connection, UUID(bytes=row["id"]), title, EXPIRED)
        return len(lapsed) + len(overdue)

    def _end_abandoned(self, connection: Connection, row: Mapping[str, Any]) -> None:
        """A running task whose worker is gone: canceled if that was asked for, failed after its last attempt, else waiting again."""
        if row["cancel_requested"]:
            outcome = CANCELED
        elif row["attempt"] - row["refunded"] >= self._terms.attempts:
            outcome = given_up(row["attempt"])
        else:
            self._waiting += connection.execute(SQL["hand_back"], {"id": row["id"], "not_before": 0, "refund": 0}).rowcount
            return
        title = connection.execute(SQL["title"], {"id": row["id"], "attempt": row["attempt"]}).fetchone()
        self._finish(connection, UUID(bytes=row["id"]), title, outcome)

    def _finish(self, connection: Connection, task: UUID, row: Mapping[str, Any], outcome: Outcome) -> None:
        """The one way into a final state, but for canceling what waits: outcome, charge, share and webhook together."""
        now, ready = self._clock.now(), outcome.status is Status.READY
        kept = (now + self._terms.keep_images if self._terms.keep_images else None) if ready else now
        end = {"id": task.bytes, "state": NUMBERS[outcome.status], "now": now, "outcome": records.encode(outcome), "images_until": kept}
        connection.execute(SQL["finish"], end)
        if ready:
            day = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%d")
            use = {name: row[name] for name in ("account", "api_key", "model", "label", "price")}
            connection.execute(SQL["charge"], use | {"day": day})
        elif row["price"]:
            self._give_back(connection, row)
        if row["state"] == NUMBERS[Status.PENDING]:
            self._waiting -= 1
        if ready:
            outbox.owe(connection, task, row, Event.OUTPUT, now)
        self._after_end(connection, task, row, now)

    @staticmethod
    def _give_back(connection: Connection, row: Mapping[str, Any]) -> None:
        connection.execute(SQL["take_credits"], {"account": row["account"], "price": -row["held"]})
        connection.execute(SQL["note_spent"], {"api_key": row["api_key"], "price": -row["price"]})

    @staticmethod
    def _after_end(connection: Connection, task: UUID, row: Mapping[str, Any], now: float) -> None:
        connection.execute(SQL["release_share"], {"account": row["account"]})
        outbox.owe(connection, task, row, Event.COMPLETED, now)

    def _lease_end(self) -> float:
        return self._clock.now() + self._terms.lease

    # Outbox

    async def due(self, count: int) -> list[Delivery]:
        if not self._read_all("due_deliveries", now=self._clock.now(), count=1):
            return []  # nothing is owed most of the time: no write for that
        return await self._writer.do(lambda connection: outbox.take_due(connection, count, self._clock.now()))

    async def record(self, delivery: Delivery, attempt: Attempt, jitter: float) -> Standing:
        return await self._writer.do(lambda connection: outbox.record(connection, delivery, attempt, jitter, self._clock.now()))

    async def messages_of(self, account: str, standing: Standing | None, before: str | None, count: int) -> list[Message]:
        return outbox.messages_of(self._read_all, account, standing, before, count)

    async def message(self, message: str, account: str) -> Message | None:
        return outbox.message(self._read_all, message, account)

    async def resend(self, message: str, account: str) -> bool:
        which = {"id": message, "account": account}
        return await self._writer.do(lambda connection: connection.execute(SQL["resend"], which | {"now": self._clock.now()}).fetchone() is not None)

    # Keys

    async def find_key(self, digest: str) -> ApiKey | None:
        row = self._read("find_key", digest=digest)
        return None if row is None else key_of(row)

    async def add_key(self, key: ApiKey, digest: str) -> None:
        await self._writer.do(lambda connection: self._add_key(connection, key, digest))

    @staticmethod
    def _add_key(connection: Connection, key: ApiKey, digest: str) -> None:
        connection.execute(SQL["add_account"], {"id": key.account, "now": key.created})
        connection.execute(SQL["add_key"], row_of_key(key, digest))

    async def revoke_key(self, key_id: str) -> bool:
        return await self._writer.do(lambda connection: connection.execute(SQL["revoke_key"], {"id": key_id}).fetchone() is not None)

    async def expire_key(self, key_id: str, at: float) -> bool:
        return await self._writer.do(lambda connection: connection.execute(SQL["expire_key"], {"id": key_id, "at": at}).fetchone() is not None)

    async def credits_of(self, account: str) -> float | None:
        row = self._read("credits_of", account=account)
        return None if row is None else row["credits"]

    async def set_credits(self, account: str, left: float | None) -> None:
        new = {"account": account, "now": self._clock.now(), "credits": left}
        await self._writer.do(lambda connection: connection.execute(SQL["set_credits"], new))

    async def usage_of(self, account: str, first: str, last: str) -> list[Usage]:
        rows = self._read_all("usage_of", account=account, first=first, last=last)
        return [Usage(row["api_key"], row["model"], row["day"], row["label"], row["tasks"], row["credits"]) for row in rows]

    async def keys_of(self, account: str | None) -> list[ApiKey]:
        return [key_of(row) for row in self._read_all("list_keys", account=account)]

    # Shelf

    async def spent(self, count: int) -> list[UUID]:
        return [UUID(bytes=row[0]) for row in self._read_all("spent", now=self._clock.now(), count=count)]

    async def emptied(self, tasks: Sequence[UUID]) -> None:
        await self._writer.do(lambda connection: connection.executemany(SQL["emptied"], [{"id": task.bytes} for task in tasks]))

    async def tidy(self) -> int:
        return await self._writer.do(self._tidy)

    def _tidy(self, connection: Connection) -> int:
        now = self._clock.now()
        connection.execute(SQL["forget_requests"], {"now": now})
        if not self._terms.keep_tasks:
            return 0
        before = ids.mint(max(0, int((now - self._terms.keep_tasks) * 1000)), bytes(ids.RANDOM_BYTES))
        rows = connection.execute(SQL["old_tasks"], {"before": before.bytes, "count": TIDY_GROUP}).fetchall()
        for name in ("forget_deliveries", "forget_outbox", "forget_input", "forget_task"):
            connection.executemany(SQL[name], [{"id": row[0]} for row in rows])
        return len(rows)

    # the rest of `ports.Ledger`

    async def secret(self) -> bytes:
        return await self._writer.do(self._secret)

    @staticmethod
    def _secret(connection: Connection) -> bytes:
        row = connection.execute(SQL["get_fact"], {"name": "secret"}).fetchone()
        if row is not None:
            return bytes(row[0])
        made = secrets.token_bytes(32)
        connection.execute(SQL["set_fact"], {"name": "secret", "value": made})
        return made

    async def waiting(self) -> int:
        return self._waiting

    async def check(self) -> dict[str, Any]:
        facts = await self._writer.do(self._look)
        if facts["journal_mode"] != "wal" or facts["synchronous"] != 2:
            raise LedgerError(f"the ledger is not durable: {facts}; expected journal_mode wal and synchronous 2 (full)")
        return facts | {"kind": "sqlite", "waiting": self._waiting}

    def _look(self, connection: Connection) -> dict[str, Any]:
        facts = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "user_version")}
        return facts | {"workers": connection.execute(SQL["count_workers"], {"now": self._clock.now()}).fetchone()[0]}

    async def close(self) -> None:
        self._writer.close()
        self._reader.close()
