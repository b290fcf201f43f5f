"""A deterministic picture without a model: the same request, the same picture, at once or after as long as you like.

It is a product, not a mock: first runs, docs, examples, acceptance tests and benchmarks use it, and so may your own tests.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import numpy as np

from mezzotint.core.images import Pixels
from mezzotint.core.previews import size_within
from mezzotint.ports import Painting, PaintRequest, Report

KINDS = 16  # different pictures of one size: enough to tell requests apart, few enough to keep encoded
TILES = 8
DEFAULT_SIDE = 1024
GREY = 128


class StubEngine:
    """See `ports.Engine`, `ports.Previewing`, `ports.Overlapping`."""

    name = "stub"

    def __init__(self, seconds: float = 0.0, sleep: Callable[[float], None] = time.sleep) -> None:
        """`seconds` is how long a picture takes, spread evenly over its steps."""
        self._seconds, self._sleep = seconds, sleep
        self._in_hand: tuple[PaintRequest, float] | None = None  # and how much of it is done, 0 to 1

    @property
    def overlaps(self) -> bool:
        """A slow one waits, as engines do that paint on another processor."""
        return self._seconds > 0

    def paint(self, request: PaintRequest, report: Report) -> Painting:
        steps = max(1, request.steps)
        if self._seconds:
            for step in range(1, steps + 1):
                self._sleep(self._seconds / steps)
                self._in_hand = request, step / steps
                report(step, steps)
        else:
            report(steps, steps)
        width, height = request.size(DEFAULT_SIDE)
        return Painting(tiles(kind_of(request.prompt, request.seed), width, height), request.prompt)

    def preview(self) -> Pixels | None:
        """One plain colour, from grey to the mean of the picture's squares."""
        if self._in_hand is None:
            return None
        request, done = self._in_hand
        width, height = size_within(*request.size(DEFAULT_SIDE))
        colour = GREY + done * (board(kind_of(request.prompt, request.seed)).mean((0, 1)) - GREY)
        return Pixels.of(np.full((height, width, 3), np.rint(colour), np.uint8))


def kind_of(prompt: str, seed: int) -> int:
    """Which of the KINDS a prompt and a seed give."""
    return hashlib.sha256(f"{seed}\0{prompt}".encode("utf-8", "replace")).digest()[0] % KINDS


def board(kind: int) -> np.ndarray:
    """The colours of that kind's squares, (TILES, TILES, 3)."""
    return np.random.Generator(np.random.PCG64(kind)).integers(32, 224, (TILES, TILES, 3), dtype=np.uint8)


def tiles(kind: int, width: int, height: int) -> Pixels:
    """A board of TILES x TILES plain squares in colours of that kind."""

    def draw() -> np.ndarray:
        rows, columns = np.arange(height) * TILES // height, np.arange(width) * TILES // width
        drawn: np.ndarray = board(kind)[rows][:, columns]
        return drawn

    return Pixels(width, height, draw, f"stub {kind} {width}x{height}")
