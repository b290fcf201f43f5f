"""How soon a server that was killed with very many tasks in its ledger serves again, and what a dead worker painted is painted again."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.acceptance.servers import Server, ending, kill, until, wait_ready

SERVING_WITHIN = 2.0  # seconds
LEASE, PAINTING = 15.0, 2.0


@dataclass(frozen=True)
class Recovered:
    tasks: int
    serving: float  # seconds from the start of the program to the first answer
    orphan: float  # seconds from a worker's death to the next attempt at what it painted

    @property
    def holds(self) -> bool:
        return self.serving <= SERVING_WITHIN and self.orphan <= LEASE + 1

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def _fill(file: Path, count: int) -> None:
    """Copies of the one finished task that is there, each with an id of its own, a hundredth of them waiting."""
    connection = sqlite3.connect(file)
    names = [row[1] for row in connection.execute("PRAGMA table_info(task)")]
    rest = ", ".join(name for name in names if name not in ("id", "state"))
    numbers = f"WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {count})"
    made = "CAST(substr(id, 1, 8) || randomblob(8) AS BLOB)"
    connection.execute(f"{numbers} INSERT INTO task (id, state, {rest}) SELECT {made}, 2, {rest} FROM task, number WHERE state = 2")
    connection.execute("INSERT OR IGNORE INTO task_input (task, inputs) SELECT task.id, (SELECT inputs FROM task_input LIMIT 1) FROM task")
    connection.commit()
    connection.close()


def recover(folder: Path, count: int, seed: int) -> Recovered:
    del seed  # nothing here is left to chance
    with ending(Server(folder, MEZZOTINT_STUB_SECONDS=str(PAINTING), MEZZOTINT_LEASE=str(LEASE)).start()) as server:
        with server.client() as client:
            wait_ready(client, client.post("/flux/v1/flux-dev", json={"prompt": "boat", "width": 256, "height": 256}).json()["id"])
            server.stop()
        _fill(folder / "ledger.db", count)
        server.start()
        server.kill_all()
        began = time.monotonic()
        server.start()
        serving = _first_answer(server, began)
        orphan = _orphaned(server)
        server.stop()
    return Recovered(count, round(serving, 2), round(orphan, 2))


def _first_answer(server: Server, began: float) -> float:
    with server.client() as client:
        client.post("/flux/v1/flux-dev", json={"prompt": "boat", "width": 256, "height": 256}).raise_for_status()
    return time.monotonic() - began


def _orphaned(server: Server) -> float:
    """All is killed in the middle of a picture."""
    with server.client() as client:
        task = client.post("/flux/v1/flux-dev", json={"prompt": "boat", "width": 256, "height": 256}).json()["id"]
        until(lambda: "x-mezzotint-step" in client.get("/flux/v1/get_result", params={"id": task}).headers, 30, "the painting to begin")
        began = time.monotonic()
        kill(server.worker())
        until(lambda: _attempt(client, task) == 2, 30, "the second attempt")
        again = time.monotonic() - began
        wait_ready(client, task)
    return again


def _attempt(client: httpx2.Client, task: str) -> int:
    told = client.get(f"/v1/tasks/{task}").json()
    return int(told["attempt"]) if told["status"] == "processing" else 0
