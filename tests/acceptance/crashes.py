"""The crash bench: load on a real server while its processes are killed, and a checker that goes by what was acknowledged.

A kill hits a process at random, or at a named point of a task's life (`mezzotint.crash_points`), which no clock could hit.

What must hold: every task whose create was answered 2xx ends once, as Ready, with bytes that match the recorded hash, one charge
and one webhook owed. A create that was not answered may or may not have made a task; then it must be whole all the same.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import httpx2

from mezzotint.crash_points import POINTS
from tests.acceptance.servers import KEY, Server, alive, ending, kill
from tests.pictures import a_file, in_base64

VICTIMS = ("server", "worker", "engine", "all")
OF_SWEEPING = tuple(point for point in POINTS if point.startswith("sweep"))  # reached at a start, where pictures are old enough
OF_CALLS = tuple(point for point in POINTS if point.startswith("call"))  # reached where providers paint: see provider_faults.py
OF_LOAD = tuple(point for point in POINTS if point not in (*OF_SWEEPING, *OF_CALLS))
OF_WORKER = ("claim: came", "paint", "engine", "blob", "verdict: sending", "verdict: acknowledged")  # what the server starts again by itself
PICTURE = in_base64(a_file(width=256, height=256))
REACHED_WITHIN = 8.0  # seconds


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
    by_point: int  # of those
    missed: tuple[str, ...]  # points that nothing came by
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
        return self.lost == self.not_ready == self.wrong_bytes == 0 and not self.missed and self.charged == self.ready and self.owed == self.hooked

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def _load(server: Server, log: Log, stop: threading.Event, most: int, pause: float) -> None:
    """One caller: creates as fast as answers come, and goes on through restarts."""
    client = httpx2.Client(headers={"authorization": f"Bearer {KEY}"}, timeout=5, trust_env=False)
    number = 0
    while not stop.is_set() and len(log.accepted) < most:
        number += 1
        body = {"prompt": f"boat {number}", "width": 256, "height": 256, "output_format": "png", "webhook_url": "https://127.0.0.1:9/"}
        if number % 5 == 0:
            body["image_prompt"] = PICTURE
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


class Missed(Exception):
    """A point that nothing came by."""


@contextmanager
def struck(points: Path, point: str, seconds: float) -> Iterator[None]:
    """Arms the point, and after the block waits until a process died there. Raises Missed when none did within the time."""
    armed = points / point
    armed.touch()
    yield
    end = time.monotonic() + seconds
    while armed.exists():
        if time.monotonic() > end:
            armed.unlink(missing_ok=True)
            raise Missed(point)
        time.sleep(0.01)


def _strike_at(server: Server, points: Path, point: str) -> None:
    """Arms the point, waits until a process died there, and starts again what nobody else starts again. Raises Missed."""
    with struck(points, point, REACHED_WITHIN):
        if point == "worker enlisted":
            kill(server.worker())
    if point.startswith("blob"):  # both keep pictures
        time.sleep(0.3)
    if not point.startswith(OF_WORKER) or not alive(server.pid):
        server.reap()
        server.start()


def plan(kills: int, chance: random.Random) -> list[str]:
    """Whom to kill or where: every victim and every point about as often, in a random order."""
    wanted = [*VICTIMS, *OF_LOAD]
    chosen = [wanted[number % len(wanted)] for number in range(kills)]
    chance.shuffle(chosen)
    return chosen


def _struck(server: Server, points: Path, victims: list[str], chance: random.Random, spacing: tuple[float, float]) -> list[str]:
    """The points that nothing came by."""
    missed = []
    for victim in victims:
        time.sleep(chance.uniform(*spacing))
        if victim in VICTIMS:
            _strike(server, victim)
            continue
        try:
            _strike_at(server, points, victim)
        except Missed:
            missed.append(victim)
    return missed


def crash(folder: Path, kills: int, most: int, seed: int, *, callers: int = 4, seconds: float = 0.03, spacing: tuple[float, float] = (0.1, 0.8)) -> Findings:
    """Runs the bench in `folder`; `seconds` is how long the stub takes for a picture, `spacing` how far kills are apart."""
    chance = random.Random(seed)
    began = time.monotonic()
    points = folder.parent / f"{folder.name} points"
    points.mkdir()
    server = Server(
        folder, MEZZOTINT_STUB_SECONDS=str(seconds), MEZZOTINT_REACH="127.0.0.0/8", MEZZOTINT_LEASE="5", MEZZOTINT_ATTEMPTS="100", MZ_CRASH_POINTS=str(points)
    )
    log, stop, victims = Log(), threading.Event(), plan(kills, chance)
    pause = max(0.0, seconds * callers * 0.9)
    with ending(server.start()):
        threads = [threading.Thread(target=_load, args=(server, log, stop, most, pause)) for _ in range(callers)]
        for thread in threads:
            thread.start()
        try:
            missed = _struck(server, points, victims, chance, spacing)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        _until_done(folder, 60 + 3 * seconds * len(log.accepted))
        server.stop()
    by_point = sum(victim not in VICTIMS for victim in victims) - len(missed)
    return check(folder, log, kills, by_point, tuple(missed), time.monotonic() - began)


def _until_done(folder: Path, seconds: float) -> None:
    """Until nothing waits or runs any more."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        connection = sqlite3.connect(folder / "ledger.db", timeout=10)
        left = connection.execute("SELECT count(*) FROM task WHERE state < 2").fetchone()[0]
        connection.close()
        if not left:
            return
        time.sleep(0.1)


