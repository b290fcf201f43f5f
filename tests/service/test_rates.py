"""Token buckets: how often somebody may ask."""

from __future__ import annotations

import pytest

from mezzotint.core.accounts import Rate, read_rate
from mezzotint.service import rates
from mezzotint.service.rates import Buckets, Standing
from tests.clocks import HandClock

THREE_A_SECOND = Rate(3, 1)


@pytest.fixture
def buckets(clock: HandClock) -> Buckets:
    return Buckets(clock)


def take(buckets: Buckets, rate: Rate = THREE_A_SECOND, owner: str = "k") -> Standing:
    return buckets.take("creates", owner, rate)


def test_all_of_a_rate_may_come_at_once_and_no_more(buckets: Buckets) -> None:
    told = [take(buckets) for _ in range(5)]

    assert [each.refused for each in told] == [False, False, False, True, True]
    assert [each.left for each in told] == [2, 1, 0, 0, 0]


def test_they_come_back_one_by_one(buckets: Buckets, clock: HandClock) -> None:
    for _ in range(3):
        take(buckets)

    clock.advance(1 / 3)

    assert [take(buckets).refused for _ in range(2)] == [False, True]


@pytest.mark.parametrize("rate", ["1/s", "3/s", "7/m", "600/m", "1/h", "5/d", "100000/s"])
def test_whoever_waits_as_long_as_it_is_told_is_taken_and_a_second_less_is_too_early(buckets: Buckets, clock: HandClock, rate: str) -> None:
    limit = read_rate(rate)
    for _ in range(limit.count):
        assert not take(buckets, limit).refused
    refused = take(buckets, limit)
    assert refused.refused

    clock.advance(refused.retry_after - 1)
    if refused.retry_after > 1:
        assert take(buckets, limit).refused
    clock.advance(1)

    assert not take(buckets, limit).refused


def test_over_a_long_time_exactly_the_rate_is_taken(buckets: Buckets, clock: HandClock) -> None:
    taken = 0
    for _ in range(10_000):
        taken += not take(buckets, Rate(7, 1)).refused
        clock.advance(0.01)

    assert taken == 7 + 7 * 100 - 1  # the bucket, what came back in 100 s, but for what the last hundredth would bring


def test_a_refused_request_costs_nothing(buckets: Buckets, clock: HandClock) -> None:
    for _ in range(1000):
        take(buckets)

    clock.advance(1 / 3)

    assert not take(buckets).refused


def test_owners_and_what_is_counted_are_apart(buckets: Buckets) -> None:
    one = Rate(1, 60)

    assert not any(buckets.take(what, owner, one).refused for what in ("creates", "polls") for owner in ("a", "b"))


def test_a_clock_that_is_set_back_locks_nobody_out(buckets: Buckets, clock: HandClock) -> None:
    for _ in range(4):
        take(buckets)
    clock.advance(-86_400)

    assert [take(buckets).refused for _ in range(4)] == [False, False, False, True]


def test_a_bucket_that_is_full_again_is_forgotten(buckets: Buckets, clock: HandClock) -> None:
    slow = Rate(1, 86_400)
    take(buckets, slow, "rarely")
    for number in range(1000):
        take(buckets, owner=f"key {number}")
        clock.advance(1)

    assert len(buckets._full_at) <= 3  # the slow one, the last one, and one that is looked at next
    assert take(buckets, slow, "rarely").refused  # what is not full is not forgotten


def test_no_more_are_kept_than_there_is_room_for(buckets: Buckets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST", 10)
    for number in range(1000):
        take(buckets, Rate(1, 86_400), f"key {number}")

    assert len(buckets._full_at) <= 11
