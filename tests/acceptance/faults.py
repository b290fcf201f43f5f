"""The fault bench: a real server under load, whose disk, ledger, clock, pictures, engine and life are spoiled one after the other.

Every fault lasts until it has shown itself, so that none passes unnoticed; then it ends, and a new task must be painted within ten
seconds, or where the machine is busy in three times what a plain start takes. After all of them the checker goes by what callers were
told: every acknowledged create is one task, which ended once, was charged at most once, has the bytes that were recorded, and whose
webhook came.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image

from mezzotint.core import ids
from tests.acceptance import crashes
from tests.acceptance.fault_load import ENDED, Caller, Log, hooked, under_load
from tests.acceptance.servers import Server, alive, ending

INJECTED = Path(__file__).parent / "injected"
DAY = 86_400.0
RECOVERED_WITHIN = 10.0  # seconds
SHOWN_WITHIN = 40.0
LEASE, STALL = 2, 1  # seconds
LANES = 3  # servers at once in a long run
SLOW = 1.5


class Unshown(AssertionError):
    """A fault that nothing came of."""


@dataclass
class Bench:
    """A server in trouble, what is known of it, and the hands to make it."""

    server: Server
    log: Log
    folder: Path  # of armed faults
    points: Path  # of armed deaths
    probe: Caller

    @property
    def data(self) -> Path:
        return self.server.folder

    @contextmanager
    def armed(self, name: str, *lines: str) -> Iterator[None]:
        whole = self.folder / f"{name}.new"
        whole.write_text("\n".join(lines))
        whole.rename(self.folder / name)
        try:
            yield
        finally:
            (self.folder / name).unlink(missing_ok=True)

    def until(self, shown: Callable[[], object], what: str) -> None:
        end = time.monotonic() + SHOWN_WITHIN
        while not shown():
            if time.monotonic() > end:
                raise Unshown(what)
            time.sleep(0.02)

    def until_refused(self) -> None:
        before = self.log.refused
        self.until(lambda: self.log.refused > before, "a create that is refused")

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """From the ledger's file, as it is."""
        connection = sqlite3.connect(f"file:{self.data}/ledger.db?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def painted(self, key: str, **more: object) -> None:
        """A task that is asked for until it is accepted, and has ended."""

        def ended() -> bool:
            task = self.log.tasks.get(key) or self.probe.create(key, **more)
            return task is not None and self.probe.status_of(task) in ENDED

        self.until(ended, f"the end of {key}")


# what goes wrong


@contextmanager
def full_disk(bench: Bench) -> Iterator[None]:
    with bench.armed("ledger", "write FULL"), bench.armed("pictures", "half ENOSPC", "open ENOSPC 0.3"):
        bench.until_refused()
        yield


@contextmanager
def filled_disk(bench: Bench) -> Iterator[None]:
    """Not injected: the file system that the data folder is on has no block left."""
    filler = bench.data / "filler"
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        bench.until_refused()
        yield
    finally:
        filler.unlink()


@contextmanager
def no_room_for_pictures(bench: Bench) -> Iterator[None]:
    with bench.armed("pictures", "half ENOSPC"):
        bench.until_refused()
        yield


@contextmanager
def broken_disk(bench: Bench) -> Iterator[None]:
    """Now and then, in every operation."""
    with (
        bench.armed("ledger", "write IOERR 0.3", "sync IOERR 0.3", "read IOERR 0.1"),
        bench.armed("pictures", "half EIO 0.3", "sync EIO 0.3", "read EIO 0.3", "open EIO 0.1"),
    ):
        bench.until_refused()
        yield


@contextmanager
def locked_ledger(bench: Bench) -> Iterator[None]:
    """For longer than the server waits for its turn."""
    holder = sqlite3.connect(bench.data / "ledger.db", timeout=30, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        bench.until_refused()
        yield
    finally:
        holder.close()


@contextmanager
def ledger_gone(bench: Bench) -> Iterator[None]:
    """Moved away with its log, as by somebody who cleans up."""
    away = bench.data.parent / f"{bench.data.name} away"
    away.mkdir(exist_ok=True)
    files = [path for path in bench.data.iterdir() if path.name.startswith("ledger.db")]
    for path in files:
        path.rename(away / path.name)
    try:
        bench.until_refused()
        yield
    finally:
        for path in files:
            with suppress(FileNotFoundError):
                (away / path.name).rename(path)


@contextmanager
def folder_gone(bench: Bench) -> Iterator[None]:
    """The whole of it: ledger and pictures."""
    away = bench.data.with_name(f"{bench.data.name} elsewhere")
    bench.data.rename(away)
    try:
        bench.until_refused()
        yield
    finally:
        away.rename(bench.data)


@contextmanager
def store_gone(bench: Bench) -> Iterator[None]:
    pictures = bench.data / "images"
    away = bench.data / "images away"
    pictures.rename(away)
    try:
        bench.until_refused()
        yield
    finally:
        away.rename(pictures)


@contextmanager
def slow_store(bench: Bench) -> Iterator[None]:
    """One picture after the other takes its time, so nobody asks for more of them than are on their way."""
    bench.log.quiet.set()
    try:
        bench.until(lambda: bench.rows("SELECT count(*) FROM task WHERE state < 2") == [(0,)], "the end of what waits")
        with bench.armed("pictures", f"slow {SLOW}"):
            began = time.monotonic()
            bench.painted(f"{bench.probe.fresh_key()} slow 5")
            if time.monotonic() - began < 2 * SLOW:
                raise Unshown("a store that is slow with what is given and with what is painted")
            yield
    finally:
        bench.log.quiet.clear()


@contextmanager
def clock_off(bench: Bench, *seconds: float) -> Iterator[None]:
    """As many jumps, then back to what is right. A new task's id tells when the server follows, which it has to."""
    for each in seconds:
        with bench.armed("clock", str(each)):
            bench.until(partial(made_at_that, bench, each), "a task that was made at the new time")
            bench.painted(bench.probe.fresh_key())
            if each == seconds[-1]:
                yield


@contextmanager
def clock_set_while_down(bench: Bench) -> Iterator[None]:
    """And at once before a death: nobody is there to see it."""
    for seconds in (DAY, -DAY):
        with bench.armed("clock", str(seconds)):
            bench.server.kill_all()
            bench.server.start()
            bench.until(partial(made_at_that, bench, seconds), "a task that was made at the new time")
    bench.server.kill_all()
    bench.server.start()
    yield


def made_at_that(bench: Bench, seconds: float) -> bool:
    """Whether the last task was, by its id."""
    with bench.log.lock:
        made = ids.milliseconds(UUID(list(bench.log.tasks.values())[-1])) / 1000
    return abs(made - time.time() - seconds) < 10


@contextmanager
def torn_picture(bench: Bench) -> Iterator[None]:
    """Whoever writes one next dies in the middle of it."""
    with bench.armed("pictures", "torn"):
        bench.until(lambda: not (bench.folder / "pictures").exists(), "a death in the middle of a picture")
        yield


@contextmanager
def truncated_picture(bench: Bench) -> Iterator[None]:
    """A picture that was painted, kept and not yet told of loses its second half."""
    with bench.armed("pictures"):
        point = bench.points / "verdict: sending"
        point.touch()
        bench.until(lambda: not point.exists(), "a death before the verdict")
        cut = 0
        for (task,) in bench.rows("SELECT id FROM task WHERE state < 2"):
            for path in (bench.data / "images").rglob(f"{UUID(bytes=task).hex}-0.*"):  # type: ignore[arg-type]  # a row's value
                os.truncate(path, path.stat().st_size // 2)
                cut += 1
        if not cut:
            raise Unshown("a picture to cut")
        yield


def _large() -> str:
    """A picture that takes 48 MB in memory, more than a process has left lying about."""
    written = io.BytesIO()
    Image.new("RGB", (4000, 4000), "white").save(written, "PNG")
    return base64.b64encode(written.getvalue()).decode("ascii")


LARGE = _large()


@contextmanager
def little_memory(bench: Bench) -> Iterator[None]:
    """The engine may not allocate any more, and is asked for large pictures until what it had already is too little for one."""
    engine = bench.server.engine()
    had = resource.prlimit(engine, resource.RLIMIT_AS)
    numbers = itertools.count()

    def ended() -> bool:
        if not alive(engine):
            return True
        size = int(Path(f"/proc/{engine}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(engine, resource.RLIMIT_AS, (size, had[1]))
        bench.painted(f"{bench.probe.fresh_key()} large {next(numbers)}", width=1440, height=1440, image_prompt=LARGE)
        return not alive(engine)

    try:
        with suppress(ProcessLookupError, FileNotFoundError):  # it ended between two looks
            bench.until(ended, "the end of an engine without memory")
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(engine, resource.RLIMIT_AS, had)


@contextmanager
def hung_engine(bench: Bench) -> Iterator[None]:
    engine = bench.server.engine()
    os.kill(engine, signal.SIGSTOP)
    bench.until(lambda: not alive(engine), "the end of an engine that hangs")
    yield


@contextmanager
def frozen_worker(bench: Bench) -> Iterator[None]:
    """For longer than its lease; then it goes on as if nothing had been."""
    worker = bench.server.worker()
    os.kill(worker, signal.SIGSTOP)
    try:
        with bench.server.client() as client:
            bench.until(lambda: client.get("/readyz").json().get("workers") == 0, "a lease that runs out")
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)


@contextmanager
def drained(bench: Bench) -> Iterator[None]:
    code = bench.server.stop()
    if code != 0:
        bench.log.note_wrong(f"a drain ended with {code}")
    bench.server.start()
    yield


@contextmanager
def killed(bench: Bench) -> Iterator[None]:
    bench.server.kill_all()
    bench.server.start()
    yield


KINDS: dict[str, Callable[[Bench], object]] = {
    "full disk": full_disk,
    "no room for pictures": no_room_for_pictures,
    "broken disk": broken_disk,
    "locked ledger": locked_ledger,
    "ledger gone": ledger_gone,
    "folder gone": folder_gone,
    "store gone": store_gone,
    "slow store": slow_store,
    "clock a day ahead": lambda bench: clock_off(bench, DAY),
    "clock a day back": lambda bench: clock_off(bench, -DAY),
    "clock jumping": lambda bench: clock_off(bench, 3600, -7200, 30),
    "clock set while down": clock_set_while_down,
    "torn picture": torn_picture,
    "truncated picture": truncated_picture,
    "little memory": little_memory,
    "hung engine": hung_engine,
    "frozen worker": frozen_worker,
    "drained": drained,
    "killed": killed,
}


ON_SMALL_DISK: dict[str, Callable[[Bench], object]] = {"filled disk": filled_disk}


class NoSmallDisk(Exception):
    """The system does not let us mount one; says why."""


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of a few megabytes in memory. Raises NoSmallDisk where we may not mount one, as only root may."""
    folder.mkdir(parents=True)
    command = shutil.which("mount")
    if command is None or not sys.platform.startswith("linux"):
        raise NoSmallDisk("this system has no mount for tmpfs")
    done = subprocess.run([command, "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoSmallDisk(done.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@dataclass
class Findings:
    rounds: dict[str, int]
    unshown: list[str]
    wrong: list[str]
    accepted: int
    tasks: int
    lost: int
    twice: int  # tasks beyond one for each key
    unended: int
    failed: list[str]  # that ended otherwise than they should
    charged: int
    ready: int
    owed: int
    unheard: int  # webhooks that did not come
    wrong_bytes: int
    emptied: int
    painted_again: int
    refused: int
    cut: int
    polls: int
    pictures: int
    slowest: dict[str, float]  # seconds from the end of a fault to a picture
    start: float  # seconds from a start without any fault to the first picture: what the machine takes, with all else that it does
    seconds: float

    @property
    def holds(self) -> bool:
        none = (self.lost, self.twice, self.unended, self.unheard, self.wrong_bytes, self.emptied)
        nothing = (self.unshown, self.wrong, self.failed)
        return not any(none) and not any(nothing) and self.charged == self.ready and max(self.slowest.values()) <= max(RECOVERED_WITHIN, 3 * self.start)

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def settings_of(folder: Path, faults: Path, points: Path) -> dict[str, str]:
    return {
        "MEZZOTINT_STUB_SECONDS": "0.02",
        "MEZZOTINT_REACH": "127.0.0.0/8",
        "MEZZOTINT_LEASE": str(LEASE),
        "MEZZOTINT_STALL": str(STALL),
        "MEZZOTINT_GRACE": "5",
        "MEZZOTINT_LOG_LEVEL": os.environ.get("MZ_BENCH_LOG", "error"),
        "MZ_CRASH_POINTS": str(points),
        "MZ_FAULTS": str(faults),
        "MZ_FAULTS_PICTURES": str(folder / "images"),
        "PYTHONPATH": str(INJECTED),
    }


def endure(folder: Path, count: int, seed: int, kinds: Sequence[str] = tuple(KINDS)) -> Findings:
    """Every kind `count` times, in a random order, on one server."""
    chance = random.Random(seed)
    plan = [kind for kind in kinds for _ in range(count)]
    chance.shuffle(plan)
    return endure_all(folder, plan, seed)


def endure_on_several(folder: Path, count: int, seed: int) -> Findings:
    """The same, dealt out to LANES servers side by side, and beside them one whose disk is really full, where we may mount one."""
    chance = random.Random(seed)
    plan = [kind for kind in KINDS for _ in range(count)]
    chance.shuffle(plan)
    folder.mkdir()
    with ThreadPoolExecutor(LANES) as pool, ExitStack() as stack:
        lanes = [pool.submit(endure_all, folder / f"lane {lane}", plan[lane::LANES], seed + lane) for lane in range(LANES)]
        try:
            disk = stack.enter_context(small_disk(folder / "small"))
            lanes.append(pool.submit(endure_all, disk / "data", [*ON_SMALL_DISK] * count, seed))
        except NoSmallDisk as why:
            print(f"the disk is full by injection only, since none can be mounted: {why}", flush=True)
        return together([lane.result() for lane in lanes])


def together(lanes: Sequence[Findings]) -> Findings:
    """Counts are summed, lists are joined, and of what took its time the longest counts."""
    both: dict[str, Any] = {}
    for lane in lanes:
        for name, value in lane.__dict__.items():
            match value:
                case dict():
                    known = both.setdefault(name, {})
                    for kind, number in value.items():
                        known[kind] = max(known.get(kind, 0.0), number) if name == "slowest" else known.get(kind, 0) + number
                case float():
                    both[name] = max(both.get(name, 0.0), value)
                case _:
                    both[name] = both.get(name, type(value)()) + value
    return Findings(**both)


def endure_all(folder: Path, plan: Sequence[str], seed: int) -> Findings:
    """What is planned, one after the other."""
    began, chance = time.monotonic(), random.Random(seed)
    faults, points = folder.with_name(f"{folder.name} faults"), folder.with_name(f"{folder.name} points")
    faults.mkdir()
    points.mkdir()
    server, log = Server(folder, 0, **settings_of(folder, faults, points)), Log()
    slowest: dict[str, float] = {}
    unshown: list[str] = []
    with hooked(log) as hook, ending(server.start()), closing(Caller(server, log, hook, "probe", chance)) as probe:
        bench = Bench(server, log, faults, points, probe)
        plainly = time.monotonic()
        bench.painted("the first")
        start = round(time.monotonic() - plainly, 2)
        with under_load(server, log, hook, seed):
            for kind in plan:
                time.sleep(chance.uniform(0.05, 0.3))
                try:
                    with (KINDS | ON_SMALL_DISK)[kind](bench):  # type: ignore[attr-defined]  # all of them are context managers
                        time.sleep(chance.uniform(0, 0.3))
                except Unshown as error:
                    unshown.append(f"{kind}: {error}")
                took = _recovery(bench)
                slowest[kind] = max(slowest.get(kind, 0.0), took)
        _settle(bench)
        server.stop()
        return _check(bench, Counter(plan), unshown, slowest, start, time.monotonic() - began)


def _recovery(bench: Bench) -> float:
    """Seconds until a new task is painted. Whoever runs a server starts it again when it died."""
    began = time.monotonic()
    if not alive(bench.server.pid):
        bench.server.reap()
        bench.server.start()
    key = bench.probe.fresh_key()
    try:
        bench.painted(key)
    except Unshown:
        bench.log.note_wrong(f"{key}: no recovery in {SHOWN_WITHIN} s")
    return round(time.monotonic() - began, 2)


def _settle(bench: Bench) -> None:
    """Until nothing waits, runs or is owed any more."""
    with suppress(Unshown):
        bench.until(lambda: bench.rows("SELECT count(*) FROM task WHERE state < 2") == [(0,)], "the end of every task")
        bench.until(lambda: {str(row[0]) for row in bench.rows("SELECT id FROM outbox")} <= bench.log.hooks, "the last webhook")


def _check(bench: Bench, rounds: Counter[str], unshown: list[str], slowest: dict[str, float], start: float, seconds: float) -> Findings:
    log = bench.log
    found = crashes.check(bench.data, crashes.Log(list(log.tasks.values())), 0, 0, (), seconds)
    ended = {str(UUID(bytes=row[0])): row[1:] for row in bench.rows("SELECT id, state, outcome FROM task WHERE state != 2")}  # type: ignore[arg-type]  # a row's value
    owed = {str(row[0]) for row in bench.rows("SELECT id FROM outbox")}
    unasked = set(bench.rows("SELECT DISTINCT lower(hex(task)) FROM idempotency"))
    return Findings(
        rounds=dict(rounds),
        unshown=unshown,
        wrong=log.wrong[:20],
        accepted=len(log.tasks),
        tasks=found.ready + len(ended),
        lost=found.lost,
        twice=found.ready + len(ended) - len(unasked),
        unended=sum(row[0] in (0, 1) for row in ended.values()),
        failed=[f"{task}: {row}" for task, row in ended.items() if row[0] not in (0, 1)][:10],
        charged=found.charged,
        ready=found.ready,
        owed=len(owed),
        unheard=len(owed - log.hooks) + abs(found.hooked - len(owed)),
        wrong_bytes=found.wrong_bytes,
        emptied=int(str(bench.rows("SELECT count(*) FROM task WHERE emptied")[0][0])),
        painted_again=found.painted_again,
        refused=log.refused,
        cut=log.cut,
        polls=log.polls,
        pictures=log.pictures,
        slowest=slowest,
        start=start,
        seconds=round(seconds, 1),
    )
