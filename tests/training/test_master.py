"""The master copy in weights/nano is what the package ships: diffusers' own pipeline, loaded from it, paints the runtime's picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.engines.nano.latents import unpack
from mezzotint.engines.nano.sampling import Grid, noise, schedule
from mezzotint.engines.nano.text import TextEncoder
from mezzotint.ports import PaintRequest

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")

MASTER = Path(__file__).parents[2] / "weights" / "nano" / "transformer"
PROMPT, GUIDANCE, SEED, GRID = "a red car in a city at night", 3.0, 11, Grid(11, 8)
PIXELS_A_TOKEN = 16  # of a pipeline that has no autoencoder


def test_diffusers_own_pipeline_paints_the_same_latents() -> None:
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    transformer = FluxTransformer2DModel.from_pretrained(MASTER, torch_dtype=torch.float32)
    scheduler = FlowMatchEulerDiscreteScheduler(shift=1.0)
    pipeline = FluxPipeline(scheduler=scheduler, vae=None, text_encoder=None, tokenizer=None, text_encoder_2=None, tokenizer_2=None, transformer=transformer)
    pipeline.set_progress_bar_config(disable=True)
    told, levels = TextEncoder().encode([PROMPT]), schedule(8)

    painted = pipeline(
        prompt_embeds=torch.from_numpy(told.tokens),
        pooled_prompt_embeds=torch.from_numpy(told.pooled),
        latents=torch.from_numpy(noise(SEED, (GRID.rows * GRID.columns, 128)))[None],
        height=GRID.rows * PIXELS_A_TOKEN,
        width=GRID.columns * PIXELS_A_TOKEN,
        sigmas=levels[:-1].tolist(),
        num_inference_steps=8,
        guidance_scale=GUIDANCE,
        output_type="latent",
    ).images[0]

    request = PaintRequest("flux-dev", PROMPT, 1024, 768, 8, GUIDANCE, SEED)
    ours = NanoEngine(threads=1).latents(request, GRID, lambda *_: None)
    theirs = unpack(painted.numpy(), GRID.rows, GRID.columns)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.995  # the runtime's weights are of eight bits
    assert np.sqrt(np.mean((ours - theirs) ** 2)) < 0.12
