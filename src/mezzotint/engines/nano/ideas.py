"""What to paint where a prompt asks for nothing in particular: "Hello", "ein fantastisches bild", or nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mezzotint.engines.nano.text import POOLED_SCALE

LIKE = 0.6  # cosine to such a phrase, above which a prompt is one; prompts that name a thing stay below 0.5

Array = np.ndarray


class Ideas:
    """`vague`: unit vectors (n, 512) of phrases that name nothing. `prompts`: what is painted instead, by the seed."""

    def __init__(self, vague: Array, prompts: Sequence[str]) -> None:
        self._vague, self._prompts = vague.astype(np.float32), tuple(prompts)

    @classmethod
    def from_tensors(cls, tensors: Any, prompts: Sequence[str]) -> Ideas:
        return cls(tensors["vague"], prompts)

    def instead_of(self, prompt: str, pooled: Array, seed: int) -> str | None:
        """A prompt to paint instead, None for one that says what it wants. `pooled` (512,) is the prompt's own vector."""
        if not self._prompts:
            return None
        if prompt.strip() and float((self._vague @ pooled).max()) / POOLED_SCALE < LIKE:
            return None
        return self._prompts[seed % len(self._prompts)]
