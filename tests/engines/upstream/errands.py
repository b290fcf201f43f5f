"""An upstream engine over real sockets, its notes in a real ledger, its providers on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from mezzotint.core.calls import Call, CallNote, Noted
from mezzotint.core.errands import Delivered, Errand
from mezzotint.core.hooks import Hook
from mezzotint.core.images import ImageFormat
from mezzotint.core.tasks import Claim, NewTask
from mezzotint.engines.upstream.book import Note
from mezzotint.engines.upstream.engine import UpstreamEngine
from mezzotint.engines.upstream.providers import Counters
from mezzotint.leash import Leash
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.terms import Terms
from mezzotint.net.guard import Guard
from mezzotint.net.providers import GuardedLine
from mezzotint.ports import Limits
from mezzotint.routing import Kind, Offer, Provider, Route, Routing
from mezzotint.settings import Network
from tests.clocks import HandClock
from tests.providers import KEY, FakeBFL, FakeOpenAI, FakeProvider, FakeReplicate, serving_providers
from tests.tasks import a_task

DIALECTS: dict[str, Any] = {
    "bfl": FakeBFL,
    "cometapi": lambda **rest: FakeBFL(prefix="/flux/v1", bearer=True, **rest),
    "replicate": FakeReplicate,
    "openai": FakeOpenAI,
    "mezzotint": lambda **rest: FakeBFL(bearer=True, idempotent=True, **rest),
}
VALUES = {
    "flux-dev": {"width": 1024, "height": 768, "steps": 28, "guidance": 3.0, "safety_tolerance": 2, "output_format": "png", "prompt_upsampling": False},
    "black-forest-labs/flux-2-pro": {"aspect_ratio": "16:9", "resolution": "1 MP", "output_format": "webp", "safety_tolerance": 2, "output_quality": 80},
}


@dataclass
class Office:
    """The engine and the ledger that it notes its calls in."""

    engine: UpstreamEngine
    ledger: MemoryLedger
    clock: HandClock
    notes: list[CallNote] = field(default_factory=list)
    claims: dict[str, Claim] = field(default_factory=dict)
    epoch: int = 0
    hook: Hook | None = None

    async def claim(self, prompt: str, model: str = "flux-dev", **values: Any) -> Claim:
        parameters = VALUES.get(model, {}) | {"prompt": prompt, "seed": 7} | values
        task: NewTask = a_task(prompt)
        await self.ledger.submit(replace(task, inputs=replace(task.inputs, model=model, parameters=parameters)), Limits())
        self.epoch = self.epoch or await self.ledger.enlist("w")
        [claim] = await self.ledger.claim("w", self.epoch, ["stub"], 1)
        self.claims[prompt] = claim
        return claim

    async def again(self, prompt: str) -> Claim:
        """The worker died: the next attempt's claim."""
        self.epoch = await self.ledger.enlist("w")
        [claim] = await self.ledger.claim("w", self.epoch, ["stub"], 1)
        self.claims[prompt] = claim
        return claim

    async def run(self, claim: Claim, *, leash: Leash | None = None, wanted: ImageFormat = ImageFormat.PNG, pictures: Any = (), index: int = 0) -> Delivered:
        values = claim.inputs.parameters
        size = (values.get("width") or 1344, values.get("height") or 768)
        errand = Errand(
            claim.task,
            index,
            claim.attempt,
            claim.inputs.model,
            values,
            size,
            values["seed"] + index,
            wanted,
            tuple(pictures),
            claim.calls,
            claim.age,
            self.hook,
        )
        delivered = await self.engine.run(errand, lambda step, steps: None, leash or Leash())
        assert delivered.note is not None
        self.notes.append(delivered.note)
        await self.ledger.note_calls([delivered.note])
        return delivered

    async def deliver(self, prompt: str, model: str = "flux-dev", **values: Any) -> Delivered:
        return await self.run(await self.claim(prompt, model, **values))

    async def calls(self, prompt: str) -> list[Call]:
        return await self.ledger.calls_of(self.claims[prompt].task)

    async def states(self, prompt: str) -> list[str]:
        return [call.state.value for call in await self.calls(prompt)]

    async def cost(self) -> float:
        return sum(spent.cost for spent in await self.ledger.spent_upstream("0000", "9999"))


def noting(ledger: MemoryLedger, notes: list[CallNote]) -> Note:
    async def note(note: CallNote) -> Noted:
        await asyncio.sleep(0)
        notes.append(note)
        [what] = await ledger.note_calls([note])
        return what

    return note


def a_provider(kind: str, fake: FakeProvider, **more: Any) -> Provider:
    base = f"{fake.url}/v1" if kind == "openai" else fake.url
    details: dict[str, Any] = {"poll": 0.01, "timeout": 2.0, "deadline": 5.0, "idempotent": fake.idempotent, "concurrency": 8, "name": kind} | more
    return Provider(details.pop("name"), Kind(kind), base, **details)


@asynccontextmanager
async def an_office(
    fakes: Mapping[str, tuple[str, FakeProvider]],
    *,
    offers: tuple[Offer, ...] | None = None,
    key: str = KEY,
    reach: tuple[Network, ...] = (),
    clock: HandClock | None = None,
    **more: Any,
) -> AsyncIterator[Office]:
    """`fakes` by the provider's name: its kind, and itself. `more` goes to every provider."""
    with serving_providers(*(fake for _, fake in fakes.values())):
        providers = {name: a_provider(kind, fake, **({"name": name} | more)) for name, (kind, fake) in fakes.items()}
        routing = Routing("upstream", (Route("*", "upstream", offers or tuple(Offer(name) for name in providers)),), MappingProxyType(providers))
        clock = clock or HandClock()
        line, ledger = GuardedLine(Guard(reach)), MemoryLedger(clock, Terms(attempts=100))
        notes: list[CallNote] = []
        engine = UpstreamEngine(Counters(routing, lambda provider: key), line, noting(ledger, notes))
        office = Office(engine, ledger, clock, notes)
        try:
            yield office
        finally:
            await engine.close()
