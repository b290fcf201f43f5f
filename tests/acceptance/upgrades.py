"""Upgrades with tasks in flight: a ledger of an older schema, with tasks that wait, run and are owed a webhook, is opened by a real server.

The older ledger is made by the migrations that there were then, and filled with no more than that schema had.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from mezzotint.core import ids
from mezzotint.ledger.queries import load_migrations
from tests.acceptance import crashes
from tests.acceptance.fault_load import Log, hooked
from tests.acceptance.servers import Server, ending

OLDER = [number for number, _ in load_migrations("sqlite")][:-1]
LEFT_BY = ("local", "a worker that never comes back")
ENDED_WITHIN = 40.0  # seconds


@dataclass(frozen=True)
class Upgraded:
    upgrades: int
    schemas: tuple[int, ...]
    tasks: int
    ready: int
    charged: int
    tried_again: int  # that ran when the older program ended
    left_running: int
    unheard: int  # webhooks
    wrong_bytes: int
    not_upgraded: int
    seconds: float

    @property
    def holds(self) -> bool:
        ended = self.tasks == self.ready == self.charged and self.tried_again == self.left_running
        return ended and self.unheard == self.wrong_bytes == self.not_upgraded == 0

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


class OldLedger:
    """A ledger's file as a program of that schema left it."""

    def __init__(self, file: Path, schema: int) -> None:
        file.parent.mkdir(parents=True)
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        for number, script in load_migrations("sqlite")[:schema]:
            self._connection.executescript(f"{script}; PRAGMA user_version = {number};")

    def close(self) -> None:
        self._connection.close()

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        """What the schema has no column for is left out."""
        known = {column[1] for column in self._connection.execute(f"PRAGMA table_info({table})")}
        kept = {name: value for name, value in row.items() if name in known}
        self._connection.execute(f"INSERT INTO {table} ({', '.join(kept)}) VALUES ({', '.join('?' * len(kept))})", [*kept.values()])

    def add_task(self, hook: str, chance: random.Random, **more: Any) -> UUID:
        """One that waits, unless `more` says that it runs."""
        now = time.time()
        task = ids.mint(int(now * 1000), chance.randbytes(ids.RANDOM_BYTES))
        row = {"id": task.bytes, "account": "default", "api_key": "k", "surface": "comet", "model": "flux-dev", "engine": "stub", "vstart": 0.0}
        self.insert("task", row | {"hook": 1, "created": now} | more)
        parameters = {"prompt": "a boat from before", "seed": 7, "width": 256, "height": 256, "output_format": "png"}
        inputs = {"model": "flux-dev", "parameters": parameters, "origin": "http://here", "webhook_url": hook}
        self.insert("task_input", {"task": task.bytes, "inputs": json.dumps(inputs).encode()})
        return task


def fill(ledger: OldLedger, hook: str, chance: random.Random) -> int:
    """How many of its tasks run."""
    for _ in range(chance.randint(1, 8)):
        ledger.add_task(hook, chance)
    ledger.add_task(hook, chance, attempt=1, not_before=time.time() + 1)
    running = 0
    for worker in LEFT_BY:
        ledger.insert("lease", {"worker": worker, "epoch": 3, "until": time.time() + chance.choice((-5, 1, 86_400))})
        for _ in range(chance.randint(1, 3)):
            ledger.add_task(hook, chance, state=1, attempt=1, worker=worker, epoch=3, started=time.time())
            running += 1
    return running


def upgrade_all(folder: Path, count: int, seed: int) -> Upgraded:
    """One older schema after the other, `count` ledgers in all."""
    return upgrade(folder, [OLDER[number % len(OLDER)] for number in range(count)], seed)


def upgrade(folder: Path, schemas: Sequence[int], seed: int) -> Upgraded:
    began, chance = time.monotonic(), random.Random(seed)
    found = Counter[str]()
    for number, schema in enumerate(schemas):
        found.update(_upgraded(folder / str(number), schema, chance))
    return Upgraded(upgrades=len(schemas), schemas=tuple(sorted(set(schemas))), seconds=round(time.monotonic() - began, 1), **found)


def _upgraded(folder: Path, schema: int, chance: random.Random) -> dict[str, int]:
    """The findings of one ledger."""
    log = Log()
    with hooked(log) as hook:
        with closing(OldLedger(folder / "ledger.db", schema)) as ledger:
            running = fill(ledger, hook, chance)
        with ending(Server(folder, MEZZOTINT_LEASE="2", MEZZOTINT_REACH="127.0.0.0/8").start()) as server:
            end = time.monotonic() + ENDED_WITHIN
            while not _all_heard(folder, log) and time.monotonic() < end:
                time.sleep(0.05)
            server.stop()
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        [(tasks, again)] = connection.execute("SELECT count(*), sum(attempt = 2) FROM task").fetchall()
        owed = {row[0] for row in connection.execute("SELECT id FROM outbox")}
        [(now,)] = connection.execute("PRAGMA user_version").fetchall()
    found = crashes.check(folder, crashes.Log(), 0, 0, (), 0.0)
    return {
        "tasks": tasks,
        "ready": found.ready,
        "charged": found.charged,
        "tried_again": again - 1,  # but for the one that was delayed
        "left_running": running,
        "unheard": len(owed - log.hooks) + tasks - len(owed),
        "wrong_bytes": found.wrong_bytes,
        "not_upgraded": int(now != OLDER[-1] + 1),
    }


def _all_heard(folder: Path, log: Log) -> bool:
    with closing(sqlite3.connect(folder / "ledger.db", timeout=10)) as connection:
        [(left, tasks)] = connection.execute("SELECT sum(state < 2), count(*) FROM task").fetchall()
    return not left and len(log.hooks) == tasks
