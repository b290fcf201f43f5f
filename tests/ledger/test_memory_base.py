"""What a ledger in memory knows of a task that was just made."""

from __future__ import annotations

import pytest

from mezzotint.core.errors import Unavailable
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Limits
from tests.clocks import HandClock
from tests.tasks import a_task


async def test_a_task_that_was_just_made_is_nobodys_holds_nothing_and_may_run_at_once() -> None:
    ledger = MemoryLedger(HandClock(), Terms())
    task = a_task()
    await ledger.submit(task, Limits())
    entry = ledger._tasks[task.id]

    assert (entry.held, entry.not_before, entry.refunded, entry.worker) == (0.0, 0.0, 0, "")
    assert (entry.waiting, entry.running) == (True, False)


async def test_a_closed_ledger_says_so() -> None:
    ledger = MemoryLedger(HandClock(), Terms())
    await ledger.close()

    with pytest.raises(Unavailable, match="closed"):
        await ledger.submit(a_task(), Limits())
