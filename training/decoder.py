"""The decoder: latents to pixels, at twice the resolution that the latents were taken at.

A linear decode (the codec's transpose) gives the picture with block edges; a convolutional network sees the latents of the
neighbours, and gives what is to be added: no edges, sharper outlines. It works at low resolution and shuffles pixels up.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mezzotint.engines.nano.latents import CHANNELS, PATCH, PatchCodec

WIDTHS = (192, 128, 64, 32)
BLOCKS = (3, 2, 2, 1)


class Residual(nn.Module):
    """Two convolutions beside the straight way, nothing at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(F.silu(self.first(F.silu(x))))
        return out


class Decoder(nn.Module):
    """(b, 32, r, c) to (b, 3, 32r, 32c), sRGB in 0..1, unclipped."""

    def __init__(self, codec: PatchCodec) -> None:
        super().__init__()
        # the linear decode as a transposed convolution: each latent paints its patch
        basis = torch.from_numpy(codec.basis * codec.scale[:, None]).reshape(CHANNELS, PATCH, PATCH, 3).permute(0, 3, 1, 2) / 2
        mean = torch.from_numpy(codec.mean).reshape(PATCH, PATCH, 3).permute(2, 0, 1) / 2 + 0.5
        self.register_buffer("basis", basis.contiguous())
        self.register_buffer("mean", mean.contiguous())
        layers: list[nn.Module] = [nn.Conv2d(CHANNELS, WIDTHS[0], 3, padding=1)]
        for width, blocks, following in zip(WIDTHS, BLOCKS, (*WIDTHS[1:], None), strict=True):
            layers += [Residual(width) for _ in range(blocks)]
            if following is not None:
                layers += [nn.Conv2d(width, following * 4, 1), nn.PixelShuffle(2)]
        self.body = nn.Sequential(*layers)
        self.head = nn.Conv2d(WIDTHS[-1], 3 * 16, 3, padding=1)
        nn.init.zeros_(self.head.weight)

    def linear(self, latents: Tensor) -> Tensor:
        """(b, 3, 16r, 16c)."""
        painted = F.conv_transpose2d(latents, self.basis, stride=PATCH)
        return painted + self.mean.repeat(1, latents.shape[2], latents.shape[3])

    def forward(self, latents: Tensor) -> Tensor:
        base = F.interpolate(self.linear(latents), scale_factor=2, mode="bilinear")
        detail: Tensor = F.pixel_shuffle(self.head(F.silu(self.body(latents))), 4)
        return base + detail
