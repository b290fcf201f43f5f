"""Prompts that tell of one thing in the evening or at night, or in pictures that are no squares, in three languages."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mezzotint.engines.nano.apart import Arrangement
from mezzotint.engines.nano.layout import usual
from mezzotint.engines.nano.ones import DIM, Ones
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.words import KnownWords
from tests.engines.nano.test_engine import WEIGHTS
from tests.engines.nano.test_pairs import name_in
from training.captions import WRITERS
from training.draw import draw_scene
from training.phrases import AS_WELL, OUTDOORS
from training.scenes import GRIDS, Scene, at_grid, boxes, tint_of
from training.wording import Facts

TABLE = json.loads((WEIGHTS / "words.json").read_text("utf-8"))
KNOWN = KnownWords(TABLE, np.load(WEIGHTS / "words.npz")["things"])
ONES = Ones(TABLE, KNOWN)
SQUARE = Grid(8, 8)


def told(prompt: str, grid: Grid = SQUARE) -> Arrangement:
    one = ONES.of(prompt, grid)
    assert one is not None
    return one


def is_one(scene: Scene) -> bool:
    alone = scene.count == 1 and scene.second is None and scene.size is None and scene.position is None
    dim = scene.place in OUTDOORS and scene.time in DIM
    return alone and scene.backdrop is None and scene.thing not in AS_WELL and (dim or scene.columns != scene.rows)


@given(st.integers(0, 2**32), st.sampled_from(sorted(WRITERS)), st.sampled_from(GRIDS))
@settings(max_examples=400, deadline=None)
def test_each_that_the_grammar_tells_stands_as_it_was_taught_and_nothing_else_is_one(seed: int, language: str, grid: tuple[int, int]) -> None:
    chance = np.random.default_rng(seed)
    scene = at_grid(draw_scene(chance, may_hold_out=True), *grid)
    assume(scene.backdrop != "white")  # which some prompts tell of in the words for a plain ground
    prompt = WRITERS[language](scene, Facts(place=scene.backdrop is None, look=scene.look != "3d"), chance)

    one = ONES.of(prompt, Grid(*grid))

    assert (one is not None) == is_one(scene), prompt
    if one is None:
        return
    (placed,), (thing,) = boxes(scene), one.things
    assert [(box.column, box.row, box.side) for box in thing.boxes] == [(placed.column, placed.row, placed.side)]
    assert name_in(thing.prompts[0]) == scene.thing, prompt
    assert len(one.scenes) == 2
    assert np.allclose(one.light, tint_of(scene), atol=1e-3), prompt


@pytest.mark.parametrize(
    ("prompt", "scenes", "apart"),
    [
        ("a cat on the beach at sunset", ["a cat on the right on the beach at sunset", "a cat on the left on the beach at sunset"], "a cat"),
        ("A photo of a fluffy red fox in the forest by night.", ["a fluffy red fox on the right in the forest by night", "a fluffy red fox on the left in the forest by night"], "a fluffy red fox"),
        ("ein blaues Auto abends im Schnee", ["ein blaues Auto rechts abends im Schnee", "ein blaues Auto links abends im Schnee"], "a blue car"),
        ("ay ışığında durgun suda bir zürafa", ["bir zürafa sağda ay ışığında durgun suda", "bir zürafa solda ay ışığında durgun suda"], "a giraffe"),
        ("geceleyin plajda bir kedi", ["bir kedi sağda geceleyin plajda", "bir kedi solda geceleyin plajda"], "a cat"),
    ],
)  # fmt: skip
def test_the_thing_is_told_of_by_itself(prompt: str, scenes: list[str], apart: str) -> None:
    one = told(prompt)

    assert list(one.scenes) == scenes
    assert [each.prompts[0] for each in one.things] == [f"{apart} on a white background"]


def test_what_flies_has_no_shadow() -> None:
    (cat,), (bird,) = told("a cat in the snow at night").things, told("a bird in the snow at night").things

    assert (cat.ground, bird.ground) == ("snow", None)
    assert bird.boxes == (usual(8, 8, 1),)


@pytest.mark.parametrize(
    "prompt",
    [
        "", "a cat", "a cat on the beach", "a cat on the beach by day", "a cat on the beach at sunrise", "a cat on a table at night", "a cat at night",
        "two cats on the beach at sunset", "a small cat on the beach at sunset", "a big cat on the beach at sunset", "a cat on the left on the beach at sunset",
        "a cat and a dog on the beach at sunset", "a dragon on the beach at sunset", "a kite on the beach at sunset", "a cat wearing sunglasses on the beach at sunset", "the beach at sunset",
    ],
)  # fmt: skip
def test_in_a_square_all_else_is_painted_at_once(prompt: str) -> None:
    assert ONES.of(prompt, SQUARE) is None


@pytest.mark.parametrize("grid", [Grid(11, 8), Grid(8, 11), Grid(32, 8)])
def test_in_what_is_no_square_one_thing_is_painted_apart_at_any_time_and_indoors(grid: Grid) -> None:
    for prompt in ("a cat on the beach", "eine Katze am Strand bei Tag", "sabah masada bir kedi", "a cat in space", "a cat on a white background"):
        assert told(prompt, grid).things[0].boxes == (usual(grid.columns, grid.rows, int("space" in prompt)),)
    for prompt in ("a cat", "two cats on the beach", "a small cat on the beach", "a kite on the beach", "a cat on a roof"):
        assert ONES.of(prompt, grid) is None


@pytest.mark.parametrize("words", ["kırmızı bir ", "a very old red ", "a cat ", "roten roten ", "a red cat, "])
def test_prompts_that_go_on_and_on_take_no_more_than_their_length(words: str) -> None:
    def seconds(times: int) -> float:
        began = time.process_time()
        ONES.of(f"at night in the city {words * times}", SQUARE)
        return time.process_time() - began

    assert seconds(400) < 40 * max(seconds(50), 0.002)
