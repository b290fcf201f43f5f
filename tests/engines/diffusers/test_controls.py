"""Edges, canvases, masks: pictures made from pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.core.images import Pixels
from mezzotint.engines.diffusers.controls import canny, dilated, expanded, kept, side_by_side


def plain(width: int, height: int, value: int = 128) -> Pixels:
    return Pixels.of(np.full((height, width, 3), value, np.uint8))


def noise(width: int, height: int, seed: int = 0) -> Pixels:
    return Pixels.of(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_the_edge_of_a_square_is_one_thin_closed_line() -> None:
    array = np.zeros((60, 80, 3), np.uint8)
    array[20:40, 30:50] = 255

    edges = canny(Pixels.of(array), 50, 200).array

    assert set(np.unique(edges)) == {0, 255}
    lines = edges[..., 0] > 0
    assert 60 <= lines.sum() <= 90  # four sides of twenty
    for row in (25, 30, 35):
        assert sorted(np.flatnonzero(lines[row])) == [29, 49] or len(np.flatnonzero(lines[row])) == 2
    assert not lines[28:33, 34:46].any()
    assert not lines[:17].any()


def test_nothing_has_no_edges() -> None:
    assert canny(plain(40, 30), 50, 200).array.sum() == 0


def test_a_weak_edge_counts_where_it_hangs_on_a_strong_one() -> None:
    array = np.zeros((40, 80, 3), np.uint8)
    array[20:] = np.linspace(255, 30, 80).astype(np.uint8)[:, None]  # one edge, strong on the left and weak on the right
    lonely = np.zeros((40, 80, 3), np.uint8)
    lonely[20:, 40:] = 30

    together, alone = canny(Pixels.of(array), 50, 400).array, canny(Pixels.of(lonely), 50, 400).array

    assert together[17:23, 60:75].any()
    assert not alone.any()
    assert not canny(Pixels.of(array), 300, 400).array[17:23, 60:75].any()


def test_higher_thresholds_leave_fewer_edges() -> None:
    counts = [int(canny(noise(64, 64), low, high).array.sum()) for low, high in ((10, 50), (50, 200), (200, 400), (500, 2000))]

    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_edges_turn_with_the_picture() -> None:
    array = noise(48, 32, 3).array
    turned = canny(Pixels.of(np.ascontiguousarray(array.transpose(1, 0, 2))), 50, 200).array

    same = (canny(Pixels.of(array), 50, 200).array == turned.transpose(1, 0, 2)).mean()

    assert same > 0.97  # but for ties


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 500), st.integers(0, 500))
def test_any_picture_has_edges_of_its_size(width: int, height: int, low: int, high: int) -> None:
    assert canny(noise(width, height), low, high).array.shape == (height, width, 3)


def test_a_canvas_holds_the_picture_and_is_white_where_there_is_something_to_paint() -> None:
    canvas = expanded(plain(40, 20, 200), (20, 0, 20, 20), 80, 40)

    assert (canvas.picture.width, canvas.picture.height) == (80, 40)
    mask = canvas.mask.array[..., 0]
    assert (mask[:20, 20:60] == 0).all()
    assert (mask[20:] == 255).all()
    assert (mask[:, :20] == 255).all()
    assert (canvas.picture.array == 200).all()


@settings(max_examples=50, deadline=None)
@given(st.tuples(*[st.integers(-8, 60)] * 4), st.integers(16, 64), st.integers(16, 64), st.integers(16, 128), st.integers(16, 128))
def test_any_margins_make_a_canvas_of_the_size_asked_for(margins: tuple[int, int, int, int], across: int, down: int, width: int, height: int) -> None:
    canvas = expanded(plain(across + 8, down + 8), margins, width, height)

    assert canvas.picture.array.shape == canvas.mask.array.shape == (height, width, 3)
    assert (canvas.mask.array == 0).any()


def test_what_the_mask_does_not_cover_is_kept_as_it_was() -> None:
    picture, painted = noise(32, 16, 1), noise(32, 16, 2)
    mask = np.zeros((16, 32, 3), np.uint8)
    mask[:, 16:] = 255

    mixed = kept(painted.array, picture, Pixels.of(mask))

    assert (mixed[:, :16] == picture.array[:, :16]).all()
    assert (mixed[:, 16:] == painted.array[:, 16:]).all()


@pytest.mark.parametrize("pixels", [0, 1, 5])
def test_a_mask_grows_by_so_many_pixels(pixels: int) -> None:
    mask = np.zeros((21, 21, 3), np.uint8)
    mask[10, 10] = 255

    grown = dilated(Pixels.of(mask), pixels).array[..., 0]

    assert (grown > 0).sum() == (2 * pixels + 1) ** 2
    assert grown[10 - pixels, 10 + pixels] == 255


def test_pictures_are_put_side_by_side_at_one_height() -> None:
    joined = side_by_side((plain(40, 20, 10), plain(20, 40, 200)))

    assert (joined.width, joined.height) == (50, 20)
    assert (joined.array[:, :40] == 10).all()
    assert (joined.array[:, 40:] == 200).all()
