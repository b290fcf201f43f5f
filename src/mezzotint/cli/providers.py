"""`mezzotint providers`: who paints for us, how they are, and what they cost."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timezone
from typing import Any

from mezzotint.cli.console import say, say_json
from mezzotint.core.conditions import Condition, Findings
from mezzotint.core.spending import amount
from mezzotint.settings import Settings, read_settings


def providers(*, as_json: bool) -> bool:
    """Whether all of them can be asked. Works on the ledger itself, whether a server is running or not."""
    told = asyncio.run(_told(read_settings()))
    if as_json:
        say_json({"object": "list", "data": told})
        return all(each["good"] for each in told)
    if not told:
        say("no providers: mezzotint.toml names them, see docs/providers.md")
    for each in told:
        say(f"{'ok  ' if each['good'] else 'BAD '} {each['name']} ({each['kind']}): {each['said']}")
        today = _of(each["credits_today"], each["credits_per_day"])
        month = _of(each["credits_this_month"], each["credits_per_month"])
        say(f"     {today} credits today, {month} this month for {each['calls_this_month']} pictures; {len(each['models'])} models may be sent to it")
        for seen in each["seen"]:
            say(f"     {_sentence(seen)}")
    return all(each["good"] for each in told)


def _sentence(seen: dict[str, Any]) -> str:
    """How a worker finds it."""
    failed = f", {seen['failed']} failures" + (f", the last {_when(seen['failed_at'])}: {seen['error']}" if seen["failed"] else "")
    answered = f"{seen['answered']} answers" + (f", the last {_when(seen['answered_at'])}" if seen["answered"] else "")
    return f"{seen['state']} {_when(seen['at'])}, as worker {seen['worker']} found it: {answered}{failed}"


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _seen(report: Findings, condition: Condition) -> dict[str, Any]:
    return {
        "worker": report.worker,
        "at": report.at,
        "state": condition.state.value,
        "answered": condition.answered,
        "failed": condition.failed,
        "answered_at": None if condition.answered_ago is None else report.at - condition.answered_ago,
        "failed_at": None if condition.failed_ago is None else report.at - condition.failed_ago,
        "error": condition.error,
    }


def _of(spent: float, cap: float | None) -> str:
    return amount(spent) if cap is None else f"{amount(spent)} of {amount(cap)}"


async def _told(settings: Settings) -> list[dict[str, Any]]:
    from mezzotint.routing import read_routing
    from mezzotint.wiring.adapters import SystemClock
    from mezzotint.wiring.providers import costs_of, looked_at

    routing = read_routing(settings)
    if not routing.providers:
        return []
    day = datetime.fromtimestamp(time.time(), timezone.utc).strftime("%Y-%m-%d")
    costs = {cost.provider.name: cost for cost in await costs_of(settings, routing, SystemClock(), day)}
    return [
        {
            "name": provider.name,
            "kind": provider.kind.value,
            "good": checked.good,
            "said": checked.said,
            "models": costs[provider.name].models,
            "calls_this_month": costs[provider.name].calls,
            "credits_today": costs[provider.name].today,
            "credits_per_day": provider.per_day,
            "credits_this_month": costs[provider.name].month,
            "credits_per_month": provider.per_month,
            "seen": [_seen(*each) for each in costs[provider.name].seen],
        }
        async for provider, checked in looked_at(settings, routing)
    ]
