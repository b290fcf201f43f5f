"""The master copy in weights/nano is what the package ships: diffusers' own pipeline, loaded from it, paints the runtime's picture."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.engines.nano.latents import unpack
from mezzotint.engines.nano.sampling import Grid, noise, schedule
from mezzotint.engines.nano.sealed import DIGESTS, digests_of
from mezzotint.engines.nano.text import WINDOWS, TextEncoder
from mezzotint.ports import PaintRequest

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")

MASTER = Path(__file__).parents[2] / "weights" / "nano" / "transformer"
PROMPT, GUIDANCE, SEED, GRID = "a red car in a city at night", 3.0, 11, Grid(11, 8)
PIXELS_A_TOKEN = 16  # of a pipeline that has no autoencoder


@pytest.fixture(scope="module")
def transformer() -> Any:
    from diffusers import FluxTransformer2DModel

    return FluxTransformer2DModel.from_pretrained(MASTER, torch_dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def theirs(transformer: Any) -> np.ndarray:
    """Latents by diffusers' pipeline, as the runtime has them."""
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline

    scheduler = FlowMatchEulerDiscreteScheduler(shift=1.0)
    pipeline = FluxPipeline(scheduler=scheduler, vae=None, text_encoder=None, tokenizer=None, text_encoder_2=None, tokenizer_2=None, transformer=transformer)
    pipeline.set_progress_bar_config(disable=True)
    told, levels = TextEncoder().encode([PROMPT]), schedule(8)

    painted = pipeline(
        prompt_embeds=torch.from_numpy(told.tokens[:, : WINDOWS[0]]),  # as many as nano is taught to see of a short prompt
        pooled_prompt_embeds=torch.from_numpy(told.pooled),
        latents=torch.from_numpy(noise(SEED, (GRID.rows * GRID.columns, 128)))[None],
        height=GRID.rows * PIXELS_A_TOKEN,
        width=GRID.columns * PIXELS_A_TOKEN,
        sigmas=levels[:-1].tolist(),
        num_inference_steps=8,
        guidance_scale=GUIDANCE,
        output_type="latent",
    ).images[0]
    return unpack(painted.numpy(), GRID.rows, GRID.columns)


def latents_of(engine: NanoEngine) -> np.ndarray:
    return engine.latents(PaintRequest("flux-dev", PROMPT, 1024, 768, 8, GUIDANCE, SEED), GRID, lambda *_: None)


def test_diffusers_own_pipeline_paints_the_same_latents(theirs: np.ndarray) -> None:
    """All but for the runtime's weights of eight bits, whose rounding grows from step to step."""
    ours = latents_of(NanoEngine(threads=1))

    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.998
    assert np.sqrt(np.mean((ours - theirs) ** 2)) < 0.08


@pytest.mark.filterwarnings("ignore")  # PyTorch's exporter warns of itself
def test_in_single_precision_the_runtime_paints_what_diffusers_does(transformer: Any, theirs: np.ndarray, tmp_path: Path) -> None:
    import onnx

    from training.export import SHIPPED, plain_transformer

    weights = shutil.copytree(SHIPPED, tmp_path / "weights")
    onnx.save(plain_transformer(transformer), weights / "transformer.onnx")
    (weights / DIGESTS).write_text(digests_of(weights))

    ours = latents_of(NanoEngine(threads=1, weights=weights))

    assert np.abs(ours - theirs).max() < 1e-3
