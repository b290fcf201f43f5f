"""Every ledger, for the tests of what all of them must do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Ledger
from tests.clocks import HandClock

TERMS = Terms(lease=15, attempts=3, keep_images=86_400, keep_tasks=30 * 86_400)


@pytest.fixture(params=["memory", "sqlite"])
async def open_ledger(request: Any, tmp_path: Any, clock: HandClock) -> AsyncIterator[Callable[[Terms], Ledger]]:
    """Opens one with other terms."""
    opened: list[Ledger] = []

    def with_terms(terms: Terms) -> Ledger:
        opened.append(MemoryLedger(clock, terms) if request.param == "memory" else SqliteLedger(tmp_path / "a folder" / "ledger.db", clock, terms))
        return opened[-1]

    yield with_terms
    for ledger in opened:
        await ledger.close()


@pytest.fixture
def ledger(open_ledger: Callable[[Terms], Ledger]) -> Ledger:
    return open_ledger(TERMS)
