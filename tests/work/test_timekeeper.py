"""A clock that is set while the server runs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mezzotint.core.errors import Unavailable
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Limits
from mezzotint.work import timekeeper as module
from mezzotint.work.timekeeper import Timekeeper
from tests.clocks import HandClock
from tests.tasks import a_task
from tests.waiting import until


class Set(HandClock):
    """It was set by `off`, and did not follow yet."""

    off = 0.0

    def jumped(self) -> float:
        return self.off

    def follow(self, seconds: float) -> None:
        self.time += seconds
        self.off -= seconds

    def mark(self, seconds: float = 0.0) -> str:
        return f"set by {seconds:g}"

    def set_since(self, mark: str | None) -> float:
        return self.off if mark else 0.0


async def test_a_lease_is_as_long_after_a_jump_as_before_it() -> None:
    clock, forgotten = Set(), list[str]()
    ledger = MemoryLedger(clock, Terms())
    await ledger.submit(a_task(), Limits())
    await ledger.claim("w", await ledger.enlist("w"), ["stub"], 1)
    keeper = Timekeeper(clock, ledger, lambda: forgotten.append("all"))

    await keeper.look()
    assert forgotten == []
    began, clock.off = clock.now(), 86_400.0
    await keeper.look()

    assert await ledger.clock_mark() == "set by 86400"
    assert (clock.now(), forgotten) == (began + 86_400.0, ["all"])
    assert await ledger.reap() == 0


async def test_while_the_ledger_cannot_be_written_time_goes_on_as_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY", 0.01)
    clock, looks = Set(), list[int]()

    class Locked(MemoryLedger):
        async def check(self) -> dict[str, Any]:
            looks.append(1)
            if len(looks) < 3:
                raise Unavailable("locked")
            return await super().check()

    running = asyncio.create_task(Timekeeper(clock, Locked(clock, Terms()), lambda: None).run())
    began, clock.off = clock.now(), -3600.0
    try:
        await until(lambda: len(looks) == 2, "the second look")
        assert clock.now() == began
        await until(lambda: clock.now() == began - 3600, "the clock to follow")
    finally:
        running.cancel()


async def test_a_jump_that_nobody_saw_is_caught_up_with() -> None:
    clock = Set()
    ledger = MemoryLedger(clock, Terms())
    await ledger.submit(a_task(idempotency_key="7"), Limits())
    keeper = Timekeeper(clock, ledger, lambda: None)

    await keeper.catch_up()
    assert await ledger.clock_mark() == "set by 0"
    clock.advance(90_000)
    clock.off = 90_000.0
    await keeper.catch_up()

    assert (await ledger.submit(a_task(idempotency_key="7"), Limits())).replayed
