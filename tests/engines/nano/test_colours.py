"""Pictures as numbers and back."""

from __future__ import annotations

import numpy as np

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.colours import colours, eight_bits


def test_every_level_comes_back_as_it_was() -> None:
    levels = Pixels.of(np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, -1))

    assert np.array_equal(eight_bits(colours(levels)).array, levels.array)


def test_what_is_a_little_beyond_is_cut() -> None:
    assert eight_bits(np.array([[[-0.1, 1.2, 0.5]]])).array.tolist() == [[[0, 255, 128]]]


def test_a_picture_is_not_changed_by_what_is_done_with_its_numbers() -> None:
    pixels = Pixels.of(np.full((2, 2, 3), 100, np.uint8))

    colours(pixels)[:] = 0

    assert (pixels.array == 100).all()
