"""What makes loaded weights faster: attention back ends, fused projections, modulation made ahead, compiled blocks, step caches."""

from __future__ import annotations

import logging
import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from mezzotint.engines.diffusers.loading import Loaded
from mezzotint.engines.diffusers.machine import Machine, attention_for
from mezzotint.engines.diffusers.tiles import Tiles, room_on
from mezzotint.routing.weights import AUTO, NONE, Tuning

BACKEND = "inductor"  # of torch.compile

log = logging.getLogger("mezzotint.diffusers")


def keep_compiled(folder: Path, environment: MutableMapping[str, str] = os.environ) -> None:
    """What torch.compile makes is kept there and found again by the next process. Before PyTorch is imported."""
    environment.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder / "inductor"))
    environment.setdefault("TRITON_CACHE_DIR", str(folder / "triton"))
    environment.setdefault("TORCHINDUCTOR_FX_GRAPH_CACHE", "1")
    environment.setdefault("TORCHINDUCTOR_AUTOGRAD_CACHE", "1")


def tune(loaded: Loaded, tuning: Tuning) -> tuple[str, ...]:
    """Applies the settings; says what was done, for the metadata of pictures."""
    done = [*_attention(loaded, tuning)]
    plain = loaded.holding.quantize == NONE and loaded.weights.gguf is None
    moved = loaded.holding.offload in ("model", "blocks")
    if tuning.fused and plain and not moved and not loaded.weights.loras:  # a LoRA's layers are beside the single projections
        loaded.base.transformer.fuse_qkv_projections()
        _drop_unfused(loaded.base.transformer)
        done.append("fused")
    if tuning.modulation and not moved and not loaded.weights.loras:
        done += _modulation(loaded)
    loaded.base.vae.to(memory_format=_channels_last())
    loaded.tiles = Tiles(loaded.base.vae, room_on(loaded.machine), tuning.tiles)
    if tuning.step_cache:
        done += step_cache(loaded, tuning.step_cache)
    if (how := compiling(tuning.compile, loaded.machine)) != NONE:
        _compile(loaded, how, tuning)
        done.append(f"compiled {how}")
    return tuple(done)


def _channels_last() -> Any:
    import torch

    return torch.channels_last


def _attention(loaded: Loaded, tuning: Tuning) -> list[str]:
    """A back end that the settings name must be there; of those chosen here, the next is taken."""
    named = tuning.attention != AUTO
    word = tuning.attention if named else attention_for(loaded.machine.capability, together=tuning.together > 1)
    if word == "native":
        return []
    try:
        loaded.base.transformer.set_attention_backend(word)
    except (RuntimeError, ImportError, ValueError, OSError) as error:
        if named:
            from mezzotint.core.errors import EngineFailure

            raise EngineFailure(f"the attention back end {word} cannot be used: {error}", code="bad_weights") from error
        log.warning("attention stays PyTorch's own: %s cannot be used (%s)", word, error)
        return []
    return [f"attention {word}"]


def _drop_unfused(transformer: Any) -> None:
    """The single projections, which nothing reads any more: a sixth of the transformer's memory."""
    for module in transformer.modules():
        if getattr(module, "fused_projections", False):
            for fused, single in (("to_qkv", ("to_q", "to_k", "to_v")), ("to_added_qkv", ("add_q_proj", "add_k_proj", "add_v_proj"))):
                if getattr(module, fused, None) is not None:
                    for name in single:
                        setattr(module, name, None)


def _modulation(loaded: Loaded) -> list[str]:
    from mezzotint.engines.diffusers.modulation import Modulation, pays

    if not pays(loaded.base.transformer):
        return []
    loaded.modulation = Modulation(loaded.base.transformer)
    return ["modulation ahead"]


def step_cache(loaded: Loaded, threshold: float) -> list[str]:
    """Steps whose first block changes little reuse what the others gave: faster, and not the same picture."""
    from diffusers import FirstBlockCacheConfig

    loaded.base.transformer.enable_cache(FirstBlockCacheConfig(threshold=threshold))
    return [f"first-block cache {threshold:g}"]


def compiling(word: str, machine: Machine) -> str:
    """`blocks` compiles the repeated blocks, in seconds to a minute; `whole` all of the transformer, in minutes."""
    if word != AUTO:
        return word
    return "blocks" if machine.is_cuda else NONE


def _compile(loaded: Loaded, how: str, tuning: Tuning) -> None:
    import torch

    torch._dynamo.config.cache_size_limit = 64  # noqa: SLF001 - its own documents say so: sizes and modes are compiled one by one
    transformer = loaded.base.transformer
    if how == "blocks":
        # what is exchanged between GPUs, where lengths are odd, is asked of them first, and that breaks the graph
        transformer.compile_repeated_blocks(fullgraph=not loaded.weights.loras and tuning.together == 1, dynamic=None, backend=BACKEND)
    else:
        transformer.compile(backend=BACKEND, **({"mode": "max-autotune-no-cudagraphs"} if BACKEND == "inductor" else {}))
    loaded.base.vae.decoder.compile(backend=BACKEND)
