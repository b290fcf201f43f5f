"""nano's transformer: diffusers' own Flux class at a small size, and where its checkpoints are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import FluxTransformer2DModel

from mezzotint.engines.nano.latents import CHANNELS, TOKEN
from mezzotint.engines.nano.text import WIDTH
from training.attention import PlainAttention

CONFIG: dict[str, Any] = {
    "patch_size": 1,
    "in_channels": CHANNELS * TOKEN * TOKEN,
    "num_layers": 2,
    "num_single_layers": 5,
    "attention_head_dim": 64,
    "num_attention_heads": 4,
    "joint_attention_dim": WIDTH,
    "pooled_projection_dim": WIDTH,
    "guidance_embeds": True,
    "axes_dims_rope": (16, 24, 24),
}
NO_GUIDANCE = 1.0  # what the guidance embedding hears while the plain model is trained


def new_transformer() -> FluxTransformer2DModel:
    model = FluxTransformer2DModel(**CONFIG)
    if not torch.cuda.is_available():
        model.set_attn_processor(PlainAttention())
    return model


def load_ema(checkpoint: Path) -> FluxTransformer2DModel:
    """The averaged weights of a checkpoint, ready to sample with."""
    model = new_transformer()
    model.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["ema"])
    return model.eval()
