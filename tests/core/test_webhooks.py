"""The schedule of webhooks: ten tries over nearly two days, each wait longer, a little jitter."""

from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint.core.webhooks import ATTEMPTS, DELAYS, GONE, JITTER, LONGEST_PAUSE, Attempt, Event, Standing, next_delay, standing_after


def test_a_webhook_is_tried_ten_times() -> None:
    delays = [next_delay(tried, 0.0) for tried in range(1, 11)]

    assert delays == [5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 86_400.0, None]
    assert len(delays) == ATTEMPTS == 10


def test_every_wait_is_longer_than_the_one_before_even_with_the_worst_jitter() -> None:
    for tried, (_, longer) in enumerate(pairwise(DELAYS), 1):
        assert (next_delay(tried, 1.0) or 0) < longer


def test_a_webhook_is_given_up_within_two_days() -> None:
    assert 36 * 3600 < sum(next_delay(tried, 0.0) or 0 for tried in range(1, ATTEMPTS)) < 48 * 3600


@given(st.integers(1, len(DELAYS)), st.floats(0, 1))
def test_jitter_adds_up_to_a_fifth(tried: int, jitter: float) -> None:
    delay = next_delay(tried, jitter)

    assert delay is not None
    assert DELAYS[tried - 1] <= delay <= DELAYS[tried - 1] * 1.2


@pytest.mark.parametrize("tried", [10, 11, 1000])
def test_after_the_last_there_is_no_next(tried: int) -> None:
    assert next_delay(tried, 0.5) is None


@pytest.mark.parametrize(
    ("status", "delivered"), [(200, True), (204, True), (299, True), (199, False), (300, False), (302, False), (GONE, False), (500, False), (None, False)]
)
def test_only_an_answer_of_200_to_299_is_a_delivery(status: int | None, delivered: bool) -> None:
    assert Attempt(status).delivered is delivered


# how a message stands


@given(st.integers(1, ATTEMPTS + 5), st.sampled_from([None, 199, 301, 400, 404, 429, 500, 503]), st.floats(0, 1), st.floats(0, 1e9))
def test_what_failed_is_tried_again_within_bounds_until_it_was_tried_often_enough(tried: int, status: int | None, jitter: float, asked: float) -> None:
    standing, delay = standing_after(Event.COMPLETED, Attempt(status, retry_after=asked), tried, jitter)

    if tried >= ATTEMPTS:
        assert (standing, delay) == (Standing.FAILED, 0.0)
    else:
        assert standing is Standing.PENDING
        assert DELAYS[tried - 1] <= delay <= max(DELAYS[tried - 1] * (1 + JITTER), min(asked, LONGEST_PAUSE))


@pytest.mark.parametrize("tried", [1, ATTEMPTS, 100])
def test_a_success_and_a_farewell_settle_it_whenever_they_come(tried: int) -> None:
    assert standing_after(Event.COMPLETED, Attempt(204), tried, 0.5) == (Standing.DELIVERED, 0.0)
    assert standing_after(Event.COMPLETED, Attempt(GONE, retry_after=60.0), tried, 0.5) == (Standing.FAILED, 0.0)


@pytest.mark.parametrize("event", [Event.START, Event.OUTPUT])
def test_what_comes_before_the_end_is_told_once(event: Event) -> None:
    assert standing_after(event, Attempt(500), 1, 0.5) == (Standing.FAILED, 0.0)
    assert standing_after(event, Attempt(200), 1, 0.5) == (Standing.DELIVERED, 0.0)


def test_the_names_of_events_sort_against_their_order() -> None:
    assert sorted(Event, key=lambda event: event.value, reverse=True) == list(Event)
