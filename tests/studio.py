"""A whole server in one process for tests: the real app over memory ledger and blobs, a hand-wound clock, the stub engine."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from mezzotint import imaging
from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core.accounts import ApiKey, digest, handle
from mezzotint.core.tasks import Outcome, Verdict
from mezzotint.engines.stub import StubEngine
from mezzotint.http.app import Front, public_app
from mezzotint.http.auth import Authenticator
from mezzotint.http.health import Door
from mezzotint.http.rates import Gate
from mezzotint.http.requests import Origins
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.terms import Terms
from mezzotint.moderation.open import OpenModerator
from mezzotint.net.guard import Guard
from mezzotint.ports import BlobStore, Fetcher, Ledger, Limits, PaintRequest
from mezzotint.service.generate import Painted, Painter, PaintOrder, Workshop, outcome_of
from mezzotint.service.hub import Hub
from mezzotint.service.progress import ProgressBoard
from mezzotint.service.tools import Policy, Tools
from tests.clocks import HandClock

KEY = "mz_" + "a" * 48
OTHER_KEY = "mz_" + "b" * 48
ORIGIN = "http://testserver"


class InProcessPainter:
    """The stub engine without a process around it."""

    slots = 1

    def __init__(self) -> None:
        self.stub, self.engine = StubEngine(), "stub"
        self.orders: list[PaintOrder] = []

    async def paint(self, order: PaintOrder, report: Callable[[int, int], None]) -> Painted:
        self.orders.append(order)
        pictures = tuple((name, imaging.decode(data)) for name, data in order.pictures)
        request = PaintRequest(order.model, order.prompt, order.width, order.height, order.steps, order.guidance, order.seed, pictures, order.strength)
        painting = self.stub.paint(request, report)
        return Painted(imaging.encode(painting.pixels, order.format, dict(order.notes)), painting.prompt, "stub")


class NoFetcher:
    """The world beyond is not there."""

    async def fetch(self, url: str) -> bytes:
        from mezzotint.core.errors import Unreachable

        raise Unreachable(f"{url} cannot be reached")


@dataclass
class Studio:
    tools: Tools
    client: httpx2.AsyncClient
    clock: HandClock
    door: Door
    painter: InProcessPainter
    workshop: Workshop

    async def create(self, model: str = "flux-dev", key: str | None = KEY, **body: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return await self.client.post(f"/flux/v1/{model}", json={"prompt": "a paper boat"} | body, headers=headers)

    async def created(self, model: str = "flux-dev", **body: Any) -> dict[str, Any]:
        response = await self.create(model, **body)
        assert response.status_code == 200, response.text
        told: dict[str, Any] = response.json()
        return told

    async def poll(self, task: str, key: str | None = KEY) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        response = await self.client.get("/flux/v1/get_result", params={"id": task}, headers=headers)
        assert response.status_code == 200, response.text
        told: dict[str, Any] = response.json()
        return told

    async def paint(self, count: int = 10) -> int:
        """Does what a worker does, once: claims, paints, settles."""
        epoch = await self.tools.ledger.enlist("test")
        claims = await self.tools.ledger.claim("test", epoch, ["stub"], count)
        for claim in claims:
            outcome = await outcome_of(claim, self.workshop, lambda step, steps: None)
            await self.tools.ledger.settle([Verdict(claim.task, claim.attempt, outcome)])
        return len(claims)

    async def end(self, outcome: Outcome) -> None:
        """Ends the next task in a way of the test's choosing."""
        epoch = await self.tools.ledger.enlist("test")
        [claim] = await self.tools.ledger.claim("test", epoch, ["stub"], 1)
        await self.tools.ledger.settle([Verdict(claim.task, claim.attempt, outcome)])


def a_studio(
    clock: HandClock,
    *,
    reach: tuple[Any, ...] = (),
    limits: Limits | None = None,
    lifted: bool = False,
    fetcher: Fetcher | None = None,
    painter: Painter | None = None,
    max_body: int = 32 * 1024 * 1024,
    ledger: Ledger | None = None,
    blobs: BlobStore | None = None,
    **policy: Any,
) -> Studio:
    ledger, blobs, door, own = ledger or MemoryLedger(clock, Terms()), blobs or MemoryBlobs(), Door(), InProcessPainter()
    numbers = itertools.count(1)
    decided: dict[str, Any] = {"engine": "stub", "limits": None if lifted else limits or Limits()} | policy
    tools = Tools(
        ledger=ledger,
        blobs=blobs,
        clock=clock,
        entropy=lambda size: next(numbers).to_bytes(size, "big"),
        judge_address=Guard(reach).wrong_with,
        hub=Hub(),
        progress=ProgressBoard(),
        secret=b"s" * 32,
        policy=Policy(**decided),
    )
    other = ApiKey(handle(digest(OTHER_KEY)), "other", "other", 0.0)
    if isinstance(ledger, MemoryLedger):
        ledger._keys[digest(OTHER_KEY)] = other
    front = Front(Authenticator(ledger, clock, [KEY], Gate(tools.policy, clock)), Origins("", (), ORIGIN), door, max_body, "worker-token", 15.0)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(public_app(tools, front)), base_url=ORIGIN)
    workshop = Workshop(blobs, fetcher or NoFetcher(), OpenModerator(), painter or own)
    return Studio(tools, client, clock, door, own, workshop)
