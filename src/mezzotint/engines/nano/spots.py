"""Where in a picture that is given there is room for one thing more, and in which light it stands there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mezzotint.engines.nano.layout import NORMAL, PAIR, SMALL, Box, base_row

BESIDE = 2  # tokens from the middle to where a thing begins that comes to what is there
BUSY, BUSIER = 0.25, 1.5  # how much goes on where there is something, and how much more than on the left where a thing goes to the left
HEADROOM = 0.5  # tokens above what is in the air, at least
# What pictures of each time of day are like by and large, as nano was taught, and how things are lit in them: red, green, blue.
LIGHTS = (
    ((0.62, 0.71, 0.71), (1.0, 1.0, 1.0)),
    ((0.74, 0.68, 0.57), (1.0, 0.95, 0.9)),
    ((0.65, 0.40, 0.36), (0.96, 0.79, 0.76)),
    ((0.22, 0.25, 0.35), (0.56, 0.60, 0.79)),
)


@dataclass(frozen=True)
class Wish:
    """How a thing is to come: on which `side` (left, right, or on either), as a `large` one or not, in the `air` or on the ground."""

    side: str | None = None
    large: bool = False
    air: bool = False


def spot(picture: np.ndarray, unit: int, wish: Wish) -> Box:
    """The box for it in a picture (h, w, 3) of at least eight `unit` on either side: where nano was taught that things come to others, on
    the right, or on the left where there is more room."""
    columns, rows = picture.shape[1] / unit, picture.shape[0] / unit
    side = PAIR if wish.large else SMALL
    row = max(base_row(int(rows)) - NORMAL, side) + HEADROOM if wish.air else base_row(int(rows))
    right = min(columns / 2 + BESIDE, columns - side)
    boxes = {"right": Box(right, row, side), "left": Box(columns - right - side, row, side)}
    if wish.side is not None:
        return boxes[wish.side]
    return boxes["left" if _busy(picture, unit, boxes["right"]) > max(BUSY, BUSIER * _busy(picture, unit, boxes["left"])) else "right"]


def _busy(picture: np.ndarray, unit: int, box: Box) -> float:
    """How much colours change from left to right across a token there: what lies behind a scene changes from top to bottom."""
    left, foot, side = round(box.column * unit), round(box.row * unit), round(box.side * unit)
    part = picture[max(foot - side, 0) : foot, left : left + side]
    return float(np.abs(np.diff(part, axis=1)).mean()) * unit


def light_of(picture: np.ndarray) -> tuple[float, float, float]:
    """That of the time of day whose pictures are the most like it by and large."""
    whole = picture.mean((0, 1))
    return min(LIGHTS, key=lambda each: float(np.square(whole - each[0]).sum()))[1]
