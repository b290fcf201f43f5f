"""Whatever order things happen in, a ledger agrees with a plain model of what it should do: Hypothesis tries the orders.

`scripts/soak states` tries more of them, and longer ones.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.ledger.machine import MemoryMachine, SqliteMachine

MANY = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
FEWER = settings(MANY, max_examples=40)


class TestMemory(MemoryMachine.TestCase):  # type: ignore[misc,valid-type]  # Hypothesis makes it
    settings = MANY


class TestSqlite(SqliteMachine.TestCase):  # type: ignore[misc,valid-type]  # Hypothesis makes it
    settings = FEWER
