"""Things that are put into pictures, with what they leave on the ground."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.engines.nano.layout import Box
from mezzotint.engines.nano.standing import composite, stand

UNIT = 16
GREY = 0.5
RED = np.concatenate([np.ones((4 * UNIT, 4 * UNIT, 1)), np.zeros((4 * UNIT, 4 * UNIT, 2)), np.ones((4 * UNIT, 4 * UNIT, 1))], -1).astype(np.float32)


def a_ground() -> np.ndarray:
    return np.full((8 * UNIT, 8 * UNIT, 3), GREY, np.float32)


def test_a_thing_fills_its_box_and_hides_what_is_behind() -> None:
    picture = stand(a_ground(), RED, Box(2, 6, 4), UNIT, None)

    assert (picture[2 * UNIT : 6 * UNIT, 2 * UNIT : 6 * UNIT] == (1, 0, 0)).all()
    picture[2 * UNIT : 6 * UNIT, 2 * UNIT : 6 * UNIT] = GREY
    assert (picture == GREY).all()


@pytest.mark.parametrize("box", [Box(-1, 6, 4), Box(6, 6, 4), Box(2, 2, 4), Box(2, 9.5, 4), Box(2.5, 5.5, 4)])
@pytest.mark.parametrize("ground", [None, "field", "water", "space"])
def test_what_leaves_the_picture_is_cut(box: Box, ground: str | None) -> None:
    picture = stand(a_ground(), RED, box, UNIT, ground)

    assert picture.shape == (8 * UNIT, 8 * UNIT, 3)
    assert (picture[..., 0] > 0.9).any()
    assert 0 <= picture.min() <= picture.max() <= 1


def test_the_ground_is_darker_under_it_and_not_where_there_is_none() -> None:
    below = (slice(6 * UNIT, 6 * UNIT + 2), slice(3 * UNIT + 8, 5 * UNIT - 8))

    assert stand(a_ground(), RED, Box(2, 6, 4), UNIT, "field")[below].max() < 0.85 * GREY
    for ground in (None, "space", "sky", "underwater"):
        assert (stand(a_ground(), RED, Box(2, 6, 4), UNIT, ground)[below] == GREY).all()


def test_water_shows_it_upside_down_and_paler() -> None:
    thing = RED.copy()
    thing[: 2 * UNIT, :, :3] = (0, 0, 1)

    below = stand(a_ground(), thing, Box(2, 6, 4), UNIT, "water")[6 * UNIT :, 4 * UNIT]

    assert below[1, 0] > below[1, 2], "its feet first"
    assert below[-1, 2] > below[-1, 0], "then its head"
    assert below[1].max() < 0.8


def test_half_a_cover_lets_half_through() -> None:
    assert composite(np.ones((1, 1, 3), np.float32), np.array([[[0.0, 0.0, 0.5, 0.5]]], np.float32), 0, 0).tolist() == [[[0.5, 0.5, 1.0]]]
