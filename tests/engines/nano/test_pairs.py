"""Prompts that tell of two things, in three languages."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.engines.nano.apart import Arrangement
from mezzotint.engines.nano.pairs import Pairs
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.words import KnownWords
from tests.engines.nano.test_engine import WEIGHTS
from training.captions import WRITERS
from training.draw import draw_scene
from training.scenes import GRIDS, at_grid, boxes, tint_of
from training.wording import Facts

TABLE = json.loads((WEIGHTS / "words.json").read_text("utf-8"))
KNOWN = KnownWords(TABLE, np.load(WEIGHTS / "words.npz")["things"])
PAIRS = Pairs(TABLE, KNOWN)
SQUARE = Grid(8, 8)
NAMES: dict[str, list[str]] = {name: about["en"] for name, about in TABLE["pairs"]["names"].items()}


def told(prompt: str, grid: Grid = SQUARE, seed: int = 0) -> Arrangement:
    pair = PAIRS.of(prompt, seed, grid)
    assert pair is not None
    return pair


@given(st.integers(0, 2**32), st.sampled_from(sorted(WRITERS)), st.sampled_from(GRIDS))
@settings(max_examples=400, deadline=None)
def test_each_pair_that_the_grammar_tells_stands_as_it_was_taught_and_nothing_else_is_one(seed: int, language: str, grid: tuple[int, int]) -> None:
    chance = np.random.default_rng(seed)
    scene = at_grid(draw_scene(chance, may_hold_out=True), *grid)
    prompt = WRITERS[language](scene, Facts(place=scene.backdrop is None, look=scene.look != "3d"), chance)

    pair = PAIRS.of(prompt, 1, Grid(*grid))

    assert (pair is not None) == (scene.second is not None), prompt
    if pair is None:
        return
    wanted = {(placed.thing, placed.column, placed.row, placed.side) for placed in boxes(scene)}
    apart = {(name_in(thing.prompts[0]), box.column, box.row, box.side) for thing in pair.things for box in thing.boxes}
    assert apart <= wanted, prompt
    assert len(pair.scenes) == len(apart)
    assert len(wanted - apart) == 2 - len(apart)
    assert np.allclose(pair.light, tint_of(scene), atol=1e-3), prompt


def name_in(prompt: str) -> str:
    """The English name of what the prompt shows before a plain ground."""
    before = prompt.partition(" on a ")[0]
    return max(NAMES, key=lambda name: max((len(phrase) for phrase in NAMES[name] if before.endswith(phrase)), default=0))


@pytest.mark.parametrize(
    ("prompt", "scene", "apart"),
    [
        ("a cat on a car in the snow", ["a car in the snow"], ["a cat"]),
        ("A fluffy orange cat sitting on a car in the snow", ["a car in the snow"], ["A fluffy orange cat"]),
        ("at night, a photo of a red fox riding a horse in the desert", ["a horse at night, in the desert"], ["a red fox"]),
        ("a robot and a small dog on the beach", ["a robot on the beach"], ["a dog"]),
        ("a dog beside a house in a forest, flat style", ["a house on the right in a forest, flat style", "a house on the left in a forest, flat style"], ["a dog", "a house"]),
        ("eine Katze auf einem roten Auto im Schnee", ["einem roten Auto im Schnee"], ["a cat"]),
        ("ein Bild von einem blauen Hund hinter einem Haus am Strand", ["einem Haus rechts am Strand", "einem Haus links am Strand"], ["a blue dog", "a house"]),
        ("karda kırmızı arabanın üstünde bir kedi", ["kırmızı araba karda"], ["a cat"]),
        ("ormanda bir kedi ve küçük bir köpek", ["bir kedi ormanda"], ["a dog"]),
    ],
)  # fmt: skip
def test_each_thing_is_told_of_by_itself(prompt: str, scene: list[str], apart: list[str]) -> None:
    pair = told(prompt)

    assert list(pair.scenes) == scene
    assert [thing.prompts[0].split(" on a white background")[0] for thing in pair.things] == apart
    assert pair.told.startswith(scene[0])
    assert pair.told.endswith(pair.things[-1].prompts[0])


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat", "", "a cat on a table", "a cat under the stars", "two cats on a car", "a cat on two cars", "a huge cat on a car", "a small cat on a car",
        "a cat on a car and a dog", "a cat on a car with a hat", "a cat, a dog", "a cat on a car in Paris", "a lighthouse on a beach", "cats and dogs",
        "eine große Katze auf einem Auto", "Katzen auf einem Auto", "iki kedi", "a cat in front of snowy peaks", "a close-up of a cat on a car",
    ],
)  # fmt: skip
def test_of_anything_else_nothing_is_made(prompt: str) -> None:
    assert PAIRS.of(prompt, 1, SQUARE) is None


def test_a_pair_that_is_nowhere_is_where_the_second_is_at_home() -> None:
    homes = {phrase for place in TABLE["things"]["camel"]["home"] for phrase in TABLE["places"][place]["en"]}

    assert {told("a cat on a camel", seed=seed).scenes for seed in range(5)} == {(f"a camel {home}",) for home in homes if home == "in the desert"}


def test_what_stands_on_something_has_no_ground_and_what_stands_beside_it_has() -> None:
    [on] = told("a cat on a car in the snow").things
    beside = told("a cat next to a car in the snow").things
    flying = told("a bird next to a car in the snow").things

    assert ([box.side for box in on.boxes], on.ground) == ([2], None)
    assert [thing.ground for thing in beside] == ["snow", "snow"]
    assert [thing.ground for thing in flying] == [None, "snow"]


def test_what_flies_is_painted_as_high_as_it_is_painted_best() -> None:
    assert [[thing.lifted for thing in told(f"{pair} in the snow").things] for pair in ("a butterfly on a car", "a cat next to a moon")] == [[1], [0, 1]]


def test_things_are_lit_by_the_time_of_day() -> None:
    night, day = (told(f"a cat on a car in the snow {time}").light for time in ("at night", "by day"))

    assert max(night) < min(day) == 1


@pytest.mark.parametrize("grid", [Grid(*grid) for grid in GRIDS])
def test_a_thing_that_stands_as_if_alone_is_painted_with_the_scene_on_every_grid(grid: Grid) -> None:
    pair = told("a cat on a car in the snow", grid)

    assert pair.scenes == ("a car in the snow",)
    assert [box.column for thing in pair.things for box in thing.boxes] == [grid.columns // 2 - 1]
