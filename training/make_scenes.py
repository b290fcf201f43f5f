"""Draw the training set: latents and encoded captions in shards of one grid each.

    python -m training.make_scenes --scenes 200000 --workers 2

A shard is a folder of latents.npy (n, tokens, 128), words.npy (n, 32, 512), pooled.npy (n, 512), all float16, and
scenes.json (the scenes and their captions). Shards that are there are kept, so an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a worker per core; BLAS threads would only fight over them

from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np

from mezzotint.engines.nano.latents import TOKEN_PIXELS, pack
from mezzotint.engines.nano.text import TextEncoder
from training.captions import caption
from training.fit_latents import load_codec
from training.home import folder
from training.scenes import GRID_SHARES, GRIDS, at_grid, draw_scene, paint

SHARD = 4000


def make_shard(target: Path, grid: tuple[int, int], seed: int, size: int) -> None:
    codec, encoder, chance = load_codec(), TextEncoder(), np.random.default_rng(seed)
    latents, scenes, texts = [], [], []
    for _ in range(size):
        scene = at_grid(draw_scene(chance), *grid)
        latents.append(pack(codec.encode(paint(scene, TOKEN_PIXELS))).astype(np.float16))
        texts.append(caption(scene, chance))
        scenes.append(asdict(scene) | {"caption": texts[-1]})
    words = np.empty((size, *encoder.encode([""]).tokens.shape[1:]), np.float16)
    pooled = np.empty((size, words.shape[-1]), np.float16)
    for row, text in enumerate(texts):
        prompt = encoder.encode([text])
        words[row], pooled[row] = prompt.tokens[0], prompt.pooled[0]
    unfinished = target.with_suffix(".part")
    unfinished.mkdir(parents=True, exist_ok=True)
    np.save(unfinished / "latents.npy", np.stack(latents))
    np.save(unfinished / "words.npy", words)
    np.save(unfinished / "pooled.npy", pooled)
    (unfinished / "scenes.json").write_text(json.dumps(scenes))
    unfinished.rename(target)


def plan(scenes: int) -> list[tuple[str, tuple[int, int], int, int]]:
    """(name, grid, seed, size) of every shard, the common grids first so that training can begin early."""
    shards = []
    for number, (grid, share) in enumerate(zip(GRIDS, GRID_SHARES, strict=True)):
        wanted = round(scenes * share)
        for part in range(-(-wanted // SHARD)):
            shards.append((f"{grid[0]}x{grid[1]}-{part:03d}", grid, 1000 * number + part, min(SHARD, wanted - part * SHARD)))
    return sorted(shards, key=lambda shard: shard[0].split("-")[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    home = folder("scenes")
    todo = [shard for shard in plan(arguments.scenes) if not (home / shard[0]).exists()]
    with ProcessPoolExecutor(arguments.workers) as pool:
        jobs = [(name, pool.submit(make_shard, home / name, grid, seed, size)) for name, grid, seed, size in todo]
        for name, job in jobs:
            job.result()
            print(name, flush=True)


if __name__ == "__main__":
    main()
