"""Webhooks to receivers of which many fail in every way they can, while server and worker are killed: all are delivered or given up.

The receivers are one program at many addresses of the loopback network, so that each is a host of its own. Some fail for ever, some a
few times. What each heard is verified by the published library, and held against the attempts that the ledger kept.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
from standardwebhooks import Webhook, WebhookVerificationError

from mezzotint.core.webhooks import JITTER
from tests.acceptance.servers import KEY, Server, ending

DELAYS = (2.0, 3.0, 4.0, 6.0)  # seconds, where there are hours
Delays = tuple[float, ...]
TIMEOUT = 2.0
PAUSE = 2  # seconds that a receiver asks for
CALLERS, PACE = 4, 0.1  # seconds between two creates of a caller
HOSTS = 40  # of each kind that drags on: of one such host few are sent to at once
KINDS = ("500", "404", "302", "410", "pause", "cut", "silent", "once", "twice")
SHARE = 0.3  # of the events go to those
TOLERANCE = 0.1  # of a delay


@dataclass(frozen=True)
class Delivered:
    events: int
    failing: int  # of those, to a receiver that fails
    kills: int
    delivered: int
    exhausted: int
    pending: int
    wrongly: int  # messages that stand otherwise than their receiver would have it
    heard: int
    wrong_signatures: int
    unheard: int  # delivered, and never heard
    attempts: int
    missing: int  # messages whose attempts do not count up from one to the last, or are not as many as they must be
    gaps: int  # between two attempts, no kill coming between them
    early: int  # sooner than the schedule has it
    late: int  # later than it by more than a tenth
    lateness: float  # p99, of a delay
    again: float  # seconds after a server's start, the longest that one was owed which its dead predecessor had
    seconds: float

    @property
    def holds(self) -> bool:
        wrong = (self.pending, self.wrongly, self.wrong_signatures, self.unheard, self.missing, self.early)
        return not any(wrong) and self.delivered + self.exhausted == self.events and self.late <= self.gaps // 100

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


@dataclass
class Receivers:
    """Answers by the first word of the path, and notes what came."""

    verifier: Webhook
    heard: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: int = 0
    port: int = 0

    async def __aenter__(self) -> Receivers:
        self._server = await asyncio.start_server(self._connected, "0.0.0.0", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    def address(self, kind: str, host: int) -> str:
        return f"http://127.0.{1 + KINDS.index(kind) if kind in KINDS else 0}.{1 + host}:{self.port}/{kind}"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            body = await reader.readexactly(int(headers["content-length"]))
            await self._answer(head[0].split(" ")[1].strip("/"), headers, body, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # a killed server, or all is over
        finally:
            writer.close()

    async def _answer(self, kind: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            self.verifier.verify(body, headers)
        except WebhookVerificationError:
            self.wrong += 1
        message = headers["webhook-id"]
        self.heard[message].append(time.time())
        status, more = self._status(kind, len(self.heard[message]))
        if status == 0:
            writer.transport.abort()
        elif status < 0:
            await asyncio.sleep(TIMEOUT * 3)
        else:
            writer.write(f"HTTP/1.1 {status} So\r\ncontent-length: 0\r\nconnection: close\r\n{more}\r\n".encode())
            await writer.drain()

    @staticmethod
    def _status(kind: str, times: int) -> tuple[int, str]:
        """0 cuts the connection, -1 says nothing."""
        match kind:
            case "cut":
                return 0, ""
            case "silent":
                return -1, ""
            case "pause" if times == 1:
                return 503, f"retry-after: {PAUSE}\r\n"
            case "302":
                return 302, "location: http://127.0.0.1/elsewhere\r\n"
            case "once" | "twice" if times <= (1 if kind == "once" else 2):
                return 500, ""
            case "500" | "404" | "410":
                return int(kind), ""
            case _:
                return 204, ""


async def _create(server: Server, receivers: Receivers, chance: random.Random, line: list[int]) -> int:
    """Until the line is empty; how many of them go to receivers that fail."""
    failing = 0
    async with httpx2.AsyncClient(headers={"authorization": f"Bearer {KEY}"}, timeout=10, trust_env=False) as client:
        while line:
            number = line.pop()
            kind = chance.choice(KINDS) if chance.random() < SHARE else "good"
            failing += kind != "good"
            url = receivers.address(kind, number % HOSTS)
            body = {"prompt": "boat", "width": 256, "height": 256, "webhook_url": url}
            await _created(client, server, body, f"event {number}")
            await asyncio.sleep(PACE)
    return failing


async def _created(client: httpx2.AsyncClient, server: Server, body: dict[str, Any], key: str) -> None:
    """However often it takes."""
    status = 0
    while status != 200:
        try:
            status = (await client.post(f"{server.url}/flux/v1/flux-dev", json=body, headers={"idempotency-key": key})).status_code
        except httpx2.HTTPError:
            await asyncio.sleep(0.05)
        assert status in (0, 200, 503)


async def _deliver(
    server: Server, folder: Path, count: int, kills: int, chance: random.Random, secret: str
) -> tuple[Receivers, int, list[tuple[float, float]]]:
    """What came, how many of it to receivers that fail, and from when to when nobody was there to send."""
    line, dead = list(range(count)), list[tuple[float, float]]()
    async with Receivers(Webhook(secret)) as receivers:
        callers = [asyncio.create_task(_create(server, receivers, random.Random(chance.random()), line)) for _ in range(CALLERS)]
        while any(not each.done() for each in callers) or _pending(folder):
            await asyncio.sleep(0.2 if len(dead) >= kills else chance.uniform(1.0, 2.0) * max(1.0, count / 250 / max(kills, 1)))
            if len(dead) < kills:
                began = time.time()
                await asyncio.to_thread(server.kill_all if chance.random() < 0.5 else server.kill_server)
                await asyncio.to_thread(server.start)
                dead.append((began, time.time()))
        return receivers, sum([await each for each in callers]), dead


def _pending(folder: Path) -> int:
    with sqlite3.connect(folder / "ledger.db", timeout=10) as connection:
        [(left,)] = connection.execute("SELECT (SELECT count(*) FROM task WHERE state < 2) + (SELECT count(*) FROM outbox WHERE state = 0)").fetchall()
    connection.close()
    return int(left)


def deliver(folder: Path, count: int, seed: int, *, kills: int, delays: Delays = DELAYS) -> Delivered:
    """`count` tasks with a webhook each; the server, or it and all below it, is killed `kills` times."""
    began = time.monotonic()
    settings: dict[str, Any] = {
        "MEZZOTINT_REACH": "127.0.0.0/8",
        "MEZZOTINT_WEBHOOK_DELAYS": ",".join(map(str, delays)),
        "MEZZOTINT_WEBHOOK_TIMEOUT": str(TIMEOUT),
        "MEZZOTINT_LEASE": "5",
        "MEZZOTINT_ATTEMPTS": "100",
    }
    with ending(Server(folder, **settings).start()) as server:
        with server.client() as client:
            secret = client.get("/v1/webhooks/default/secret").json()["key"]
        receivers, failing, dead = asyncio.run(_deliver(server, folder, count, kills, random.Random(seed), secret))
        server.stop()
    return _judged(folder, receivers, failing, dead, delays, time.monotonic() - began)


def _judged(folder: Path, receivers: Receivers, failing: int, dead: list[tuple[float, float]], delays: Delays, seconds: float) -> Delivered:
    connection = sqlite3.connect(folder / "ledger.db")
    messages = connection.execute("SELECT outbox.id, state, attempt, inputs FROM outbox JOIN task_input USING (task)").fetchall()
    tries: dict[str, list[tuple[Any, ...]]] = {}
    for message, *attempt in connection.execute("SELECT outbox, attempt, at, status, ms FROM delivery ORDER BY outbox, attempt"):
        tries.setdefault(message, []).append(tuple(attempt))
    connection.close()
    wrongly = missing = unheard = early = 0
    late: list[float] = []
    again = [0.0]
    for message, state, attempts, inputs in messages:
        kind, made = json.loads(inputs)["webhook_url"].rpartition("/")[2], tries.get(message, [])
        wanted = _wanted(kind, len(delays))
        wrongly += state != (1 if wanted[0] else 2)
        disturbed = len(receivers.heard[message]) != len(made)  # an attempt was cut short by a kill, and so is not one
        missing += [number for number, *_ in made] != list(range(1, attempts + 1)) or not (attempts == wanted[1] or (disturbed and attempts <= wanted[1]))
        unheard += state == 1 and not receivers.heard[message]
        again += _again(receivers.heard[message], made, dead)
        for gap, delay in _gaps(made, dead, delays):
            early += gap < delay * 0.99
            late.append((gap - delay * (1 + JITTER)) / delay)
    late.sort()
    return Delivered(
        events=len(messages),
        failing=failing,
        kills=len(dead),
        delivered=sum(state == 1 for _, state, *_ in messages),
        exhausted=sum(state == 2 for _, state, *_ in messages),
        pending=sum(state == 0 for _, state, *_ in messages),
        wrongly=wrongly,
        heard=sum(map(len, receivers.heard.values())),
        wrong_signatures=receivers.wrong,
        unheard=unheard,
        attempts=sum(map(len, tries.values())),
        missing=missing,
        gaps=len(late),
        early=early,
        late=sum(each > TOLERANCE for each in late),
        lateness=round(late[len(late) * 99 // 100], 3) if late else 0.0,
        again=round(max(again), 2),
        seconds=round(seconds, 1),
    )


def _again(heard: list[float], made: list[tuple[Any, ...]], dead: list[tuple[float, float]]) -> list[float]:
    """Of what was heard and never noted, as its sender was killed: seconds from the next one's start until it was sent again."""
    found = []
    for then in heard:
        if any(at - ms / 1000 - 0.5 <= then <= at for _, at, _, ms in made):
            continue
        end = min((end for begin, end in dead if end >= then), default=None)
        found += [at - ms / 1000 - end for _, at, _, ms in made if end is not None and at > end][:1]
    return found


def _wanted(kind: str, delays: int) -> tuple[bool, int]:
    """Whether it ends delivered, and after how many attempts."""
    return {"good": (True, 1), "once": (True, 2), "twice": (True, 3), "pause": (True, 2), "410": (False, 1)}.get(kind, (False, delays + 1))


def _gaps(made: list[tuple[Any, ...]], dead: list[tuple[float, float]], delays: Delays) -> list[tuple[float, float]]:
    """From the end of each attempt to the beginning of the next, and what the schedule has between them; none that a kill came into."""
    found = []
    for (number, at, status, _), (_, later, _, ms) in pairwise(made):
        start = later - ms / 1000
        if any(begin <= start and at <= end + delays[0] for begin, end in dead):
            continue
        delay = max(delays[number - 1], PAUSE) if status == 503 else delays[number - 1]
        found.append((start - at, delay))
    return found
