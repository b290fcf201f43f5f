"""Pictures that are longer than those that nano paints well: it paints their middle first, and then what is around it, as around a picture that
is to be made larger.

Of long pictures it was shown few. All at once it paints things and suns in them two or three times, one beside the other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mezzotint.engines.nano.layout import base_row
from mezzotint.engines.nano.sampling import Grid
from mezzotint.ports import Report

Array = np.ndarray
Margins = tuple[tuple[int, int], tuple[int, int]]
"""Tokens above and below, left and right."""
EDGE = (0.75, 0.5, 0.25)  # shares, from the outermost latents inwards
LONGEST = 11  # tokens that the sides of what is painted at once have at most


def middle_of(grid: Grid) -> Grid:
    """What of it is painted first: all that is not long."""
    return Grid(min(grid.columns, LONGEST), min(grid.rows, LONGEST))


def margins(inner: Grid, whole: Grid) -> Margins:
    """Around a part of a larger grid in which things stand in the same place."""
    left, top = whole.columns // 2 - inner.columns // 2, base_row(whole.rows) - base_row(inner.rows)
    return (top, whole.rows - top - inner.rows), (left, whole.columns - left - inner.columns)


def enlarged(latents: Array, inner: Grid, whole: Grid) -> tuple[Array, Array]:
    """Latents (32, r, c) of the part in those of the whole, into which its edges go on; and how much of them is not known, in 0..1: all around
    the part, and a share of its own edges there, so that no line shows."""
    around = [(2 * before, 2 * after) for before, after in margins(inner, whole)]
    unknown = np.zeros(latents.shape[1:], np.float32)
    for axis, (before, after) in enumerate(around):
        across = np.moveaxis(unknown, axis, 0)
        for depth, share in enumerate(EDGE):
            if before:
                across[depth] = share
            if after:
                across[-1 - depth] = share
    unknown = np.broadcast_to(np.pad(unknown, around, constant_values=1)[None], (latents.shape[0], *(whole.rows * 2, whole.columns * 2)))
    return np.pad(latents, [(0, 0), *around], mode="edge"), unknown


def shares(report: Report, number: int) -> list[Report]:
    """Reports of so many parts of the work, of as many steps each."""

    def part(index: int) -> Callable[[int, int], None]:
        return lambda step, steps: report(index * steps + step, number * steps)

    return [part(index) for index in range(number)]