def check(folder: Path, log: Log, kills: int, by_point: int, missed: tuple[str, ...], seconds: float) -> Findings:
    """Reads the ledger file and the pictures as they are, without the program's help."""
    connection = sqlite3.connect(folder / "ledger.db")
    rows = {str(UUID(bytes=row[0])): row[1:] for row in connection.execute("SELECT id, state, outcome, attempt, emptied FROM task")}
    charged = connection.execute("SELECT coalesce(sum(tasks), 0) FROM usage").fetchone()[0]
    owed = connection.execute("SELECT count(*), count(DISTINCT task) FROM outbox").fetchone()
    hooked = connection.execute("SELECT count(*) FROM task WHERE hook").fetchone()[0]
    connection.close()
    ready = {task: row for task, row in rows.items() if row[0] == 2}
    wrong = 0
    for row in ready.values():
        if row[3]:
            continue
        for image in json.loads(row[1])["images"]:
            path = folder / "images" / image["key"]
            wrong += not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != image["sha256"]
    return Findings(
        kills=kills - len(missed),
        by_point=by_point,
        missed=missed,
        accepted=len(log.accepted),
        lost=sum(task not in rows for task in log.accepted),
        not_ready=sum(task not in ready for task in rows),
        charged=charged,
        ready=len(ready),
        owed=owed[0],
        hooked=hooked if owed[0] == owed[1] else -1,
        wrong_bytes=wrong,
        painted_again=sum(row[2] > 1 for row in rows.values()),
        seconds=round(seconds, 1),
    )


def sweep(folder: Path, rounds: int, seed: int) -> Findings:
    """Kills at the points of sweeping: pictures that are a second old are deleted at every start, however often the last one was cut short."""
    chance, log, began, missed = random.Random(seed), Log(), time.monotonic(), []
    points = folder.parent / f"{folder.name} points"
    points.mkdir()
    with ending(Server(folder, MEZZOTINT_KEEP_IMAGES="1", MZ_CRASH_POINTS=str(points))) as server:
        for number in range(rounds):
            server.start()
            _paint_some(server, log, chance.randint(1, 12))
            server.stop()
            time.sleep(1.1)
            point = OF_SWEEPING[number % len(OF_SWEEPING)]
            (points / point).touch()
            if not _dies_at_start(server):
                missed.append(point)
        server.start()
        time.sleep(2)
        server.stop()
    found = check(folder, log, rounds, rounds - len(missed), tuple(missed), time.monotonic() - began)
    left = [path for path in (folder / "images").rglob("*") if path.is_file()]
    return replace(found, wrong_bytes=len(left))


def _paint_some(server: Server, log: Log, count: int) -> None:
    with server.client() as client:
        for _ in range(count):
            log.accepted.append(client.post("/flux/v1/flux-dev", json={"prompt": "boat", "width": 256, "height": 256}).json()["id"])
    _until_done(server.folder, 30)


def _dies_at_start(server: Server) -> bool:
    try:
        server.start()
    except AssertionError:  # before it could say that it is there
        server.reap()
        return True
    end = time.monotonic() + REACHED_WITHIN
    while alive(server.pid) and time.monotonic() < end:
        time.sleep(0.02)
    died = not alive(server.pid)
    server.kill_all() if not died else server.reap()
    return died
