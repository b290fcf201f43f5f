"""Outlines, nearness and holes: what nano is shown beside the prompt."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.engines.nano.controls import HOLE, drawn, outlines, shaded, with_hole


def a_square(inside: float = 0.9, outside: float = 0.2) -> np.ndarray:
    """64 x 64 with a square of 32 in its middle."""
    picture = np.full((64, 64, 3), outside, np.float32)
    picture[16:48, 16:48] = inside
    return picture


def test_the_outlines_of_a_square_are_its_edges_and_thin() -> None:
    lines = outlines(a_square())

    rows, columns = np.nonzero(lines)
    assert {rows.min(), columns.min()} <= {15, 16}
    assert {rows.max(), columns.max()} <= {47, 48}
    assert 4 * 28 <= lines.sum() <= 4 * 34
    assert lines[20:44, 20:44].sum() == 0


def test_a_change_of_hue_alone_is_an_outline() -> None:
    picture = np.zeros((64, 64, 3), np.float32)
    picture[..., 0] = 0.5
    picture[:, 32:] = (0.0, 0.0, 0.5)

    assert outlines(picture)[:, 30:34].sum() >= 60


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_where_nothing_changes_there_is_no_outline(level: float) -> None:
    assert outlines(np.full((40, 56, 3), level, np.float32)).sum() == 0


def test_a_faint_line_is_followed_from_where_it_is_strong_and_not_seen_alone() -> None:
    fading, faint = (np.full((64, 64, 3), 0.5, np.float32) for _ in range(2))
    fading[:, 32:] += np.linspace(0.4, 0.09, 64, dtype=np.float32)[:, None, None]
    faint[:, 32:] += 0.1

    assert outlines(fading)[50:60].sum() >= 8
    assert outlines(faint).sum() == 0


@given(st.integers(0, 2**32 - 1), st.integers(3, 40), st.integers(3, 40))
@settings(max_examples=30, deadline=None)
def test_any_picture_has_outlines_of_its_size(seed: int, high: int, wide: int) -> None:
    picture = np.random.default_rng(seed).random((high, wide, 3)).astype(np.float32)

    lines = outlines(picture)
    shown = drawn(lines)

    assert lines.shape == (high, wide)
    assert set(np.unique(lines)) <= {0.0, 1.0}
    assert shown.shape == (high, wide, 3)
    assert shown.min() >= 0
    assert shown.max() <= 1


def test_outlines_are_shown_thicker_than_they_are() -> None:
    lines = outlines(a_square())

    assert 2 * lines.sum() < (drawn(lines)[..., 0] > 0.3).sum() < 5 * lines.sum()


def test_nearness_is_shown_as_grey() -> None:
    near = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)

    assert np.array_equal(shaded(near)[..., 1], near)


def test_a_hole_is_grey_and_the_rest_as_it_was() -> None:
    hole = np.zeros((64, 64), bool)
    hole[:20] = True

    shown = with_hole(a_square(), hole)

    assert (shown[:20] == HOLE).all()
    assert np.array_equal(shown[20:], a_square()[20:])
