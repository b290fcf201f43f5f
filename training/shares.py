"""How many examples of what: the shares of modes and grids in the training set, and its seed."""

from __future__ import annotations

from collections.abc import Iterator

from training.draw import GRID_SHARES
from training.scenes import GRIDS

DATA_SEED = 2035  # of every draw of the training set
PAINTED = "-painted"  # ends the name of a shard whose edits begin with what nano painted
LESSON_SHARES = {"text": 0.40, "edit": 0.31, "fill": 0.07, "edges": 0.08, "depth": 0.08, "combine": 0.06}  # of the batches that are learnt
MODE_SHARES = {"text": 0.32, "edit": 0.45, "fill": 0.06, "edges": 0.06, "depth": 0.06, "combine": 0.05}  # of the examples that are drawn
REFERENCE_GRIDS = {(8, 8): 0.58, (11, 8): 0.28, (14, 8): 0.05, (19, 8): 0.01, (8, 11): 0.05, (8, 14): 0.03}


def kinds() -> dict[tuple[str, tuple[int, int]], float]:
    """(mode, grid) with its share of all examples."""
    shares: dict[tuple[str, tuple[int, int]], float] = {}
    for mode, share in MODE_SHARES.items():
        grids: dict[tuple[int, int], float] = dict(zip(GRIDS, GRID_SHARES, strict=True)) if mode == "text" else REFERENCE_GRIDS
        if mode == "combine":
            grids = {(8, 8): 0.7, (11, 8): 0.3}
        shares |= {(mode, grid): share * part for grid, part in grids.items()}
    return shares


def plan(shards: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """The kinds of so many shards, one after the other: always the kind that is most in arrears, so any beginning is a fair mixture."""
    shares = kinds()
    made = dict.fromkeys(shares, 0)
    for number in range(shards):
        kind = max(shares, key=lambda each: shares[each] * (number + 1) - made[each])
        made[kind] += 1
        yield kind
