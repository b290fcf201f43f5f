"""On which side of a picture the sun, the moon, a window or a planet is: the noise that painting begins with has a hint of it.

Left to itself nano paints one on either side at times, since it was taught both.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.sealed import Sealed
from mezzotint.engines.nano.surroundings import margins
from mezzotint.engines.nano.words import KnownWords

FILE = "sides.npz"
STRENGTH = 6.0  # standard deviations of the noise, which by itself says hardly anything about the side
SKY = "sky"  # what is common to all places outdoors
USUAL = "day"
HIDING = ("rain", "snowfall", "fog", "clouds")  # weathers in which neither sun nor moon is seen
GRIDS = (Grid(8, 8), Grid(11, 8))  # on which they are told, narrow and wide: further from the middle than on the second, nothing is at a side


def name_of(place: str, time: str, outdoors: bool, timed: bool) -> str:
    """Of what is at a side there and then."""
    return " ".join((SKY if outdoors else place, *([time] if timed else [])))


class Sides:
    """`table`: as in `KnownWords`, with the places that are outdoors and those that show the time. `hints`: by name, such as `sky
    sunset`, and on each of GRIDS, what pictures with it on the right have more than those with it on the left, (rows, columns, 128) of norm 1."""

    def __init__(self, table: Mapping[str, Any], known: KnownWords, hints: Mapping[str, Sequence[np.ndarray]]) -> None:
        self._known, self._hints = known, hints
        self._outdoors, self._timed = frozenset(table["outdoors"]), frozenset(table["timed"])

    @classmethod
    def load(cls, files: Sealed, known: KnownWords | None) -> Sides | None:
        """None where the weights were made before there were any."""
        if known is None or FILE not in files:
            return None
        with np.load(io.BytesIO(files.read(FILE)), allow_pickle=False) as tensors:
            hints = zip(tensors["narrow"], tensors["wide"], strict=True)
            return cls(json.loads(files.read("words.json")), known, dict(zip(tensors["names"].tolist(), hints, strict=True)))

    def hint(self, prompt: str, seed: int, grid: Grid) -> np.ndarray | None:
        """Tokens (n, 128) to add to the noise, by which it is on the side that the seed chooses; None where the prompt tells of no place
        that has a thing at its side."""
        place, weather = self._known.named("places", prompt), self._known.named("weathers", prompt)
        if place is None or weather in HIDING:
            return None
        name = name_of(place, self._known.named("times", prompt) or USUAL, place in self._outdoors, place in self._timed)
        if name not in self._hints:
            return None
        wide = grid.columns >= GRIDS[1].columns
        hint: np.ndarray = np.float32(STRENGTH if seed % 2 else -STRENGTH) * _widened(self._hints[name][wide], GRIDS[wide], grid)
        return hint.reshape(grid.rows * grid.columns, -1)


def _widened(hint: np.ndarray, told: Grid, grid: Grid) -> np.ndarray:
    """The same on a larger grid: as far from its middle, and as high above the row on which things stand."""
    return np.pad(hint.astype(np.float32), (*margins(told, grid), (0, 0)))
