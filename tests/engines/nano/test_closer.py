"""One thing that is to be big is painted like any other and seen from nearer, and stands then where a big one stands."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.closer import TIMES, WHOLE, Closer, CloseUps, View
from mezzotint.engines.nano.sampling import Grid
from tests.engines.nano.test_engine import WEIGHTS
from training.captions import WRITERS
from training.draw import draw_scene
from training.phrases import CAMERAS, SIZES
from training.scenes import GRIDS, Scene, boxes, lift
from training.wording import Facts

CLOSE_UPS = CloseUps(json.loads((WEIGHTS / "words.json").read_text("utf-8")))


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("a huge owl", "an owl"),
        ("An enormous cat, close-up", "A cat"),
        ("close-up of a rocket", "a rocket"),
        ("A close-up photo of a cat.", "a cat."),
        ("closeup, a dog on the beach at night", "a dog on the beach at night"),
        ("a very big, fluffy dog in the sky", "a fluffy dog in the sky"),
        ("a big red car in the city", "a red car in the city"),
        ("a big house under the stars", "a house under the stars"),
        ("eine große rote Katze am Strand", "eine rote Katze am Strand"),
        ("Nahaufnahme von einem Hund", "einem Hund"),
        ("ein Pferd aus der Nähe", "ein Pferd"),
        ("kocaman bir köpek", "bir köpek"),
        ("büyük kırmızı bir araba, yakın çekim", "kırmızı bir araba"),
        ("BÜYÜK İNEK", "İNEK"),
    ],
)
def test_one_thing_that_is_to_be_big_or_close_is_told_without_that(prompt: str, told: str) -> None:
    closer = CLOSE_UPS.closer(prompt)

    assert closer is not None
    assert closer.prompt == told


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat", "a small cat", "", "big", "close-up", "two big dogs", "big dogs", "iki büyük köpek", "3 big cats", "a big dog next to a cat",
        "a big city with a red car", "a dog in a big field", "a big tree. a cat", "a dog, which is big", "a giant dragon",
    ],
)  # fmt: skip
def test_other_prompts_are_left_alone(prompt: str) -> None:
    assert CLOSE_UPS.closer(prompt) is None


@pytest.mark.parametrize(
    ("prompt", "lifted", "side"),
    [
        ("a big dog on the beach", 0, None), ("a big rocket in space", 1, None), ("a big dog in the sky", 1, None), ("a big helicopter in a city", 1, None),
        ("a big balloon on a table", 0, None), ("a big balloon", 0, None), ("a big dog on the left", 0, "left"), ("ein großer Hund rechts", 0, "right"),
    ],
)  # fmt: skip
def test_what_hovers_and_what_stands_aside_is_known(prompt: str, lifted: int, side: str | None) -> None:
    closer = CLOSE_UPS.closer(prompt)

    assert closer is not None
    assert (closer.lift, closer.side) == (lifted, side)


def test_all_that_was_taught_of_being_big_is_understood() -> None:
    english, german, turkish = SIZES["big"]
    prompts = [*(f"a {word} cat" for word in english), *(f"eine {word}e Katze" for word in german), *(f"{word} bir kedi" for word in turkish)]
    prompts += [f"a cat, {phrase}" for forms in CAMERAS["big"] for phrase in forms]

    assert [prompt for prompt in prompts if CLOSE_UPS.closer(prompt) is None] == []


@given(st.integers(0, 2**32), st.sampled_from(sorted(WRITERS)), st.booleans())
@settings(max_examples=200, deadline=None)
def test_of_all_that_the_grammar_says_the_big_things_are_seen_closer_and_nothing_else(seed: int, language: str, camera: bool) -> None:
    chance = np.random.default_rng(seed)
    scene = draw_scene(chance, may_hold_out=True)
    prompt = WRITERS[language](scene, Facts(place=scene.backdrop is None, camera=camera, look=scene.look != "3d"), chance)

    closer = CLOSE_UPS.closer(prompt)

    if scene.size != "big" or (language == "tr" and scene.thing == "horse"):  # whose name joins words in English
        assert closer is None
    else:
        assert closer is not None
        assert closer.lift == lift(scene.thing, scene.place)
        assert CLOSE_UPS.closer(closer.prompt) is None


@given(st.lists(st.sampled_from([*"abtıİſK .,:", "big ", "a ", "cat", "close-up", "Katze", "in space "]), max_size=12).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_prompt(prompt: str) -> None:
    closer = CLOSE_UPS.closer(prompt)

    assert closer is None or len(closer.prompt) <= len(prompt) + 1


@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize(("thing", "place"), [("dog", "beach"), ("rocket", "space")])
def test_a_thing_seen_closer_fills_the_box_of_a_big_one(grid: tuple[int, int], thing: str, place: str) -> None:
    scene = Scene(thing, place, None, None, 1, None, None, *grid, 0)
    (usual,), (big,) = boxes(scene), boxes(replace(scene, size="big"))

    view = Closer("", lift(thing, place)).view(Grid(*grid))

    left, top = view.left * scene.columns, view.top * scene.rows
    assert (usual.column - left) * TIMES == pytest.approx(big.column)
    assert (usual.row - top) * TIMES == pytest.approx(big.row)
    assert usual.side * TIMES == big.side
    assert min(view.left, view.top) >= 0
    assert max(view.left, view.top) + view.share <= 1


@pytest.mark.parametrize(("side", "edge"), [("left", 0), ("right", 8)])
def test_a_thing_at_a_side_stays_there(side: str, edge: float) -> None:
    view = Closer("", side=side).view(Grid(8, 8))

    assert (edge / 8 - view.left) / view.share == pytest.approx(edge / 8)


def test_a_view_is_that_part_of_the_pixels() -> None:
    pixels = Pixels.of(np.arange(12 * 12 * 3, dtype=np.uint8).reshape(12, 12, 3))

    assert np.array_equal(View(0.25, 0.5, 0.5).of(pixels).array, pixels.array[6:12, 3:9])
    assert np.array_equal(WHOLE.of(pixels).array, pixels.array)
