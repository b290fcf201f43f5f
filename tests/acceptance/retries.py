"""Callers that repeat a create under its Idempotency-Key until it is answered, while the server is killed: one key makes one task."""

from __future__ import annotations

import json
import queue
import random
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.acceptance.servers import KEY, Server, ending


@dataclass(frozen=True)
class Repeated:
    keys: int
    kills: int
    answers: int
    replayed: int
    unanswered: int  # requests that a kill cut short
    unequal: int  # keys whose answers differ in a byte
    tasks: int
    seconds: float

    @property
    def holds(self) -> bool:
        return self.tasks == self.keys and self.unequal == 0 and self.replayed > 0 and self.kills > 0

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


class _Caller:
    """Takes keys off the line, and asks until it has heard as many answers to each as are wanted."""

    def __init__(self, server: Server, keys: queue.SimpleQueue[str], times: int) -> None:
        self._server, self._keys, self._times = server, keys, times
        self.heard: dict[str, list[bytes]] = {}
        self.unanswered = self.replayed = 0

    def run(self) -> None:
        with httpx2.Client(headers={"authorization": f"Bearer {KEY}"}, timeout=5, trust_env=False) as client:
            while True:
                try:
                    key = self._keys.get_nowait()
                except queue.Empty:
                    return
                self._repeat(client, key)

    def _repeat(self, client: httpx2.Client, key: str) -> None:
        answers = self.heard.setdefault(key, [])
        while len(answers) < self._times:
            try:
                body = {"prompt": f"boat {key}", "width": 256, "height": 256}
                response = client.post(f"{self._server.url}/flux/v1/flux-dev", json=body, headers={"idempotency-key": key})
            except httpx2.HTTPError:
                self.unanswered += 1
                time.sleep(0.02)
                continue
            if response.status_code < 500:
                response.raise_for_status()
            if response.status_code != 200:
                time.sleep(0.02)
                continue
            self.replayed += "idempotent-replayed" in response.headers
            answers.append(response.content)


def repeat(folder: Path, count: int, seed: int, *, threads: int = 32, times: int = 2) -> Repeated:
    """Every key is used by two callers, `times` each."""
    chance, began, kills = random.Random(seed), time.monotonic(), 0
    names = [f"key {number}" for number in range(count)]
    line: queue.SimpleQueue[str] = queue.SimpleQueue()
    for key in chance.sample(names * 2, count * 2):
        line.put(key)
    with ending(Server(folder).start()) as server, ThreadPoolExecutor(threads) as pool:
        callers = [_Caller(server, line, times) for _ in range(threads)]
        working = [pool.submit(caller.run) for caller in callers]
        while not all(each.done() for each in working):
            time.sleep(chance.uniform(0.3, 1.0))
            server.kill_all() if chance.random() < 0.5 else server.kill_server()
            server.start()
            kills += 1
        for each in working:
            each.result()
    return _counted(folder, callers, count, kills, time.monotonic() - began)


def _counted(folder: Path, callers: list[_Caller], count: int, kills: int, seconds: float) -> Repeated:
    answers: dict[str, set[bytes]] = {}
    for caller in callers:
        for key, heard in caller.heard.items():
            answers.setdefault(key, set()).update(heard)
    connection = sqlite3.connect(folder / "ledger.db")
    tasks = connection.execute("SELECT count(*) FROM task").fetchone()[0]
    connection.close()
    return Repeated(
        keys=count,
        kills=kills,
        answers=sum(len(heard) for caller in callers for heard in caller.heard.values()),
        replayed=sum(caller.replayed for caller in callers),
        unanswered=sum(caller.unanswered for caller in callers),
        unequal=sum(len(each) != 1 for each in answers.values()),
        tasks=tasks,
        seconds=round(seconds, 1),
    )
