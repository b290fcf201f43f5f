"""Prompts as a transformer reads them, encoded once each: people try the same words with other seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mezzotint import imaging
from mezzotint.core.images import Pixels
from mezzotint.engines.diffusers.fitting import ENCODERS
from mezzotint.engines.diffusers.loading import Loaded

KEPT = 64  # prompts, of 4 MB each with FLUX.1 and 16 MB with FLUX.2


@dataclass(frozen=True)
class Words:
    """`embeds` (1, tokens, width); `pooled` (1, width) for FLUX.1; `nothing` is the empty prompt, for guidance by the difference."""

    embeds: Any
    pooled: Any = None
    nothing: Any = None

    @property
    def arguments(self) -> dict[str, Any]:
        """As the pipelines take them."""
        given = {"prompt_embeds": self.embeds, "pooled_prompt_embeds": self.pooled, "negative_prompt_embeds": self.nothing}
        return {name: value for name, value in given.items() if value is not None}


def words_of(loaded: Loaded, prompt: str) -> Words:
    """Of the last KEPT prompts, as they were; `prompt` may be anything."""
    key = (prompt, tuple(sorted(loaded.loras)))  # a LoRA may teach the text encoder too
    if key not in loaded.words:
        loaded.words[key] = _encoded(loaded, prompt)
        if len(loaded.words) > KEPT:
            loaded.words.popitem(last=False)
    loaded.words.move_to_end(key)
    found: Words = loaded.words[key]
    return found


def _encoded(loaded: Loaded, prompt: str) -> Words:
    import torch

    prompt = prompt.encode("utf-8", "replace").decode()  # tokenizers take no half pairs
    base, device = loaded.base, loaded.base._execution_device if loaded.holding.offload != "text" else loaded.machine.device  # noqa: SLF001 - diffusers has no other way to ask
    moved = [getattr(base, name) for name in ENCODERS if getattr(base, name, None) is not None] if loaded.holding.offload == "text" else []
    with torch.no_grad():
        try:
            for encoder in moved:
                encoder.to(device)
            tokens = _tokens(loaded)
            if hasattr(base, "tokenizer_2"):
                embeds, pooled, _ = base.encode_prompt(prompt=prompt, prompt_2=None, device=device, max_sequence_length=tokens)
                return Words(embeds, pooled)
            embeds, _ = base.encode_prompt(prompt=prompt, device=device, max_sequence_length=tokens)
            guided = loaded.folder.kind == "Flux2KleinPipeline" and not loaded.distilled
            nothing = base.encode_prompt(prompt="", device=device, max_sequence_length=tokens)[0] if guided else None
            return Words(embeds, None, nothing)
        finally:
            for encoder in moved:
                encoder.to("cpu")


def _tokens(loaded: Loaded) -> int:
    """schnell was taught with half as many."""
    return 256 if loaded.folder.kind == "FluxPipeline" and loaded.distilled else loaded.family.tokens


def upsampled(loaded: Loaded, prompt: str) -> str:
    """The prompt made richer by the weights' own language model, where they have one that was taught to: FLUX.2 [dev]'s."""
    if not hasattr(loaded.base, "upsample_prompt") or not hasattr(loaded.base.tokenizer, "tokenizer"):
        return prompt
    import torch

    with torch.no_grad(), torch.random.fork_rng(devices=[loaded.machine.device] if loaded.machine.is_cuda else []):
        torch.manual_seed(0)  # the same prompt becomes the same words
        found = str(loaded.base.upsample_prompt(prompt, device=loaded.machine.device)[0]).strip()
    return found or prompt


def with_picture(words: Words, prior: Loaded, picture: Pixels, strength: float, *, alone: bool) -> Words:
    """The prompt and after it the picture, as Redux reads it. `alone`: the prompt counts nothing, as when only a picture was given."""
    import torch

    with torch.no_grad():
        pipeline, device = prior.base, prior.machine.device
        seen = pipeline.image_embedder(pipeline.encode_image(imaging.image_of(picture), device, 1)).image_embeds
        seen = seen.to(words.embeds.device, words.embeds.dtype) * strength
        text = torch.zeros_like(words.embeds) if alone else words.embeds
        pooled = torch.zeros_like(words.pooled) if alone else words.pooled
        return Words(torch.cat([text, seen], dim=1), pooled)
