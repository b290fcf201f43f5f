"""There is one sun, moon, window or planet, on the side that the seed chooses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.engines.nano.layout import base_row
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.sealed import DIGESTS, Sealed
from mezzotint.engines.nano.sides import STRENGTH, Sides
from mezzotint.engines.nano.words import KnownWords
from mezzotint.ports import PaintRequest
from tests.engines.nano.test_engine import WEIGHTS

KNOWN = KnownWords(json.loads((WEIGHTS / "words.json").read_text("utf-8")), np.load(WEIGHTS / "words.npz")["things"])
SQUARE = Grid(8, 8)


@pytest.fixture(scope="module")
def sides() -> Sides:
    loaded = Sides.load(Sealed(WEIGHTS), KNOWN)
    assert loaded is not None
    return loaded


@pytest.fixture(scope="module")
def nano() -> NanoEngine:
    return NanoEngine(threads=2)


@pytest.mark.parametrize(
    "prompt", ["a cat in the snow", "ein Schloss am Strand bei Nacht", "gün batımında durgun suda bir tekne", "an apple on a table", "a rocket in space"]
)
@pytest.mark.parametrize("grid", [SQUARE, Grid(11, 8), Grid(8, 11), Grid(32, 8), Grid(8, 32)])
def test_the_noise_gets_as_much_of_it_on_every_grid(sides: Sides, prompt: str, grid: Grid) -> None:
    hint = sides.hint(prompt, 1, grid)

    assert hint is not None
    assert hint.shape == (grid.rows * grid.columns, 128)
    assert hint.dtype == np.float32
    assert float(np.linalg.norm(hint)) == pytest.approx(STRENGTH, rel=0.01)


def test_the_seed_chooses_the_side(sides: Sides) -> None:
    one, two, three = (sides.hint("a cat in the snow at night", seed, SQUARE) for seed in (1, 2, 3))

    assert one is not None
    assert two is not None
    np.testing.assert_array_equal(one, -two)
    np.testing.assert_array_equal(one, three)


def test_it_is_where_it_was_taught_on_larger_grids(sides: Sides) -> None:
    """As far from the middle, and from the row on which things stand."""

    def most(grid: Grid) -> set[tuple[int, int]]:
        hint = sides.hint("a boat on the water at sunset", 1, grid)
        assert hint is not None
        strongest = np.argsort(np.square(hint).sum(-1))[-4:]
        return {(int(at) // grid.columns - base_row(grid.rows), int(at) % grid.columns - grid.columns // 2) for at in strongest}

    assert most(Grid(19, 8)) == most(Grid(11, 8))
    assert most(Grid(8, 19)) == most(SQUARE)


@pytest.mark.parametrize(
    "prompt", ["", "a cat", "a cat on a white background", "a fish underwater", "a cat in the city in the rain", "eine Katze auf einer Wiese im Nebel"]
)
def test_there_is_none_where_nothing_is_at_a_side(sides: Sides, prompt: str) -> None:
    assert sides.hint(prompt, 1, SQUARE) is None


def test_where_no_time_is_told_it_is_day(sides: Sides) -> None:
    untold, by_day = (sides.hint(prompt, 5, SQUARE) for prompt in ("a cat in the snow", "a cat in the snow by day"))

    assert untold is not None
    assert by_day is not None
    np.testing.assert_array_equal(untold, by_day)


def test_weights_that_do_not_say_have_none(tmp_path: Path) -> None:
    (tmp_path / DIGESTS).write_text("{}")

    assert Sides.load(Sealed(tmp_path), KNOWN) is None
    assert Sides.load(Sealed(WEIGHTS), None) is None


def brightness(nano: NanoEngine, prompt: str, seed: int) -> tuple[float, float]:
    """Of the left and the right upper corner, where the moon may be: 2.9 tokens of 64 pixels from the middle."""
    picture = nano.paint(PaintRequest("flux-dev", prompt, 512, 512, 8, 2.5, seed), lambda *_: None).pixels.array
    return float(picture[50:104, 44:98].max(-1).mean()), float(picture[50:104, 414:468].max(-1).mean())


@pytest.mark.parametrize("prompt", ["a lighthouse on the water at night", "a cat beside a car in the desert at night", "bahçede gece üç ağaç"])
def test_there_is_one_moon(nano: NanoEngine, prompt: str) -> None:
    for seed in range(6):
        left, right = brightness(nano, prompt, seed)

        assert (right if seed % 2 else left) > 200
        assert (left if seed % 2 else right) < 100


def test_where_a_picture_is_given_there_is_nothing_to_choose(nano: NanoEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    given = nano.paint(PaintRequest("flux-dev", "a house in the snow by day", 256, 256, 4, 2.5, 1), lambda *_: None).pixels
    edit = PaintRequest("flux-kontext-pro", "make it night", 256, 256, 4, 3.0, 2, (("input_image", given),))
    made = nano.paint(edit, lambda *_: None).pixels.array

    monkeypatch.setattr(nano, "_sides", None)

    np.testing.assert_array_equal(made, nano.paint(edit, lambda *_: None).pixels.array)
