"""Train the decoder on the pairs of `make_pairs`; on a GPU if there is one, else on the CPU.

    python -m training.train_decoder --steps 9000

Checkpoints, and goes on from the last one. Half of the latents get a little noise, as a transformer's have, so that the decoder
learns to clean up after it.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mezzotint.engines.nano.latents import PATCH
from training.decoder import Decoder
from training.fit_latents import load_codec
from training.home import folder
from training.make_pairs import SCALE
from training.provenance import note_command

SEED = 5
BATCH, CROP = 6, 10  # crops of so many latents a side
RATE, WARM_UP = 1e-3, 100
MOST_NOISE = 0.25
SAVE_EVERY = 500


class Pairs:
    def __init__(self, home: Path) -> None:
        self.shards = [
            (np.load(path / "latents.npy", mmap_mode="r"), np.load(path / "pixels.npy", mmap_mode="r"))
            for path in sorted(home.iterdir())
            if path.suffix != ".part"
        ]

    def draw(self, chance: np.random.Generator, size: int, crop: int) -> tuple[Tensor, Tensor]:
        """Latents (b, 32, crop, crop) and pixels (b, 3, 32 * crop, 32 * crop) in 0..1."""
        latents, pixels = [], []
        for _ in range(size):
            shard = self.shards[chance.integers(len(self.shards))]
            row = int(chance.integers(len(shard[0])))
            y, x = (int(chance.integers(shard[0].shape[2] - crop + 1)) for _ in range(2))
            unit = PATCH * SCALE
            latents.append(shard[0][row, :, y : y + crop, x : x + crop])
            pixels.append(shard[1][row, y * unit : (y + crop) * unit, x * unit : (x + crop) * unit])
        return torch.from_numpy(np.stack(latents).astype(np.float32)), torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).float() / 255


def edges(x: Tensor) -> tuple[Tensor, Tensor]:
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def loss_of(painted: Tensor, wanted: Tensor) -> Tensor:
    """Absolute error of pixels, and of differences between neighbours, which is where outlines are."""
    loss = (painted - wanted).abs().mean()
    for mine, theirs in zip(edges(painted), edges(wanted), strict=True):
        loss = loss + (mine - theirs).abs().mean()
    return loss


def noised(latents: Tensor, chance: np.random.Generator) -> Tensor:
    amounts = chance.uniform(0, MOST_NOISE, len(latents)) * (chance.random(len(latents)) < 0.5)
    noise = torch.from_numpy(chance.standard_normal(tuple(latents.shape), np.float32))
    return latents + noise * torch.from_numpy(amounts.astype(np.float32))[:, None, None, None]


def quality(decoder: Decoder, pairs: Pairs, device: torch.device) -> dict[str, float]:
    """PSNR in dB on fixed crops, of the linear decode and of the network."""
    latents, pixels = pairs.draw(np.random.default_rng(999), 24, CROP)
    with torch.no_grad():
        painted = decoder(latents.to(device)).clamp(0, 1).cpu()
        linear = F.interpolate(decoder.linear(latents.to(device)), scale_factor=2, mode="bilinear").clamp(0, 1).cpu()
    return {name: round(float(-10 * torch.log10((each - pixels).square().mean((1, 2, 3))).mean()), 2) for name, each in (("psnr", painted), ("linear", linear))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--run", default="decoder")
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(SEED)
    home, pairs = folder(arguments.run), Pairs(folder("pairs"))
    decoder = Decoder(load_codec()).to(device).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(decoder.parameters(), lr=RATE, betas=(0.9, 0.99), weight_decay=1e-4)
    step, seconds, checkpoint = 0, 0.0, home / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        decoder.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        step, seconds = saved["step"], saved.get("seconds", 0.0)
    note_command(home, f"step {step}")
    began = time.monotonic() - seconds
    losses = []
    while step < arguments.steps:
        chance = np.random.default_rng([SEED, step])
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARM_UP) * min(1.0, (arguments.steps - step) / (0.4 * arguments.steps))
        latents, pixels = pairs.draw(chance, BATCH, CROP)
        with torch.autocast(device.type, torch.bfloat16):
            painted = decoder(noised(latents, chance).to(device).to(memory_format=torch.channels_last))
        loss = loss_of(painted.float(), pixels.to(device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        step += 1
        if step % 100 == 0 or step == arguments.steps:
            seconds = time.monotonic() - began
            entry = {"step": step, "loss": round(float(np.mean(losses)), 5), "seconds": round(seconds)}
            if step % SAVE_EVERY == 0 or step == arguments.steps:
                entry |= quality(decoder, pairs, device)
                unfinished = checkpoint.with_suffix(".part")
                torch.save({"model": decoder.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "seconds": seconds}, unfinished)
                unfinished.replace(checkpoint)
            with (home / "log.jsonl").open("a") as log:
                log.write(json.dumps(entry) + "\n")
            losses.clear()


if __name__ == "__main__":
    main()
