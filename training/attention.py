"""Attention for training on a processor, in place of PyTorch's fused form, whose way back is slow there.

As two matrix products with a softmax between them, forwards and back, it takes between a third and a half of the time for the rows of
some hundred tokens that there are here. Same weights, same answers but for rounding.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from diffusers.models.embeddings import apply_rotary_emb
from diffusers.models.transformers.transformer_flux import FluxAttention
from torch import Tensor

Layer = Callable[[Tensor], Tensor]


class PlainAttention:
    """A processor as diffusers has them; words come before the picture's tokens."""

    def __call__(
        self,
        attn: FluxAttention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        image_rotary_emb: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """(b, tokens, width), and (b, words, width) where words have layers of their own."""
        assert attention_mask is None, "no batch here has a mask"
        query, key, value = _heads(hidden_states, attn.head_dim, (attn.to_q, attn.norm_q), (attn.to_k, attn.norm_k), (attn.to_v, None))
        if encoder_hidden_states is not None:
            layers = ((attn.add_q_proj, attn.norm_added_q), (attn.add_k_proj, attn.norm_added_k), (attn.add_v_proj, None))
            told = _heads(encoder_hidden_states, attn.head_dim, *layers)
            query, key, value = (torch.cat(pair, 1) for pair in zip(told, (query, key, value), strict=True))
        if image_rotary_emb is not None:
            query, key = (apply_rotary_emb(each, image_rotary_emb, sequence_dim=1) for each in (query, key))
        heeded = attended(query, key, value).flatten(2)
        if encoder_hidden_states is None:
            return heeded
        words = encoder_hidden_states.shape[1]
        return attn.to_out[1](attn.to_out[0](heeded[:, words:])), attn.to_add_out(heeded[:, :words])


def _heads(x: Tensor, width: int, *layers: tuple[Layer, Layer | None]) -> list[Tensor]:
    """What each layer makes of (b, n, width of the model), as (b, n, heads, width), normalised where it is."""
    made = [layer(x).unflatten(-1, (-1, width)) for layer, _ in layers]
    return [each if norm is None else norm(each) for each, (_, norm) in zip(made, layers, strict=True)]


def attended(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """All (b, n, heads, width)."""
    query, key, value = (each.transpose(1, 2) for each in (query, key, value))
    likeness = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    return (likeness.softmax(-1).to(value.dtype) @ value).transpose(1, 2)
