"""How often an account may poll."""

from __future__ import annotations

from mezzotint.http.polls import PollWindow
from tests.clocks import HandClock


def test_each_poll_says_how_many_are_left_and_until_when(clock: HandClock) -> None:
    window = PollWindow(3, clock)
    clock.advance(0.25)

    told = [window.take("painters") for _ in range(3)]

    assert [each.left for each in told] == [2, 1, 0]
    assert {each.rate.count for each in told} == {3}
    assert {each.now + each.full for each in told} == {int(clock.now()) + 1}
    assert not any(each.refused for each in told)


def test_one_too_many_is_told_when_to_come_back(clock: HandClock) -> None:
    window = PollWindow(1, clock)
    window.take("painters")

    for _ in range(3):
        standing = window.take("painters")
        assert (standing.refused, standing.retry_after, standing.left) == (True, 1, 0)


def test_the_next_second_begins_anew(clock: HandClock) -> None:
    window = PollWindow(1, clock)
    clock.advance(0.999)
    window.take("painters")

    clock.advance(0.001)

    assert not window.take("painters").refused


def test_accounts_do_not_use_up_each_others_polls(clock: HandClock) -> None:
    window = PollWindow(1, clock)

    assert window.take("one") == window.take("two")


def test_a_clock_that_is_set_back_locks_nobody_out(clock: HandClock) -> None:
    window = PollWindow(1, clock)
    window.take("painters")

    clock.advance(-3600)

    assert not window.take("painters").refused


def test_accounts_of_seconds_gone_by_are_forgotten(clock: HandClock) -> None:
    window = PollWindow(1, clock)
    for number in range(1000):
        window.take(f"account {number}")
        clock.advance(1)

    assert len(window._taken) == 1
