"""Floods: a key, and an address without one, ask far more often than they may, while other keys work as ever.

The flood must be refused (429, with Retry-After, in its surface's words) and never break anything; the good keys' answers may take longer,
but not long; their tasks do not wait behind the flood's; and the server's memory stays where it was.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.acceptance.servers import Server, ending

QUEUE = 200
BODY = {"prompt": "boat", "width": 256, "height": 256}
SURFACES: dict[str, Callable[[Any], bool]] = {
    "/flux/v1/flux-dev": lambda told: told["error"]["type"] == "comet_api_error",
    "/v1/flux-dev": lambda told: "detail" in told,
    "/v1/images/generations": lambda told: set(told["error"]) == {"message", "type", "param", "code"},
    "/v1/models/black-forest-labs/flux-dev/predictions": lambda told: told["status"] == 429,
}
FLOODERS = 8
GOOD = 2
BOUND = 10.0  # times the unloaded p99 that a good key's may be, and at least SLACK: both share two cores with whoever floods
SLACK = 250.0  # ms
GROWTH = 64 * 1024  # KiB that the server may have gained when the flood is over


@dataclass(frozen=True)
class Flooded:
    flood: int  # requests of the flood that were answered
    per_second: float
    refused: int  # of those, with 429
    taken: int  # of its creates
    strangers: int  # requests without a key
    broken: int  # answers that are 5xx, or a 429 without Retry-After or in other words than its surface's
    unloaded: float  # p99 in ms of a good key's create and poll
    loaded: float
    good: int  # tasks of good keys under the flood
    good_refused: int
    ready: float  # p99 in seconds until a good key's task is ready, under the flood
    backlog: float  # seconds of painting that the flood had waiting before them
    rss: tuple[int, int, int]  # KiB of the server before, during and after

    @property
    def holds(self) -> bool:
        answered = self.broken == self.good_refused == 0 and self.refused > 0 and self.good > 0
        quick = self.loaded <= max(BOUND * self.unloaded, SLACK) and self.ready < self.backlog / 2
        return answered and quick and max(self.rss[1:]) <= self.rss[0] + GROWTH

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def _key(server: Server, name: str, *more: str) -> str:
    command = [sys.executable, "-m", "mezzotint", "keys", "create", name, *more, "--json"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MEZZOTINT_")} | {"MEZZOTINT_DATA": str(server.folder)}
    told: str = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)["key"]
    return told


def _rss(pid: int) -> int:
    return next(int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))


class _Flood:
    """As fast as answers come, on every surface in turn: three creates and a poll."""

    def __init__(self, server: Server, key: str | None) -> None:
        self._server, self._headers = server, {"authorization": f"Bearer {key}"} if key else {}
        self.statuses: Counter[int] = Counter()
        self.taken = self.broken = 0

    async def run(self, stop: asyncio.Event) -> None:
        paths = list(SURFACES)
        async with httpx2.AsyncClient(base_url=self._server.url, headers=self._headers, timeout=20, trust_env=False) as client:
            number = 0
            while not stop.is_set():
                number += 1
                path = paths[number % len(paths)]
                if number % 4 == 0:
                    self._note(await client.get("/flux/v1/get_result", params={"id": "0" * 26}), "/flux/v1/flux-dev", create=False)
                else:
                    self._note(await self._created(client, path), path, create=True)

    async def _created(self, client: httpx2.AsyncClient, path: str) -> httpx2.Response:
        body: dict[str, Any] = {"input": {"prompt": "boat"}} if path.endswith("predictions") else BODY
        headers = {"prefer": "respond-async"}
        if path.startswith("/v1/images"):  # else it is held until the picture is there
            body = {"prompt": "boat", "model": "flux-dev", "size": "of no kind"}
        return await client.post(path, json=body, headers=headers)

    def _note(self, response: httpx2.Response, path: str, *, create: bool) -> None:
        self.statuses[response.status_code] += 1
        self.taken += create and response.status_code in (200, 201, 202)
        if response.status_code >= 500:
            self.broken += 1
        if response.status_code == 429:
            self.broken += not (int(response.headers.get("retry-after", "0")) > 0 and SURFACES[path](response.json()))


@dataclass
class _Good:
    server: Server
    key: str
    refused: int = 0

    async def work(self, seconds: float, took: list[float], waits: list[float]) -> None:
        """A create and a poll, again and again; how long they took in ms, and in seconds how long until the task was ready."""
        waiting: list[asyncio.Task[None]] = []
        headers = {"authorization": f"Bearer {self.key}"}
        async with httpx2.AsyncClient(base_url=self.server.url, headers=headers, timeout=70, trust_env=False) as client:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                began = time.perf_counter()
                made = await client.post("/flux/v1/flux-dev", json=BODY)
                if made.status_code != 200:
                    self.refused += 1
                    continue
                polled = await client.get("/flux/v1/get_result", params={"id": made.json()["id"]})
                took.append((time.perf_counter() - began) * 1000)
                self.refused += polled.status_code != 200
                waiting.append(asyncio.create_task(self._ready(client, made.json()["id"], time.monotonic(), waits)))
                await asyncio.sleep(1.2)
            await asyncio.gather(*waiting)

    async def _ready(self, client: httpx2.AsyncClient, task: str, began: float, waits: list[float]) -> None:
        while (await client.get("/flux/v1/get_result", params={"id": task, "wait": "60"})).json()["status"] == "Pending":
            pass
        waits.append(time.monotonic() - began)


def _p99(values: list[float]) -> float:
    return round(statistics.quantiles(values, n=100)[98], 2) if len(values) > 1 else 0.0


async def _flood(server: Server, keys: list[str], seconds: float) -> Flooded:
    flooder, good = keys[0], [_Good(server, key) for key in keys[1:]]
    unloaded: list[float] = []
    await asyncio.gather(*(each.work(seconds / 2, unloaded, []) for each in good))
    before, stop = _rss(server.pid), asyncio.Event()
    floods = [_Flood(server, flooder) for _ in range(FLOODERS)] + [_Flood(server, None) for _ in range(FLOODERS // 2)]
    running = [asyncio.create_task(each.run(stop)) for each in floods]
    await asyncio.sleep(2)
    took: list[float] = []
    waits: list[float] = []
    began = time.monotonic()
    waiting = await _waiting(server)
    await asyncio.gather(*(each.work(seconds, took, waits) for each in good))
    waiting = max(waiting, await _waiting(server))
    during, lasted = _rss(server.pid), time.monotonic() - began + 2
    stop.set()
    await asyncio.gather(*running)
    await asyncio.sleep(1)
    return Flooded(
        flood=sum(sum(each.statuses.values()) for each in floods),
        per_second=round(sum(sum(each.statuses.values()) for each in floods) / lasted, 1),
        refused=sum(each.statuses[429] for each in floods),
        taken=sum(each.taken for each in floods),
        strangers=sum(sum(each.statuses.values()) for each in floods[FLOODERS:]),
        broken=sum(each.broken for each in floods),
        unloaded=_p99(unloaded),
        loaded=_p99(took),
        good=len(took),
        good_refused=sum(each.refused for each in good),
        ready=_p99(waits),
        backlog=round(waiting * PAINTING, 2),
        rss=(before, during, _rss(server.pid)),
    )


async def _waiting(server: Server) -> float:
    """Tasks in the queue."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        told = (await client.get(f"{server.url}/metrics")).text
    return next(float(line.split()[1]) for line in told.splitlines() if line.startswith("mezzotint_tasks_waiting"))


PAINTING = 0.3  # seconds for a picture
RATES = ("--rate", "100/s", "--poll-rate", "100/s")


def flood(folder: Path, seconds: float) -> Flooded:
    """The flooding key has rates, which leave it enough to fill its share of the queue. All keys are of one account."""
    settings = {"MEZZOTINT_LIMITS": "on", "MEZZOTINT_QUEUE_LIMIT": str(QUEUE), "MEZZOTINT_STUB_SECONDS": str(PAINTING)}
    with ending(Server(folder, port=0, **settings)) as server:
        server.start()
        keys = [_key(server, "flood", *RATES), *(_key(server, f"good {number}") for number in range(GOOD))]
        found = asyncio.run(_flood(server, keys, seconds))
        server.stop()
    return found
