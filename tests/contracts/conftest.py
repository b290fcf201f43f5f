"""Every ledger, for the tests of what all of them must do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Ledger
from tests.clocks import HandClock

TERMS = Terms(lease=15, attempts=3, keep_images=86_400, keep_tasks=30 * 86_400)


@pytest.fixture(params=["memory", "sqlite"])
async def ledger(request: Any, tmp_path: Any, clock: HandClock) -> AsyncIterator[Ledger]:
    made: Ledger = MemoryLedger(clock, TERMS) if request.param == "memory" else SqliteLedger(tmp_path / "a folder" / "ledger.db", clock, TERMS)
    yield made
    await made.close()
