"""Edits that ask for one thing more, in three languages."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.engines.nano.adding import Addition, Additions
from mezzotint.engines.nano.spots import Wish
from mezzotint.engines.nano.words import KnownWords
from tests.engines.nano.test_engine import WEIGHTS
from training.captions import INSTRUCTORS
from training.edits import DRAWN, draw_edit

TABLE = json.loads((WEIGHTS / "words.json").read_text("utf-8"))
ADDITIONS = Additions(TABLE, KnownWords(TABLE, np.load(WEIGHTS / "words.npz")["things"]))
NAMES: dict[str, list[str]] = {name: about["en"] for name, about in TABLE["pairs"]["names"].items()}


def addition(prompt: str) -> Addition:
    found = ADDITIONS.of(prompt)
    assert found is not None, prompt
    return found


def named(found: Addition) -> str:
    """The English name of what is painted."""
    told = found.prompts[0].removesuffix(" on a white background")
    return max(NAMES, key=lambda name: max((len(phrase) for phrase in NAMES[name] if told.endswith(phrase)), default=0))


@given(st.integers(0, 2**32), st.sampled_from(sorted(INSTRUCTORS)), st.sampled_from(sorted(DRAWN)))
@settings(max_examples=600, deadline=None)
def test_of_all_that_the_grammar_asks_for_what_comes_is_found_and_nothing_else(seed: int, language: str, kind: str) -> None:
    chance = np.random.default_rng(seed)
    edit = draw_edit(chance, may_hold_out=True, kind=kind)
    prompt = INSTRUCTORS[language](edit, chance)

    found = ADDITIONS.of(prompt)

    assert (found is not None) == (edit.kind == "add"), prompt
    if found is None:
        return
    assert named(found) == edit.value, prompt
    assert (edit.colour or "") in found.prompts[0], prompt
    assert found.wish == Wish(air=TABLE["things"][edit.value]["flies"]), prompt


@pytest.mark.parametrize(
    ("prompt", "told", "wish"),
    [
        ("add a moon", "a moon", Wish(air=True)),
        ("Add the moon, please!", "a moon", Wish(air=True)),
        ("Add a small red balloon to the picture.", "a red balloon", Wish(air=True)),
        ("add a huge moon in the sky", "a moon", Wish(large=True, air=True)),
        ("put a cat in the sky", "a cat", Wish(air=True)),
        ("insert an owl on the left", "an owl", Wish("left")),
        ("put a fluffy orange cat to the left of the red car", "a fluffy orange cat", Wish("left")),
        ("place a dog to the right of it", "a dog", Wish("right")),
        ("add another penguin here", "a penguin", Wish()),
        ("füge dem Bild einen Hasen links hinzu", "a rabbit", Wish("left")),
        ("Bitte füge links neben dem Haus noch einen kleinen Hund hinzu", "a dog", Wish("left")),
        ("ergänze einen riesigen Baum", "a tree", Wish(large=True)),
        ("füge einen roten Ball neben der Katze hinzu", "a red ball", Wish()),
        ("gökyüzüne bir ay ekle", "a moon", Wish(air=True)),
        ("arabanın soluna küçük bir ağaç ekle", "a tree", Wish("left")),
        ("kedinin yanına kırmızı bir top ekle", "a red ball", Wish()),
    ],
)  # fmt: skip
def test_it_is_told_by_itself_and_comes_where_it_is_wished(prompt: str, told: str, wish: Wish) -> None:
    found = addition(prompt)

    assert found.prompts == tuple(f"{told} on a {ground} background" for ground in ("white", "green", "blue"))
    assert found.wish == wish


@pytest.mark.parametrize(
    "prompt",
    [
        "", "a cat", "add", "add a hat to the cat", "add a cat and a dog", "add two birds", "add birds", "put a dog next to a cat", "put the dog on the left",
        "put it in the snow", "add a cat on the car", "add a rainbow", "add falling leaves", "remove the cat and add a dog", "make it night and add a moon",
        "paint the car red", "place a lighthouse in the background", "stelle das Haus nach rechts", "füge Regen hinzu", "arabaya bir kedi ekle",
        "add a red car in the style of a watercolour", "(" * 50,
    ],
)  # fmt: skip
def test_what_is_not_one_new_thing_alone_is_painted_with_all_of_the_picture(prompt: str) -> None:
    assert ADDITIONS.of(prompt) is None


@pytest.mark.parametrize(
    ("prompt", "ground"),
    [("add a dog", "plain"), ("add a dog in the snow", "snow"), ("add a dog on the water", "water"), ("add a swan", "water"), ("add a balloon", None), ("add a cat in the sky", None)],
)  # fmt: skip
def test_it_stands_on_the_ground_that_is_said_or_that_is_its_own(prompt: str, ground: str | None) -> None:
    assert addition(prompt).ground == ground


def test_what_flies_is_painted_as_high_as_it_is_painted_best() -> None:
    assert (addition("add a moon").lifted, addition("add a balloon").lifted) == (1, 0)


def test_what_glows_is_not_lit_by_the_picture() -> None:
    assert not addition("add a moon").lit
    assert addition("add a balloon").lit


def test_reading_takes_no_more_time_than_prompts_are_long() -> None:
    def seconds(times: int) -> float:
        prompt = f"add a {'red ' * times}hat"
        best = float("inf")
        for _ in range(5):
            began = time.process_time()
            ADDITIONS.of(prompt)
            best = min(best, time.process_time() - began)
        return best

    assert seconds(4000) < 40 * seconds(500)
