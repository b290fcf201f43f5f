"""Words that nano was taught, words it was not, and what it could be told besides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mezzotint.engines.nano.sealed import DIGESTS, Sealed, digests_of
from mezzotint.engines.nano.text import POOLED_SCALE, TextEncoder
from mezzotint.engines.nano.words import MOST, KnownWords, Unknown
from training.known import table, write

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


def test_an_older_version_knows_less() -> None:
    first, second = table(1), table(2)

    assert len(first["things"]) == 64
    assert set(first["things"]) < set(second["things"])
    assert not first["weathers"]
    assert all(set(about["home"]) <= set(first["places"]) and about["home"] for about in first["things"].values())
