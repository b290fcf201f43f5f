"""nano's runtime beside plain diffusers in float32 on the same weights, interleaved in one run.

    python benchmarks/nano.py [--rounds 7] [--steps 28] [--runtimes]

`--runtimes` times each graph on ONNX Runtime and on OpenVINO instead. Needs torch, diffusers and OpenVINO, which `scripts/bench nano`
installs into an environment of its own.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from diffusers import FluxTransformer2DModel
from safetensors.torch import load_file

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.engines.nano.latents import PatchCodec, positions, unpack
from mezzotint.engines.nano.runtimes import Array, Graph, on_onnxruntime, on_openvino
from mezzotint.engines.nano.sampling import Grid, denoise, noise, schedule
from mezzotint.ports import PaintRequest
from training.decoder import Decoder
from training.export import SHIPPED, plain_transformer

Made = TypeVar("Made")

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

        tokens = denoise(velocity, _begun(engine, grid), schedule(steps), lambda *_: None)
        painted = self.decoder(torch.from_numpy(unpack(tokens, 8, 8)[None]))[0]
        return Pixels.of((painted.clamp(0, 1) * 255 + 0.5).byte().permute(1, 2, 0).numpy())


def _begun(engine: NanoEngine, grid: Grid) -> Array:
    """What the engine begins with."""
    fresh = noise(SEED, (grid.rows * grid.columns, 128))
    hint = engine._sides.hint(PROMPT, SEED, grid) if engine._sides is not None else None
    return fresh if hint is None else fresh + hint


def timed(work: Callable[[], Made]) -> tuple[float, float, Made]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return time.perf_counter() - wall, time.process_time() - cpu, made


def graphs() -> Iterator[tuple[str, dict[str, Array], dict[str, Graph]]]:
    """What a step of a square picture and its decoding are given, and the ways to run them."""
    chance, threads = np.random.default_rng(1), os.cpu_count() or 1
    normal = partial(chance.standard_normal, dtype=np.float32)
    step = {"tokens": normal((1, 64, 128)), "words": normal((1, 32, 512)), "pooled": normal((1, 512)), "places": positions(8, 8)}
    step |= {"level": np.array([0.5], np.float32), "guidance": np.array([GUIDANCE], np.float32)}
    plain = plain_transformer(FluxTransformer2DModel.from_pretrained(MASTER / "transformer", torch_dtype=torch.float32).eval()).SerializeToString()
    small, decoder = ((SHIPPED / name).read_bytes() for name in ("transformer.onnx", "decoder.onnx"))
    yield (
        "a step",
        step,
        {
            "ONNX Runtime, int8": on_onnxruntime(small, threads),
            "ONNX Runtime, float32": on_onnxruntime(plain, threads),
            "OpenVINO, int8": on_openvino(small, threads),
            "OpenVINO, bfloat16": on_openvino(plain, threads),
            "OpenVINO, float32": on_openvino(plain, threads, exact=True),
        },
    )
    yield (
        "decoding 512 x 512",
        {"latents": normal((1, 32, 16, 16))},
        {
            "ONNX Runtime, float32": on_onnxruntime(decoder, threads),
            "OpenVINO, bfloat16": on_openvino(decoder, threads),
            "OpenVINO, float32": on_openvino(decoder, threads, exact=True),
        },
    )


def compare_runtimes(rounds: int) -> None:
    print("| what | runtime | ms | CPU ms |\n| --- | --- | --: | --: |")
    for what, feeds, ways in graphs():
        taken: dict[str, list[tuple[float, float, Array]]] = {name: [] for name in ways}
        for number in range(rounds + 1):
            for name, graph in ways.items():
                run = timed(partial(graph, feeds))
                if number:  # the first time does more
                    taken[name].append(run)
        for name, runs in taken.items():
            wall, cpu = (statistics.median(run[at] for run in runs) * 1e3 for at in (0, 1))
            print(f"| {what} | {name} | {wall:.1f} | {cpu:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=28)
    parser.add_argument("--runtimes", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    if arguments.runtimes:
        compare_runtimes(arguments.rounds * 5)
        return
    engine, plain = NanoEngine(), PlainDiffusers()
    request = PaintRequest("flux-dev", PROMPT, SIDE, SIDE, arguments.steps, GUIDANCE, SEED)
    quicker = NanoEngine(runtime="openvino")
    ways = {
        "diffusers eager, float32": lambda: plain.paint(engine, arguments.steps),
        "nano's runtime, int8": lambda: engine.paint(request, lambda *_: None).pixels,
        "the same, decoded by OpenVINO": lambda: quicker.paint(request, lambda *_: None).pixels,
    }
    for paint in ways.values():
        paint()
    taken: dict[str, list[tuple[float, float, Pixels]]] = {name: [] for name in ways}
    for _ in range(arguments.rounds):
        for name, paint in ways.items():
            taken[name].append(timed(paint))
    base = statistics.median(run[0] for run in taken["diffusers eager, float32"])
    first = taken["diffusers eager, float32"][0][2].array.astype(float)
    print(f"| 512 x 512, {arguments.steps} steps | seconds | CPU seconds | times as fast | dB alike |\n| --- | --: | --: | --: | --: |")
    for name, runs in taken.items():
        wall, cpu = (statistics.median(run[at] for run in runs) for at in (0, 1))
        apart = np.mean((first - runs[0][2].array.astype(float)) ** 2)
        print(f"| {name} | {wall:.3f} | {cpu:.3f} | {base / wall:.2f} | {10 * np.log10(255**2 / apart) if apart else np.inf:.1f} |")


if __name__ == "__main__":
    main()
