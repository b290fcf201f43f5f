"""Looks that are made from a finished picture: line drawing, watercolour, pixel art, night photograph.

So they are in what nano is taught, and so the runtime makes them of what nano paints where words ask for them: they come out clean.
Pictures are (rows * unit, columns * unit, 3), float32 sRGB in 0..1; `unit` is a token's side in pixels.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

PAPER = np.array((0.98, 0.97, 0.94), np.float32)
BLOCKS = 4  # pixels a token of pixel art


def _blurred(picture: np.ndarray, radius: float) -> np.ndarray:
    """(h, w, 3) in 0..1, Gaussian, radius in pixels."""
    image = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def line_drawing(picture: np.ndarray, unit: int) -> np.ndarray:
    """Dark on the darker side of where colours change, paper elsewhere, a little tone kept."""
    near, far = _blurred(picture, unit * 0.03), _blurred(picture, unit * 0.11)
    ink = np.clip((np.abs(near - far).max(-1, keepdims=True) * (near.mean(-1) <= far.mean(-1))[..., None] - 0.02) / 0.06, 0, 1)
    tone = picture.mean(-1, keepdims=True)
    return np.asarray(PAPER * (0.86 + 0.14 * tone) * (1 - 0.82 * ink))


def watercolour(picture: np.ndarray, unit: int) -> np.ndarray:
    """Soft, paler, darker along edges where pigment gathers, on grained paper."""
    soft = _blurred(picture, unit * 0.055)
    edge = np.abs(soft - _blurred(picture, unit * 0.20)).mean(-1, keepdims=True)
    levels = 0.5 * np.round(soft * 7) / 7 + 0.5 * soft
    washed = levels * 0.76 + PAPER * 0.24
    high, wide = picture.shape[:2]
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32) / unit
    grain = (np.sin(x * 3.1 + np.sin(y * 2.3) * 1.7) * np.sin(y * 2.7 + np.sin(x * 1.9) * 1.9))[..., None]
    return np.asarray(np.clip(washed * (1 - 1.1 * edge) + 0.014 * grain, 0, 1), np.float32)


def pixel_art(picture: np.ndarray, unit: int) -> np.ndarray:
    """Blocks of a quarter of a token, seven shades a channel."""
    side = unit // BLOCKS
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    blocks = picture.reshape(rows, side, columns, side, 3).mean((1, 3))
    return np.repeat(np.repeat(np.round(blocks * 6) / 6, side, 0), side, 1).astype(np.float32)


def night_photo(picture: np.ndarray, unit: int) -> np.ndarray:
    """Deep shadows, glowing lights, dark corners, lamps out of focus along the upper edge of the ground."""
    high, wide = picture.shape[:2]
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    lights = _blurred(np.clip(picture - 0.55, 0, 1) * 1.6, unit * 0.35)
    shot = np.clip(picture * 1.15 - 0.04, 0, 1) + lights * 0.5
    middle = (x - wide / 2) / wide * 2, (y - high / 2) / high * 2
    shot = shot * (1.0 - 0.38 * np.clip(middle[0] ** 2 + middle[1] ** 2 - 0.35, 0, 1))[..., None]
    for number in range(wide // unit):
        at_x, at_y = (number * 0.97 + 0.4) * unit, high * 0.52 + (number * 37 % 11 - 5) * unit * 0.09
        spot = np.clip(0.5 - (np.hypot(x - at_x, y - at_y) - unit * 0.22) * 0.5, 0, 1)[..., None]
        tone = np.array(((1.0, 0.78, 0.42), (1.0, 0.62, 0.36), (0.62, 0.80, 1.0))[number % 3], np.float32)
        shot = shot + tone * spot * 0.30
    return np.asarray(np.clip(shot, 0, 1), np.float32)


FILTERS = {"line drawing": line_drawing, "watercolour": watercolour, "pixel art": pixel_art, "night photo": night_photo}
