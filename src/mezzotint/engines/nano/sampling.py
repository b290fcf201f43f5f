"""The method, as free functions in the order they run: grid, noise, schedule, denoise.

A rectified flow: at level t a latent is (1 - t) of picture and t of noise, on a straight line between the two, and the model
gives the line's direction, noise minus picture. Sampling walks the line from noise (t = 1) to picture (t = 0) by Euler steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mezzotint.ports import Report

Array = np.ndarray
Velocity = Callable[[Array, float], Array]
"""Tokens (n, 128) at a level to the direction of the line through them, (n, 128)."""
Keep = Callable[[Array, float], Array]
"""Tokens at a level to the same with what is known put back, with as much noise as the level says."""

SHIFT = 1.5  # above 1, more of the steps are spent where there is much noise and the picture is decided
TRAINED = (8, 11, 14, 19, 32)  # the longer sides that the model has seen, in tokens; the shorter is always the first


@dataclass(frozen=True)
class Grid:
    """How many tokens a picture is painted on."""

    columns: int
    rows: int


def grid_for(width: int, height: int) -> Grid:
    """The smallest grid the model knows that covers the ratio. What is too much is cut off; beyond 4:1 the shorter side is cut too."""
    ratio = max(width, height) / min(width, height)
    short = TRAINED[0]
    long = next((side for side in TRAINED if side >= short * ratio - 1e-6), TRAINED[-1])
    return Grid(long, short) if width >= height else Grid(short, long)


def noise(seed: int, shape: tuple[int, ...]) -> Array:
    """Standard normal numbers, float32, the same for a seed on every machine and with every version of NumPy.

    Philox's raw numbers are fixed by its definition; NumPy's own normal distribution is not. Hence Box and Muller, by hand.
    """
    count = int(np.prod(shape))
    raw = np.random.Philox(key=seed & (2**64 - 1)).random_raw(count + count % 2)
    uniform = ((raw >> np.uint64(11)) + 1).astype(np.float64) * 2.0**-53  # in (0, 1]
    radius, angle = np.sqrt(-2 * np.log(uniform[0::2])), 2 * np.pi * uniform[1::2]
    normal = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1).reshape(-1)[:count]
    return normal.reshape(shape).astype(np.float32)


def schedule(steps: int, start: float = 1.0) -> Array:
    """Levels from `start` down to 0, steps + 1 of them."""
    plain = np.linspace(1.0, 0.0, steps + 1)
    levels: Array = SHIFT * plain / (1 + (SHIFT - 1) * plain) * start
    return levels


def mixed(latents: Array, fresh: Array, level: float) -> Array:
    """A picture's latents with as much noise as the level says: where image to image begins."""
    blended: Array = (1 - level) * latents + level * fresh
    return blended


def halves(left: Velocity, right: Velocity, grid: Grid) -> Velocity:
    """The one velocity in the left half of the picture, the other in the right."""
    is_left = (np.arange(grid.rows * grid.columns) % grid.columns < grid.columns // 2)[:, None]
    return lambda x, level: np.where(is_left, left(x, level), right(x, level))


def alone(velocity: Velocity, grid: Grid, part: tuple[slice, slice]) -> Velocity:
    """The velocity to pictures in which there is something in a part of the grid alone (rows, columns): elsewhere each row is as it is at its
    ends."""
    inside = np.zeros((grid.rows, grid.columns, 1), bool)
    inside[part] = True

    def cleared(x: Array, level: float) -> Array:
        direction = velocity(x, level)
        rows = (x - np.float32(level) * direction).reshape(grid.rows, grid.columns, -1)
        ends = np.broadcast_to((rows[:, :1] + rows[:, -1:]) / 2, rows.shape).reshape(x.shape)
        kept: Array = np.where(inside.reshape(-1, 1), direction, (x - ends) / np.float32(level))
        return kept

    return cleared


def denoise(velocity: Velocity, x: Array, levels: Array, report: Report, keep: Keep | None = None) -> Array:
    """Tokens at the first level to tokens at the last. `report` is called after each step, and may raise to stop; `keep` puts back what
    is known before it."""
    steps = len(levels) - 1
    for step in range(steps):
        now, after = float(levels[step]), float(levels[step + 1])
        x = x + np.float32(after - now) * velocity(x, now)
        x = x if keep is None else keep(x, after)
        report(step + 1, steps)
    return x
