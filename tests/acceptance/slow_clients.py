"""Very many clients that are slow on purpose, and one that is not: how much longer the good one waits for its answers."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import resource
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import httpx2

from tests.acceptance.servers import KEY, Server, ending

DRIP = 1.0  # seconds between two bytes of a slow client
HEADERS = b"POST /flux/v1/flux-dev HTTP/1.1\r\nHost: x\r\n"
WHOLE = HEADERS + b"Authorization: Bearer " + KEY.encode() + b"\r\nContent-Length: 1000000\r\n\r\n"
READING = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 20
BODY = {"prompt": "boat", "width": 256, "height": 256}


@dataclass(frozen=True)
class Waited:
    slow: int  # clients
    held: int  # of those whose connection still was there at the end of the measuring
    unloaded: float  # p99 in ms, of creates and polls
    loaded: float
    refused: int

    @property
    def holds(self) -> bool:
        return self.loaded <= 2 * self.unloaded and self.refused == 0

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


async def _slow(port: int, first: bytes, drip: bytes, *, reads: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=256)
    try:
        writer.write(first)
        while True:
            await asyncio.sleep(DRIP)
            if reads:
                if not await reader.read(1):
                    return
            else:
                writer.write(drip)
                await writer.drain()
    finally:
        writer.close()


async def _hold(port: int, headers: int, bodies: int, readers: int, line: Connection) -> None:
    """Until the line says something; then it is told how many still were connected."""
    kinds = [(headers, HEADERS, b"X", False), (bodies, WHOLE, b" ", False), (readers, READING, b"", True)]
    tasks = [asyncio.create_task(_slow(port, first, drip, reads=reads)) for count, first, drip, reads in kinds for _ in range(count)]
    await asyncio.sleep(2)
    line.send(len(tasks))
    await asyncio.to_thread(line.recv)
    line.send(sum(not task.done() for task in tasks))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _hold_all(port: int, headers: int, bodies: int, readers: int, line: Connection) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    asyncio.run(_hold(port, headers, bodies, readers, line))


@contextmanager
def _slow_clients(port: int, headers: int, bodies: int, readers: int) -> Iterator[Connection]:
    """In a process of their own, so that what they cost is not taken for what the server makes the good one wait."""
    spawning = multiprocessing.get_context("spawn")
    line, other = spawning.Pipe()
    process = spawning.Process(target=_hold_all, args=(port, headers, bodies, readers, other))
    process.start()
    other.close()
    try:
        yield line
    finally:
        process.terminate()
        process.join()


async def _good_traffic(server: Server, seconds: float) -> tuple[list[float], int]:
    """A create and a poll, again and again, one after the other."""
    took, refused, end = [], 0, time.monotonic() + seconds
    async with httpx2.AsyncClient(base_url=server.url, headers={"authorization": f"Bearer {KEY}"}, timeout=20, trust_env=False) as client:
        while time.monotonic() < end:
            began = time.perf_counter()
            response = await client.post("/flux/v1/flux-dev", json=BODY)
            polled = await client.get("/flux/v1/get_result", params={"id": response.json()["id"]})
            took.append((time.perf_counter() - began) * 1000)
            refused += (response.status_code, polled.status_code) != (200, 200)
            await asyncio.sleep(0.005)
    return took, refused


def _p99(took: list[float]) -> float:
    return round(statistics.quantiles(took, n=100)[98], 1)


async def _wait(server: Server, count: int, seconds: float) -> Waited:
    await _good_traffic(server, 1)
    before, refused = await _good_traffic(server, seconds)
    with _slow_clients(server.port, count, count, count * 2 // 5) as line:
        slow = await asyncio.to_thread(line.recv)
        during, more = await _good_traffic(server, seconds)
        line.send("enough")
        held = await asyncio.to_thread(line.recv)
    return Waited(slow, held, _p99(before), _p99(during), refused + more)


def wait(folder: Path, count: int, seconds: float = 8.0) -> Waited:
    """`count` clients that are slow in their headers, as many in their bodies, and two fifths of that in reading."""
    with ending(Server(folder).start()) as server:
        return asyncio.run(_wait(server, count, seconds))
