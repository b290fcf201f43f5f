"""What is painted first of long pictures, and where it is in them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.engines.nano.layout import usual
from mezzotint.engines.nano.sampling import TRAINED, Grid
from mezzotint.engines.nano.surroundings import EDGE, LONGEST, enlarged, margins, middle_of, shares

LONG = st.sampled_from([Grid(side, 8) for side in TRAINED] + [Grid(8, side) for side in TRAINED])


@given(LONG)
def test_things_stand_in_the_same_place_in_the_middle_and_in_the_whole(whole: Grid) -> None:
    middle = middle_of(whole)

    (above, _), (left, _) = margins(middle, whole)

    inner, outer = usual(middle.columns, middle.rows), usual(whole.columns, whole.rows)
    assert (inner.column + left, inner.row + above) == (outer.column, outer.row)


@given(LONG)
def test_the_middle_and_what_is_around_it_are_all_of_the_picture(whole: Grid) -> None:
    middle = middle_of(whole)

    (above, below), (left, right) = margins(middle, whole)

    assert max(middle.columns, middle.rows) <= LONGEST
    assert min(above, below, left, right) >= 0
    assert (middle.rows + above + below, middle.columns + left + right) == (whole.rows, whole.columns)


@given(LONG)
def test_the_middle_is_known_but_for_its_edges_and_goes_on_around_it(whole: Grid) -> None:
    middle = middle_of(whole)
    latents = np.random.default_rng(1).random((32, middle.rows * 2, middle.columns * 2), np.float32)

    given_, unknown = enlarged(latents, middle, whole)

    (above, _), (left, _) = margins(middle, whole)
    inside = (slice(None), slice(above * 2, (above + middle.rows) * 2), slice(left * 2, (left + middle.columns) * 2))
    assert given_.shape == unknown.shape == (32, whole.rows * 2, whole.columns * 2)
    assert np.array_equal(given_[inside], latents)
    assert not unknown[inside][:, len(EDGE) : -len(EDGE), len(EDGE) : -len(EDGE)].any()
    assert unknown.sum() == pytest.approx(unknown[inside].sum() + 32 * 4 * (whole.rows * whole.columns - middle.rows * middle.columns))
    assert (unknown[inside].any()) == (middle != whole)


def test_what_is_not_long_is_known() -> None:
    _, unknown = enlarged(np.ones((32, 16, 16), np.float32), Grid(8, 8), Grid(8, 8))

    assert not unknown.any()


def test_parts_of_the_work_are_told_of_one_after_the_other() -> None:
    told: list[tuple[int, int]] = []

    for part in shares(lambda *step: told.append(step), 3):
        for step in (1, 2):
            part(step, 2)

    assert told == [(step, 6) for step in range(1, 7)]
