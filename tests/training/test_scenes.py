"""Scenes as data: drawn by chance, within the rules of placement."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training import weather
from training.draw import GRID_SHARES, LOOK_SHARES, RELATION_SHARES, draw_scene, held_out, second_fits
from training.more_places import BACKDROP_TONES, DRAW, backdrop
from training.phrases import PLACES, RELATIONS, WEATHERS
from training.places import Frame
from training.scenes import GRIDS, TURNED, at_grid, boxes, canonical, shown, tint_of
from training.vocabulary import BY_NAME, COLOURS

seeds = st.integers(0, 2**32 - 1)
OVERLAPPING = ("on", "behind", "in front of")


@given(seeds, st.sampled_from(GRIDS))
@settings(max_examples=300, deadline=None)
def test_things_stand_inside_the_picture_and_beside_each_other(seed: int, grid: tuple[int, int]) -> None:
    scene = at_grid(draw_scene(np.random.default_rng(seed)), *grid)

    standing = boxes(scene)

    taken: set[tuple[float, float]] = set()
    assert len(standing) == (2 if scene.second else scene.count)
    for placed in standing:
        assert placed.column >= 0
        assert placed.column + placed.side <= scene.columns
        assert placed.row - placed.side >= 0
        assert placed.row <= scene.rows
        halves = {(placed.column + x / 2, placed.row - y / 2) for x in range(2 * placed.side) for y in range(2 * placed.side)}
        assert scene.relation in OVERLAPPING or not halves & taken
        taken |= halves


@given(seeds)
@settings(max_examples=300, deadline=None)
def test_what_is_held_out_is_never_drawn_for_training(seed: int) -> None:
    scene = draw_scene(np.random.default_rng(seed))

    assert not held_out(scene)
    assert scene.colour is None or BY_NAME[scene.thing].recolourable
    assert scene.second_colour is None or BY_NAME[str(scene.second)].recolourable


def test_what_is_held_out_is_known_by_place_colour_and_company() -> None:
    plain = replace(draw_scene(np.random.default_rng(1), thing="cat"), place="field", colour=None, second=None, relation=None)

    assert not held_out(plain)
    assert held_out(replace(plain, place="desert"))
    assert held_out(replace(plain, colour="pink"))
    assert held_out(replace(plain, second="horse", relation="beside"))
    assert held_out(replace(plain, thing="dog", second="apple", second_colour="purple", relation="beside"))


def test_the_same_chance_draws_the_same_scenes() -> None:
    first, second = ([draw_scene(np.random.default_rng([5, n])) for n in range(50)] for _ in range(2))

    assert first == second
    assert len(set(first)) > 45


def test_all_there_is_is_drawn() -> None:
    chance = np.random.default_rng(6)
    scenes = [draw_scene(chance) for _ in range(4000)]

    assert {scene.thing for scene in scenes} == set(BY_NAME)
    assert {scene.place for scene in scenes} == {place.name for place in PLACES}
    assert {scene.weather for scene in scenes} == {None, *(each.name for each in WEATHERS)}
    assert {scene.look for scene in scenes} == set(LOOK_SHARES)
    assert {scene.relation for scene in scenes} == {None, *RELATIONS} == {None, *RELATION_SHARES}
    assert {scene.count for scene in scenes} == {1, 2, 3, 4, 5}
    assert {scene.backdrop for scene in scenes} == {None, "gradient", *(colour.name for colour in COLOURS)}
    for shares in (GRID_SHARES, LOOK_SHARES.values(), RELATION_SHARES.values()):
        assert sum(shares) == pytest.approx(1)


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_a_relation_is_one_that_can_be_shown(seed: int) -> None:
    scene = draw_scene(np.random.default_rng(seed))
    if scene.second is None:
        return

    assert second_fits(str(scene.relation), scene.thing, scene.second)
    first, second = (next(placed for placed in boxes(scene) if placed.is_second == which) for which in (False, True))
    if scene.relation in ("left of", "beside"):
        assert first.column + first.side <= second.column
    if scene.relation == "right of":
        assert second.column + second.side <= first.column
    if scene.relation in ("on", "above"):
        assert first.row < second.row
    if scene.relation == "under":
        assert second.row < first.row


@given(seeds)
@settings(max_examples=300, deadline=None)
def test_the_same_picture_has_one_canonical_scene(seed: int) -> None:
    scene = draw_scene(np.random.default_rng(seed))

    turned = canonical(scene)

    assert canonical(turned) == turned
    assert turned.relation not in TURNED
    where = Counter((placed.thing, placed.colour, placed.column, placed.row, placed.side) for placed in boxes(scene))
    if scene.relation != "beside":
        assert Counter((placed.thing, placed.colour, placed.column, placed.row, placed.side) for placed in boxes(turned)) == where


def test_what_is_hidden_leaves_the_other_where_it_was() -> None:
    scene = replace(draw_scene(np.random.default_rng(2), thing="cat"), count=1, size=None, position=None, second="dog", relation="left of")

    assert [placed.thing for placed in shown(scene)] == ["cat", "dog"]
    assert shown(replace(scene, hidden="second")) == [placed for placed in boxes(scene) if placed.thing == "cat"]
    assert shown(replace(scene, hidden="thing")) == [placed for placed in boxes(scene) if placed.thing == "dog"]


@pytest.mark.parametrize("place", [place.name for place in PLACES])
@pytest.mark.parametrize("time", ["day", "night"])
def test_every_place_can_be_drawn_at_any_grid(place: str, time: str) -> None:
    for columns, rows in ((8, 8), (32, 8), (8, 32)):
        frame = Frame(columns, rows, 4)

        picture = DRAW[place](frame, time, np.random.default_rng(1))

        assert np.isfinite(picture).all()
        assert np.broadcast_to(picture, (rows * 4, columns * 4, 3)).std() > 0


@pytest.mark.parametrize("name", [each.name for each in WEATHERS])
def test_every_weather_changes_a_scene_at_any_grid(name: str) -> None:
    for columns, rows in ((8, 8), (11, 8), (8, 19)):
        frame = Frame(columns, rows, 8)
        clear = DRAW["field"](frame, "day", np.random.default_rng(1))

        behind = weather.behind(frame, clear.copy(), name, "day", np.random.default_rng(2))
        before = weather.before(frame, behind.copy(), name, "day", np.random.default_rng(3))

        assert np.isfinite(before).all()
        assert np.abs(before - clear).mean() > 0.002


def test_every_colour_is_a_backdrop_that_looks_like_it() -> None:
    frame = Frame(8, 8, 4)
    for colour in COLOURS:
        middle = backdrop(frame, colour.name, np.random.default_rng(1)).mean((0, 1))
        nearest = min(BACKDROP_TONES, key=lambda name: float(np.abs(np.array(BACKDROP_TONES[name]) - middle).sum()))
        assert nearest == colour.name
    assert backdrop(frame, "gradient", np.random.default_rng(1)).std((0, 1)).max() > 0.03


def test_night_is_darker_than_day_except_where_there_is_no_time() -> None:
    def brightness(place: str, time: str) -> float:
        return float(np.mean(DRAW[place](Frame(8, 8, 8), time, np.random.default_rng(1))))

    for place in ("field", "beach", "water", "city", "sky"):
        assert brightness(place, "night") < 0.6 * brightness(place, "day")
    assert brightness("room", "night") < 0.75 * brightness("room", "day")


def test_things_take_the_light_of_the_time_and_keep_some_of_their_own() -> None:
    field = replace(draw_scene(np.random.default_rng(1), thing="tractor"), place="field")

    night, day, space = (tint_of(replace(field, time=time, place=place)) for time, place in (("night", "field"), ("day", "field"), (None, "space")))

    assert 0.25 < night.mean() < day.mean()
    assert (space == 1).all()
