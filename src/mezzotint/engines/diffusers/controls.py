"""Pictures made from the pictures that were given: edges to follow, canvases to paint around, several put side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mezzotint import imaging
from mezzotint.core.images import Pixels

Array = np.ndarray
GREYS = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as the usual Canny has it
SMOOTH = np.array([1, 4, 6, 4, 1], np.float32) / 16  # a Gaussian of sigma 1, nearly


def canny(picture: Pixels, low: float, high: float) -> Pixels:
    """Edges, white on black: J. Canny, A Computational Approach to Edge Detection, 1986.

    Thresholds are of the gradient's size, |dx| + |dy| by Sobel's filters over 8-bit grey. An edge is as thin as a pixel; one that is weaker
    than `high` counts where it hangs together with one that is not, and none counts that is weaker than `low`.
    """
    grey = _blurred(picture.array.astype(np.float32) @ GREYS)
    across, down = _sobel(grey), _sobel(grey.T).T
    size = np.abs(across) + np.abs(down)
    thin = size * _crest(size, across, down)
    low, high = min(low, high), max(low, high)
    edges = _grown(thin >= max(high, 1.0), thin >= max(low, 1.0))
    return Pixels.of(np.repeat((edges * 255).astype(np.uint8)[..., None], 3, axis=2))


def _blurred(grey: Array) -> Array:
    for _ in range(2):  # across, then down
        padded = np.pad(grey, ((2, 2), (0, 0)), mode="edge")
        height = grey.shape[0]
        blurred: Array = np.zeros_like(grey)
        for shift, weight in enumerate(SMOOTH):
            blurred += weight * padded[shift : shift + height]
        grey = blurred.T
    return grey


def _sobel(grey: Array) -> Array:
    """The derivative across, (h, w)."""
    padded = np.pad(grey, 1, mode="edge")
    smoothed = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    derivative: Array = smoothed[:, 2:] - smoothed[:, :-2]
    return derivative


def _crest(size: Array, across: Array, down: Array) -> Array:
    """Where the gradient is larger than its neighbours along its own direction, which is taken to the nearest of four."""
    padded = np.pad(size, 1)
    steep = np.abs(down) > 2.414 * np.abs(across)  # within 22.5 degrees of straight down
    flat = np.abs(across) > 2.414 * np.abs(down)
    same = across * down > 0
    crest = np.zeros(size.shape, bool)
    for where, (y, x) in ((flat, (0, 1)), (steep, (1, 0)), (~flat & ~steep & same, (1, 1)), (~flat & ~steep & ~same, (1, -1))):
        height, width = size.shape
        before = padded[1 - y : 1 - y + height, 1 - x : 1 - x + width]
        after = padded[1 + y : 1 + y + height, 1 + x : 1 + x + width]
        crest |= where & (size > before) & (size >= after)
    return crest


def _grown(strong: Array, weak: Array) -> Array:
    """The strong pixels and all weak ones that hang together with them, corners included."""
    height, width = weak.shape
    grown = np.pad(strong & weak, 1)
    allowed = np.pad(weak, 1)
    frontier = list(np.flatnonzero(grown))
    flat, open_ = grown.reshape(-1), (allowed & ~grown).reshape(-1)
    row = width + 2
    around = (-row - 1, -row, -row + 1, -1, 1, row - 1, row, row + 1)
    while frontier:
        at = frontier.pop()
        for step in around:
            if open_[at + step]:
                open_[at + step], flat[at + step] = False, True
                frontier.append(at + step)
    return grown[1 : 1 + height, 1 : 1 + width]


@dataclass(frozen=True)
class Canvas:
    """A picture on a larger ground, and where there is something to paint, white."""

    picture: Pixels
    mask: Pixels


def expanded(picture: Pixels, margins: tuple[int, int, int, int], width: int, height: int) -> Canvas:
    """The picture with margins (left, top, right, bottom, in its own pixels; below 0 they cut), all of it `width` by `height`.

    The ground repeats the picture's edges, which is a better start than grey for weights that were not taught to expand.
    """
    left, top, right, bottom = margins
    cut = picture.array[max(0, -top) : picture.height - max(0, -bottom), max(0, -left) : picture.width - max(0, -right)]
    added = ((max(0, top), max(0, bottom)), (max(0, left), max(0, right)))
    across = _inner(width, added[1], cut.shape[1])
    down = _inner(height, added[0], cut.shape[0])
    inner = imaging.resize(Pixels.of(np.ascontiguousarray(cut)), across[1] - across[0], down[1] - down[0]).array
    canvas = np.pad(inner, ((down[0], height - down[1]), (across[0], width - across[1]), (0, 0)), mode="edge")
    mask = np.full((height, width, 3), 255, np.uint8)
    mask[down[0] : down[1], across[0] : across[1]] = 0
    return Canvas(Pixels.of(canvas), Pixels.of(mask))


def _inner(side: int, added: tuple[int, int], inner: int) -> tuple[int, int]:
    """From where to where the picture lies on a side of the canvas."""
    scale = side / (added[0] + inner + added[1])
    start = min(round(added[0] * scale), side - 1)
    return start, max(start + 1, side - round(added[1] * scale))


def kept(painted: Array, picture: Pixels, mask: Pixels) -> Array:
    """What was painted where the mask is white, and the picture as it was where it is black: (h, w, 3) of uint8."""
    share = mask.array[..., :1].astype(np.float32) / 255
    mixed: Array = np.rint(painted * share + picture.array * (1 - share)).astype(np.uint8)
    return mixed


def dilated(mask: Pixels, pixels: int) -> Pixels:
    """The mask's white grown by so many pixels, in squares."""
    grown = mask.array[..., 0]
    for axis in (0, 1):
        padded = np.pad(grown, [(pixels, pixels) if at == axis else (0, 0) for at in (0, 1)])
        slices = (padded.take(range(shift, shift + grown.shape[axis]), axis=axis) for shift in range(2 * pixels + 1))
        grown = np.maximum.reduce(list(slices))
    return Pixels.of(np.repeat(grown[..., None], 3, axis=2))


def side_by_side(pictures: tuple[Pixels, ...]) -> Pixels:
    """Several as one, of the first one's height: for weights that take one picture."""
    if len(pictures) == 1:
        return pictures[0]
    height = pictures[0].height
    scaled = [imaging.resize(each, max(1, round(each.width * height / each.height)), height).array for each in pictures]
    return Pixels.of(np.concatenate(scaled, axis=1))
