"""What one would write about a scene."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.captions import GENERIC_SHARE, WRITERS, caption, shown_off
from training.scenes import Scene, draw_scene
from training.vocabulary import BY_NAME, COLOUR_BY_NAME, GENERIC, PLACE_BY_NAME, TIME_BY_NAME

ANYTHING = [text for texts in GENERIC.values() for text in texts]
BOAT = Scene("paper boat", "water", "sunrise", None, 1, None, None, 11, 8, 3)


def names(scene: Scene, language: str) -> tuple[str, ...]:
    thing = BY_NAME[scene.thing]
    if language == "en":
        return (thing.name, thing.plural, *thing.words)
    return (thing.german, thing.german_plural) if language == "de" else (thing.turkish,)


@pytest.mark.parametrize("language", ["en", "de", "tr"])
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_a_caption_names_the_thing_and_its_colour(language: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    scene = draw_scene(chance, held_out=True)

    text = WRITERS[language](scene, chance)

    assert any(name in text for name in names(scene, language))
    if scene.colour:
        colour = COLOUR_BY_NAME[scene.colour]
        assert {"en": colour.name, "de": colour.german, "tr": colour.turkish}[language] in text
    assert "  " not in text
    assert text == text.strip()


@pytest.mark.parametrize("language", ["en", "de", "tr"])
def test_place_and_time_are_said_as_often_as_people_would(language: str) -> None:
    chance = np.random.default_rng(1)
    texts = [WRITERS[language](BOAT, chance) for _ in range(600)]

    def share(phrases: tuple[str, ...]) -> float:
        return sum(any(phrase in text for phrase in phrases) for text in texts) / len(texts)

    fields = {"en": "english", "de": "german", "tr": "turkish"}[language]
    assert 0.84 < share(getattr(PLACE_BY_NAME["water"], fields)) < 0.96
    assert 0.92 < share(getattr(TIME_BY_NAME["sunrise"], fields)) < 0.995


def test_articles_fit_their_words() -> None:
    chance = np.random.default_rng(2)
    elephant = Scene("elephant", "field", "day", None, 1, None, None, 8, 8, 0)
    horse = Scene("horse", "field", "day", None, 1, "small", None, 8, 8, 0)

    assert all(" a elephant" not in f" {text}" for text in (WRITERS["en"](elephant, chance) for _ in range(100)))
    assert any("ein kleines Pferd" in text for text in (WRITERS["de"](horse, chance) for _ in range(100)))


def test_prompts_about_nothing_in_particular_get_what_is_shown_off() -> None:
    chance = np.random.default_rng(3)
    scenes = [draw_scene(chance) for _ in range(4000)]

    told = [(scene, caption(scene, chance)) for scene in scenes]

    assert all(shown_off(scene) for scene, text in told if text in ANYTHING)
    generic = [caption(BOAT, chance) in ANYTHING for _ in range(1000)]
    assert abs(np.mean(generic) - GENERIC_SHARE) < 0.06


def test_languages_are_drawn_by_their_shares() -> None:
    chance = np.random.default_rng(4)
    horse = Scene("horse", "table", "day", None, 1, None, None, 8, 8, 0)

    texts = [caption(horse, chance) for _ in range(1500)]

    german = np.mean(["Pferd" in text for text in texts])
    assert 0.12 < german < 0.18
