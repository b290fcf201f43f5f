"""Draw the training set: examples of all modes as latents, with their captions encoded, in shards of one mode and one grid each.

    python -m training.make_scenes --scenes 240000 --workers 1

A shard is a folder of latents.npy (n, tokens, 128), references.npy (n, tokens of all references, 128), words.npy (pieces of all
captions, 512), starts.npy (n + 1: where each caption's pieces begin), pooled.npy (n, 512), all float16 but the starts, and
shard.json (mode, grid, captions, scenes, and of edits what they begin with in words). Shards that are there are kept, so an interrupted run goes on where it was; training may
begin with the first.
"""

from __future__ import annotations

import argparse
import json
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a worker per core; BLAS threads would only fight over them

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np

from mezzotint.engines.nano.latents import TOKEN_PIXELS, pack
from mezzotint.engines.nano.text import TextEncoder
from training.examples import REFERENCES, Example, make_lesson
from training.fit_latents import load_codec
from training.home import folder
from training.provenance import DRAWING, note_command
from training.scenes import GRIDS
from training.shares import DATA_SEED, MODE_SHARES, plan

SHARD = 1000
VALIDATION = 48  # examples of each mode that training never sees, on the first grid


class Writer:
    """Examples as what a shard holds."""

    def __init__(self) -> None:
        self.codec, self.encoder = load_codec(), TextEncoder()

    def _packed(self, picture: np.ndarray) -> np.ndarray:
        assert picture.shape[0] % TOKEN_PIXELS == picture.shape[1] % TOKEN_PIXELS == 0
        return pack(self.codec.encode(picture)).astype(np.float16)

    def write(self, target: Path, mode: str, grid: tuple[int, int], examples: Iterable[Example]) -> None:
        """The examples are taken one by one: a thousand of them as pictures would be gigabytes."""
        latents, references, words, starts, pooled, captions, scenes, begun = [], [], [], [0], [], [], [], []
        for example in examples:
            prompt = self.encoder.encode([example.caption])
            said = prompt.tokens[0][: int((np.abs(prompt.tokens[0]).sum(-1) > 0).sum())]
            words.append(said.astype(np.float16))
            starts.append(starts[-1] + len(said))
            pooled.append(prompt.pooled[0].astype(np.float16))
            latents.append(self._packed(example.picture))
            references += [np.concatenate([self._packed(picture) for picture in example.references])] if REFERENCES[mode] else []
            captions.append(example.caption)
            scenes.append(asdict(example.scene))
            begun += [example.shown] if example.shown else []
        unfinished = target.with_suffix(".part")
        unfinished.mkdir(parents=True, exist_ok=True)
        np.save(unfinished / "latents.npy", np.stack(latents))
        if references:
            np.save(unfinished / "references.npy", np.stack(references))
        np.save(unfinished / "words.npy", np.concatenate(words))
        np.save(unfinished / "starts.npy", np.array(starts))
        np.save(unfinished / "pooled.npy", np.stack(pooled))
        about = {"mode": mode, "grid": grid, "captions": captions, "scenes": scenes, "shown": begun}
        (unfinished / "shard.json").write_text(json.dumps(about, ensure_ascii=False))
        unfinished.rename(target)


def make_shard(target: Path, mode: str, grid: tuple[int, int], seed: tuple[int, ...], size: int) -> None:
    chance = np.random.default_rng(seed)
    Writer().write(target, mode, grid, (make_lesson(mode, grid, chance) for _ in range(size)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=240_000)
    parser.add_argument("--shard", type=int, default=SHARD)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    jobs: list[tuple[Path, str, tuple[int, int], tuple[int, ...], int]] = []
    for mode in MODE_SHARES:
        jobs.append((folder("validation") / f"{mode}-8x8", mode, GRIDS[0], (DATA_SEED, 1, len(jobs)), min(VALIDATION, arguments.shard)))
    for number, (mode, grid) in enumerate(plan(-(-arguments.scenes // arguments.shard))):
        jobs.append((folder("examples") / f"{number:04d}-{mode}-{grid[0]}x{grid[1]}", mode, grid, (DATA_SEED, 2, number), arguments.shard))
    note_command(folder(DRAWING), f"{sum(job[0].exists() for job in jobs)} of {len(jobs)} shards")
    with ProcessPoolExecutor(arguments.workers) as pool:
        todo = [(job, pool.submit(make_shard, *job)) for job in jobs if not job[0].exists()]
        for job, done in todo:
            done.result()
            print(job[0].name, flush=True)


if __name__ == "__main__":
    main()
