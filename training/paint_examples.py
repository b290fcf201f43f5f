"""Paint by nano itself what edits begin with: users edit what nano painted, which is never quite as a render.

    python -m training.paint_examples --run quick

Beside each shard of edits comes another one, `-painted`, of the same edits: what they begin with has been noised some way and painted
again from there, told what it shows; what is to come out is that where the edit changes nothing, and the render elsewhere.
An edit by which most of the picture changes ends in its render. Shards that are there are kept, so an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np

from mezzotint.engines.nano.engine import USUAL
from mezzotint.engines.nano.sampling import SHIFT
from training.data import STAYS
from training.home import folder
from training.model import load_ema
from training.provenance import DRAWING, note_command
from training.sampling import Sampler, schedule
from training.shares import PAINTED

STEPS, LATEST = 6, 3  # of the steps from noise to picture, at most so many are left out
AT_ONCE = 40  # pictures
MOST = 0.5  # of the tokens changes where an edit is about a part of the picture


def spread(marked: np.ndarray) -> np.ndarray:
    """(n, rows, columns) bool, and what is next to it."""
    padded = np.pad(marked, ((0, 0), (1, 1), (1, 1)))
    rows, columns = marked.shape[1:]
    near: np.ndarray = np.any([padded[:, down : down + rows, right : right + columns] for down in range(3) for right in range(3)], axis=0)
    return near


def outcome(after: np.ndarray, before: np.ndarray, painted: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """What edits of `painted` are to be, as latents (n, tokens, 128) like all three: `before` became `after`, and was painted so.

    What is next to a change is as in the render, too: something painted may stand a little beside where it was.
    """
    columns, rows = grid
    changes = np.sqrt(np.square(after - before).mean(-1)) > STAYS
    near = spread(changes.reshape(-1, rows, columns)).reshape(changes.shape)
    whole = changes.mean(-1, keepdims=True) > MOST
    found: np.ndarray = np.where((near | whole)[..., None], after, painted)
    return found


def repainted(sampler: Sampler, latents: np.ndarray, captions: list[str], grid: tuple[int, int], chance: np.random.Generator) -> np.ndarray:
    """Latents (n, tokens, 128) noised some way and painted again from there."""
    levels = schedule(STEPS, SHIFT)[chance.integers(1, LATEST + 1) :]
    noise = chance.standard_normal(latents.shape, np.float32)
    return sampler.walked(latents + levels[0].astype(np.float32) * (noise - latents), captions, grid, levels, USUAL)


def paint_shard(sampler: Sampler, shard: Path, chance: np.random.Generator) -> None:
    about = json.loads((shard / "shard.json").read_text())
    grid, captions = tuple(about["grid"]), about["shown"]
    before, after = (np.load(shard / f"{name}.npy").astype(np.float32) for name in ("references", "latents"))
    parts = [slice(start, start + AT_ONCE) for start in range(0, len(captions), AT_ONCE)]
    painted = np.concatenate([repainted(sampler, before[part], captions[part], grid, chance) for part in parts])
    unfinished = shard.with_name(f"{shard.name}{PAINTED}.part")
    shutil.copytree(shard, unfinished, dirs_exist_ok=True)
    np.save(unfinished / "references.npy", painted.astype(np.float16))
    np.save(unfinished / "latents.npy", outcome(after, before, painted, grid).astype(np.float16))
    unfinished.rename(unfinished.with_suffix(""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="quick", help="whose network paints, one that hears its guidance")
    arguments = parser.parse_args()
    sampler = Sampler(load_ema(folder(arguments.run) / "checkpoint.pt"), distilled=True)
    shards = sorted(folder("examples").glob("*-edit-*x*[0-9]"))
    note_command(folder(DRAWING), f"{len(shards)} shards of edits")
    for number, shard in enumerate(shards):
        if not shard.with_name(shard.name + PAINTED).exists() and json.loads((shard / "shard.json").read_text()).get("shown"):
            paint_shard(sampler, shard, np.random.default_rng(number))
            print(shard.name, flush=True)


if __name__ == "__main__":
    main()
