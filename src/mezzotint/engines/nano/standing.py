"""Puts things into pictures: over what is behind them, with their shadow or their reflection.

The same code put things into the pictures that nano is taught. Pictures are (rows * unit, columns * unit, 3), float32 sRGB in 0..1; `unit`
is a token's side in pixels. A thing is (side, side, 4): its colours times its cover, and its cover.
"""

from __future__ import annotations

import numpy as np

from mezzotint.engines.nano.layout import Box

WATER = "water"
NO_SHADOW = ("space", "sky", "underwater")
SHADE = 0.34  # of the light, in the middle of a shadow


def stand(picture: np.ndarray, thing: np.ndarray, box: Box, unit: int, ground: str | None) -> np.ndarray:
    """The picture with the thing in its box, which is cut where the picture ends. `ground`: the place on whose ground it stands, None where
    it hovers or stands on something. May change `picture`."""
    left, foot = round(box.column * unit), round(box.row * unit)
    if ground == WATER:
        picture = _reflection(picture, thing, left, foot)
    elif ground is not None and ground not in NO_SHADOW:
        picture = _shadow(picture, unit, box)
    return composite(picture, thing, left, foot - thing.shape[0])


def _shadow(picture: np.ndarray, unit: int, box: Box) -> np.ndarray:
    """A soft ellipse on the ground under the thing."""
    x, y = ((np.arange(length, dtype=np.float32) + 0.5) / unit for length in (picture.shape[1], picture.shape[0]))
    across, along = (x - (box.column + box.side / 2)) / (box.side * 0.36), (y - (box.row - 0.04)) / (box.side * 0.055)
    spot = np.exp(-(across[None] ** 2 + along[:, None] ** 2))[..., None]
    return np.asarray(picture * (1 - SHADE * spot), np.float32)


def _reflection(picture: np.ndarray, thing: np.ndarray, left: int, foot: int) -> np.ndarray:
    """The thing upside down in the water below it, paler with depth."""
    depth = min(thing.shape[0] // 2, picture.shape[0] - foot)
    if depth <= 0:
        return picture
    mirror = thing[::-1][: 2 * depth : 2][:depth]
    fade = np.linspace(0.46, 0.05, depth, dtype=np.float32)[:, None, None]
    return composite(picture, mirror * fade, left, foot)


def composite(picture: np.ndarray, image: np.ndarray, left: int, top: int) -> np.ndarray:
    """`image` (premultiplied, its cover last) over `picture`, cut at the picture's edges; changes `picture`."""
    high, wide = picture.shape[:2]
    y0, y1, x0, x1 = max(top, 0), min(top + image.shape[0], high), max(left, 0), min(left + image.shape[1], wide)
    part = image[y0 - top : y1 - top, x0 - left : x1 - left]
    target = picture[y0:y1, x0:x1]
    target[:] = target * (1 - part[..., -1:]) + part[..., :-1]
    return picture
