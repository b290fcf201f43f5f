"""What a FLUX.1 transformer makes of time, guidance and pooled text, for all steps before the first one.

A quarter of its weights, 3.2 of 12 billion, turn one vector a step into scales and shifts. Read once a picture instead of once a step,
they cost next to nothing; so do the angles of the positions, which are the same at every step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

ROWS = 64  # steps that there is room for: more than a request may ask for, and always as many, so that compiled code fits every count


class _Clock(nn.Module):
    """The row of the step that is computed, on the device: nothing waits for it."""

    row: Tensor

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.register_buffer("row", torch.zeros(1, dtype=torch.long, device=device), persistent=False)


class _Tabled(nn.Module):
    """A linear layer of one vector a step, looked up."""

    table: Tensor

    def __init__(self, linear: nn.Module, clock: _Clock, width: int, like: Tensor) -> None:
        super().__init__()
        self.linear, self.clock = linear, clock
        self.register_buffer("table", torch.zeros(ROWS, width, dtype=like.dtype, device=like.device), persistent=False)

    def fill(self, inputs: Tensor) -> None:
        made = self.linear(inputs)
        self.table[: len(made)].copy_(made)

    def forward(self, _: Tensor) -> Tensor:
        return self.table.index_select(0, self.clock.row)


class _Embedding(nn.Module):
    """Stands in for `time_text_embed`: at a picture's first step it fills the tables, at every step it moves the clock on."""

    def __init__(self, ahead: Modulation, embed: nn.Module) -> None:
        super().__init__()
        self.embed = embed
        self._ahead = [ahead]  # in a list, so that it is no module of this one
        self.register_buffer("table", None, persistent=False)

    def forward(self, timestep: Tensor, *rest: Tensor) -> Tensor:
        return self._ahead[0].step(self, timestep, *rest)


class _Positions(nn.Module):
    """Stands in for `pos_embed`: the angles of a picture's first step are those of the others."""

    def __init__(self, embed: nn.Module) -> None:
        super().__init__()
        self.embed = embed
        self.known: Any = None

    def forward(self, ids: Tensor) -> Any:
        if self.known is None:
            self.known = self.embed(ids)
        return self.known


class Modulation:
    """Put around the small parts of one transformer. `begin` before every picture."""

    def __init__(self, transformer: Any) -> None:
        like = transformer.context_embedder.weight
        self._clock = _Clock(like.device)
        self._tabled: list[_Tabled] = []
        for norm in _norms(transformer):
            width = norm.linear.bias.shape[0]
            norm.linear = _Tabled(norm.linear, self._clock, width, like if like.is_floating_point() else torch.zeros((), device=like.device))
            self._tabled.append(norm.linear)
        self._embedding = transformer.time_text_embed = _Embedding(self, transformer.time_text_embed)
        self._positions = transformer.pos_embed = _Positions(transformer.pos_embed)
        self._times: Any = None
        self._rows: Any = None
        self._next = 0

    def begin(self, times: Any) -> None:
        """`times` gives the time steps of the picture that comes, as its scheduler will have them, once its first step is computed."""
        self._times, self._rows, self._next, self._positions.known = times, None, 0, None

    def step(self, embedding: _Embedding, timestep: Tensor, *rest: Tensor) -> Tensor:
        if self._rows is None:
            self._fill(embedding, timestep, *rest)
        self._clock.row.fill_(self._next)
        at, self._next = self._next, self._next + 1
        found: Tensor = self._rows[at : at + 1]
        return found

    def _fill(self, embedding: _Embedding, timestep: Tensor, *rest: Tensor) -> None:
        # as the pipeline and the transformer make the time from the scheduler's, rounding included
        times = (self._times().to(timestep.device).to(timestep.dtype) / 1000).to(timestep.dtype) * 1000
        shared = [each.expand(len(times), *each.shape[1:]) for each in rest]
        self._rows = embedding.embed(times, *shared)
        inputs = nn.functional.silu(self._rows)
        for tabled in self._tabled:
            tabled.fill(inputs.to(tabled.table.dtype))


def _norms(transformer: Any) -> Iterator[Any]:
    """Every part that turns the vector into scales and shifts; all of them apply SiLU and a linear layer."""
    for block in transformer.transformer_blocks:
        yield block.norm1
        yield block.norm1_context
    for block in transformer.single_transformer_blocks:
        yield block.norm
    yield transformer.norm_out


def pays(transformer: Any) -> bool:
    """Only FLUX.1's networks have modulations of their own in every block; FLUX.2's share one."""
    return all(hasattr(transformer, part) for part in ("time_text_embed", "pos_embed", "single_transformer_blocks")) and all(
        hasattr(getattr(norm, "linear", None), "bias") for norm in _norms_or_none(transformer)
    )


def _norms_or_none(transformer: Any) -> Iterator[Any]:
    try:
        yield from _norms(transformer)
    except AttributeError:
        yield None
