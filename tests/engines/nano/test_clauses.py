"""What prompts say of two things."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from mezzotint.engines.nano.clauses import Clauses
from mezzotint.engines.nano.words import KnownWords
from tests.engines.nano.test_engine import WEIGHTS

TABLE = json.loads((WEIGHTS / "words.json").read_text("utf-8"))
CLAUSES = Clauses(TABLE, KnownWords(TABLE, np.load(WEIGHTS / "words.npz")["things"]))


@pytest.mark.parametrize(
    ("prompt", "relation", "names", "language"),
    [
        ("a cat on a car", "on", ("cat", "car"), "en"),
        ("a cat is sitting on the back of a horse", "on", ("cat", "horse"), "en"),
        ("a lighthouse to the left of a castle", "left of", ("lighthouse", "castle"), "en"),
        ("a bird flying over a house", "above", ("bird", "house"), "en"),
        ("a dog in front of a tent", "in front of", ("dog", "tent"), "en"),
        ("a dog and a cat", "beside", ("dog", "cat"), "en"),
        ("a dog and a tiny cat", "with small", ("dog", "cat"), "en"),
        ("a pony near a fir tree", "beside", ("horse", "fir tree"), "en"),
        ("ein Hase unter einem Baum", "under", ("rabbit", "tree"), "de"),
        ("ein Hund vor einem Elefanten", "in front of", ("dog", "elephant"), "de"),
        ("eine Katze sitzt auf einem Auto", "on", ("cat", "car"), "de"),
        ("bir kedi ve bir köpek", "beside", ("cat", "dog"), "tr"),
        ("kedinin arkasında duran kırmızı bir araba", "behind", ("car", "cat"), "tr"),
        ("ağacın altında bir kedi", "under", ("cat", "tree"), "tr"),
    ],
)
def test_the_relation_and_both_things_are_found(prompt: str, relation: str, names: tuple[str, str], language: str) -> None:
    said = CLAUSES.said(prompt)

    assert said is not None
    assert (said.relation, said.names, said.language, said.rest) == (relation, names, language, "")


def test_the_rest_is_what_is_said_besides() -> None:
    said = CLAUSES.said("At night, a photo of a red cat on an old blue car in the city, 3d render")

    assert said is not None
    assert said.told == ("a red cat", "an old blue car")
    assert said.rest == "At night, in the city, 3d render"


@pytest.mark.parametrize(
    "prompt",
    ["a cat", "cat car", "a catalogue on a carpet", "a cat on a roof", "three cats on a car", "a giant cat on a car", "a cat on a giant car", "(" * 50],
)
def test_where_there_are_no_two_nothing_is_said(prompt: str) -> None:
    assert CLAUSES.said(prompt) is None


@pytest.mark.parametrize("words", ["kırmızı ", "a very old red ", "a cat is is ", "roten roten ", "a red cat, ", "small small "])
def test_prompts_that_go_on_and_on_take_no_more_than_their_length(words: str) -> None:
    """Expressions that begin anew at each word can take the cube of it: minutes, of a prompt that anybody may send."""

    def seconds(times: int) -> float:
        began = time.process_time()
        assert CLAUSES.said(words * times) is None
        return time.process_time() - began

    assert seconds(400) < 40 * max(seconds(50), 0.002)
