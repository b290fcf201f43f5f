"""Five of a thing, in three languages."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.engines.nano.fives import Fives
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.words import KnownWords
from tests.engines.nano.test_engine import WEIGHTS
from training.captions import WRITERS
from training.draw import draw_scene
from training.scenes import GRIDS, at_grid, boxes, tint_of
from training.wording import Facts

TABLE = json.loads((WEIGHTS / "words.json").read_text("utf-8"))
FIVES = Fives(TABLE, KnownWords(TABLE, np.load(WEIGHTS / "words.npz")["things"]))
SQUARE = Grid(8, 8)


@given(st.integers(0, 2**32), st.sampled_from(sorted(WRITERS)), st.sampled_from(GRIDS))
@settings(max_examples=400, deadline=None)
def test_of_all_that_the_grammar_tells_five_are_found_where_they_were_taught(seed: int, language: str, grid: tuple[int, int]) -> None:
    chance = np.random.default_rng(seed)
    scene = at_grid(draw_scene(chance, may_hold_out=True), *grid)
    prompt = WRITERS[language](scene, Facts(place=scene.backdrop is None, look=scene.look != "3d"), chance)

    found = FIVES.of(prompt, Grid(*grid))

    assert (found is not None) == (scene.count == 5), prompt
    if found is None:
        return
    [thing] = found.things
    assert [(box.column, box.row, box.side) for box in thing.boxes] == [(placed.column, placed.row, placed.side) for placed in boxes(scene)[:2]], prompt
    assert f" {scene.colour or ''} {scene.thing} on a white background".replace("  ", " ") in thing.prompts[0], prompt
    assert np.allclose(found.light, tint_of(scene), atol=1e-3), prompt


@pytest.mark.parametrize(
    ("prompt", "scene", "apart"),
    [
        ("five red cars in a city", "three red cars in a city", "a red car"),
        ("Five owls at night in a forest", "three owls at night in a forest", "an owl"),
        ("5 small cute dogs on the beach, pixel art", "three small cute dogs on the beach, pixel art", "a dog"),
        ("gökyüzünde bulutların altında beş at gündüz", "gökyüzünde bulutların altında üç at gündüz", "a horse"),
        ("fünf blaue Boote auf dem Wasser", None, None),
        ("fünf rote Autos in der Stadt", "drei rote Autos in der Stadt", "a red car"),
        ("mavi arka planda beş kırmızı araba", "mavi arka planda üç kırmızı araba", "a red car"),
    ],
)
def test_three_are_told_of_and_one_apart(prompt: str, scene: str | None, apart: str | None) -> None:
    found = FIVES.of(prompt, SQUARE)

    assert (found and found.scenes[0]) == scene
    assert (found and found.things[0].prompts[0].partition(" on a ")[0]) == apart


@pytest.mark.parametrize(
    "prompt", ["", "five", "a five star hotel", "five cats and a dog", "four cats", "five stars and five moons", "fivecats", "a cat at five o'clock"]
)
def test_anything_else_is_no_five(prompt: str) -> None:
    assert FIVES.of(prompt, SQUARE) is None
