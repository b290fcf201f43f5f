"""What is painted where nothing in particular is asked for, and what counts as that."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.engines.nano.ideas import Ideas
from mezzotint.engines.nano.text import POOLED_SCALE
from mezzotint.ports import PaintRequest
from tests.engines.nano.test_engine import plain

THING, NOTHING = np.eye(512, dtype=np.float32)[:2]


@pytest.fixture(scope="module")
def nano() -> NanoEngine:
    return NanoEngine(threads=2)


def painted_prompt(nano: NanoEngine, prompt: str, seed: int = 1, *, with_picture: bool = False) -> str:
    pictures = (("image_prompt", plain((0.5, 0.5, 0.5))),) if with_picture else ()
    return nano.paint(PaintRequest("flux-dev", prompt, 256, 256, 1, 3.0, seed, pictures), lambda *_: None).prompt


@pytest.mark.parametrize("prompt", ["Hello", "ein fantastisches bild", "Hi there!", "something beautiful", "bir resim", "", "  ", "test"])
def test_a_prompt_about_nothing_becomes_one_about_something_and_says_so(nano: NanoEngine, prompt: str) -> None:
    assert painted_prompt(nano, prompt) in nano.card["ideas"]


@pytest.mark.parametrize(
    "prompt",
    ["A paper boat floating on calm water at sunrise.", "a cat", "ein grüner Dinosaurier", "kırmızı bir şemsiye", "a quantum computer", "make it blue", "dog"],
)
def test_a_prompt_that_names_something_stays_as_it_is(nano: NanoEngine, prompt: str) -> None:
    assert painted_prompt(nano, prompt) == prompt


def test_the_seed_chooses_and_all_are_chosen(nano: NanoEngine) -> None:
    count = len(nano.card["ideas"])

    assert [painted_prompt(nano, "Hello", seed) for seed in range(count)] == nano.card["ideas"]
    assert painted_prompt(nano, "Hello", count) == nano.card["ideas"][0]


def test_a_given_picture_is_something_in_particular(nano: NanoEngine) -> None:
    assert painted_prompt(nano, "Hello", with_picture=True) == "Hello"


def test_likeness_decides() -> None:
    ideas = Ideas(NOTHING[None], ["a boat"])
    near = (0.7 * NOTHING + 0.714 * THING) * POOLED_SCALE

    assert ideas.instead_of("hi", near, 0) == "a boat"
    assert ideas.instead_of("a cat", THING * POOLED_SCALE, 0) is None
    assert Ideas(NOTHING[None], []).instead_of("hi", near, 0) is None
