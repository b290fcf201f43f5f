"""Which place a picture shows, at what time and in which weather, by the colours of its rows: where it is filled, nano is to be told.

What is behind things changes from top to bottom in pictures like nano's own, and hardly from left to right. Other pictures are like none.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from mezzotint.engines.nano.canvas import Canvas
from mezzotint.engines.nano.colours import colours
from mezzotint.engines.nano.latents import PATCH, TOKEN_PIXELS
from mezzotint.engines.nano.layout import base_row
from mezzotint.engines.nano.phrasing import LANGUAGES
from mezzotint.engines.nano.sampling import TRAINED, Grid, grid_for
from mezzotint.engines.nano.sealed import Sealed

Array = np.ndarray
FILE = "seen.npz"
HIGHEST = Grid(TRAINED[0], TRAINED[-1])  # the grid of which the rows are known: those of all others are among them
LIKE = 0.06  # how far the colours of a place that is recognised may be from it, in the mean: 97 of 100 of nano's own pictures are nearer
SEEN, ROWS = 0.15, 1 / 3  # how much of a row is to be known for its colour to count, and how many of the rows


@dataclass(frozen=True)
class Seen:
    """What prompts would say of a picture, by language; "" where it does not show it."""

    place: dict[str, str]
    time: dict[str, str]
    weather: dict[str, str]


def rows_of(picture: Array, hole: Array) -> Array:
    """The usual colour of each row of patches (h / 16, 3) of a picture (h, w, 3) in 0..1 with a hole (h, w); of hidden ones not a number."""
    known = np.where(hole[..., None], np.float32(np.nan), picture).reshape(-1, PATCH * picture.shape[1], 3)
    usual = np.full((known.shape[0], 3), np.nan, np.float32)
    shown = (~np.isnan(known[..., 0])).mean(1) >= SEEN
    usual[shown] = np.nanmedian(known[shown], 1)
    return usual


class Places:
    """`rows` (n, 64, 3): the usual colours of the rows of n places on the HIGHEST grid; `said` (n, 3, 3): place, time and weather in each of
    LANGUAGES."""

    def __init__(self, rows: Array, said: Array) -> None:
        self._rows, self._said = rows, said

    @classmethod
    def load(cls, files: Sealed) -> Places | None:
        """None where the weights were made before there were any."""
        if FILE not in files:
            return None
        with np.load(io.BytesIO(files.read(FILE)), allow_pickle=False) as tensors:
            return cls(colours_of(tensors["rows"]), tensors["said"])

    def of(self, canvas: Canvas) -> Seen | None:
        """What it shows, or the picture in it that is to be made larger; None where that is none of the places."""
        far, number = min(self._nearest(each) for each in (canvas, *([canvas.known_part()] if canvas.larger or canvas.is_frame else [])))
        return Seen(*(dict(zip(LANGUAGES, map(str, said), strict=True)) for said in self._said[number])) if far < LIKE else None

    def _nearest(self, canvas: Canvas) -> tuple[float, int]:
        """How far the nearest place is, and its number."""
        grid = grid_for(canvas.picture.width, canvas.picture.height)
        canvas = canvas.within(grid.columns * TOKEN_PIXELS, grid.rows * TOKEN_PIXELS)
        shown = rows_of(colours(canvas.picture), canvas.hole)
        known = ~np.isnan(shown[:, 0])
        if known.mean() < ROWS:
            return np.inf, 0
        first = (base_row(HIGHEST.rows) - base_row(grid.rows)) * TOKEN_PIXELS // PATCH
        apart = np.abs(self._rows[:, first : first + len(shown)][:, known] - shown[known]).mean((1, 2))
        return float(apart.min()), int(apart.argmin())


def colours_of(rows: Array) -> Array:
    """Eight bits in 0..1."""
    return rows.astype(np.float32) / 255
