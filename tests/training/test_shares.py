"""What the training set is made of."""

from __future__ import annotations

import pytest

from training.shares import MODE_SHARES, kinds, plan


def test_shards_are_planned_so_that_any_beginning_is_a_fair_mixture() -> None:
    assert sum(kinds().values()) == pytest.approx(1)
    for count in (40, 100, 240):
        begun = list(plan(count))
        for mode, share in MODE_SHARES.items():
            assert abs(sum(kind[0] == mode for kind in begun) - share * count) <= 6
