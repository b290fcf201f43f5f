"""When a picture will be done, by the steps that are told of it."""

from __future__ import annotations

import pytest

from mezzotint.work.pace import AHEAD, MOST_AHEAD, SOON, Course, Pace


@pytest.mark.parametrize(("steps", "seconds", "expected"), [(28, 0.125, 25), (28, 0.06, 20), (4, 0.08, 2), (2, 10.0, 2)])
def test_a_picture_is_soon_done_when_its_other_steps_take_less_than_that(steps: int, seconds: float, expected: int) -> None:
    course = Course()

    told = [step for step in range(steps + 1) if course.now_soon(step * seconds, step, steps)]

    assert told == [expected]
    assert course.soon
    assert (steps - expected) * seconds < SOON


def test_without_steps_nothing_is_known() -> None:
    course = Course()

    assert not any(course.now_soon(time, 0, 28) for time in range(100))
    assert not course.now_soon(100.0, 27, 28)
    assert not course.now_soon(200.0, 27, 28)


def test_quick_pictures_are_held_ahead_and_slow_ones_are_not() -> None:
    assert (Pace(3.0).ahead, Pace(AHEAD / 4).ahead, Pace(0.0).ahead) == (0, 4, MOST_AHEAD)
