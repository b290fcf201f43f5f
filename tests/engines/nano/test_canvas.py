"""Pictures with a hole: laid on a canvas, carried through the grid, and filled."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint import imaging
from mezzotint.core.images import Pixels
from mezzotint.engines.nano.canvas import FEATHER, Canvas, enlarged
from mezzotint.engines.nano.latents import CHANNELS, unpack

sides = st.integers(8, 90)


def noisy(width: int, height: int, seed: int = 1) -> Pixels:
    return Pixels.of(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def plain(width: int, height: int, level: int) -> Pixels:
    return Pixels.of(np.full((height, width, 3), level, np.uint8))


def a_hole(width: int, height: int, left: int, top: int, side: int) -> np.ndarray:
    hole = np.zeros((height, width), bool)
    hole[top : top + side, left : left + side] = True
    return hole


@given(sides, sides, st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_outside_of_the_hole_nothing_changes(width: int, height: int, seed: int) -> None:
    hole = np.random.default_rng(seed).random((height, width)) < 0.3
    canvas = Canvas(noisy(width, height), hole)

    filled = canvas.filled(plain(width, height, 255))

    assert np.array_equal(filled.array[~hole], canvas.picture.array[~hole])


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_in_patches_the_hole_is_all_of_those_that_it_touches_and_no_other(columns: int, rows: int, seed: int) -> None:
    hole = np.random.default_rng(seed).random((rows * 32, columns * 32)) < 0.003

    whole = Canvas(noisy(columns * 32, rows * 32), hole).in_patches()

    patches, touched = (each.reshape(rows * 2, 16, columns * 2, 16) for each in (whole, hole))
    assert np.array_equal(patches.all((1, 3)), patches.any((1, 3)))
    assert np.array_equal(patches.any((1, 3)), touched.any((1, 3)))


def test_inside_the_hole_is_what_was_painted_and_comes_in_softly() -> None:
    canvas = Canvas(plain(64, 64, 0), a_hole(64, 64, 16, 16, 32))

    row = canvas.filled(plain(64, 64, 200)).array[32, :, 0].astype(int)

    assert (row[16 + 2 * FEATHER : 48 - 2 * FEATHER] == 200).all()
    assert (np.diff(row[14:32]) >= 0).all()
    assert 0 < row[16 + FEATHER - 1] < 200


def test_what_was_given_in_the_hole_is_not_to_be_seen() -> None:
    """As with transparent pictures, which are white there: neither at the edge of the hole, nor mixed into what is scaled."""
    hole = a_hole(64, 64, 16, 16, 32)
    given = plain(64, 64, 40).array.copy()
    given[hole] = 255

    canvas = Canvas.around(Pixels.of(given), hole)

    assert np.array_equal(canvas.picture.array[~hole], given[~hole])
    row = canvas.filled(plain(64, 64, 40)).array[32, :, 0]
    assert (row == 40).all()
    small = canvas.at(32, 32)
    assert abs(small.picture.array[~small.hole].astype(int) - 40).max() <= 1


def test_a_picture_that_is_all_hole_stays_as_it_is() -> None:
    picture = noisy(20, 12)

    assert np.array_equal(Canvas.around(picture, np.ones((12, 20), bool)).picture.array, picture.array)


def test_a_canvas_without_a_hole_is_its_picture() -> None:
    canvas = Canvas(noisy(40, 30), np.zeros((30, 40), bool))

    assert np.array_equal(canvas.filled(plain(40, 30, 9)).array, canvas.picture.array)


def test_at_another_size_what_touches_the_hole_is_hole() -> None:
    canvas = Canvas(noisy(64, 64), a_hole(64, 64, 17, 17, 1)).at(16, 16)

    assert canvas.hole.nonzero()[0].tolist() == [4]
    assert (canvas.picture.width, canvas.picture.height) == (16, 16)


def test_a_hole_grows_by_so_many_pixels() -> None:
    canvas = Canvas(plain(40, 40, 1), a_hole(40, 40, 20, 20, 2))

    assert canvas.grown(3).hole.sum() == 8 * 8
    assert canvas.grown(0).hole.sum() == 4


@given(sides, sides, st.sampled_from([(256, 256), (352, 256), (256, 608)]))
@settings(max_examples=40, deadline=None)
def test_the_middle_of_the_grid_is_the_canvas(width: int, height: int, grid: tuple[int, int]) -> None:
    canvas = Canvas(plain(width, height, 77), np.zeros((height, width), bool))

    within = canvas.within(*grid)

    assert within.hole.shape == (grid[1], grid[0])
    assert within.hole[grid[1] // 2, grid[0] // 2] == np.False_
    taken = imaging.crop(Pixels.of(np.repeat(within.hole[..., None], 3, -1).astype(np.uint8) * 255), width, height).array
    assert (taken > 0).mean() < 0.25  # of what is taken out again next to nothing was hole: a line of pixels, where sides do not divide


def test_unknown_tokens_are_those_the_hole_touches() -> None:
    canvas = Canvas(plain(128, 64, 1), a_hole(128, 64, 33, 1, 14))

    unknown = unpack(canvas.unknown_tokens(), 2, 4)

    assert unknown.shape == (CHANNELS, 4, 8)
    assert np.argwhere(unknown[0]).tolist() == [[0, 2]]
    assert (unknown == unknown[0]).all()


def test_margins_are_hole_and_the_picture_stays_in_its_place() -> None:
    picture = noisy(30, 20)

    canvas = enlarged(picture, left=4, top=1, right=2, bottom=3)

    assert (canvas.picture.width, canvas.picture.height) == (36, 24)
    assert np.array_equal(canvas.picture.array[1:21, 4:34], picture.array)
    assert canvas.hole.sum() == 36 * 24 - 30 * 20
    assert not canvas.hole[1:21, 4:34].any()


def test_what_lies_beyond_the_canvas_is_cut() -> None:
    picture = noisy(40, 40)

    canvas = enlarged(picture, left=-10, top=5, right=-10, bottom=-30)

    assert (canvas.picture.width, canvas.picture.height) == (20, 15)
    assert np.array_equal(canvas.picture.array[5:], picture.array[:10, 10:30])
    assert canvas.hole.sum() == 5 * 20


# what is around the hole


def test_what_is_beside_above_and_below_goes_on_into_the_hole_and_nothing_else_changes() -> None:
    picture = plain(96, 96, 0)
    array = picture.array.copy()
    array[:, 48:], array[60:] = 200, 100
    canvas = Canvas(Pixels.of(array), a_hole(96, 96, 20, 20, 50))

    continued = canvas.continued().array[..., 0].astype(int)

    assert np.array_equal(continued[~canvas.hole], array[..., 0][~canvas.hole])
    assert continued[44, 22] < 30
    assert continued[44, 66] > 150
    assert 70 < continued[68, 44] < 130
    assert (np.diff(continued[44, 22:68]) >= 0).all()


@given(sides, sides, st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_in_the_corners_too_colours_are_among_those_that_are_known(width: int, height: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    picture = Pixels.of(chance.integers(90, 120, (height, width, 3), np.uint8))

    continued = Canvas(picture, np.zeros((height, width), bool)).continued()
    larger = Canvas(
        Pixels.of(np.pad(picture.array, ((30, 9), (4, 20), (0, 0)))), np.pad(np.zeros((height, width), bool), ((30, 9), (4, 20)), constant_values=True)
    )

    assert np.array_equal(continued.array, picture.array)
    assert larger.continued().array.min() >= 85  # blurred with what is next to it, which is known


def test_of_nothing_nothing_goes_on() -> None:
    assert np.array_equal(Canvas(plain(20, 20, 7), np.ones((20, 20), bool)).continued().array, plain(20, 20, 7).array)


def test_the_known_part_is_the_smallest_with_all_that_is_known() -> None:
    hole = ~a_hole(60, 40, 10, 5, 20)
    hole[12, 15] = True
    part = Canvas(noisy(60, 40), hole).known_part()

    assert np.array_equal(part.picture.array, noisy(60, 40).array[5:25, 10:30])
    assert np.argwhere(part.hole).tolist() == [[7, 5]]
    assert Canvas(plain(20, 20, 7), np.ones((20, 20), bool)).known_part().hole.all()


def test_a_hole_is_a_frame_around_one_rectangle_that_is_not_small() -> None:
    assert Canvas(plain(64, 64, 7), ~a_hole(64, 64, 8, 8, 40)).is_frame
    assert not Canvas(plain(64, 64, 7), ~a_hole(64, 64, 8, 8, 20)).is_frame
    assert not Canvas(plain(64, 64, 7), a_hole(64, 64, 8, 8, 40)).is_frame


def test_a_picture_that_was_made_larger_is_known_as_such_at_any_size() -> None:
    assert enlarged(noisy(60, 40), 5, 0, 5, 0).at(35, 20).larger
    assert not Canvas(noisy(60, 40), a_hole(60, 40, 5, 5, 5)).at(30, 20).larger
