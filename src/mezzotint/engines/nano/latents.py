"""Pictures as latents and back, the linear way: principal components of 16 x 16 patches.

The encoder is closed-form, so the transformer's latents never move while the decoder gets better. This linear decoder is what
the decoder network starts from; the network (`decoder.onnx`) is what paints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

PATCH = 16  # pixels a side
CHANNELS = 32
TOKEN = 2  # latents a side of one token of the transformer
TOKEN_PIXELS = PATCH * TOKEN

Array = np.ndarray


@dataclass(frozen=True)
class PatchCodec:
    """`basis` (CHANNELS, PATCH * PATCH * 3) orthonormal rows, `mean` of a patch, `scale` (CHANNELS,) of each component."""

    basis: Array
    mean: Array
    scale: Array

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Array]) -> PatchCodec:
        return cls(tensors["basis"], tensors["mean"], tensors["scale"])

    def encode(self, pixels: Array) -> Array:
        """(h, w, 3) in 0..1, h and w multiples of PATCH, to latents (CHANNELS, h / PATCH, w / PATCH)."""
        rows, columns = pixels.shape[0] // PATCH, pixels.shape[1] // PATCH
        patches = (pixels.reshape(rows, PATCH, columns, PATCH, 3) * 2 - 1).transpose(0, 2, 1, 3, 4).reshape(rows, columns, -1)
        latents = (patches - self.mean) @ self.basis.T / self.scale
        return np.ascontiguousarray(latents.transpose(2, 0, 1), np.float32)

    def decode(self, latents: Array, shrink: int = 1) -> Array:
        """Latents (CHANNELS, r, c) to (r * PATCH, c * PATCH, 3), unclipped; both sides divided by `shrink`, a divisor of PATCH."""
        _, rows, columns = latents.shape
        side = PATCH // shrink
        patches = (latents.transpose(1, 2, 0) * self.scale) @ _shrunk(self.basis, shrink) + _shrunk(self.mean, shrink)
        pixels = patches.reshape(rows, columns, side, side, 3).transpose(0, 2, 1, 3, 4).reshape(rows * side, columns * side, 3)
        return np.asarray((pixels + 1) / 2, np.float32)


def _shrunk(patches: Array, shrink: int) -> Array:
    """Patches (..., PATCH * PATCH * 3), each pixel the mean of shrink x shrink."""
    if shrink == 1:
        return patches
    side = PATCH // shrink
    means: Array = patches.reshape(*patches.shape[:-1], side, shrink, side, shrink, 3).mean((-4, -2))
    return means.reshape(*patches.shape[:-1], side * side * 3)


def pack(latents: Array) -> Array:
    """(c, 2r, 2k) to tokens (r * k, 4c), in FLUX's order: channel, then row, then column within the token."""
    channels, rows, columns = latents.shape
    tiles = latents.reshape(channels, rows // TOKEN, TOKEN, columns // TOKEN, TOKEN)
    tokens: Array = tiles.transpose(1, 3, 0, 2, 4).reshape(-1, channels * TOKEN * TOKEN)
    return tokens


def unpack(tokens: Array, rows: int, columns: int) -> Array:
    """Tokens (r * k, 4c) of a grid of `rows` x `columns` tokens back to (c, 2r, 2k)."""
    channels = tokens.shape[-1] // (TOKEN * TOKEN)
    tiles = tokens.reshape(rows, columns, channels, TOKEN, TOKEN)
    latents: Array = tiles.transpose(2, 0, 3, 1, 4).reshape(channels, rows * TOKEN, columns * TOKEN)
    return latents


def positions(rows: int, columns: int, picture: int = 0) -> Array:
    """FLUX's ids of image tokens: (rows * columns, 3) of (picture, row, column); 0 is the one that is painted, 1 the first reference."""
    ids = np.zeros((rows, columns, 3), np.float32)
    ids[..., 0] = picture
    ids[..., 1] = np.arange(rows)[:, None]
    ids[..., 2] = np.arange(columns)[None]
    return ids.reshape(-1, 3)
