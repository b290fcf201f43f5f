"""The diffusers engine beside plain diffusers, on FLUX.1-dev's true shapes with random weights: `scripts/bench gpu`.

Random weights cost the same arithmetic as real ones, so times and their ratios are those of FLUX.1-dev; what pictures look like is not.
PSNR is of the engine's picture against plain diffusers' of the same weights, seed and words. `--tiny` rehearses all of it on a processor.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

from mezzotint import imaging
from mezzotint.core.images import ImageFormat
from mezzotint.engines.diffusers.engine import DiffusersEngine
from mezzotint.engines.diffusers.fitting import Holding
from mezzotint.engines.diffusers.folders import Folder
from mezzotint.engines.diffusers.loading import WHOLE, Loaded, free
from mezzotint.engines.diffusers.machine import machine
from mezzotint.engines.diffusers.weights_library import Library
from mezzotint.engines.diffusers.words import Words
from mezzotint.ports import PaintRequest
from mezzotint.routing.weights import Tuning, Weights

NAME, PROMPT = "FLUX.1-dev", "a paper boat"
TRUE = {"guidance_embeds": True}  # the class's own defaults are FLUX.1's
TINY = {
    "in_channels": 16, "num_layers": 1, "num_single_layers": 1, "attention_head_dim": 16, "num_attention_heads": 2, "joint_attention_dim": 32,
    "pooled_projection_dim": 32, "guidance_embeds": True, "axes_dims_rope": (4, 4, 8),
}  # fmt: skip
TRUE_VAE = {"block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "latent_channels": 16}
TINY_VAE = {"block_out_channels": (4, 4, 4, 4), "layers_per_block": 1, "latent_channels": 4, "norm_num_groups": 1}
PLAIN = Tuning(attention="native", compile="none", fused=False, modulation=False)
# what is measured: settings, how the transformer is quantized, and what it is called
VARIANTS: tuple[tuple[str, Tuning, str], ...] = (
    ("engine, nothing tuned", PLAIN, "none"),
    ("fused, modulation ahead, best attention", Tuning(compile="none"), "none"),
    ("the same, blocks compiled (the default on a GPU)", Tuning(), "none"),
    ("the same, compiled whole", Tuning(compile="whole"), "none"),
    ("the default, fp8", Tuning(), "fp8"),
    ("the default, step cache 0.08", Tuning(step_cache=0.08), "none"),
    ("fp8, step cache 0.08", Tuning(step_cache=0.08), "fp8"),
)
REHEARSED = ("engine, nothing tuned", "fused, modulation ahead, best attention")


def parts(tiny: bool, device: str, dtype: torch.dtype) -> tuple[FluxTransformer2DModel, AutoencoderKL]:
    torch.manual_seed(0)
    blocks = 4
    with torch.device(device):
        transformer = FluxTransformer2DModel(**(TINY if tiny else TRUE)).to(dtype).eval()
        vae = AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * blocks, up_block_types=("UpDecoderBlock2D",) * blocks, use_quant_conv=False, use_post_quant_conv=False,
            scaling_factor=0.3611, shift_factor=0.1159, **(TINY_VAE if tiny else TRUE_VAE),
        ).to(dtype).eval()  # fmt: skip
    return transformer, vae


def pipeline_of(tiny: bool, device: str, dtype: torch.dtype) -> FluxPipeline:
    transformer, vae = parts(tiny, device, dtype)
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0)
    made = FluxPipeline(scheduler, vae, None, None, None, None, transformer)
    made.set_progress_bar_config(disable=True)
    return made


def words(tiny: bool, device: str, dtype: torch.dtype) -> Words:
    chance = torch.Generator().manual_seed(1)
    config = TINY if tiny else {"joint_attention_dim": 4096, "pooled_projection_dim": 768}
    embeds = torch.randn(1, 512, config["joint_attention_dim"], generator=chance).to(device, dtype)
    return Words(embeds, torch.randn(1, config["pooled_projection_dim"], generator=chance).to(device, dtype))


def quantized(transformer: FluxTransformer2DModel, way: str) -> None:
    """As `loading.quantization` has diffusers do it while it reads."""
    if way == "none":
        return
    from torchao.quantization import Float8DynamicActivationFloat8WeightConfig, PerRow, quantize_

    def wanted(module, name):
        return isinstance(module, torch.nn.Linear) and not any(part in name for part in WHOLE)

    quantize_(transformer, Float8DynamicActivationFloat8WeightConfig(granularity=PerRow()), filter_fn=wanted)


def engine_of(tuning: Tuning, way: str, tiny: bool, known: Words, keep: Path) -> DiffusersEngine:
    engine = DiffusersEngine(Library({NAME: Weights(NAME, folder=keep)}, look=lambda _: Folder(keep, "FluxPipeline", ())), tuning, keep)
    found = machine()
    base = pipeline_of(tiny, found.device, found.dtype)
    quantized(base.transformer, way)
    loaded = Loaded(Weights(NAME, folder=keep), Folder(keep, "FluxPipeline", ()), base, found, Holding(way, "none", 0), lambda: "random")
    loaded.words[(PROMPT, ())] = known
    engine.take(loaded)
    return engine


class Clock:
    """How long the pipeline itself takes, whoever calls it: seconds, and seconds of processors."""

    def __init__(self, device: str) -> None:
        self.seconds = self.processors = 0.0
        clock, call = self, FluxPipeline.__call__

        def timed(self, *given, **named):
            began, used = time.perf_counter(), time.process_time()
            try:
                return call(self, *given, **named)
            finally:
                wait(device)
                clock.seconds, clock.processors = time.perf_counter() - began, time.process_time() - used

        FluxPipeline.__call__ = timed


def wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    error = float(((one.astype(np.float64) - other) ** 2).mean())
    return float("inf") if not error else 10 * float(np.log10(255**2 / error))


def compare(options: argparse.Namespace) -> list[str]:
    """A line a variant: seconds a picture beside plain diffusers in the same rounds, memory, PSNR, and what engine and JPEG take beside the pipeline."""
    found, tiny = machine(), options.tiny
    known = words(tiny, found.device, found.dtype)
    plain, clock = pipeline_of(tiny, found.device, found.dtype), Clock(found.device)
    plain.transformer.set_attention_backend("native")
    call = {"width": options.size, "height": options.size, "num_inference_steps": options.steps, "guidance_scale": 3.5, "output_type": "np", **known.arguments}
    request = PaintRequest("flux-dev", PROMPT, options.size, options.size, options.steps, 3.5, 1)

    def once_plain() -> tuple[float, np.ndarray]:
        began = time.perf_counter()
        picture = plain(**call, generator=torch.Generator("cpu").manual_seed(1)).images[0]
        wait(found.device)
        return time.perf_counter() - began, np.rint(picture * 255)

    lines = [
        "| variant | seconds | plain in the same rounds | ratio | beside the pipeline, ms | GB at most | PSNR, dB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    once_plain()
    for name, tuning, way in VARIANTS:
        if tiny and name not in REHEARSED:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                engine = engine_of(tuning, way, tiny, known, Path(folder))
                for _ in range(2):  # compiled, warm
                    np.asarray(engine.paint(request, lambda *_: None).pixels.array)
                if found.is_cuda:
                    torch.cuda.reset_peak_memory_stats()
                ours, theirs, beside, used, picture, expected = [], [], [], [], None, None
                for _ in range(options.rounds):
                    seconds, expected = once_plain()
                    theirs.append(seconds)
                    began, processors = time.perf_counter(), time.process_time()
                    painting = engine.paint(request, lambda *_: None)
                    picture = painting.pixels.array
                    ours.append(time.perf_counter() - began)
                    imaging.encode(painting.pixels, ImageFormat.JPEG, dict(painting.notes))
                    beside.append((time.perf_counter() - began - clock.seconds) * 1000)
                    used.append((time.process_time() - processors - clock.processors) * 1000)
                peak = torch.cuda.max_memory_allocated() / 1e9 if found.is_cuda else float("nan")
                mine, plainly = statistics.median(ours), statistics.median(theirs)
                lines.append(
                    f"| {name} | {mine:.3f} | {plainly:.3f} | {plainly / mine:.2f} | {statistics.median(beside):.1f} | {statistics.median(used):.1f} | {peak:.0f} | {psnr(picture, expected):.1f} |"
                )
                del engine
            except Exception as error:  # one variant that this build cannot do is told, and the others go on
                lines.append(f"| {name} | could not run: {type(error).__name__}: {str(error)[:120]} | | | | | | |")
        free(found)
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def busy(seconds: float, count: int) -> str:
    """A whole server with a backlog, and an engine that waits as for a GPU: the share of the time in which it has something to do."""
    from tests.acceptance.servers import serving

    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), MEZZOTINT_STUB_SECONDS=str(seconds)) as server, server.client() as client:
        made = [
            client.post("/v1/flux-dev", json={"prompt": f"picture {n}", "width": 1024, "height": 1024, "steps": 28, "output_format": "png"}).json()["id"]
            for n in range(count)
        ]
        told = []
        for task in made:
            client.get(f"/v1/tasks/{task}", headers={"prefer": "wait=120"}, timeout=130)
            while (last := client.get(f"/v1/tasks/{task}").json())["finished_at"] is None:
                time.sleep(0.05)
            told.append(last)
    ends = sorted(task["finished_at"] for task in told)[len(told) // 4 :]  # the server's start is not the engine's
    share = seconds * (len(ends) - 1) / (ends[-1] - ends[0])
    return f"Busy share with {count} pictures of {seconds:g} s waiting, 1024 x 1024 as PNG: {share:.1%}"


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--tiny", action="store_true", help="a network a hundred thousand times smaller, to rehearse on a processor")
    reader.add_argument("--steps", type=int, default=28)
    reader.add_argument("--size", type=int, default=1024)
    reader.add_argument("--rounds", type=int, default=5)
    reader.add_argument("--busy", type=float, nargs=2, metavar=("SECONDS", "COUNT"), default=(1.0, 20), help="0 0 leaves it out")
    options = reader.parse_args()
    found = machine()
    if not (options.tiny or found.is_cuda):
        reader.error("there is no GPU here, and FLUX.1-dev in single precision takes 48 GB of memory: --tiny rehearses it")
    print(
        f"{found.name or found.device}, PyTorch {torch.__version__}, {options.size} x {options.size}, {options.steps} steps, medians of {options.rounds} rounds\n"
    )
    with torch.no_grad():
        print("\n".join(compare(options)))
    if options.busy[1]:
        print("\n" + busy(options.busy[0], int(options.busy[1])))


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    main()
