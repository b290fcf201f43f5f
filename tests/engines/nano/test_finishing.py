"""Looks that are made of pictures are, where words ask for them; and the words are kept from nano then."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.closer import WHOLE, View
from mezzotint.engines.nano.falling import FALLING
from mezzotint.engines.nano.finishing import Finish, Finishing, Put
from mezzotint.engines.nano.layout import Box
from mezzotint.engines.nano.looks import BLOCKS, FILTERS
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.sealed import DIGESTS, Sealed
from tests.engines.nano.test_engine import WEIGHTS
from training.captions import INSTRUCTORS, WRITERS
from training.draw import draw_scene
from training.edits import draw_edit
from training.known import table
from training.wording import Facts

SQUARE = Grid(8, 8)
FINISHING = Finishing(json.loads((WEIGHTS / "words.json").read_text("utf-8")))


@pytest.mark.parametrize(
    ("prompt", "told", "look"),
    [
        ("a line drawing of an owl", "an owl", "line drawing"),
        ("A pencil sketch, a dog", "a dog", "line drawing"),
        ("a cat in pixel art style", "a cat", "pixel art"),
        ("a cat in the style of pixel art", "a cat", "pixel art"),
        ("an 8-bit robot", "robot", "pixel art"),
        ("Aquarell von einer Katze", "einer Katze", "watercolour"),
        ("Fuchs als Aquarell", "Fuchs", "watercolour"),
        ("ein Haus, Strichzeichnung", "ein Haus", "line drawing"),
        ("bir kedi, piksel sanatı", "bir kedi", "pixel art"),
        ("a night photo of a car in a city", "a car in a city at night", "night photo"),
        ("a night photo of a car at sunset", "a car at sunset", "night photo"),
        ("Nachtaufnahme einer Burg", "einer Burg bei Nacht", "night photo"),
        ("gece fotoğrafı, şehirde bir araba", "şehirde bir araba gece", "night photo"),
        ("a cat, flat illustration", "a cat, flat illustration", None),
        ("a cat", "a cat", None),
        ("pixel art", "pixel art", None),
        ("", "", None),
    ],
)
def test_a_look_that_is_made_of_pictures_is_taken_from_the_prompt(prompt: str, told: str, look: str | None) -> None:
    assert FINISHING.of(prompt, 1, SQUARE) == (told, Finish(look=look, seed=1))


def test_what_is_big_is_seen_closer_in_its_look() -> None:
    told, finish = FINISHING.of("watercolour painting of a huge fox in the snow", 1, SQUARE)

    assert told == "a fox in the snow"
    assert finish.look == "watercolour"
    assert finish.view.share < 1


@given(st.integers(0, 2**32), st.sampled_from(sorted(WRITERS)))
@settings(max_examples=200, deadline=None)
def test_each_look_that_the_grammar_tells_is_made_if_it_is_made_of_pictures(seed: int, language: str) -> None:
    chance = np.random.default_rng(seed)
    scene = draw_scene(chance, may_hold_out=True)
    prompt = WRITERS[language](scene, Facts(place=scene.backdrop is None, time=scene.look != "night photo", look=scene.look != "3d"), chance)

    told, finish = FINISHING.of(prompt, 1, SQUARE)

    assert finish.look == (scene.look if scene.look in FILTERS else None)
    assert finish.weather == (scene.weather if scene.weather in FALLING else None)
    assert FINISHING.of(told, 1, SQUARE) == (told, Finish(weather="snowfall" if scene.weather == "snowfall" else None, seed=1))


@pytest.mark.parametrize(
    ("prompt", "told", "weather"),
    [
        ("a cat in autumn", "a cat", "autumn"),
        ("a fox among falling blossoms at night", "a fox at night", "spring"),
        ("ein Haus im Wald, zwischen fallenden Blättern", "ein Haus im Wald", "autumn"),
        ("a cat in a snowstorm", "a cat in a snowstorm", "snowfall"),
        ("a cat in the rain", "a cat in the rain", None),
        ("in autumn", "in autumn", "autumn"),
        ("a dog with falling autumn leaves, 3d render", "a dog, 3d render", "autumn"),
        ("ein Haus bei Tag und fallende Blüten", "ein Haus bei Tag", "spring"),
        ("bir kedi, sonbahar", "bir kedi", "autumn"),
        ("a spring in the desert", "a spring in the desert", None),
        ("a house without falling leaves", "a house without falling leaves", None),
    ],
)
def test_what_falls_is_left_to_the_finish_and_a_snowy_sky_to_nano(prompt: str, told: str, weather: str | None) -> None:
    assert FINISHING.of(prompt, 1, SQUARE) == (told, Finish(weather=weather, seed=1))


def test_what_falls_lies_elsewhere_by_another_seed_and_is_larger_seen_closer() -> None:
    pixels = Pixels.of(np.zeros((256, 256, 3), np.uint8))

    one, other, nearer = (Finish(view, None, "snowfall", seed).of(pixels, SQUARE).array for view, seed in ((WHOLE, 1), (WHOLE, 2), (View(0.25, 0.25, 0.5), 1)))

    assert not np.array_equal(one, other)
    assert np.array_equal(nearer, one[64:192, 64:192])
    assert not pixels.array.any()


@pytest.mark.parametrize(
    ("prompt", "look"),
    [
        ("turn it into a pencil sketch", "line drawing"), ("Make this photo a watercolour painting, please.", "watercolour"), ("in pixel art style", "pixel art"),
        ("watercolor", "watercolour"), ("redraw the whole picture as pixel art", "pixel art"), ("mach daraus ein Aquarell", "watercolour"),
        ("zeichne es als Pixelkunst", "pixel art"), ("bunu karakalem çizim yap", "line drawing"), ("make it a night photo", "night photo"),
        ("add a pixel art cat", None), ("turn the car into a line drawing", None), ("make it night", None), ("make it a cartoon", None), ("", None),
    ],
)  # fmt: skip
def test_a_picture_is_redrawn_where_no_more_than_its_look_is_asked_for(prompt: str, look: str | None) -> None:
    assert FINISHING.drawn(prompt, 1) == (Finish(look=look, seed=1) if look else None)


@pytest.mark.parametrize(
    ("prompt", "weather"),
    [
        ("make it autumn", "autumn"), ("Add falling leaves, please.", "autumn"), ("change the season to autumn", "autumn"), ("the same scene in autumn", "autumn"),
        ("let it be springtime", "spring"), ("turn it into spring", "spring"), ("add some falling petals to the picture", "spring"), ("make it fall", "autumn"),
        ("füge Herbstblätter hinzu", "autumn"), ("dieselbe Szene im Frühling", "spring"), ("bunu sonbahar yap", "autumn"), ("yaprak ekle", "autumn"),
        ("make it snow", None), ("make the house fall", None), ("put the cat in autumn", None), ("remove the falling leaves", None), ("add a hat", None),
    ],
)  # fmt: skip
def test_leaves_fall_before_the_picture_that_is_given_where_no_more_is_asked_for(prompt: str, weather: str | None) -> None:
    assert FINISHING.drawn(prompt, 3) == (Finish(weather=weather, seed=3) if weather else None)


def test_a_look_and_leaves_can_be_asked_for_at_once() -> None:
    assert FINISHING.drawn("make it a watercolour with falling leaves", 2) == Finish(look="watercolour", weather="autumn", seed=2)


@pytest.mark.parametrize(
    ("prompt", "told", "weather"),
    [
        ("make it snow", "make it snow", "snowfall"), ("let it snow at night", "let it snow at night", "snowfall"), ("kar yağdır", "kar yağdır", "snowfall"),
        ("ergänze Schneefall", "ergänze Schneefall", "snowfall"), ("put it in a city in autumn", "put it in a city", "autumn"), ("make it night", "make it night", None),
        ("remove the falling snow", "remove the falling snow", None), ("Entferne den Schneefall", "Entferne den Schneefall", None), ("karı kaldır", "karı kaldır", None),
    ],
)  # fmt: skip
def test_what_an_edit_lets_fall_is_left_to_the_finish(prompt: str, told: str, weather: str | None) -> None:
    assert FINISHING.of_edit(prompt, 4) == (told, Finish(weather=weather, seed=4))


@given(st.integers(0, 2**32), st.sampled_from(sorted(INSTRUCTORS)))
@settings(max_examples=300, deadline=None)
def test_of_all_edits_that_the_grammar_tells_only_such_are_drawn(seed: int, language: str) -> None:
    chance = np.random.default_rng(seed)
    edit = draw_edit(chance)
    prompt = INSTRUCTORS[language](edit, chance)
    weather = edit.value if edit.kind == "weather" and edit.value in FALLING else None

    look = edit.value if edit.kind == "look" and edit.value in FILTERS else None
    leaves = None if weather == "snowfall" else weather
    assert FINISHING.drawn(prompt, 1) == (Finish(look=look, weather=leaves, seed=1) if look or leaves else None)
    if leaves is None:
        assert FINISHING.of_edit(prompt, 1) == (prompt, Finish(weather=weather, seed=1))


@pytest.mark.parametrize("unit", [4, 8, 64])
@pytest.mark.parametrize("look", [None, *sorted(FILTERS)])
def test_a_finish_is_of_any_fineness(look: str | None, unit: int) -> None:
    chance, grid = np.random.default_rng(1), Grid(11, 8)
    pixels = Pixels.of(chance.integers(0, 256, (8 * unit, 11 * unit, 3), dtype=np.uint8))

    whole, part = (Finish(view, look).of(pixels, grid) for view in (View(), View(0.25, 0.25, 0.5)))

    assert (whole.width, whole.height) == (pixels.width, pixels.height)
    assert np.array_equal(whole.array, pixels.array) == (look is None)
    assert (part.width, part.height) == ((pixels.width, pixels.height) if look else (round(pixels.width / 2), round(pixels.height / 2)))


@pytest.mark.parametrize("finish", [*(Finish(look=look) for look in sorted(FILTERS)), *(Finish(weather=weather) for weather in sorted(FALLING))], ids=str)
@pytest.mark.parametrize(("width", "height"), [(1, 1), (37, 90), (640, 427)])
def test_a_picture_of_any_size_can_be_finished(finish: Finish, width: int, height: int) -> None:
    pixels = Pixels.of(np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8))

    made = finish.over(pixels, BLOCKS)

    assert (made.width, made.height) == (width, height)
    assert not np.array_equal(made.array, pixels.array) or (finish.look is None and width == 1)


@pytest.mark.parametrize(("width", "height", "unit"), [(640, 427, 53), (257, 263, 32)])
def test_things_are_put_into_a_picture_of_any_size(width: int, height: int, unit: int) -> None:
    pixels = Pixels.of(np.full((height, width, 3), 200, np.uint8))
    red = np.broadcast_to(np.array((1, 0, 0, 1), np.float32), (64, 64, 4))

    made = Finish(put=(Put(red, Box(1.5, 6, 2), None),)).over(pixels, unit).array

    rows, columns = np.nonzero((made != 200).any(-1))
    assert (rows.min(), rows.max() + 1) == (4 * unit, 6 * unit)
    assert (columns.min(), columns.max() + 1) == (round(1.5 * unit), round(1.5 * unit) + 2 * unit)
    assert (made[rows, columns] == (255, 0, 0)).all()


def test_what_was_put_over_a_picture_is_told_with_it() -> None:
    assert Finish().notes() == []
    assert Finish(look="watercolour", weather="spring", seed=3).notes() == [("look", "watercolour"), ("weather", "spring")]


def test_weights_that_know_fewer_words_have_fewer_finishes() -> None:
    first = Finishing(table(1))

    assert first.of("a line drawing of a cat", 1, SQUARE) == ("a line drawing of a cat", Finish(seed=1))


def test_weights_without_words_have_none(tmp_path: Path) -> None:
    (tmp_path / DIGESTS).write_text("{}")

    assert Finishing.load(Sealed(tmp_path)) is None
