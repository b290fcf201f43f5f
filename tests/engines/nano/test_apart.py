"""How things are told of that are painted by themselves."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mezzotint.engines.nano.apart import ALONE, Apart, Arrangement, Grounds, box_alone, ground_of, part_alone
from mezzotint.engines.nano.layout import Body, Box
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.words import KnownWords
from tests.engines.nano.test_engine import WEIGHTS
from training.phrases import TIMES
from training.places import tint

TABLE = json.loads((WEIGHTS / "words.json").read_text("utf-8"))
GROUNDS = Grounds(TABLE, KnownWords(TABLE, np.load(WEIGHTS / "words.npz")["things"]))


def test_a_thing_is_told_of_before_grounds_of_three_colours() -> None:
    assert GROUNDS.apart("a cat", ", flat style") == tuple(f"a cat on a {colour} background, flat style" for colour in ("white", "green", "blue"))


@pytest.mark.parametrize(
    ("told", "name", "english"),
    [
        ("ein roter", "car", "a red car"),
        ("einem kleinen, blauen", "dog", "a blue dog"),
        ("mavi", "cat", "a blue cat"),
        ("eine Katze", "cat", "a cat"),
        ("", "owl", "an owl"),
        ("turuncu", "dog", "an orange dog"),
    ],
)
def test_other_languages_are_told_in_english(told: str, name: str, english: str) -> None:
    assert GROUNDS.in_english(told, name) == english


@pytest.mark.parametrize("place", sorted(TABLE["places"]))
def test_the_light_is_the_place_s_and_the_time_s(place: str) -> None:
    said = TABLE["places"][place]["en"][0]

    assert GROUNDS.place(f"a cat {said}") == place
    for time in TIMES:
        assert np.allclose(GROUNDS.light(f"{said} {time.english[0]}"), tint(place, time.name), atol=1e-3)
    assert GROUNDS.light(said) == GROUNDS.light(f"{said} by day")


def test_what_is_in_the_air_or_on_something_has_no_ground() -> None:
    grounds = [
        ground_of(Box(2, row, 4), Body(flies), place, Grid(8, 8))
        for row, flies, place in ((6, False, "snow"), (5, False, "snow"), (6, True, "snow"), (6, True, "table"))
    ]

    assert grounds == ["snow", None, None, "table"]


def test_alone_it_is_in_the_middle_of_the_picture_it_is_cut_from() -> None:
    assert box_alone(64) == (128, 128, 256)
    assert (ALONE.columns, ALONE.rows) == (8, 8)


def test_what_is_lifted_is_a_token_higher_and_has_no_shadow() -> None:
    assert (GROUNDS.lifted("moon"), GROUNDS.lifted("cat")) == (1, 0)
    assert box_alone(64, 1) == (64, 128, 256)
    assert part_alone(0) == (slice(2, 7), slice(2, 6))
    assert part_alone(1) == (slice(1, 5), slice(2, 6))


def test_people_are_told_all_that_nano_is() -> None:
    arranged = Arrangement(("a car",), (Apart(("a cat on white", "a cat on green"), (Box(0, 6, 4),), None),), (1, 1, 1))

    assert arranged.told == "a car; a cat on white"
