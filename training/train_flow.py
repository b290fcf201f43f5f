"""Train the transformer by rectified flow on the shards of `make_scenes`; on a GPU if there is one, else on the CPU.

    python -m training.train_flow --steps 30000 --cooldown 9000

Checkpoints every few hundred steps (model, average, optimisers, step, random state) and goes on from the last one, so it may
be stopped at any time. The learning rate warms up, stays, and falls to nothing over the last `--cooldown` steps.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import FluxTransformer2DModel
from torch import Tensor, nn

from mezzotint.engines.nano.latents import positions
from mezzotint.engines.nano.text import TOKENS, TextEncoder
from training.home import folder
from training.model import CONFIG, NO_GUIDANCE, new_transformer

SEED = 7
TOKENS_A_BATCH = 6144  # image and text tokens together
EMPTY = 0.1  # share of captions dropped, for classifier-free guidance
WARM_UP = 200
EMA = 0.9995
MUON_RATE, ADAM_RATE = 0.02, 1e-3
SAVE_EVERY = 250


@dataclass(frozen=True)
class Shard:
    """One folder of `make_scenes`, memory-mapped."""

    columns: int
    rows: int
    latents: np.ndarray
    words: np.ndarray
    pooled: np.ndarray

    @classmethod
    def open(cls, path: Path) -> Shard:
        columns, rows = (int(side) for side in path.name.split("-")[0].split("x"))
        return cls(columns, rows, *(np.load(path / f"{name}.npy", mmap_mode="r") for name in ("latents", "words", "pooled")))


@dataclass(frozen=True)
class Batch:
    latents: Tensor  # (b, tokens, 128)
    words: Tensor  # (b, 32, 512)
    pooled: Tensor  # (b, 512)
    positions: Tensor  # (tokens, 3)


class Data:
    """Random batches, each of one grid, shards drawn by their size."""

    def __init__(self, home: Path, device: torch.device) -> None:
        self.shards = [Shard.open(path) for path in sorted(home.iterdir()) if path.suffix != ".part"]
        sizes = np.array([len(shard.latents) for shard in self.shards], np.float64)
        self.shares, self.device = sizes / sizes.sum(), device
        empty = TextEncoder().encode([""])
        self.empty_words, self.empty_pooled = torch.from_numpy(empty.tokens[0]), torch.from_numpy(empty.pooled[0])

    def draw(self, chance: np.random.Generator) -> Batch:
        shard = self.shards[chance.choice(len(self.shards), p=self.shares)]
        size = max(1, TOKENS_A_BATCH // (shard.latents.shape[1] + TOKENS))
        rows = np.sort(chance.choice(len(shard.latents), min(size, len(shard.latents)), replace=False))
        latents, words, pooled = (torch.from_numpy(part[rows].astype(np.float32)) for part in (shard.latents, shard.words, shard.pooled))
        dropped = torch.from_numpy(chance.random(len(rows)) < EMPTY)
        words[dropped], pooled[dropped] = self.empty_words, self.empty_pooled
        places = torch.from_numpy(positions(shard.rows, shard.columns))
        return Batch(*(part.to(self.device, non_blocking=True) for part in (latents, words, pooled, places)))


def times(count: int, chance: np.random.Generator) -> np.ndarray:
    """Noise levels in 0..1, most of them in the middle where pictures are decided, a little towards noise."""
    return (1 / (1 + np.exp(-chance.normal(0.3, 1.1, count)))).astype(np.float32)


Loss = Callable[[nn.Module, Batch, np.random.Generator], Tensor]


@dataclass(frozen=True)
class Noisy:
    """Latents on the way to noise, by how much, and where that way leads."""

    mixed: Tensor  # (b, tokens, 128)
    levels: Tensor  # (b,)
    towards: Tensor  # noise minus latents


def noised(batch: Batch, chance: np.random.Generator) -> Noisy:
    device = batch.latents.device
    levels = torch.from_numpy(times(len(batch.latents), chance)).to(device)
    noise = torch.from_numpy(chance.standard_normal(tuple(batch.latents.shape), np.float32)).to(device)
    return Noisy(torch.lerp(batch.latents, noise, levels[:, None, None]), levels, noise - batch.latents)


def velocity_of(model: nn.Module, batch: Batch, noisy: Noisy, guidance: Tensor) -> Tensor:
    """What `model` answers (b, tokens, 128), told the captions of `batch` and to heed them by `guidance` (b,)."""
    velocity: Tensor = model(
        hidden_states=noisy.mixed,
        encoder_hidden_states=batch.words,
        pooled_projections=batch.pooled,
        timestep=noisy.levels,
        guidance=guidance,
        img_ids=batch.positions,
        txt_ids=torch.zeros(batch.words.shape[1], 3, device=noisy.levels.device),
        return_dict=False,
    )[0]
    return velocity


def flow_loss(model: nn.Module, batch: Batch, chance: np.random.Generator) -> Tensor:
    """Mean square error of the velocity (noise minus latents) on the straight line between them."""
    noisy = noised(batch, chance)
    velocity = velocity_of(model, batch, noisy, torch.full_like(noisy.levels, NO_GUIDANCE))
    return (velocity.float() - noisy.towards).square().mean()


def optimisers(model: FluxTransformer2DModel) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for modulations, embeddings, norms and biases."""
    matrices, rest = [], []
    for name, weight in model.named_parameters():
        inner = "blocks." in name and weight.ndim == 2 and ".norm" not in name
        (matrices if inner else rest).append(weight)
    return [
        torch.optim.Muon(matrices, lr=MUON_RATE, weight_decay=0.01, momentum=0.95),
        torch.optim.AdamW(rest, lr=ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.0, fused=torch.cuda.is_available()),
    ]


