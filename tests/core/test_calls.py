"""Where calls may go, and what is too much."""

from __future__ import annotations

import pytest

from mezzotint.core.calls import CallState, Caps, may_follow, over


def test_calls_go_on_and_never_back() -> None:
    order = list(CallState)
    allowed = {(old.value, new.value) for old in order for new in order if may_follow(old, new)}

    assert allowed == {("submitting", new.value) for new in order} | {("submitted", new.value) for new in order[1:]}


@pytest.mark.parametrize(
    ("caps", "too_much"), [(Caps(), False), (Caps(10), False), (Caps(9.9), True), (Caps(None, 25), False), (Caps(10, 24), True), (Caps(0, None), True)]
)
def test_caps_hold_for_the_day_and_for_the_month(caps: Caps, too_much: bool) -> None:
    assert over(caps, 4.0, day=6.0, month=21.0) is too_much
