"""Pictures too large to be decoded whole beside the weights are decoded in tiles, as diffusers does it: overlapping, blended at their edges.

A tile's brightness is judged by itself, where the whole picture's would be by all of it, so the picture is not quite the same; that is why
it is done only where memory is short. Slices, diffusers' other way, divide a batch, and ours have one picture.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

from mezzotint.engines.diffusers.machine import Machine
from mezzotint.routing.weights import ALWAYS, AUTO, NONE

SIDES = (1024, 768, 512)  # of tiles, in pixels: the largest that there is room for
# bytes a pixel that FLUX's decoder has alive at the most, in bfloat16: 1538, counted tensor by tensor, and half as much for what
# convolutions borrow; its encoder has 1286
PER_PIXEL = 2300

log = logging.getLogger("mezzotint.diffusers")


def room_on(machine: Machine) -> Callable[[], int | None]:
    """Bytes that are free; None where nobody counts them."""

    def free() -> int | None:
        if not machine.is_cuda:
            return None
        import torch

        spare = torch.cuda.memory_reserved(machine.device) - torch.cuda.memory_allocated(machine.device)
        return int(torch.cuda.mem_get_info(machine.device)[0] + spare)

    return free


class Tiles:
    """Put around an autoencoder's `decode` and `encode`. `word` is the setting."""

    def __init__(self, vae: Any, room: Callable[[], int | None], word: str = AUTO, sides: tuple[int, ...] = ()) -> None:
        self._vae, self._room, self._word, self._sides = vae, room, word, sides or SIDES
        self._scale = 2 ** (len(vae.config.block_out_channels) - 1)
        self.used = 0  # the side of the last picture's tiles, 0: it was whole
        self._decode, self._encode = vae.decode, vae.encode
        if word != NONE:
            vae.decode, vae.encode = self.decode, self.encode

    def decode(self, latents: Any, *given: Any, **named: Any) -> Any:
        """As the autoencoder's. `latents` (1, channels, rows, columns)."""
        height, width = (side * self._scale for side in latents.shape[-2:])
        return self._either(height, width, lambda: self._decode(latents, *given, **named))

    def encode(self, picture: Any, *given: Any, **named: Any) -> Any:
        """As the autoencoder's. `picture` (1, 3, height, width)."""
        height, width = picture.shape[-2:]
        return self._either(height, width, lambda: self._encode(picture, *given, **named))

    def side_for(self, height: int, width: int) -> int:
        """Of tiles that there is room for; 0: the picture is done whole."""
        room = self._room()
        if self._word != ALWAYS and (room is None or PER_PIXEL * height * width <= room):
            return 0
        smaller = self._smaller(height, width)
        return next((side for side in smaller if room is not None and PER_PIXEL * side**2 <= room), smaller[-1] if smaller else 0)

    def _smaller(self, height: int, width: int) -> list[int]:
        return [side for side in self._sides if side < max(height, width)]

    def _either(self, height: int, width: int, work: Callable[[], Any]) -> Any:
        self.used = self.side_for(height, width)
        if not self.used:
            try:
                return work()
            except Exception as error:
                if type(error).__name__ != "OutOfMemoryError" or self._word == NONE or not self._smaller(height, width):
                    raise
            self.used = self._smaller(height, width)[-1]  # less was free than was told
        log.info("%d x %d in tiles of %d", width, height, self.used)
        with self._tiled(self.used):
            return work()

    @contextlib.contextmanager
    def _tiled(self, side: int) -> Iterator[None]:
        vae = self._vae
        known = vae.tile_sample_min_size, vae.tile_latent_min_size, vae.use_tiling
        vae.tile_sample_min_size, vae.tile_latent_min_size, vae.use_tiling = side, side // self._scale, True
        try:
            yield
        finally:
            vae.tile_sample_min_size, vae.tile_latent_min_size, vae.use_tiling = known
