"""A picture's whole life, in which the Nth thing that can fail does, for every N until nothing is left to fail.

What can fail: each statement of the ledger, each file that is made, written, synced or deleted, the engine, the sending of the
webhook. Whoever is told "try again" does. Then there is one task, painted and charged once, its webhook heard, its bytes as
recorded, and nothing left of it when its time is over.
"""

from __future__ import annotations

import dataclasses
import errno
import functools
import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mezzotint import records
from mezzotint.blobs import disk
from mezzotint.core.errors import EngineFailure, MezzotintError
from mezzotint.core.tasks import Outcome, Verdict
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Reply
from mezzotint.service.generate import Painted, PaintOrder, outcome_of
from mezzotint.work import strays
from mezzotint.work.deliveries import Deliveries
from mezzotint.work.lane import Held
from mezzotint.work.strays import SETTLED, Strays
from mezzotint.work.supervisor import Supervisor
from mezzotint.work.sweeper import Sweeper
from tests.clocks import HandClock
from tests.pictures import a_file, in_base64
from tests.studio import KEY, InProcessPainter, Studio, a_studio

HEADERS = {"authorization": f"Bearer {KEY}", "idempotency-key": "order 7"}
HOOK = "https://8.8.8.8/hook"
TRIES = 8
FILES = ("open", "write", "fsync", "close")
FAULTS: dict[str, Exception] = {
    "statement": sqlite3.OperationalError("disk I/O error"),
    "file": OSError(errno.ENOSPC, "No space left on device"),
    "engine": EngineFailure("the engine failed", retryable=True),
}


class Trouble:
    """Fails the Nth of all things that are tried, and as many after it as make `many`."""

    def __init__(self, nth: int, many: int) -> None:
        self.nth, self.many, self.count, self.began = nth, many, 0, False
        self.failed = ""

    def at(self, kind: str, what: str) -> None:
        if not self.began:
            return
        self.count += 1
        if self.nth <= self.count < self.nth + self.many:
            self.failed = self.failed or f"{kind}: {what}"
            raise FAULTS[kind]


def troubled_connection(trouble: Trouble) -> type[sqlite3.Connection]:
    class Troubled(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            trouble.at("statement", sql.split("\n", maxsplit=1)[0][:60])
            return super().execute(sql, *rest)

    return Troubled


class TroubledSystem:
    """The `os` that pictures are kept with."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name not in FILES:
            return found

        def tried(*given: Any) -> Any:
            if name == "close":  # what was opened is closed all the same, as the system does
                found(*given)
            self._trouble.at("file", name)
            return None if name == "close" else found(*given)

        return tried


def troubled(trouble: Trouble, function: Callable[..., Any]) -> Callable[..., Any]:
    def tried(*given: Any, **named: Any) -> Any:
        trouble.at("file", function.__name__)
        return function(*given, **named)

    return tried


class TroubledPainter(InProcessPainter):
    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self._trouble, self.painted = trouble, 0

    async def paint(self, order: PaintOrder, report: Callable[[int, int], None]) -> Painted:
        self._trouble.at("engine", "paint")
        self.painted += 1
        return await super().paint(order, report)


class TroubledPoster:
    """Does not get through where it is its turn to fail."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble
        self.heard: list[str] = []

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        try:
            self._trouble.at("engine", "post")
        except EngineFailure:
            return Reply(None, "no answer")
        self.heard.append(headers["webhook-id"])
        return Reply(204)


@dataclasses.dataclass
class Life:
    """One picture's, on disk, with trouble in it."""

    studio: Studio
    clock: HandClock
    folder: Path
    poster: TroubledPoster
    painter: TroubledPainter

    async def tried(self, work: Callable[[], Any]) -> Any:
        """Again and again, as whoever does it in production would, with time going on in between."""
        for _ in range(TRIES):
            try:
                return await work()
            except MezzotintError:
                self.clock.advance(100)
        raise AssertionError("it did not recover")

    async def create(self) -> str:
        body = {"prompt": "a paper boat", "image_prompt": in_base64(a_file()), "width": 256, "height": 256, "webhook_url": HOOK}
        for _ in range(TRIES):
            response = await self.studio.client.post("/flux/v1/flux-dev", json=body, headers=HEADERS)
            if response.status_code == 200:
                return str(response.json()["id"])
            assert response.status_code == 503, response.text
            assert int(response.headers["retry-after"]) > 0
        raise AssertionError("it was never accepted")

    async def poll(self, task: str) -> dict[str, Any]:
        for _ in range(TRIES):
            response = await self.studio.client.get("/flux/v1/get_result", params={"id": task}, headers={"authorization": f"Bearer {KEY}"})
            if response.status_code == 200:
                told: dict[str, Any] = response.json()
                return told
            assert response.status_code == 503, response.text
        raise AssertionError("it was never answered")

    async def work(self) -> None:
        """A worker's round: what cannot be told is forgotten, as if it had died."""
        ledger = self.studio.tools.ledger
        await ledger.reap()
        epoch = await ledger.enlist("w")
        for claim in await ledger.claim("w", epoch, ["stub"], 5):
            found = await Supervisor._trying(Held(claim), outcome_of(claim, self.studio.workshop, lambda step, steps: None))
            await ledger.settle([found if isinstance(found, Verdict) else Verdict(claim.task, claim.attempt, found)])

    async def after_a_restart(self) -> None:
        """What a request left that never became a task is looked for."""
        sweeping = Strays(self.studio.tools)
        self.clock.advance(SETTLED)
        await sweeping.sweep()

    async def deliver(self) -> None:
        tools = self.studio.tools
        deliveries = Deliveries(tools, self.poster, lambda task, inputs, event: b"{}")
        for delivery in await tools.ledger.due(5):
            await deliveries.deliver(delivery)


@asynccontextmanager
async def a_life(folder: Path, trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Life]:
    clock = HandClock()
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=troubled_connection(trouble)))
        patch.setattr(disk, "os", TroubledSystem(trouble))
        patch.setattr(strays, "BACK", 3600.0)
        patch.setattr(Path, "unlink", troubled(trouble, Path.unlink))
        patch.setattr(Path, "read_bytes", troubled(trouble, Path.read_bytes))
        ledger = SqliteLedger(folder / "ledger.db", clock, Terms(keep_images=86_400))
        blobs, painter = disk.DiskBlobs(folder / "images"), TroubledPainter(trouble)
        studio = a_studio(clock, painter=painter, ledger=ledger, blobs=blobs)
        trouble.began = True
        yield Life(studio, clock, folder, TroubledPoster(trouble), painter)
        trouble.began = False
        await ledger.close()
        await studio.client.aclose()


