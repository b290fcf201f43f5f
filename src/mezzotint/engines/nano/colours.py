"""Pictures as numbers in 0..1 and as pixels of eight bits."""

from __future__ import annotations

import numpy as np

from mezzotint.core.images import Pixels


def colours(pixels: Pixels) -> np.ndarray:
    """(h, w, 3) float32 in 0..1."""
    return np.asarray(np.asarray(pixels.array, np.float32) / 255, np.float32)


def eight_bits(picture: np.ndarray) -> Pixels:
    """Of (h, w, 3), 0 to 1 and a little beyond."""
    return Pixels.of(np.ascontiguousarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)))
