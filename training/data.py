"""The shards of `make_scenes` as batches: each of one mode and one grid, modes drawn by their shares."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mezzotint.engines.nano.latents import positions
from mezzotint.engines.nano.text import WIDTH, WINDOWS, TextEncoder, window_for
from training.examples import REFERENCES
from training.scenes import Scene, shown
from training.shares import LESSON_SHARES

TOKENS_A_BATCH = 3072  # image, reference and text tokens together; what two CPU cores do in a second
FOCUS = 3.0  # a token where a thing stands counts as so many of the ground: things are small, and what one looks at
RETOUCHED = 12.0  # at most so much more counts what an edit changes than what stays, where they would count the same
STAYS = 0.05  # of latents: what an edit leaves alone differs by less, root mean square
HINT = 0.06  # of what is to be edited, added to the noise that painting begins with: the light and the ground are then where they were
EMPTY = 0.1  # share of captions dropped, for classifier-free guidance


def focused(scene: Scene) -> np.ndarray:
    """How much an error counts in each token (rows * columns) float32, 1 in the mean."""
    weights = np.ones((scene.rows, scene.columns), np.float32)
    for box in shown(scene):
        top, left = math.floor(box.row - box.side), math.floor(box.column)
        weights[max(top, 0) : math.ceil(box.row), max(left, 0) : math.ceil(box.column + box.side)] = FOCUS
    weights /= weights.mean()
    return weights.reshape(-1)


def retouched(weights: np.ndarray, latents: np.ndarray, before: np.ndarray) -> np.ndarray:
    """(n, tokens) weights with those of what an edit changes raised till it counts as much as all that stays, 1 in the mean.

    A moon that is added is four tokens of 64, and a picture that is only copied is all but right; so the copying alone would be learnt.
    """
    changes = np.sqrt(np.square(latents.astype(np.float32) - before.astype(np.float32)).mean(-1)) > STAYS
    altered, kept = (np.where(which, weights, 0).sum(-1, keepdims=True) for which in (changes, ~changes))
    raised = np.where(changes, weights * np.clip(kept / np.maximum(altered, 1e-6), 1, RETOUCHED), weights)
    return np.asarray(raised / raised.mean(-1, keepdims=True), np.float32)


@dataclass(frozen=True)
class Shard:
    """One folder of `make_scenes`, memory-mapped. `references` has no tokens where the mode has none."""

    mode: str
    columns: int
    rows: int
    latents: np.ndarray
    references: np.ndarray
    words: np.ndarray
    starts: np.ndarray
    pooled: np.ndarray
    weights: np.ndarray

    @classmethod
    def open(cls, path: Path) -> Shard:
        about = json.loads((path / "shard.json").read_text())
        latents, words, pooled = (np.load(path / f"{name}.npy", mmap_mode="r") for name in ("latents", "words", "pooled"))
        mode, (columns, rows) = about["mode"], about["grid"]
        references = np.load(path / "references.npy", mmap_mode="r") if REFERENCES[mode] else latents[:, :0]
        weights = np.stack([focused(Scene(**scene)) for scene in about["scenes"]])
        return cls(mode, columns, rows, latents, references, words, np.load(path / "starts.npy"), pooled, weights)

    def weights_of(self, rows: np.ndarray) -> np.ndarray:
        """(n, tokens) float32: how much an error counts in each token."""
        weights = self.weights[rows]
        return retouched(weights, self.latents[rows], self.references[rows]) if self.mode == "edit" else weights

    def words_of(self, rows: np.ndarray) -> np.ndarray:
        """(n, window, 512) float32, zeros behind each caption."""
        counts = self.starts[rows + 1] - self.starts[rows]
        padded = np.zeros((len(rows), window_for(int(counts.max())), WIDTH), np.float32)
        for at, row in enumerate(rows):
            padded[at, : counts[at]] = self.words[self.starts[row] : self.starts[row + 1]]
        return padded

    @property
    def positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the picture's tokens, and of all references' tokens."""
        shown = [positions(self.rows, self.columns, number + 1) for number in range(REFERENCES[self.mode])]
        return positions(self.rows, self.columns), np.concatenate([np.zeros((0, 3), np.float32), *shown])


@dataclass(frozen=True)
class Batch:
    latents: Tensor  # (b, tokens, 128)
    words: Tensor  # (b, window, 512)
    pooled: Tensor  # (b, 512)
    positions: Tensor  # (tokens, 3)
    references: Tensor  # (b, reference tokens, 128)
    reference_positions: Tensor  # (reference tokens, 3)
    weights: Tensor  # (b, tokens)
    hint: Tensor | None = None  # (b, tokens, 128): what is added to the noise, if anything

    def error(self, told: Tensor, wanted: Tensor) -> Tensor:
        """Mean square error of (b, tokens, 128), where things stand above all."""
        error: Tensor = ((told.float() - wanted).square().mean(-1) * self.weights).mean()
        return error


class Data:
    """Random batches from a folder of shards, which may still be growing: `refresh` finds what is new."""

    def __init__(self, home: Path, device: torch.device, tokens: int = TOKENS_A_BATCH) -> None:
        self.home, self.device, self.tokens = home, device, tokens
        empty = TextEncoder().encode([""])
        self.empty_words, self.empty_pooled = torch.from_numpy(empty.tokens[0]), torch.from_numpy(empty.pooled[0])
        self.shards: dict[str, Shard] = {}
        self.refresh()

    def refresh(self) -> None:
        for path in sorted(self.home.iterdir()):
            if path.suffix != ".part" and path.name not in self.shards:
                self.shards[path.name] = Shard.open(path)
        modes = {mode: [shard for shard in self.shards.values() if shard.mode == mode] for mode in LESSON_SHARES}
        self._by_mode = {mode: shards for mode, shards in modes.items() if shards}

    def draw(self, chance: np.random.Generator) -> Batch:
        """A batch of a mode drawn by its share: mostly short captions together, now and then the long ones."""
        shares = np.array([LESSON_SHARES[mode] for mode in self._by_mode])
        shards = self._by_mode[str(chance.choice(list(self._by_mode), p=shares / shares.sum()))]
        shard = shards[chance.integers(len(shards))]
        long = np.diff(shard.starts) > WINDOWS[0]
        rows = np.flatnonzero(long if chance.random() < long.mean() else ~long)
        tokens = shard.latents.shape[1] + shard.references.shape[1] + WINDOWS[0]
        size = min(len(rows), max(1, self.tokens // tokens))
        batch = self.batch(shard, np.sort(chance.choice(rows, size, replace=False)))
        dropped = torch.from_numpy(chance.random(size) < EMPTY).to(self.device)
        words, pooled = self.empty(batch)
        batch.words[dropped], batch.pooled[dropped] = words, pooled
        return batch

    def batch(self, shard: Shard, rows: np.ndarray) -> Batch:
        latents, references, pooled = (torch.from_numpy(part[rows].astype(np.float32)) for part in (shard.latents, shard.references, shard.pooled))
        places, shown_places = (torch.from_numpy(each) for each in shard.positions)
        parts = (latents, torch.from_numpy(shard.words_of(rows)), pooled, places, references, shown_places, torch.from_numpy(shard.weights_of(rows)))
        batch = Batch(*(part.to(self.device, non_blocking=True) for part in parts))
        return replace(batch, hint=HINT * batch.references) if shard.mode == "edit" else batch

    def empty(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the transformer is told where nothing is said, as wide as in `batch`: (window, 512) and (512,)."""
        return self.empty_words[: batch.words.shape[1]].to(self.device), self.empty_pooled.to(self.device)
