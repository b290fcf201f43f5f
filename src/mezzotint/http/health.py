"""Is it alive, is it ready, how is it doing."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from mezzotint import records
from mezzotint._version import __version__
from mezzotint.core.conditions import Condition, Findings, State
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
        both = ("provider", "worker")
        self._state = Gauge("mezzotint_provider_state", "1 for how a worker finds a provider, 0 for how not.", (*both, "state"), registry=registry)
        self._answered = Gauge("mezzotint_provider_answered", "Answers of a provider since its worker began.", both, registry=registry)
        self._failed = Gauge("mezzotint_provider_failed", "Its failures to answer, or to take an order, since then.", both, registry=registry)
        self._last = Gauge("mezzotint_provider_last_answer_seconds", "When it answered last, Unix seconds.", both, registry=registry)
        self._last_failure = Gauge("mezzotint_provider_last_failure_seconds", "When it failed last, Unix seconds.", both, registry=registry)
        self._month = Gauge("mezzotint_provider_credits_month", "Credits that it cost this month, UTC.", by, registry=registry)
        self._cap = Gauge("mezzotint_provider_credits_cap", "Credits that it may cost.", ("provider", "span"), registry=registry)
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
        spent = await self._tools.ledger.spent_upstream(f"{day[:7]}-01", day)
        for name, provider in routing.providers.items():
            own = [each for each in spent if each.provider == name]
            self._calls.labels(name).set(sum(each.calls for each in own if each.day == day))
            self._credits.labels(name).set(sum(each.cost for each in own if each.day == day))
            self._month.labels(name).set(sum(each.cost for each in own))
            for span, cap in (("day", provider.per_day), ("month", provider.per_month)):
                if cap is not None:
                    self._cap.labels(name, span).set(cap)
        for report in await self._tools.ledger.conditions():
            for condition in report.conditions:
                if condition.provider in routing.providers:
                    self._set_condition(report, condition)

    def _set_condition(self, report: Findings, condition: Condition) -> None:
        who = (condition.provider, report.worker)
        for state in State:
            self._state.labels(*who, state.value).set(condition.state is state)
        self._answered.labels(*who).set(condition.answered)
        self._failed.labels(*who).set(condition.failed)
        for gauge, ago in ((self._last, condition.answered_ago), (self._last_failure, condition.failed_ago)):
            if ago is not None:
                gauge.labels(*who).set(report.at - ago)

    async def metrics(self, request: Request) -> Response:
        del request
        self._waiting.set(await self._tools.ledger.waiting())
        await self._set_providers()
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
