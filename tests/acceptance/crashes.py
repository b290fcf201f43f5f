"""The crash bench: load on a real server while its processes are killed, and a checker that goes by what was acknowledged.

    python -m tests.acceptance.crashes --kills 80 --tasks 3000 --seed 1

What must hold: every task whose create was answered 2xx ends once, as Ready, with bytes that match the recorded hash, one charge
and one webhook owed. A create that was not answered may or may not have made a task; then it must be whole all the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sqlite3
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx2

from tests.acceptance.servers import KEY, Server, kill

VICTIMS = ("server", "worker", "engine", "all")


@dataclass
class Log:
    """What was acknowledged, and to whom it was not."""

    accepted: list[str] = field(default_factory=list)
    unanswered: int = 0
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Findings:
    kills: int
    accepted: int
    lost: int
    not_ready: int
    charged: int
    ready: int
    owed: int
    hooked: int
    wrong_bytes: int
    painted_again: int  # tasks with more than one attempt: a kill cut the first one short, or came before its verdict
    seconds: float

    @property
    def holds(self) -> bool:
        return self.lost == self.not_ready == self.wrong_bytes == 0 and self.charged == self.ready and self.owed == self.hooked

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def _load(server: Server, log: Log, stop: threading.Event, most: int, pause: float) -> None:
    """One caller: creates as fast as answers come, and goes on through restarts."""
    client = httpx2.Client(headers={"authorization": f"Bearer {KEY}"}, timeout=5, trust_env=False)
    number = 0
    while not stop.is_set() and len(log.accepted) < most:
        number += 1
        body = {"prompt": f"boat {number}", "width": 256, "height": 256, "output_format": "png", "webhook_url": "https://127.0.0.1:9/"}
        try:
            response = client.post(f"{server.url}/flux/v1/flux-dev", json=body)
        except httpx2.HTTPError:
            with log.lock:
                log.unanswered += 1
            time.sleep(0.05)
            continue
        with log.lock:
            if response.status_code == 200:
                log.accepted.append(response.json()["id"])
            else:
                log.refused += 1
        time.sleep(pause)
    client.close()


def _strike(server: Server, victim: str) -> None:
    """Kills, and starts again what nobody else starts again."""
    match victim:
        case "worker":
            kill(server.worker())
        case "engine":
            kill(server.engine())
        case "server":
            server.kill_server()
            server.start()
        case "all":
            server.kill_all()
            server.start()


def crash(folder: Path, kills: int, most: int, seed: int, *, callers: int = 4, seconds: float = 0.03, spacing: tuple[float, float] = (0.2, 1.2)) -> Findings:
    """Runs the bench in `folder`; `seconds` is how long the stub takes for a picture, `spacing` how far kills are apart."""
    chance = random.Random(seed)
    began = time.monotonic()
    server = Server(folder, MEZZOTINT_STUB_SECONDS=str(seconds), MEZZOTINT_REACH="127.0.0.0/8", MEZZOTINT_LOG_LEVEL="error", MEZZOTINT_LEASE="5").start()
    log, stop = Log(), threading.Event()
    pause = max(0.0, seconds * callers * 0.9)
    threads = [threading.Thread(target=_load, args=(server, log, stop, most, pause)) for _ in range(callers)]
    for thread in threads:
        thread.start()
    try:
        for number in range(kills):
            time.sleep(chance.uniform(*spacing))
            _strike(server, VICTIMS[number % len(VICTIMS)] if number < len(VICTIMS) else chance.choice(VICTIMS))
        while len(log.accepted) < most and any(thread.is_alive() for thread in threads) and kills == 0:
            time.sleep(0.1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    _settle(server, log, 60 + 3 * seconds * len(log.accepted))
    server.stop()
    return check(folder, log, kills, time.monotonic() - began)


def _settle(server: Server, log: Log, seconds: float) -> None:
    """Until nothing waits or runs any more."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        connection = sqlite3.connect(server.folder / "ledger.db", timeout=10)
        left = connection.execute("SELECT count(*) FROM task WHERE state < 2").fetchone()[0]
        connection.close()
        if not left:
            return
        time.sleep(0.1)


def check(folder: Path, log: Log, kills: int, seconds: float) -> Findings:
    """Reads the ledger file and the pictures as they are, without the program's help."""
    connection = sqlite3.connect(folder / "ledger.db")
    rows = {str(UUID(bytes=row[0])): row[1:] for row in connection.execute("SELECT id, state, outcome, attempt FROM task")}
    charged = connection.execute("SELECT coalesce(sum(tasks), 0) FROM usage").fetchone()[0]
    owed = connection.execute("SELECT count(*), count(DISTINCT task) FROM outbox").fetchone()
    connection.close()
    ready = {task: row for task, row in rows.items() if row[0] == 2}
    wrong = 0
    for row in ready.values():
        for image in json.loads(row[1])["images"]:
            path = folder / "images" / image["key"]
            wrong += not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != image["sha256"]
    return Findings(
        kills=kills,
        accepted=len(log.accepted),
        lost=sum(task not in rows for task in log.accepted),
        not_ready=sum(task not in ready for task in rows),
        charged=charged,
        ready=len(ready),
        owed=owed[0],
        hooked=len(rows) if owed[0] == owed[1] else -1,
        wrong_bytes=wrong,
        painted_again=sum(row[2] > 1 for row in rows.values()),
        seconds=round(seconds, 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=80)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.03)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mezzotint-soak-") as folder:
        found = crash(Path(folder), arguments.kills, arguments.tasks, arguments.seed, seconds=arguments.seconds)
    print(found)
    raise SystemExit(0 if found.holds else 1)


if __name__ == "__main__":
    main()
