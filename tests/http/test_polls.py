"""How often an account may poll."""

from __future__ import annotations

import pytest

from mezzotint.core.errors import TooManyRequests
from mezzotint.http.polls import PollWindow
from tests.clocks import HandClock


def test_each_poll_says_how_many_are_left_and_until_when(clock: HandClock) -> None:
    window = PollWindow(3, clock)
    clock.advance(0.25)

    told = [window.take("painters") for _ in range(3)]

    assert [each["x-ratelimit-remaining"] for each in told] == ["2", "1", "0"]
    assert {each["x-ratelimit-limit"] for each in told} == {"3"}
    assert {each["x-ratelimit-reset"] for each in told} == {f"{int(clock.now()) + 1}.0000"}


def test_one_too_many_is_told_when_to_come_back(clock: HandClock) -> None:
    window = PollWindow(1, clock)
    window.take("painters")

    for _ in range(3):
        with pytest.raises(TooManyRequests) as caught:
            window.take("painters")
        assert caught.value.retry_after == 1


def test_the_next_second_begins_anew(clock: HandClock) -> None:
    window = PollWindow(1, clock)
    clock.advance(0.999)
    window.take("painters")

    clock.advance(0.001)

    assert window.take("painters")["x-ratelimit-remaining"] == "0"


def test_accounts_do_not_use_up_each_others_polls(clock: HandClock) -> None:
    window = PollWindow(1, clock)

    assert window.take("one") == window.take("two")


def test_a_clock_that_is_set_back_locks_nobody_out(clock: HandClock) -> None:
    window = PollWindow(1, clock)
    window.take("painters")

    clock.advance(-3600)

    assert window.take("painters")["x-ratelimit-remaining"] == "0"


def test_accounts_of_seconds_gone_by_are_forgotten(clock: HandClock) -> None:
    window = PollWindow(1, clock)
    for number in range(1000):
        window.take(f"account {number}")
        clock.advance(1)

    assert len(window._taken) == 1