def pictures_in(folder: Path) -> list[Path]:
    return [path for path in (folder / "images").rglob("*") if path.is_file()]


async def lived(folder: Path, trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_life(folder, trouble, monkeypatch) as life:
        task = await life.create()
        told = await life.poll(task)
        for _ in range(TRIES):
            if told["status"] != "Pending":
                break
            await life.tried(life.work)
            told = await life.poll(task)
            life.clock.advance(20)
        assert told["status"] == "Ready", told
        for _ in range(TRIES):
            if not life.poster.heard:
                await life.tried(life.deliver)
                life.clock.advance(100)
        trouble.began = False
        await check(life)
        trouble.began = True
        await life.tried(life.after_a_restart)
        life.clock.advance(90_000)
        for _ in range(2):  # what could not be deleted is tried again the next time round
            await life.tried(Sweeper(life.studio.tools).sweep)
        assert (await life.poll(task))["status"] == "Task not found"
        assert pictures_in(folder) == []


async def check(life: Life) -> None:
    """As it stands on disk."""
    connection = sqlite3.Connection(life.folder / "ledger.db")
    [(state, outcome)] = connection.execute("SELECT state, outcome FROM task").fetchall()
    assert connection.execute("SELECT sum(tasks) FROM usage").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM outbox").fetchone() == (1,)
    connection.close()
    assert set(life.poster.heard) == {life.poster.heard[0]}
    assert state == 2
    [image] = records.decode(outcome, Outcome).images
    assert hashlib.sha256((life.folder / "images" / image.key).read_bytes()).hexdigest() == image.sha256


@pytest.mark.parametrize("many", [1, 2])
async def test_whatever_fails_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    kinds, nth, trouble = set[str](), 0, Trouble(0, many)
    while not nth or trouble.failed:
        nth += 1
        trouble = Trouble(nth, many)
        try:
            await lived(tmp_path / str(nth), trouble, monkeypatch)
        except Exception as error:
            raise AssertionError(f"when the {nth}th failed ({trouble.failed}): {error}") from error
        kinds.add(trouble.failed.split(":")[0])
    assert nth > 75
    assert kinds == {"statement", "file", "engine", ""}
