"""Providers seen by an operator: how they are, and what they cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from mezzotint.core.conditions import Condition, Findings
from mezzotint.core.errors import BadSetting
from mezzotint.engines.upstream.checking import Checked, check, models_of
from mezzotint.net.guard import Guard
from mezzotint.net.providers import GuardedLine
from mezzotint.ports import Clock
from mezzotint.routing import Provider, Routing
from mezzotint.routing.providers import key_of
from mezzotint.settings import Settings
from mezzotint.wiring.adapters import ledger_of


async def looked_at(settings: Settings, routing: Routing) -> AsyncIterator[tuple[Provider, Checked]]:
    """Each as soon as it has answered, in the order of the file."""
    line = GuardedLine(Guard(settings.reach), connections=4)
    try:
        for provider in routing.providers.values():
            try:
                yield provider, await check(provider, key_of(provider), routing, line)
            except BadSetting as error:
                yield provider, Checked(False, str(error))
    finally:
        await line.close()


@dataclass(frozen=True)
class Cost:
    """Of one provider, in credits and calls, today and in this month of UTC; `models` that may be sent to it."""

    provider: Provider
    models: list[str]
    today: float = 0.0
    month: float = 0.0
    calls: int = 0
    seen: tuple[tuple[Findings, Condition], ...] = ()  # how the workers find it


async def costs_of(settings: Settings, routing: Routing, clock: Clock, day: str) -> list[Cost]:
    """Those of the file, and those of this month that it names no more are left out. Raises LedgerError."""
    ledger = ledger_of(settings, clock)
    try:
        spent = await ledger.spent_upstream(f"{day[:7]}-01", day)
        reports = await ledger.conditions()
    finally:
        await ledger.close()
    return [
        Cost(
            provider,
            [card.name for card in models_of(provider, routing)],
            sum(each.cost for each in spent if each.provider == name and each.day == day),
            sum(each.cost for each in spent if each.provider == name),
            sum(each.calls for each in spent if each.provider == name),
            tuple((report, each) for report in reports for each in report.conditions if each.provider == name),
        )
        for name, provider in routing.providers.items()
    ]
