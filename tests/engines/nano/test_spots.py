"""Where there is room in a picture, and in which light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mezzotint.engines.nano.layout import Box
from mezzotint.engines.nano.spots import LIGHTS, Wish, light_of, spot
from training.draw import draw_scene
from training.scenes import at_grid, paint, tint_of

UNIT = 16


def an_empty(columns: int = 8, rows: int = 8) -> np.ndarray:
    """Lighter from top to bottom, as skies and grounds are."""
    shades = np.linspace(0.2, 0.9, rows * UNIT, dtype=np.float32)
    picture: np.ndarray = np.broadcast_to(shades[:, None, None], (rows * UNIT, columns * UNIT, 3)).copy()
    return picture


def striped(picture: np.ndarray, box: Box) -> np.ndarray:
    """With something in the box."""
    left = round(box.column * UNIT)
    picture[round((box.row - box.side) * UNIT) : round(box.row * UNIT), left : left + box.side * UNIT : 2] = 0
    return picture


@pytest.mark.parametrize(
    ("columns", "rows", "wish", "box"),
    [
        (8, 8, Wish(), Box(6, 6, 2)),
        (8, 8, Wish("left"), Box(0, 6, 2)),
        (8, 8, Wish("right", large=True), Box(5, 6, 3)),
        (8, 8, Wish("left", large=True), Box(0, 6, 3)),
        (8, 8, Wish(air=True), Box(6, 2.5, 2)),
        (14, 8, Wish(), Box(9, 6, 2)),
        (14, 8, Wish("left"), Box(3, 6, 2)),
        (8, 8, Wish(large=True, air=True), Box(5, 3.5, 3)),
        (8, 14, Wish(air=True), Box(6, 5.5, 2)),
    ],
)
def test_a_thing_comes_beside_the_middle(columns: int, rows: int, wish: Wish, box: Box) -> None:
    assert spot(an_empty(columns, rows), UNIT, wish) == box


def test_it_comes_to_the_left_where_there_is_something_on_the_right_and_less_on_the_left() -> None:
    right, left = Box(6, 6, 2), Box(0, 6, 2)

    assert spot(striped(an_empty(), right), UNIT, Wish()) == left
    assert spot(striped(striped(an_empty(), right), left), UNIT, Wish()) == right
    assert spot(striped(an_empty(), right), UNIT, Wish("right")) == right, "it was said where"


@pytest.mark.parametrize("size", [(512, 512), (1440, 256), (256, 1440), (1000, 752), (257, 263)])
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("air", [False, True])
def test_a_thing_is_never_cut(size: tuple[int, int], large: bool, air: bool) -> None:
    unit = min(size) // 8 // 4 * 4
    box = spot(np.zeros((size[1], size[0], 3), np.float32), unit, Wish(large=large, air=air))

    assert 0 <= box.column <= box.column + box.side <= size[0] / unit
    assert 0 <= box.row - box.side <= box.row <= size[1] / unit


def test_the_light_is_that_of_the_time_that_pictures_show() -> None:
    chance, right = np.random.default_rng(4), list[bool]()
    while len(right) < 60:
        scene = replace(at_grid(draw_scene(chance), 8, 8), second=None, hidden="thing")
        if scene.time is not None and scene.look == "3d" and scene.place not in ("room", "table", "plain"):
            right.append(np.abs(tint_of(scene) - light_of(paint(scene, 8))).max() < 0.07)

    assert np.mean(right) > 0.85


def test_each_light_is_of_its_own_pictures() -> None:
    assert [light_of(np.full((4, 4, 3), like, np.float32)) for like, _ in LIGHTS] == [light for _, light in LIGHTS]
