"""A finished picture on its way from the card: made bytes and copied while the next one is begun, and waited for where it is encoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mezzotint import imaging
from mezzotint.core.images import Pixels
from mezzotint.engines.diffusers import controls
from mezzotint.engines.diffusers.machine import Machine

Array = np.ndarray


@dataclass(frozen=True)
class Delivered:
    """(height, width, 3) of uint8, once `array` is called; calling it waits for the card."""

    width: int
    height: int
    array: Callable[[], Array]

    def over(self, picture: Pixels, mask: Pixels) -> Delivered:
        """Only where the mask is white; the picture where it is black."""
        return Delivered(self.width, self.height, lambda: controls.kept(self.array(), picture, mask))

    def fitted(self, width: int, height: int) -> Pixels:
        """The size that was asked for; the middle, where the pipeline's grid made it larger."""

        def draw() -> Array:
            array = self.array()
            top, left = (self.height - height) // 2, (self.width - width) // 2
            found: Array = np.ascontiguousarray(array[top : top + height, left : left + width])
            return found if found.shape[:2] == (height, width) else imaging.crop(Pixels.of(array), width, height).array

        return Pixels(width, height, draw)


def nothing(width: int, height: int) -> Delivered:
    """Of a process that leaves the picture to another."""
    return Delivered(width, height, lambda: np.zeros((height, width, 3), np.uint8))


def delivered(picture: Any, machine: Machine) -> Delivered:
    """From a tensor (3, height, width), 0 to 1. What is left to be computed is computed while others go on."""
    import torch

    height, width = picture.shape[-2:]
    if not machine.is_cuda:  # where the device is this processor, it has nothing to copy, and time enough once the next is begun
        return Delivered(width, height, lambda: _eight_bits(picture).cpu().numpy())
    eight = _eight_bits(picture)
    host = torch.empty(eight.shape, dtype=torch.uint8, pin_memory=True)
    host.copy_(eight, non_blocking=True)
    there = torch.cuda.Event()
    there.record()

    def wait() -> Array:
        there.synchronize()
        found: Array = host.numpy()
        return found

    return Delivered(width, height, wait)


def _eight_bits(picture: Any) -> Any:
    """(height, width, 3) of uint8, where the picture is."""
    import torch

    return (picture.detach().float() * 255).round_().clamp_(0, 255).to(torch.uint8).permute(1, 2, 0).contiguous()
