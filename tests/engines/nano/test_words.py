"""Words that nano was taught, words it was not, and what it could be told besides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mezzotint.engines.nano.sealed import DIGESTS, Sealed, digests_of
from mezzotint.engines.nano.text import POOLED_SCALE, TextEncoder
from mezzotint.engines.nano.words import MOST, KnownWords, Unknown
from training.captions import INSTRUCTORS, WRITERS
from training.draw import draw_scene
from training.edits import draw_edit
from training.known import table, write
from training.wording import Facts

THINGS = list(table()["things"])


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> KnownWords:
    folder = tmp_path_factory.mktemp("weights")
    write(folder)
    (folder / DIGESTS).write_text(digests_of(folder))
    loaded = KnownWords.load(Sealed(folder))
    assert loaded is not None
    return loaded


def unknown(known: KnownWords, encoder: TextEncoder, prompt: str) -> dict[str, str | None]:
    return {each.word: each.nearest for each in known.unknown(prompt, lambda word: encoder.encode([word]).pooled[0] / POOLED_SCALE)}


@pytest.mark.parametrize(
    "prompt",
    [
        "A paper boat floating on calm water at sunrise.", "three yellow tulips in a green field", "cats and dogs", "ein großer roter Bus im Regen bei Nacht",
        "çölde kırmızı bir araba, gün batımında", "a watercolour of a fox left of a house, close-up", "", "un gato", "a puppy on the beach",
    ],
)  # fmt: skip
def test_what_was_taught_is_known_and_so_is_another_word_for_it(known: KnownWords, encoder: TextEncoder, prompt: str) -> None:
    assert unknown(known, encoder, prompt) == {}


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("a dragon in the mountains", {"dragon": "dinosaur"}),
        ("a motorcycle and a lion", {"motorcycle": "bicycle", "lion": "tiger"}),
        ("a philosopher on a table", {"philosopher": None}),
    ],
)
def test_a_word_that_was_not_taught_is_told_with_the_nearest_thing_if_one_is_near(known: KnownWords, encoder: TextEncoder, prompt: str, wanted: Any) -> None:
    assert unknown(known, encoder, prompt) == wanted


@pytest.mark.parametrize(
    ("prompt", "heard"),
    [
        ("A dragon in the mountains", "A dinosaur in the mountains"),
        ("a big motorcycle, at night", "a big bicycle, at night"),
        ("un gato en el desierto", "un cat en el desierto"),
        ("a dragon and a cat", "a dragon and a cat"),
        ("a dragon under the stars", "a dinosaur under the stars"),
        ("the sea at sunset", "the sea at sunset"),
        ("philosophy", "philosophy"),
        ("", ""),
    ],
)
def test_where_no_thing_is_known_the_nearest_is_heard(known: KnownWords, encoder: TextEncoder, prompt: str, heard: str) -> None:
    assert known.nearest(prompt, lambda word: encoder.encode([word]).pooled[0] / POOLED_SCALE) == heard


def test_unknown_words_are_told_in_few_words() -> None:
    assert (str(Unknown("dragon", "dinosaur")), str(Unknown("wizard", None))) == ("dragon (nearest: dinosaur)", "wizard")


def test_no_more_than_some_words_are_told(known: KnownWords, encoder: TextEncoder) -> None:
    assert len(unknown(known, encoder, " ".join(f"qwx{letter}zzt" for letter in "abcdefghij"))) == MOST


def test_weights_without_words_know_nothing_of_them(tmp_path: Path) -> None:
    (tmp_path / DIGESTS).write_text("{}")

    assert KnownWords.load(Sealed(tmp_path)) is None


@pytest.mark.parametrize(
    ("prompt", "begins", "kept"),
    [
        ("a cat", "a cat ", ()),
        ("eine Katze", "eine Katze ", ()),
        ("bir kedi", "bir kedi ", ()),
        ("a cat in the desert", "a cat in the desert ", ()),
        ("a cat at night", "a cat at night ", ()),
        ("a watercolour of a cat", "a watercolour of a cat ", ()),
    ],
)
def test_an_enriched_prompt_says_place_time_and_look_in_its_own_language(known: KnownWords, prompt: str, begins: str, kept: tuple[str, ...]) -> None:
    language = "de" if "Katze" in prompt else "tr" if "kedi" in prompt else "en"
    phrases = {kind: [about[language][0] for about in table()[kind].values()] for kind in ("places", "times")}

    told = [known.enriched(prompt, seed) for seed in range(40)]

    assert all(each.startswith(begins) for each in told)
    assert len(set(told)) > 1
    if "desert" not in prompt:
        assert all(any(phrase in each for phrase in phrases["places"]) for each in told)
    if "night" not in prompt:
        assert any(any(phrase in each for phrase in phrases["times"]) for each in told)
    assert all(("3d" in each.lower()) == ("watercolour" not in prompt) for each in told)


def test_a_prompt_that_says_all_or_nothing_stays_as_it_is(known: KnownWords) -> None:
    whole = "a watercolour of a cat in the snow at night"

    assert known.enriched(whole, 3) == whole
    assert known.enriched("hello", 3) == "hello"


def test_the_same_seed_enriches_in_the_same_way(known: KnownWords) -> None:
    assert known.enriched("a cat", 5) == known.enriched("a cat", 5)


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat", "A cat.", "three cats", "a cat and a dog", "a beautiful cute cat, 4k", "a watercolour of a huge fox", "close-up of a rocket", "ein roter Apfel",
        "büyük kırmızı bir araba", "an elephant at night", "a cat in the rain", "a dog with falling leaves",
    ],
)  # fmt: skip
def test_a_thing_of_which_no_more_is_said_is_at_home(known: KnownWords, prompt: str) -> None:
    words = table()
    told = [known.at_home(prompt, seed) for seed in range(12)]

    assert all(each.startswith(prompt.rstrip(".") + " ") for each in told)
    assert len(set(told)) > 1
    language = "de" if "Apfel" in prompt else "tr" if "araba" in prompt else "en"
    homes = {words["places"][place][language][0] for about in words["things"].values() for place in about["home"]}
    assert {each.removeprefix(prompt.rstrip(".") + " ") for each in told} <= homes


@pytest.mark.parametrize(
    "prompt",
    [
        "a cat in the snow", "a cat in a kitchen", "a cat on a chair", "a cat under a tree", "a cat on a blue background", "a cat sleeping",
        "hello", "", "a dragon", "mutfakta bir kedi", "eine Katze im Keller",
    ],
)  # fmt: skip
def test_a_thing_of_which_more_is_said_may_be_there_already(known: KnownWords, prompt: str) -> None:
    assert {known.at_home(prompt, seed) for seed in range(12)} == {prompt}


def test_what_is_said_of_the_time_is_no_thing(known: KnownWords) -> None:
    homes = set(table()["things"]["camel"]["home"])

    assert homes == {"desert"}
    assert {known.at_home("a camel under the stars", seed) for seed in range(12)} == {"a camel under the stars in the desert"}


@pytest.mark.parametrize("prompt", ["a cat in the rain", "ein Hund im Herbst", "sisli bir günde bir kedi"])
def test_where_weather_is_said_the_place_is_outdoors(known: KnownWords, prompt: str) -> None:
    outdoors = [said for name in table()["outdoors"] for language in ("en", "de", "tr") for said in table()["places"][name][language]]

    assert all(known.at_home(prompt, seed).endswith(tuple(outdoors)) for seed in range(12))
    assert known.enriched(prompt, 3).startswith(known.at_home(prompt, 3))


def test_where_a_time_is_said_the_place_shows_it(known: KnownWords) -> None:
    words = table()
    timeless = [words["places"][place]["en"][0] for place in words["places"] if place not in words["timed"]]

    told = [known.at_home("a rocket at night", seed) for seed in range(12)]

    assert not [each for each in told if each.endswith(tuple(timeless))]


def test_all_that_the_grammar_says_stays_as_it_is(known: KnownWords) -> None:
    chance = np.random.default_rng(7)
    for language in WRITERS:
        for _ in range(300):
            scene = draw_scene(chance)
            prompt = WRITERS[language](scene, Facts(place=scene.backdrop is None, look=scene.look != "3d"), chance)
            assert known.at_home(prompt, 1) == prompt


def test_every_word_of_the_edits_that_the_grammar_tells_is_known(known: KnownWords) -> None:
    chance = np.random.default_rng(8)
    for instruct in INSTRUCTORS.values():
        for _ in range(400):
            prompt = instruct(draw_edit(chance, may_hold_out=True), chance)
            assert known.all_of(prompt), prompt


@pytest.mark.parametrize(
    ("prompt", "place", "time"),
    [
        ("a cat on a car in the city by night", "city", "night"),
        ("a tree on the hill in the evening", "field", "sunset"),
        ("a boat on the river in the morning", "water", "sunrise"),
        ("an apple on the table during the day", "table", "day"),
        ("abends ein Hund auf der Straße", "city", "sunset"),
        ("nachts ein Fuchs in einem Wald", "forest", "night"),
        ("akşam plajda bir kedi", "beach", "sunset"),
        ("geceleyin odada bir top", "room", "night"),
    ],
)
def test_ordinary_ways_to_tell_of_a_place_or_a_time_mean_what_was_taught(known: KnownWords, prompt: str, place: str, time: str) -> None:
    assert (known.named("places", prompt), known.named("times", prompt)) == (place, time)


def test_an_older_version_knows_less() -> None:
    first, second = table(1), table(2)

    assert len(first["things"]) == 64
    assert set(first["things"]) < set(second["things"])
    assert not first["weathers"]
    assert all(set(about["home"]) <= set(first["places"]) and about["home"] for about in first["things"].values())


@pytest.mark.parametrize(
    ("prompt", "scenery"),
    [
        ("a red car in the city at night, line drawing", "in the city at night line drawing"),
        ("iki at sahilde gün batımında", "sahilde gün batımında"),
        ("ein Haus im Schnee bei Schneefall", "im Schnee bei Schneefall"),
        ("a blue guitar on a yellow background", "a blue guitar on a yellow background"),
        ("a cat at night", "a cat at night"),
    ],
)
def test_scenery_is_what_is_said_of_place_and_time_or_all_where_no_place_is(known: KnownWords, prompt: str, scenery: str) -> None:
    assert known.scenery(prompt) == scenery


def test_what_is_said_of_the_scenery_is_told_in_the_usual_english_words(known: KnownWords) -> None:
    assert known.said_of("eine Katze am Meer im Mondlicht, im Nebel") == ["on the beach", "at night", "in the fog"]
    assert known.said_of("a cat") == []


@pytest.mark.parametrize(
    ("prompt", "names"),
    [("dört pembe top", True), ("ein Hund", True), ("the beach at night", False), ("under the stars", False), ("more sand", False), ("", False)],
)
def test_whether_a_thing_is_named_in_any_language(known: KnownWords, prompt: str, names: bool) -> None:
    assert known.names_thing(prompt) is names
