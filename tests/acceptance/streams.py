"""Clients that lose their streams of server-sent events and take them up again, while the server is killed: each event comes once.

Every stream is cut at random, between events and within one, and taken up under the id of the last event that came whole. Beside each a
poll waits for the same task: once the task has ended it is answered, and not only when somebody looks again.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2

from mezzotint.http.events import place_of
from tests.acceptance.servers import KEY, Server, ending

CREATES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/flux/v1/flux-dev", {"prompt": "boat", "width": 256, "height": 256}),
    ("/v1/models/black-forest-labs/flux-dev/predictions", {"input": {"prompt": "boat"}}),
)
FOLLOWERS = 12
PROMPTLY = 1.0  # seconds within which a poll that waits hears of an end: half of what it waits before it looks by itself


@dataclass(frozen=True)
class Followed:
    tasks: int
    cut: int  # streams that the client gave up
    broken: int  # streams and requests that a kill cut short
    kills: int
    events: int
    repeated: int  # events that came again, or after a later one
    lost: int  # tasks whose end was not told once, or told otherwise than polls do
    waited: int  # polls that waited for an end no kill came between
    late: int  # of those, answered later than PROMPTLY after it
    latest: float  # seconds
    seconds: float

    @property
    def holds(self) -> bool:
        return self.repeated == self.lost == self.late == 0 and self.cut > 0 and self.waited > 0

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


@dataclass
class Tally:
    wanted: int
    cut: int = 0
    broken: int = 0
    tasks: int = 0
    events: int = 0
    repeated: int = 0
    lost: int = 0
    kills: int = 0
    delays: list[float] = field(default_factory=list)


class _Follower:
    """Makes tasks one after the other, on either surface, and hears each to its end."""

    def __init__(self, server: Server, tally: Tally, chance: random.Random) -> None:
        self._server, self._tally, self._chance = server, tally, chance

    async def run(self) -> None:
        async with httpx2.AsyncClient(headers={"authorization": f"Bearer {KEY}"}, timeout=70, trust_env=False) as client:
            while self._tally.cut < self._tally.wanted:
                made = await self._asked(client, "POST", *self._chance.choice(CREATES))
                path = made["urls"]["stream"].partition(str(self._server.port))[2] if "urls" in made else f"/v1/tasks/{made['id']}/events"
                poll = asyncio.create_task(self._poll(client, made["id"]))
                heard = await self._hear(client, path)
                await poll
                self._tally.tasks += 1
                self._judge(heard, await self._asked(client, "GET", f"/v1/tasks/{made['id']}"))

    async def _asked(self, client: httpx2.AsyncClient, method: str, path: str, body: Any = None) -> dict[str, Any]:
        while True:
            try:
                response = await client.request(method, self._server.url + path, json=body)
            except httpx2.HTTPError:
                self._tally.broken += 1
            else:
                if response.status_code < 300:
                    told: dict[str, Any] = response.json()
                    return told
                assert response.status_code == 503, response.text
            await asyncio.sleep(0.05)

    async def _poll(self, client: httpx2.AsyncClient, task: str) -> None:
        """Counts only where the server lived through it."""
        while True:
            kills = self._tally.kills
            told = await self._asked(client, "GET", f"/v1/tasks/{task}?wait=60")
            if told["finished_at"] is not None:
                if kills == self._tally.kills:
                    self._tally.delays.append(time.time() - told["finished_at"])
                return

    async def _hear(self, client: httpx2.AsyncClient, path: str) -> list[dict[str, str]]:
        """All events, over as many streams as it takes."""
        heard: list[dict[str, str]] = []
        while not heard or heard[-1]["event"] not in ("ready", "error", "canceled", "done"):
            headers = {"last-event-id": heard[-1]["id"]} if heard else {}
            try:
                async with client.stream("GET", self._server.url + path, headers=headers) as response:
                    assert response.status_code == 200, response.status_code
                    heard += await self._some(response)
            except httpx2.HTTPError:
                self._tally.broken += 1
                await asyncio.sleep(0.05)
        return heard

    async def _some(self, response: httpx2.Response) -> list[dict[str, str]]:
        """The events that came whole before the stream ended, or was given up after a while or in the middle of a part."""
        patience, parts, came = self._chance.uniform(0.0, 1.0), self._chance.randint(1, 8), b""
        with suppress(asyncio.TimeoutError, httpx2.HTTPError):
            chunks = response.aiter_raw()
            for left in range(parts, 0, -1):
                chunk = await asyncio.wait_for(anext(chunks, b""), patience)
                if not chunk:
                    return _events(came)
                came += chunk if left > 1 else chunk[: self._chance.randint(0, len(chunk))]
        self._tally.cut += 1
        return _events(came)

    def _judge(self, heard: list[dict[str, str]], told: dict[str, Any]) -> None:
        self._tally.events += len(heard)
        ids = [each["id"] for each in heard]
        if heard[-1]["event"] == "done":
            numbers = [int(name.partition(":")[2]) for name in ids]
            self._tally.repeated += len(numbers) - len(set(numbers))
            whole = sorted(set(numbers)) == list(range(len(numbers))) and [each["event"] for each in heard] == ["logs", "output", "done"]
            self._tally.lost += not (whole and told["status"] == "ready")
            return
        places = [place_of(name) for name in ids]
        self._tally.repeated += sum(later <= sooner for sooner, later in pairwise(places))
        end = json.loads(heard[-1]["data"])
        self._tally.lost += not (ids.count("end") == 1 and end["status"] == told["status"] == "ready" and end["images"] == told["images"])


def _events(came: bytes) -> list[dict[str, str]]:
    """Those that came whole; comments are none."""
    blocks = came.decode(errors="replace").split("\n\n")[:-1]
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks if not block.startswith(":")]


async def _follow(server: Server, count: int, chance: random.Random, spacing: tuple[float, float]) -> Tally:
    tally = Tally(count)
    followers = [asyncio.create_task(_Follower(server, tally, random.Random(chance.random())).run()) for _ in range(FOLLOWERS)]
    try:
        while not all(each.done() for each in followers):
            await asyncio.wait(followers, timeout=chance.uniform(*spacing), return_when=asyncio.FIRST_EXCEPTION)
            if any(each.done() and each.exception() for each in followers):
                break
            if tally.cut < tally.wanted:
                await asyncio.to_thread(server.kill_all if chance.random() < 0.5 else server.kill_server)
                tally.kills += 1
                await asyncio.to_thread(server.start)
        await asyncio.gather(*followers)
    finally:
        for each in followers:
            each.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
    return tally


def follow(folder: Path, count: int, seed: int, *, spacing: tuple[float, float] = (3.0, 9.0)) -> Followed:
    """Until `count` streams were given up by their clients; the server is killed every few seconds meanwhile."""
    began = time.monotonic()
    with ending(Server(folder, MEZZOTINT_STUB_SECONDS="0.25", MEZZOTINT_LEASE="5", MEZZOTINT_ATTEMPTS="100").start()) as server:
        tally = asyncio.run(_follow(server, count, random.Random(seed), spacing))
        server.stop()
    return Followed(
        tasks=tally.tasks,
        cut=tally.cut,
        broken=tally.broken,
        kills=tally.kills,
        events=tally.events,
        repeated=tally.repeated,
        lost=tally.lost,
        waited=len(tally.delays),
        late=sum(delay > PROMPTLY for delay in tally.delays),
        latest=round(max(tally.delays, default=0.0), 3),
        seconds=round(time.monotonic() - began, 1),
    )
