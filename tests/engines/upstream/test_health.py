"""The circuit breaker, by a clock of our own."""

from __future__ import annotations

from mezzotint.core.conditions import LONGEST_ERROR, Condition, State
from mezzotint.engines.upstream.health import BARRED, FAILURES, LONGEST_HOLD, LONGEST_REST, REST, Health
from tests.clocks import HandClock


def a_health() -> tuple[Health, HandClock]:
    clock = HandClock(100.0)
    return Health("p", clock.now), clock


def fail(health: Health, times: int = FAILURES) -> None:
    for _ in range(times):
        health.begin()
        health.bad("down")


def test_a_few_failures_are_nothing() -> None:
    health, _ = a_health()
    fail(health, FAILURES - 1)
    assert health.wait() == 0
    health.good()
    fail(health, FAILURES - 1)
    assert health.wait() == 0


def test_after_enough_in_a_row_it_rests_longer_each_time() -> None:
    health, clock = a_health()
    fail(health)
    rests = []
    for _ in range(8):
        rests.append(health.wait())
        clock.advance(rests[-1])
        fail(health, 1)

    assert rests == [REST, 2 * REST, 4 * REST, 8 * REST, 16 * REST, LONGEST_REST, LONGEST_REST, LONGEST_REST]


def test_after_a_rest_one_call_goes_first_and_decides() -> None:
    health, clock = a_health()
    fail(health)
    clock.advance(REST)
    assert health.wait() == 0
    health.begin()
    assert health.wait() > 0
    health.good()
    assert health.wait() == 0
    fail(health, 1)
    assert health.wait() == 0


def test_a_call_that_never_ends_does_not_bar_the_others_for_ever() -> None:
    health, clock = a_health()
    fail(health)
    clock.advance(REST)
    health.begin()
    clock.advance(LONGEST_REST)

    assert health.wait() == 0


def test_it_is_left_alone_for_as_long_as_it_asks_within_reason() -> None:
    health, clock = a_health()
    health.hold(7, "429")
    assert health.wait() == 7
    clock.advance(7)
    assert health.wait() == 0
    health.hold(1e9, "429")
    assert health.wait() == LONGEST_HOLD


def test_one_that_refuses_us_is_not_asked_for_a_while() -> None:
    health, clock = a_health()
    health.bar("403")
    assert health.barred
    assert health.why == "403"
    clock.advance(BARRED)
    assert not health.barred


def test_what_is_told_of_it() -> None:
    health, clock = a_health()
    assert health.condition == Condition("p", State.WELL)

    health.good()
    clock.advance(3)
    fail(health)
    clock.advance(1)
    assert health.condition == Condition("p", State.RESTING, 1, FAILURES, 4.0, 1.0, "down")

    clock.advance(LONGEST_REST)
    health.good()
    assert health.condition.state is State.WELL
    health.hold(5.0, "it answered 429")
    assert (health.condition.state, health.condition.error) == (State.RESTING, "it answered 429")
    clock.advance(6)
    health.bar("x" * 1000)
    assert (health.condition.state, health.condition.error) == (State.REFUSING, "x" * LONGEST_ERROR)
