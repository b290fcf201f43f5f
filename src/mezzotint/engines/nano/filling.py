"""What nano is told of a picture with a hole: beside what is asked for, what is to be seen around it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mezzotint.engines.nano.apart import ELSEWHERE, Arrangement, Grounds
from mezzotint.engines.nano.canvas import Canvas
from mezzotint.engines.nano.colours import colours
from mezzotint.engines.nano.layout import NORMAL, Box, base_row, lift, usual
from mezzotint.engines.nano.ones import One, Ones
from mezzotint.engines.nano.phrasing import either
from mezzotint.engines.nano.sampling import Grid, grid_for
from mezzotint.engines.nano.sealed import Sealed
from mezzotint.engines.nano.seen import Places, Seen
from mezzotint.engines.nano.spots import light_of
from mezzotint.engines.nano.words import KnownWords

BESIDE = 0.5  # how much of what goes on into the hole counts where a picture is made larger, or nobody knows what it shows
ANY = "a lighthouse"  # what nano is told to paint on the other side: of a cat or a bus it leaves parts in the middle
WITHIN = 0.95  # of the hole's shorter side, that a thing in it has
LEAST = 1.0  # tokens that such a thing has at least
ROOM = 0.9  # of its box that is to be hole
USUAL = 0.9  # of the box in which nano paints a thing by itself, that is hole where it is to paint one there


@dataclass(frozen=True)
class Filling:
    """What is `arranged` in the hole. Painting begins with `hold` of what is around it going on into it."""

    arranged: Arrangement
    hold: float = 0.0


class Fillings:
    """`table`: as in `Pairs`, with the words that ask for something to be taken away, and those for the sides of a picture."""

    def __init__(self, table: Mapping[str, Any], known: KnownWords, places: Places) -> None:
        self._known, self._places, self._ones, self._grounds = known, places, Ones(table, known), Grounds(table, known)
        self._sides = {side: table["positions"][side]["en"][0] for side in ELSEWHERE}
        gone = either(table["clearing"])
        self._clears = re.compile(rf"^\W*{gone}|{gone}\W*$", re.IGNORECASE)

    @classmethod
    def load(cls, files: Sealed, known: KnownWords | None) -> Fillings | None:
        """None where the weights were made before there were any."""
        places = Places.load(files)
        return None if known is None or places is None else cls(json.loads(files.read("words.json")), known, places)

    def of(self, prompt: str, canvas: Canvas) -> Filling:
        """What to paint where the prompt names a thing, and else what is behind things."""
        seen, hold = self._places.of(canvas), BESIDE if canvas.larger else 0.0
        if not self._known.names_thing(prompt) or self._clears.search(prompt):
            return self._behind(prompt, seen, canvas)
        one = None if canvas.larger else self._ones.said(prompt)
        if one is not None and (box := self._box(one, canvas, at_once=seen is not None)) is not None:
            return self._with_one(one, box, canvas, self._behind(prompt, seen, canvas))
        return Filling(Arrangement((" ".join((prompt.strip().rstrip("."), *self._besides(prompt, seen, self._known.thing_in(prompt)[0]))),)), hold)

    def _box(self, one: One, canvas: Canvas, at_once: bool) -> Box | None:
        """Where the thing is put that is painted apart; None where nano paints it there `at_once`, or there is no room."""
        grid = grid_of(canvas)
        if at_once and hidden(canvas, usual(grid.columns, grid.rows, lift(self._ones.flies(one), None))) >= USUAL:
            return None
        return hole_box(canvas, self._ones.flies(one))

    def _behind(self, prompt: str, seen: Seen | None, canvas: Canvas) -> Filling:
        """The scenery, as told or as seen. Nano would paint a thing in the middle unasked, so each half is painted as where one stands on the
        other side. Where the place is not known, what is around the hole goes on into it."""
        hold = BESIDE if canvas.larger or canvas.is_frame else 0.0
        scenery = " ".join((*self._known.said_of(prompt), *self._besides(prompt, seen, "en")))
        if seen is None and self._known.named("places", prompt) is None:
            return Filling(Arrangement((scenery,)), BESIDE)
        return Filling(Arrangement(tuple(f"{ANY} {self._sides[side]} {scenery}" for side in ELSEWHERE), light=self._grounds.light(scenery)), hold)

    def _with_one(self, one: One, box: Box, canvas: Canvas, behind: Filling) -> Filling:
        """That, and before it the thing, which is painted apart: of what is not in the middle nano would paint the part that is nearer to it."""
        scenery = behind.arranged.scenes[0]
        place = self._grounds.place(scenery)
        light = behind.arranged.light if len(behind.arranged.scenes) > 1 else light_of(colours(canvas.picture))
        thing = self._ones.apart(one, box, place, grid_of(canvas))
        return dataclasses.replace(behind, arranged=dataclasses.replace(behind.arranged, things=(thing,), light=light))

    def _besides(self, prompt: str, seen: Seen | None, language: str) -> list[str]:
        """What is seen of place, time and weather, where the prompt does not say it, nor tells of another place."""
        told = self._known.named("places", prompt)
        if seen is None or (told is not None and told != self._known.named("places", seen.place["en"])):
            return []
        found = {"places": seen.place, "times": seen.time, "weathers": seen.weather}
        return [said[language] for kind, said in found.items() if said[language] and self._known.named(kind, prompt) is None]


def grid_of(canvas: Canvas) -> Grid:
    return grid_for(canvas.picture.width, canvas.picture.height)


def hole_box(canvas: Canvas, flies: bool) -> Box | None:
    """Where in the hole a thing goes: on the line on which things stand, if the hole has room for it there, else at its foot; in the middle of
    it what flies. None where there is no room."""
    if not canvas.hole.any():
        return None
    grid, unit = grid_of(canvas), _unit(canvas)
    top, bottom = _extent(np.asarray(canvas.hole.any(1)), unit, grid.rows)
    left, right = _extent(np.asarray(canvas.hole.any(0)), unit, grid.columns)
    side = min(WITHIN * min(bottom - top, right - left), NORMAL)
    foot, base = bottom - (1 - WITHIN) * side, base_row(grid.rows)
    if flies:
        foot = (top + bottom + side) / 2
    elif top + side <= base < foot:
        foot = base
    box = Box((left + right - side) / 2, foot, side)
    return box if side >= LEAST and hidden(canvas, box) >= ROOM else None


def hidden(canvas: Canvas, box: Box) -> float:
    """How much of the box is in the hole."""
    grid, unit = grid_of(canvas), _unit(canvas)
    down, right = (side / 2 - length / unit / 2 for side, length in zip((grid.rows, grid.columns), canvas.hole.shape, strict=True))
    top, left = (max(round(edge * unit), 0) for edge in (box.row - box.side - down, box.column - right))
    part = canvas.hole[top : round((box.row - down) * unit), left : round((box.column + box.side - right) * unit)]
    return float(np.count_nonzero(part) / (box.side * unit) ** 2)


def _unit(canvas: Canvas) -> float:
    """Pixels of a token's side: the picture is the middle of its grid, as large as fits."""
    grid, (height, width) = grid_of(canvas), canvas.hole.shape
    return max(float(height) / grid.rows, float(width) / grid.columns)


def _extent(hole: np.ndarray, unit: float, tokens: int) -> tuple[float, float]:
    """From where to where it is, in tokens of `unit` pixels, along a side of the picture that is the middle of so many."""
    places = np.nonzero(hole)[0]
    before = (tokens - len(hole) / unit) / 2
    return before + places[0] / unit, before + (places[-1] + 1) / unit
