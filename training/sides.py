"""What pictures have more where the sun, the moon, a window or a planet is on their right than where it is on their left.

`mezzotint.engines.nano.sides` begins with a hint of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mezzotint.engines.nano.latents import TOKEN_PIXELS, PatchCodec, pack
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.sides import FILE, GRIDS, name_of
from training.more_places import DRAW
from training.phrases import OUTDOORS, TIMED, TIMES
from training.places import Frame

BOTH = (-1.0, 1.0)  # the sides, as places choose one
DRAWN = 16  # pictures of each place, time and side
INDOORS = ("table", "room", "space")
LEAST = 0.02  # of the largest number, below which one is as good as none


class Sided(np.random.Generator):
    """Chance that always chooses the one side."""

    def __init__(self, seed: int, side: float) -> None:
        super().__init__(np.random.PCG64(seed))
        self._side = side

    def choice(self, a: Any, *arguments: Any, **named: Any) -> Any:
        return self._side if a == BOTH else super().choice(a, *arguments, **named)


def hint(places: tuple[str, ...], time: str, grid: Grid, codec: PatchCodec) -> np.ndarray:
    """(rows, columns, 128) of norm 1, over all of these places."""

    def mean(side: float) -> np.ndarray:
        frame = Frame(grid.columns, grid.rows, TOKEN_PIXELS)
        pictures = np.stack([DRAW[place](frame, time, Sided(seed, side)) for place in places for seed in range(DRAWN)])
        return pack(codec.encode(np.asarray(pictures.mean(0), np.float32)))

    more = (mean(1.0) - mean(-1.0)).reshape(grid.rows, grid.columns, -1)
    more[np.abs(more) < LEAST * np.abs(more).max()] = 0
    return np.asarray(more / np.linalg.norm(more), np.float16)


def write(folder: Path, codec: PatchCodec) -> None:
    """sides.npz beside the weights, for `mezzotint.engines.nano.sides.Sides`."""
    shown = {name_of(OUTDOORS[0], time.name, outdoors=True, timed=True): (OUTDOORS, time.name) for time in TIMES}
    shown |= {name_of(place, time.name, outdoors=False, timed=place in TIMED): ((place,), time.name) for place in INDOORS for time in TIMES}
    narrow, wide = (np.stack([hint(places, time, grid, codec) for places, time in shown.values()]) for grid in GRIDS)
    np.savez_compressed(folder / FILE, names=np.array(list(shown)), narrow=narrow, wide=wide)
