"""Draw what the decoder is trained on: scenes at twice the size that their latents are taken at.

    python -m training.make_pairs --scenes 4000 --workers 2

A shard is a folder of latents.npy (n, 32, 16, 16) float16 and pixels.npy (n, 512, 512, 3) uint8, all of 8 x 8 tokens: a decoder
without attention learns the same from any shape.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from mezzotint.engines.nano.latents import TOKEN_PIXELS
from training.draw import draw_scene
from training.fit_latents import load_codec
from training.home import folder
from training.scenes import at_grid, paint

SHARD = 250
SIDE = 8
SCALE = 2  # output pixels for one that the latents see


def make_shard(target: Path, seed: int, size: int) -> None:
    codec, chance = load_codec(), np.random.default_rng([77, seed])
    latents, pixels = [], []
    for _ in range(size):
        scene = at_grid(draw_scene(chance), SIDE, SIDE)
        latents.append(codec.encode(paint(scene, TOKEN_PIXELS)).astype(np.float16))
        pixels.append((paint(scene, TOKEN_PIXELS * SCALE) * 255 + 0.5).astype(np.uint8))
    unfinished = target.with_suffix(".part")
    unfinished.mkdir(parents=True, exist_ok=True)
    np.save(unfinished / "latents.npy", np.stack(latents))
    np.save(unfinished / "pixels.npy", np.stack(pixels))
    unfinished.rename(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    home = folder("pairs")
    shards = [(home / f"{part:03d}", part, min(SHARD, arguments.scenes - part * SHARD)) for part in range(-(-arguments.scenes // SHARD))]
    todo = [shard for shard in shards if not shard[0].exists()]
    with ProcessPoolExecutor(arguments.workers) as pool:
        for done in [pool.submit(make_shard, *shard) for shard in todo]:
            done.result()
            print("shard done", flush=True)


if __name__ == "__main__":
    main()
