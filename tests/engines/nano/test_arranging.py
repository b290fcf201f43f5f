"""What is painted apart, of all that prompts tell."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from mezzotint.engines.nano.arranging import Arrangements
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.sealed import DIGESTS, Sealed
from mezzotint.engines.nano.words import KnownWords
from tests.engines.nano.test_engine import WEIGHTS

KNOWN = KnownWords(json.loads((WEIGHTS / "words.json").read_text("utf-8")), np.load(WEIGHTS / "words.npz")["things"])


def test_two_things_five_of_one_and_one_by_night_are_arranged() -> None:
    arrangements = Arrangements.load(Sealed(WEIGHTS), KNOWN)
    assert arrangements is not None

    counts = {
        prompt: arrangements.of(prompt, 1, Grid(8, 8))
        for prompt in ("a cat on a car in the snow", "five cats in the snow", "a cat in the snow at night", "four cats in the snow", "a cat", "")
    }

    assert [arranged and [len(thing.boxes) for thing in arranged.things] for arranged in counts.values()] == [[1], [2], [1], None, None, None]


def test_weights_that_do_not_say_how_have_none(tmp_path: Path) -> None:
    (tmp_path / DIGESTS).write_text("{}")

    assert Arrangements.load(Sealed(tmp_path), KNOWN) is None
    assert Arrangements.load(Sealed(WEIGHTS), None) is None
