"""What latents look like, without the decoder: each token is four colours of a linear map, fitted to the autoencoder when it is first asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mezzotint import imaging
from mezzotint.core.images import Pixels
from mezzotint.core.previews import size_within

SAMPLES, SAMPLE_SIDE = 8, 128  # pictures to fit by, and their side in pixels
CELLS = 2  # colours a token, in either direction
RIDGE = 1e-3
HALVES = (2, 3, 5, 8)  # pixels of the smallest spots of sample pictures: the more a picture holds, the more of the map is pinned down

Array = np.ndarray


@dataclass(frozen=True)
class TokenColours:
    """`matrix` (channels + 1, CELLS * CELLS * 3): a token's colours, 0 to 1, from its channels and a one."""

    matrix: Array

    def picture(self, tokens: Array, rows: int, columns: int) -> Array:
        """(rows * columns, channels) to (rows * CELLS, columns * CELLS, 3) of uint8."""
        colours = np.concatenate([tokens, np.ones((len(tokens), 1), tokens.dtype)], axis=1) @ self.matrix
        laid = colours.reshape(rows, columns, CELLS, CELLS, 3).transpose(0, 2, 1, 3, 4).reshape(rows * CELLS, columns * CELLS, 3)
        seen: Array = (np.clip(laid, 0, 1) * 255 + 0.5).astype(np.uint8)
        return seen


def samples(side: int = SAMPLE_SIDE, count: int = SAMPLES) -> Array:
    """Pictures of soft spots in all colours, (count, side, side, 3), 0 to 1; the same ones every time."""
    chance = np.random.Generator(np.random.PCG64(1))
    found = np.empty((count, side, side, 3), np.float32)
    for index in range(count):
        spots = chance.random((side // HALVES[index % len(HALVES)] + 1,) * 2 + (3,), np.float32)
        grown = Pixels.of((spots * 255).astype(np.uint8))
        found[index] = imaging.resize(grown, side, side).array / np.float32(255)
    return found


def fitted(tokens: Array, pictures: Array) -> TokenColours:
    """Least squares with a little ridge. `tokens` (n, rows, columns, channels) of `pictures` (n, h, w, 3)."""
    count, rows, columns, channels = tokens.shape
    high, wide = pictures.shape[1] // (rows * CELLS), pictures.shape[2] // (columns * CELLS)
    cells = pictures.reshape(count, rows, CELLS, high, columns, CELLS, wide, 3).mean((3, 6))  # (n, rows, CELLS, columns, CELLS, 3)
    wanted = cells.transpose(0, 1, 3, 2, 4, 5).reshape(count * rows * columns, CELLS * CELLS * 3).astype(np.float64)
    given = np.concatenate([tokens.reshape(-1, channels), np.ones((count * rows * columns, 1))], axis=1).astype(np.float64)
    scale = np.trace(given.T @ given) / given.shape[1]
    matrix = np.linalg.solve(given.T @ given + RIDGE * scale * np.eye(given.shape[1]), given.T @ wanted)
    return TokenColours(matrix.astype(np.float32))


def colours_of(base: Any, device: Any) -> TokenColours:
    """Fitted to the autoencoder of a pipeline, through the pipeline's own way from pictures to tokens."""
    import torch

    pictures = samples()
    with torch.no_grad():
        vae = base.vae
        given = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(device, vae.dtype) * 2 - 1
        if hasattr(base, "_patchify_latents"):
            latents = base._encode_vae_image(given, generator=None)  # noqa: SLF001 - (n, channels of a token, rows, columns); diffusers has no other way
        else:
            found = (vae.encode(given).latent_dist.mode() - (vae.config.shift_factor or 0.0)) * vae.config.scaling_factor
            count, channels, high, wide = found.shape
            latents = found.view(count, channels, high // 2, 2, wide // 2, 2).permute(0, 1, 3, 5, 2, 4).reshape(count, channels * 4, high // 2, wide // 2)
        tokens = latents.permute(0, 2, 3, 1).float().cpu().numpy()
    return fitted(tokens, pictures)


@dataclass
class InHand:
    """The picture that is painted: its latents before and after the last step, with their noise levels. All stay on the device: to read
    a number there would be to wait for it."""

    size: tuple[int, int]
    grid: tuple[int, int]  # rows, columns
    before: Any = None
    after: Any = None
    levels: tuple[Any, Any] = (1.0, 1.0)

    def step(self, latents: Any, level: Any) -> None:
        self.before, self.after, self.levels = self.after, latents, (self.levels[1], level)

    def seen(self, colours: TokenColours) -> Pixels | None:
        """Where the last step leads, its line followed to the end; after the first one, what there is."""
        if self.after is None:
            return None
        latents, was, now = self.after, float(self.levels[0]), float(self.levels[1])
        if self.before is not None and was > now > 0:
            latents = latents - (self.before - latents) * (now / (was - now))
        tokens = latents[0].float().cpu().numpy()
        rows, columns = self.grid
        if tokens.shape[0] != rows * columns:
            return None
        picture = Pixels.of(colours.picture(tokens, rows, columns))
        return imaging.crop(picture, *size_within(*self.size))
