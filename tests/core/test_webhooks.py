"""The schedule of webhooks: ten tries over nearly two days, each wait longer, a little jitter."""

from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint.core.webhooks import ATTEMPTS, DELAYS, GONE, Attempt, next_delay


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
