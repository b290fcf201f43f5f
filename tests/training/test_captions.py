"""What one would write about a scene, and to have it changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.captions import GENERIC_SHARE, INSTRUCTORS, LANGUAGE_SHARES, WRITERS, caption, described, instruction, shown_off
from training.draw import draw_scene, held_out
from training.edits import DRAWN, KIND_SHARES, draw_edit
from training.phrases import GENERIC, LOOK_BY_NAME, PLACE_BY_NAME, RELATIONS, TIME_BY_NAME, TIMED, WEATHER_BY_NAME
from training.scenes import Scene, shown
from training.turkish import accusative, genitive
from training.vocabulary import BY_NAME, COLOUR_BY_NAME
from training.wording import Facts

ANYTHING = [text for texts in GENERIC.values() for text in texts]
BOAT = Scene("paper boat", "water", "sunrise", None, 1, None, None, 11, 8, 3)
CAT = Scene("cat", "field", "day", None, 1, None, None, 8, 8, 0)
seeds = st.integers(0, 2**32 - 1)
languages = pytest.mark.parametrize("language", ["en", "de", "tr"])


def names(thing: str, language: str) -> tuple[str, ...]:
    noun = BY_NAME[thing]
    if language == "en":
        return (noun.name, noun.plural, *noun.words)
    if language == "de":
        return (noun.german, noun.german_plural)
    return (noun.turkish, genitive(noun.turkish), accusative(noun.turkish))


def colour_word(colour: str, language: str) -> str:
    said = COLOUR_BY_NAME[colour]
    return {"en": said.name, "de": said.german, "tr": said.turkish}[language]


def is_said(thing: str, text: str, language: str) -> bool:
    return any(name in text for name in names(thing, language))


@languages
@given(seed=seeds)
@settings(max_examples=150, deadline=None)
def test_a_caption_names_the_things_their_colours_and_how_they_stand(language: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    scene = draw_scene(chance, may_hold_out=True)

    text = described(scene, chance, language)

    assert is_said(scene.thing, text, language)
    if scene.colour:
        assert colour_word(scene.colour, language) in text
    if scene.second:
        assert is_said(scene.second, text, language)
        which = ("en", "de", "tr").index(language)
        said = (*RELATIONS[str(scene.relation)][which], "und", " ve ")
        assert any(relation in text for relation in said)
    assert "  " not in text
    assert text == text.strip()


@languages
@given(seed=seeds)
@settings(max_examples=100, deadline=None)
def test_a_caption_always_tells_the_weather_the_backdrop_and_an_unusual_look(language: str, seed: int) -> None:
    chance = np.random.default_rng(seed)
    scene = draw_scene(chance)

    text = described(scene, chance, language)

    field = {"en": "english", "de": "german", "tr": "turkish"}[language]
    if scene.weather:
        assert any(phrase in text for phrase in getattr(WEATHER_BY_NAME[scene.weather], field))
    if scene.look != "3d":
        assert any(phrase in text for phrase in getattr(LOOK_BY_NAME[scene.look], field))
    if scene.backdrop and scene.backdrop != "gradient":
        assert colour_word(scene.backdrop, language) in text


@languages
def test_place_and_time_are_said_as_often_as_people_would(language: str) -> None:
    chance = np.random.default_rng(1)
    texts = [described(BOAT, chance, language) for _ in range(600)]

    def share(phrases: tuple[str, ...]) -> float:
        return sum(any(phrase in text for phrase in phrases) for text in texts) / len(texts)

    fields = {"en": "english", "de": "german", "tr": "turkish"}[language]
    assert 0.84 < share(getattr(PLACE_BY_NAME["water"], fields)) < 0.96
    assert 0.92 < share(getattr(TIME_BY_NAME["sunrise"], fields)) < 0.995


@languages
def test_facts_are_told_or_kept(language: str) -> None:
    chance = np.random.default_rng(9)
    silent = Facts(place=False, time=False, size=False, look=False)
    field = {"en": "english", "de": "german", "tr": "turkish"}[language]

    for _ in range(50):
        text = WRITERS[language](BOAT, silent, chance)
        assert not any(phrase in text for phrase in (*getattr(PLACE_BY_NAME["water"], field), *getattr(TIME_BY_NAME["sunrise"], field)))


def test_articles_and_endings_fit_their_words() -> None:
    chance = np.random.default_rng(2)
    elephant, dog = replace(CAT, thing="elephant"), replace(CAT, thing="dog", second="elephant", second_colour=None, relation="behind")
    small = replace(CAT, thing="horse", size="small")

    assert all(" a elephant" not in f" {text}" for text in (described(elephant, chance, "en") for _ in range(100)))
    assert any("ein kleines Pferd" in text for text in (described(small, chance, "de") for _ in range(100)))
    assert all("hinter einem Elefanten" in described(dog, chance, "de") for _ in range(20))
    assert all("filin arkasında" in described(dog, chance, "tr") for _ in range(20))
    red = replace(dog, second="car", second_colour="red")
    assert all("hinter einem roten Auto" in described(red, chance, "de") for _ in range(20))
    assert all("kırmızı arabanın arkasında" in described(red, chance, "tr") for _ in range(20))


@pytest.mark.parametrize(
    ("word", "of_it", "to_it"),
    [
        ("kedi", "kedinin", "kediyi"),
        ("köpek", "köpeğin", "köpeği"),
        ("araba", "arabanın", "arabayı"),
        ("at", "atın", "atı"),
        ("gül", "gülün", "gülü"),
        ("ağaç", "ağacın", "ağacı"),
        ("top", "topun", "topu"),
        ("çam ağacı", "çam ağacının", "çam ağacını"),
        ("deniz feneri", "deniz fenerinin", "deniz fenerini"),
        ("kahve fincanı", "kahve fincanının", "kahve fincanını"),
        ("kardan adam", "kardan adamın", "kardan adamı"),
        ("oyuncak ayı", "oyuncak ayının", "oyuncak ayıyı"),
        ("kuş", "kuşun", "kuşu"),
        ("ördek", "ördeğin", "ördeği"),
    ],
)
def test_turkish_endings(word: str, of_it: str, to_it: str) -> None:
    assert (genitive(word), accusative(word)) == (of_it, to_it)


def test_prompts_about_nothing_in_particular_get_what_is_shown_off() -> None:
    chance = np.random.default_rng(3)
    scenes = [draw_scene(chance) for _ in range(3000)]

    told = [(scene, caption(scene, chance)) for scene in scenes]

    assert all(shown_off(scene) for scene, text in told if text in ANYTHING)
    generic = [caption(BOAT, chance) in ANYTHING for _ in range(1000)]
    assert abs(np.mean(generic) - GENERIC_SHARE) < 0.06


def test_languages_are_drawn_by_their_shares() -> None:
    chance = np.random.default_rng(4)
    horse = replace(CAT, thing="horse", place="table")

    texts = [caption(horse, chance) for _ in range(1500)]

    german = np.mean(["Pferd" in text for text in texts])
    assert abs(german - LANGUAGE_SHARES["de"]) < 0.03


# edits


@given(seed=seeds)
@settings(max_examples=200, deadline=None)
def test_an_edit_changes_one_thing_and_shows_nothing_held_out(seed: int) -> None:
    edit = draw_edit(np.random.default_rng(seed))

    changed = {name for name in vars(edit.before) if getattr(edit.before, name) != getattr(edit.after, name)}

    allowed = {
        "time": {"time"}, "colour": {"colour"}, "place": {"place", "time", "weather", "backdrop"}, "weather": {"weather"}, "clear": {"weather"},
        "add": {"hidden"}, "remove": {"hidden"}, "replace": {"thing", "colour"}, "look": {"look"}, "size": {"size"},
    }  # fmt: skip
    assert changed
    assert changed <= allowed[edit.kind]
    assert not held_out(edit.before)
    assert not held_out(edit.after)


@given(seeds)
@settings(max_examples=200, deadline=None)
def test_what_is_put_elsewhere_stays_as_late_as_it_is_and_is_by_day_where_that_was_not_to_be_seen(seed: int) -> None:
    edit = draw_edit(np.random.default_rng(seed), kind="place")

    assert edit.after.time == ((edit.before.time or "day") if edit.after.place in TIMED else None)


@given(seeds)
@settings(max_examples=50, deadline=None)
def test_what_is_added_above_flies_and_of_what_is_removed_all_nothing_is_left(seed: int) -> None:
    above, all_gone = (draw_edit(np.random.default_rng(seed), kind=kind) for kind in ("add above", "remove all"))

    assert above.kind == "add"
    assert BY_NAME[above.value].flies
    assert all_gone.kind == "remove"
    assert [placed.thing for placed in shown(all_gone.before)] == [all_gone.thing]
    assert not shown(all_gone.after)


@languages
@pytest.mark.parametrize("kind", sorted(DRAWN))
def test_an_instruction_says_what_to_change(kind: str, language: str) -> None:
    chance = np.random.default_rng(11)
    for _ in range(25):
        edit = draw_edit(chance, kind=kind)
        text = instruction(edit, chance, language)
        assert text == text.strip()
        assert "  " not in text
        if edit.kind in ("remove", "replace", "size", "colour"):
            assert is_said(edit.thing, text, language) or (language == "de" and BY_NAME[edit.thing].german[:4] in text)
        if edit.kind in ("add", "replace"):
            assert is_said(edit.value, text, language)
        if kind == "colour":
            assert colour_word(edit.value, language) in text


def test_every_kind_of_edit_is_drawn_and_put_into_words() -> None:
    assert set(DRAWN) == {*KIND_SHARES, "add above", "remove all"}
    assert sum(KIND_SHARES.values()) == pytest.approx(1)
    assert set(INSTRUCTORS) == set(WRITERS)
