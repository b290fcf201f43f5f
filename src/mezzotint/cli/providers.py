"""`mezzotint providers`: who paints for us, how they are, and what they cost."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timezone
from typing import Any

from mezzotint.cli.console import say, say_json
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
    return all(each["good"] for each in told)


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
        }
        async for provider, checked in looked_at(settings, routing)
    ]
