"""Is it alive, is it ready, how is it doing."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from mezzotint import records
from mezzotint._version import __version__
from mezzotint.core.errors import MezzotintError, Unavailable
from mezzotint.http.endpoint import JSON
from mezzotint.service.tools import Tools


class Door:
    """Whether the server takes new tasks. Closed while it drains."""

    def __init__(self) -> None:
        self.open = True

    def check(self) -> None:
        """Raises Unavailable while the door is closed."""
        if not self.open:
            raise Unavailable("the server is shutting down: nothing was accepted, try again in a few seconds")


class Health:
    def __init__(self, tools: Tools, door: Door, registry: CollectorRegistry) -> None:
        self._tools, self._door, self._registry = tools, door, registry
        self._waiting = Gauge("mezzotint_tasks_waiting", "Tasks in the queue.", registry=registry)
        by = ("provider",)
        self._calls = Gauge("mezzotint_provider_calls_today", "Pictures ordered from a provider since midnight, UTC.", by, registry=registry)
        self._credits = Gauge("mezzotint_provider_credits_today", "Credits (0.01 USD) that they cost, those under way as expected.", by, registry=registry)

    async def live(self, request: Request) -> Response:
        """The process answers: nothing more is asked."""
        del request
        return Response(b'{"ok":true}', media_type=JSON)

    async def ready(self, request: Request) -> Response:
        """It takes tasks: the ledger answers and is as durable as promised, and nobody is shutting it down.

        A server without a worker is ready, for what it takes is kept until one comes; `workers` says how many there are.
        """
        del request
        facts: dict[str, Any] = {"version": __version__, "accepting": self._door.open, "engine": self._tools.policy.engine}
        try:
            ledger = await self._tools.ledger.check()
        except MezzotintError as error:
            return Response(records.encode(facts | {"ready": False, "why": str(error)}), 503, {"retry-after": "5"}, JSON)
        facts |= {"ready": self._door.open, "workers": ledger.pop("workers"), "ledger": ledger}
        status, headers = (200, {}) if self._door.open else (503, {"retry-after": "5"})
        return Response(records.encode(facts), status, headers, JSON)

    async def _set_providers(self) -> None:
        routing = self._tools.policy.routing
        if routing is None or not routing.providers:
            return
        day = datetime.fromtimestamp(self._tools.clock.now(), timezone.utc).strftime("%Y-%m-%d")
        spent = await self._tools.ledger.spent_upstream(day, day)
        for name in routing.providers:
            self._calls.labels(name).set(sum(each.calls for each in spent if each.provider == name))
            self._credits.labels(name).set(sum(each.cost for each in spent if each.provider == name))

    async def metrics(self, request: Request) -> Response:
        del request
        self._waiting.set(await self._tools.ledger.waiting())
        await self._set_providers()
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
