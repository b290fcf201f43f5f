"""Pictures that tell nano what to keep: outlines, nearness, and a picture with a hole.

They go in as references, made here from what was given, in training and in use alike: so what nano is shown is what it was taught.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

Array = np.ndarray
WEAK, STRONG = 0.05, 0.12  # of the steepest change that there can be: where an outline goes on, and where one begins
REACH = 24  # how many pixels a weak outline may be followed from a strong one
FAR, RISE, NEAR = 0.10, 0.75, 0.70  # of nearness: the sky, how much nearer the lower edge is, things
HORIZON, REACH_UP = 0.5625, 0.45  # in heights of the picture: where the ground begins, and how far above that things may reach
APART = 0.16  # of colour: what differs from its row's usual one by more is a thing
HOLE = 0.5  # the grey of what is to be painted anew


def _grey(values: Array) -> Image.Image:
    return Image.fromarray((np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8), "L")


def _shifted(values: Array, down: int, right: int) -> Array:
    """Each place's neighbour so many rows below and columns to the right; zeros beyond the edges."""
    high, wide = values.shape
    padded = np.pad(values, 1)
    shifted: Array = padded[1 + down : 1 + down + high, 1 + right : 1 + right + wide]
    return shifted


def _slopes(pixels: Array) -> tuple[Array, Array]:
    """How colour changes downwards and to the right, per pixel, by Sobel's operator, of the channel that changes most."""
    blurred = Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
    padded = np.pad(np.asarray(blurred, np.float32) / 255, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    columns = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    right, down = (rows[:, 2:] - rows[:, :-2]) / 8, (columns[2:] - columns[:-2]) / 8
    most = (right**2 + down**2).argmax(-1)[..., None]
    return np.take_along_axis(down, most, -1)[..., 0], np.take_along_axis(right, most, -1)[..., 0]


def outlines(pixels: Array, low: float = WEAK, high: float = STRONG) -> Array:
    """Canny's outlines of (h, w, 3) in 0..1, as (h, w) of 0 and 1: crests of change that begin strong and go on weak, one pixel wide."""
    down, right = _slopes(pixels)
    change = np.hypot(down, right) * 2
    octant = np.round(np.arctan2(down, right) / (np.pi / 4)).astype(int) % 4
    crest = np.zeros(change.shape, bool)
    for number, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead, behind = _shifted(change, dy, dx), _shifted(change, -dy, -dx)
        crest |= (octant == number) & (change >= ahead) & (change > behind)
    weak, found = crest & (change > min(low, high)), crest & (change > high)
    for _ in range(REACH):
        grown = np.asarray(Image.fromarray(found).convert("L").filter(ImageFilter.MaxFilter(3))) > 0
        following = grown & weak
        if np.array_equal(following, found):
            break
        found = following
    return np.asarray(found, np.float32)


def drawn(lines: Array) -> Array:
    """Outlines (h, w) as the picture that nano is shown, (h, w, 3): white on black, thick enough for latents to tell where they are."""
    thick = _grey(lines).filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.GaussianBlur(0.8))
    return np.repeat(np.asarray(thick, np.float32)[..., None] / 255, 3, -1)


def shaded(nearness: Array) -> Array:
    """Nearness (h, w) in 0..1 as the picture that nano is shown: near is white."""
    return np.repeat(np.asarray(nearness, np.float32)[..., None], 3, -1)


def guessed_nearness(pixels: Array) -> Array:
    """A guess at how near what one sees is, (h, w) in 0..1, of (h, w, 3): the lower, the nearer, and what stands out of its row is near.

    Two cues that hold for pictures like nano's own, and no more: it is not a depth network. Who has a map gives it ready-made.
    """
    high = pixels.shape[0]
    down = (np.arange(high, dtype=np.float32) + 0.5) / high
    ramp = FAR + np.clip((down - HORIZON) / (1 - HORIZON), 0, 1) * RISE
    usual = np.median(pixels, 1, keepdims=True)
    apart = _grey((np.abs(pixels - usual).max(-1) > APART).astype(np.float32))
    thing = np.asarray(apart.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.MinFilter(5)), np.float32) / 255
    inside = (down > HORIZON - REACH_UP)[:, None]
    return np.asarray(np.maximum(ramp[:, None], thing * NEAR * inside), np.float32)


def with_hole(pixels: Array, hole: Array) -> Array:
    """(h, w, 3) with grey where `hole` (h, w) is true."""
    return np.where(hole[..., None], np.float32(HOLE), pixels).astype(np.float32)
