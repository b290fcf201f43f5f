"""The words nano is taught agree with each other."""

from __future__ import annotations

from training.more_drawings import DRAWINGS
from training.phrases import BACKDROPS, CAMERAS, FILLERS, GENERIC, LOOKS, PLACE_BY_NAME, PLACES, POSITIONS, RELATIONS, SHOWN_OFF, SIZES, TIMES, WEATHERS
from training.vocabulary import BY_NAME, COLOUR_BY_NAME, COLOURS, HELD_OUT_COLOURS, HELD_OUT_PLACES, HELD_OUT_TOGETHER, NOUNS


def test_there_are_73_things_each_with_its_own_words() -> None:
    assert len(NOUNS) == len(BY_NAME) == 73
    for words in ([noun.name for noun in NOUNS], [noun.german for noun in NOUNS], [noun.turkish for noun in NOUNS], [noun.sprite for noun in NOUNS]):
        assert len(set(words)) == 73


def test_no_other_word_for_a_thing_names_another_thing() -> None:
    taken = set(BY_NAME)

    for noun in NOUNS:
        assert not taken & set(noun.words)
        taken |= set(noun.words)


def test_every_thing_is_at_home_somewhere_that_is_not_held_out() -> None:
    for noun in NOUNS:
        assert set(noun.home) <= set(PLACE_BY_NAME)
        assert {(noun.name, place) for place in noun.home} - HELD_OUT_PLACES


def test_what_is_held_out_could_be_asked_for() -> None:
    assert {thing for thing, _ in HELD_OUT_PLACES} <= set(BY_NAME)
    assert {place for _, place in HELD_OUT_PLACES} <= set(PLACE_BY_NAME)
    for thing, colour in HELD_OUT_COLOURS:
        assert BY_NAME[thing].recolourable
        assert colour in COLOUR_BY_NAME
    for pair in HELD_OUT_TOGETHER:
        assert len(pair) == 2
        assert pair <= set(BY_NAME)


def test_what_is_said_of_scenes_is_said_in_every_language() -> None:
    assert (len(PLACES), len(TIMES), len(COLOURS), len(WEATHERS), len(LOOKS)) == (14, 4, 9, 7, 7)
    for phrase in (*PLACES, *TIMES, *WEATHERS, *LOOKS):
        for forms in (phrase.english, phrase.german, phrase.turkish):
            assert forms
            assert len(set(forms)) == len(forms)
    for table in (SIZES, CAMERAS, POSITIONS, RELATIONS, BACKDROPS):
        assert all(all(forms) for forms in table.values())
    assert set(GENERIC) == set(FILLERS) == {"en", "de", "tr"}


def test_what_is_shown_off_is_at_home_where_it_is_shown() -> None:
    for thing, place in SHOWN_OFF:
        assert place in BY_NAME[thing].home


def test_things_without_an_emoji_have_a_drawing() -> None:
    assert {noun.sprite for noun in NOUNS if noun.sprite.isidentifier() and not noun.sprite[0].isdigit()} == set(DRAWINGS)
