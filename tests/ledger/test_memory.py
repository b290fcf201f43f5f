"""What is the business of the ledger in memory alone. What every ledger does is in tests/contracts."""

from __future__ import annotations

from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ports import Limits
from tests.clocks import HandClock
from tests.tasks import a_task


async def test_it_says_that_it_forgets(clock: HandClock) -> None:
    ledger = MemoryLedger(clock)
    await ledger.submit(a_task(), Limits())
    await ledger.enlist("w")

    assert await ledger.check() == {"kind": "memory", "waiting": 1, "workers": 1, "durable": False}


async def test_its_secret_is_its_own(clock: HandClock) -> None:
    ledger, other = MemoryLedger(clock), MemoryLedger(clock)

    assert await ledger.secret() == await ledger.secret() != await other.secret()
    assert len(await ledger.secret()) == 32
