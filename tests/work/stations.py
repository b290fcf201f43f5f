"""A server's door for workers, on a real local socket, and workers that come to it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mezzotint.core import ids
from mezzotint.http.app import Front, worker_app
from mezzotint.http.auth import Authenticator
from mezzotint.http.health import Door
from mezzotint.http.requests import Origins
from mezzotint.moderation.open import OpenModerator
from mezzotint.service.generate import Workshop
from mezzotint.wiring.serving import _listening, _run_server, _server
from mezzotint.work.link import Link
from mezzotint.work.supervisor import Supervisor
from tests.clocks import HandClock
from tests.studio import NoFetcher, Studio, a_studio
from tests.waiting import PATIENCE, until
from tests.work.orders import PROGRAM, a_child

TOKEN = "worker-token"
ENGINE = "obedient"  # of the child program
BEATS = 0.4  # the lease that workers are told: they beat four times as often


@dataclass
class Station:
    """The whole server in this process, its workers' door on a socket; `studio` is its public side."""

    studio: Studio
    socket: Path
    lease: float
    _up: tuple[Any, asyncio.Task[None]] | None = field(default=None)

    async def open(self) -> None:
        tools = self.studio.tools
        front = Front(Authenticator(tools.ledger, tools.clock), Origins("", (), "http://server"), Door(), 1 << 20, TOKEN, self.lease)
        self.socket.unlink(missing_ok=True)
        server = _server(worker_app(tools, front), uds=self.socket)
        running = asyncio.create_task(_run_server(server))
        await _listening([server], [running])
        self._up = (server, running)

    async def close(self) -> None:
        if self._up is not None:
            (server, running), self._up = self._up, None
            server.stop()
            await running

    def link(self, token: str = TOKEN) -> Link:
        return Link("http://server", token, str(self.socket))

    async def create(self, prompt: str = "paint_in", **body: Any) -> str:
        """What the child program does with it is in the prompt."""
        task: str = (await self.studio.created(prompt=prompt, **body))["id"]
        return task

    async def ask(self, task: str) -> dict[str, Any]:
        headers = {"authorization": "Bearer mz_" + "a" * 48}
        told: dict[str, Any] = (await self.studio.client.get(f"/v1/tasks/{task}", headers=headers)).json()
        return told

    async def until(self, task: str, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What is told of the task when that holds."""
        end = time.monotonic() + PATIENCE
        while not done(told := await self.ask(task)):
            assert time.monotonic() < end, told
            await asyncio.sleep(0.005)
        return told

    async def until_it_is(self, status: str, task: str) -> dict[str, Any]:
        """Fails at once where it has ended otherwise."""
        told = await self.until(task, lambda told: told["status"] == status or told["finished_at"] is not None)
        assert told["status"] == status, told
        return told

    async def until_painted(self, task: str) -> None:
        """Until the child has told a step of it."""
        await self.until_it_is("processing", task)
        known = ids.read(task)
        assert known is not None
        await until(lambda: self.studio.tools.progress.of(known), "a step")


@asynccontextmanager
async def a_station(clock: HandClock, lease: float = BEATS) -> AsyncIterator[Station]:
    folder = Path(tempfile.mkdtemp(prefix="mz-"))  # short, as paths of sockets must be
    station = Station(a_studio(clock, engine=ENGINE), folder / "worker.sock", lease)
    await station.open()
    try:
        yield station
    finally:
        await station.close()
        await station.studio.client.aclose()
        shutil.rmtree(folder)


@dataclass
class Worker:
    supervisor: Supervisor
    running: asyncio.Task[None]
    lanes: list[Any]

    async def drain(self) -> None:
        self.supervisor.drain()
        await asyncio.wait_for(asyncio.shield(self.running), 15)


@asynccontextmanager
async def a_worker(
    station: Station, *, name: str = "w", lanes: int = 1, grace: float = 5.0, command: Sequence[str] = PROGRAM, blobs: Any = None, stall: float = 30.0
) -> AsyncIterator[Worker]:
    """A supervisor that works until the end of the block."""
    async with a_child(command, stall) as first, a_child(command, stall) as second:
        children = [first, second][:lanes]
        shops = [Workshop(blobs or station.studio.tools.blobs, NoFetcher(), OpenModerator(), child) for child in children]
        supervisor = Supervisor(name, station.link(), children, shops, grace)
        running = asyncio.create_task(supervisor.run())
        try:
            yield Worker(supervisor, running, children)
        finally:
            supervisor.abandon()
            await asyncio.wait([running], timeout=15)
        assert running.done()
        running.result()
