"""nano's runtime beside plain diffusers in float32 on the same weights, interleaved in one run.

    python benchmarks/nano.py [--rounds 7] [--steps 28]

Needs torch and diffusers, which `scripts/bench nano` installs into an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import FluxTransformer2DModel
from safetensors.torch import load_file

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.engines.nano.latents import PatchCodec, positions, unpack
from mezzotint.engines.nano.sampling import Grid, denoise, noise, schedule
from mezzotint.ports import PaintRequest
from training.decoder import Decoder

MASTER = Path(__file__).resolve().parent.parent / "weights" / "nano"
PROMPT = "A paper boat floating on calm water at sunrise."
SIDE, SEED, GUIDANCE = 512, 7, 3.0


class PlainDiffusers:
    """The same picture by diffusers' class in eager float32, and the decoder in PyTorch."""

    def __init__(self) -> None:
        self.transformer = FluxTransformer2DModel.from_pretrained(MASTER / "transformer", torch_dtype=torch.float32).eval()
        codec = {name: tensor.numpy() for name, tensor in load_file(MASTER / "codec.safetensors").items()}
        self.decoder = Decoder(PatchCodec.from_tensors(codec))
        self.decoder.load_state_dict({name: tensor.float() for name, tensor in load_file(MASTER / "decoder" / "decoder.safetensors").items()})
        self.decoder.eval()

    @torch.no_grad()
    def paint(self, engine: NanoEngine, steps: int) -> Pixels:
        grid = Grid(8, 8)
        told = engine._encoded(PROMPT)
        fixed = {
            "encoder_hidden_states": torch.from_numpy(told.tokens),
            "pooled_projections": torch.from_numpy(told.pooled),
            "guidance": torch.tensor([GUIDANCE]),
            "img_ids": torch.from_numpy(positions(grid.rows, grid.columns)),
            "txt_ids": torch.zeros(told.tokens.shape[1], 3),
            "return_dict": False,
        }

        def velocity(x: np.ndarray, level: float) -> np.ndarray:
            return self.transformer(hidden_states=torch.from_numpy(x[None]), timestep=torch.tensor([level]), **fixed)[0][0].numpy()

        tokens = denoise(velocity, noise(SEED, (64, 128)), schedule(steps), lambda *_: None)
        painted = self.decoder(torch.from_numpy(unpack(tokens, 8, 8)[None]))[0]
        return Pixels.of((painted.clamp(0, 1) * 255 + 0.5).byte().permute(1, 2, 0).numpy())


def timed(paint: Callable[[], Pixels]) -> tuple[float, float, Pixels]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    picture = paint()
    return time.perf_counter() - wall, time.process_time() - cpu, picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=28)
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    engine, plain = NanoEngine(), PlainDiffusers()
    request = PaintRequest("flux-dev", PROMPT, SIDE, SIDE, arguments.steps, GUIDANCE, SEED)
    ways = {"nano": lambda: engine.paint(request, lambda *_: None).pixels, "diffusers": lambda: plain.paint(engine, arguments.steps)}
    for paint in ways.values():
        paint()
    taken: dict[str, list[tuple[float, float, Pixels]]] = {name: [] for name in ways}
    for _ in range(arguments.rounds):
        for name, paint in ways.items():
            taken[name].append(timed(paint))
    wall = {name: statistics.median(run[0] for run in runs) for name, runs in taken.items()}
    cpu = {name: statistics.median(run[1] for run in runs) for name, runs in taken.items()}
    first, second = (taken[name][0][2].array.astype(float) for name in ways)
    alike = 10 * np.log10(255**2 / np.mean((first - second) ** 2))
    print("| 512 x 512, 28 steps | seconds | CPU seconds | times as fast |".replace("28", str(arguments.steps)))
    print("| --- | --: | --: | --: |")
    for name, title in (("diffusers", "diffusers eager, float32"), ("nano", "nano's runtime, int8")):
        print(f"| {title} | {wall[name]:.3f} | {cpu[name]:.3f} | {wall['diffusers'] / wall[name]:.2f} |")
    print(f"\nThe two pictures are {alike:.1f} dB alike. {json.dumps({'threads': os.cpu_count()})}")


if __name__ == "__main__":
    main()
