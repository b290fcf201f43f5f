"""Looks that are made from a finished picture, at any number of pixels per token."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.engines.nano.looks import BLOCKS, FILTERS, line_drawing, night_photo, pixel_art, watercolour

UNIT = 16


def a_picture(unit: int = UNIT) -> np.ndarray:
    """A dark disc before a coloured gradient, 8 x 8 tokens."""
    y, x = np.mgrid[0 : 8 * unit, 0 : 8 * unit].astype(np.float32) / unit
    picture = np.stack([x / 8, y / 8, 1 - x / 8], -1)
    return np.where(np.hypot(x - 4, y - 4)[..., None] < 2, np.float32(0.2), picture).astype(np.float32)


@pytest.mark.parametrize("unit", [4, UNIT, 64])
@pytest.mark.parametrize("look", sorted(FILTERS))
def test_every_look_is_another_picture_of_the_same_size(look: str, unit: int) -> None:
    picture = a_picture(unit)

    made = FILTERS[look](picture, unit)

    assert made.shape == picture.shape
    assert made.min() >= 0
    assert made.max() <= 1
    assert np.abs(made - picture).mean() > 0.01


def test_a_line_drawing_has_ink_along_edges_and_paper_elsewhere() -> None:
    drawing = line_drawing(a_picture(), UNIT)

    assert drawing[UNIT * 4, UNIT * 2 : UNIT * 2 + UNIT // 2].min() < 0.4
    assert drawing[UNIT * 4, UNIT * 4].min() > 0.7
    assert drawing.std(-1).max() < 0.05


def test_watercolour_is_softer_and_paler() -> None:
    picture = a_picture()
    washed = watercolour(picture, UNIT)

    assert washed.mean() > picture.mean()
    assert np.abs(np.diff(washed, axis=1)).max() < np.abs(np.diff(picture, axis=1)).max() / 2


def test_pixel_art_is_blocks_of_few_shades() -> None:
    made = pixel_art(a_picture(), UNIT)
    side = UNIT // BLOCKS

    assert np.array_equal(made, np.repeat(np.repeat(made[::side, ::side], side, 0), side, 1))
    assert len(np.unique(made)) <= 7


def test_a_night_photo_is_darker_towards_its_corners() -> None:
    picture = np.full((8 * UNIT, 8 * UNIT, 3), 0.4, np.float32)

    made = night_photo(picture, UNIT)

    assert made[:4, :4].mean() < 0.8 * made[UNIT * 2, UNIT * 4].mean()
