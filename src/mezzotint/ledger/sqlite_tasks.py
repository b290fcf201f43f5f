"""Tasks in the SQLite ledger: the part of it that answers `ports.Tasks`."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mezzotint import records
from mezzotint.core.tasks import Inputs, NewTask, Status, Task
from mezzotint.core.webhooks import Event
from mezzotint.ledger.reader import SQL
from mezzotint.ledger.rows import CANCELED, IDEMPOTENCY, NUMBERS, row_of, task_of
from mezzotint.ledger.sqlite_connections import Connection
from mezzotint.ledger.sqlite_ends import SqliteEnds
from mezzotint.ledger.sqlite_files import LAST
from mezzotint.ledger.sqlite_outbox import owe
from mezzotint.ledger.terms import SHARE, no_credits, over_budget, queue_crowded, queue_full, request_differs, too_many_active
from mezzotint.ledger.writer import Writer
from mezzotint.ports import Limits, Submitted


def virtual_clock(connection: Connection) -> float:
    row = connection.execute(SQL["get_fact"], {"name": "virtual clock"}).fetchone()
    return 0.0 if row is None else float(row[0])


class SqliteTasks(SqliteEnds):
    """A base of `SqliteLedger`, which opens the connections."""

    _writer: Writer

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
        most = None if limits.waiting is None else SHARE * (limits.waiting - self._waiting)
        if most is not None and self._waiting >= most and self._active(connection, task, most) >= most:
            raise queue_crowded(self._waiting)
        if limits.active is not None:
            active = self._active(connection, task, limits.active)
            if active >= limits.active:
                raise too_many_active(limits.active)
        held = self._take_price(connection, task, limits)
        if task.idempotency_key is not None:
            self._remember(connection, task, now)
        clock = virtual_clock(connection)
        turn = {"api_key": task.key, "clock": clock, "cost": task.cost}
        vstart = connection.execute(SQL["take_turn"], turn).fetchone()[0]
        connection.execute(SQL["add_task"], row_of(task, now, vstart, held))
        connection.execute(SQL["add_input"], {"task": task.id.bytes, "inputs": inputs})
        self._waiting += 1
        return Submitted(task.id)

    @staticmethod
    def _active(connection: Connection, task: NewTask, limit: int) -> int:
        """Tasks of its key that wait or run, counted no further than the limit."""
        count: int = connection.execute(SQL["count_active"], {"api_key": task.key, "limit": limit}).fetchone()[0]
        return count

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
            raise request_differs()
        return UUID(bytes=row["task"])

    @staticmethod
    def _remember(connection: Connection, task: NewTask, now: float) -> None:
        note = {"request_hash": task.request_hash, "task": task.id.bytes, "expires": now + IDEMPOTENCY}
        connection.execute(SQL["remember_request"], {"api_key": task.key, "key": task.idempotency_key} | note)

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
        owe(connection, task, row, Event.COMPLETED, now)
        self._waiting -= 1