def rate(step: int, steps: int, cooldown: int) -> float:
    return min(1.0, (step + 1) / WARM_UP, max(0.0, (steps - step) / max(1, cooldown)))


class Run:
    """A training run: everything that a checkpoint holds."""

    def __init__(self, home: Path, device: torch.device, loss: Loss = flow_loss) -> None:
        torch.manual_seed(SEED)
        self.loss = loss
        self.home, self.step, self.samples, self.seconds = home, 0, 0, 0.0
        self.model = new_transformer().to(device).train()
        self.ema = {name: weight.detach().clone() for name, weight in self.model.state_dict().items()}
        self.optimisers = optimisers(self.model)
        self.chance = np.random.default_rng(SEED)

    @property
    def checkpoint(self) -> Path:
        return self.home / "checkpoint.pt"

    def resume(self) -> None:
        if not self.checkpoint.exists():
            return
        saved = torch.load(self.checkpoint, map_location=next(self.model.parameters()).device, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.ema = saved["ema"]
        for optimiser, state in zip(self.optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        self.step, self.samples, self.seconds = saved["step"], saved["samples"], saved["seconds"]
        self.chance = np.random.default_rng([SEED, self.step])

    def start_from(self, checkpoint: Path) -> None:
        """Begins a new run where the averaged weights of another one are; what went into those counts."""
        saved = torch.load(checkpoint, map_location=next(self.model.parameters()).device, weights_only=True)
        self.model.load_state_dict(saved["ema"])
        self.ema = saved["ema"]
        self.samples, self.seconds = saved["samples"], saved["seconds"]

    def save(self) -> None:
        unfinished = self.checkpoint.with_suffix(".part")
        state = {
            "config": {key: list(value) if isinstance(value, tuple) else value for key, value in CONFIG.items()},
            "model": self.model.state_dict(),
            "ema": self.ema,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "samples": self.samples,
            "seconds": self.seconds,
        }
        torch.save(state, unfinished)
        unfinished.replace(self.checkpoint)

    def advance(self, batch: Batch, scale: float) -> float:
        """One optimiser step at `scale` times the full rate; the loss."""
        for optimiser, full in zip(self.optimisers, (MUON_RATE, ADAM_RATE), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = full * scale
        device = batch.latents.device
        with torch.autocast(device.type, torch.bfloat16):
            loss = self.loss(self.model, batch, self.chance)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        weight = min(EMA, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.ema[name].lerp_(value, 1 - weight)
        self.step += 1
        self.samples += len(batch.latents)
        return float(loss.detach())


def train(run: Run, data: Data, steps: int, cooldown: int, peak: float = 1.0) -> None:
    losses: list[float] = []
    began = time.monotonic()
    while run.step < steps:
        losses.append(run.advance(data.draw(run.chance), peak * rate(run.step, steps, cooldown)))
        if run.step % 50 == 0:
            now = time.monotonic()
            run.seconds += now - began
            began = now
            entry = {"step": run.step, "samples": run.samples, "seconds": round(run.seconds), "loss": round(float(np.mean(losses)), 4)}
            with (run.home / "log.jsonl").open("a") as log:
                log.write(json.dumps(entry) + "\n")
            losses.clear()
        if run.step % SAVE_EVERY == 0 or run.step == steps:
            run.save()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30_000)
    parser.add_argument("--cooldown", type=int, default=9_000)
    parser.add_argument("--run", default="flow")
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = Run(folder(arguments.run), device)
    run.resume()
    train(run, Data(folder("scenes"), device), arguments.steps, arguments.cooldown)


if __name__ == "__main__":
    main()
