"""Scenes as data: drawn by chance, within the rules of placement."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.places import DRAW, Frame
from training.scenes import GRID_SHARES, GRIDS, at_grid, boxes, draw_scene, tint_of
from training.vocabulary import BY_NAME, HELD_OUT_COLOURS, HELD_OUT_PLACES, PLACES

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.sampled_from(GRIDS))
@settings(max_examples=300, deadline=None)
def test_things_stand_inside_the_picture_and_beside_each_other(seed: int, grid: tuple[int, int]) -> None:
    scene = at_grid(draw_scene(np.random.default_rng(seed)), *grid)

    standing = boxes(scene)

    taken: set[tuple[int, int]] = set()
    assert len(standing) == scene.count
    for column, row, side in standing:
        assert column >= 0
        assert column + side <= scene.columns
        assert row - side >= 0
        assert row <= scene.rows
        cells = {(x, y) for x in range(column, column + side) for y in range(row - side, row)}
        assert not cells & taken
        taken |= cells


@given(seeds)
@settings(max_examples=300, deadline=None)
def test_what_is_held_out_is_never_drawn_for_training(seed: int) -> None:
    scene = draw_scene(np.random.default_rng(seed))

    assert (scene.thing, scene.place) not in HELD_OUT_PLACES
    assert (scene.thing, scene.colour) not in HELD_OUT_COLOURS
    assert scene.colour is None or BY_NAME[scene.thing].recolourable


def test_the_same_chance_draws_the_same_scenes() -> None:
    first, second = ([draw_scene(np.random.default_rng([5, n])) for n in range(50)] for _ in range(2))

    assert first == second
    assert len(set(first)) > 45


def test_every_thing_and_every_place_is_drawn() -> None:
    chance = np.random.default_rng(6)
    scenes = [draw_scene(chance) for _ in range(3000)]

    assert {scene.thing for scene in scenes} == set(BY_NAME)
    assert {scene.place for scene in scenes} == {place.name for place in PLACES}
    assert sum(GRID_SHARES) == pytest.approx(1)


@pytest.mark.parametrize("place", [place.name for place in PLACES])
@pytest.mark.parametrize("time", ["day", "night"])
def test_every_place_can_be_drawn_at_any_grid(place: str, time: str) -> None:
    for columns, rows in ((8, 8), (32, 8), (8, 32)):
        frame = Frame(columns, rows, 4)

        picture = DRAW[place](frame, time, np.random.default_rng(1))

        assert np.isfinite(picture).all()
        assert np.broadcast_to(picture, (rows * 4, columns * 4, 3)).std() > 0


def test_night_is_darker_than_day_except_where_there_is_no_time() -> None:
    def brightness(place: str, time: str) -> float:
        return float(np.mean(DRAW[place](Frame(8, 8, 8), time, np.random.default_rng(1))))

    for place in ("field", "beach", "water", "city"):
        assert brightness(place, "night") < 0.6 * brightness(place, "day")


def test_things_take_the_light_of_the_time_and_keep_some_of_their_own() -> None:
    field = replace(draw_scene(np.random.default_rng(1), thing="tractor"), place="field")

    night, day, space = (tint_of(replace(field, time=time, place=place)) for time, place in (("night", "field"), ("day", "field"), (None, "space")))

    assert 0.25 < night.mean() < day.mean()
    assert (space == 1).all()
