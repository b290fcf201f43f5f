"""Decoding in tiles: where memory is short or the operator wants it, about the same picture in less memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch and diffusers: scripts/test diffusers runs it")

from mezzotint.engines.diffusers import tiles as module
from mezzotint.engines.diffusers.machine import Machine
from mezzotint.engines.diffusers.tiles import PER_PIXEL, Tiles, room_on
from mezzotint.routing.weights import Tuning
from tests.engines.diffusers import tiny
from tests.engines.diffusers.painting import a_request, an_engine, array_of, painted

SIDES = (128, 64)
TOLERANCE = 0.06  # of the picture's variance: random weights, one group for all channels and small tiles are the worst of it


def tiled(make: Callable[[], Any] = tiny.vae, room: int | None = None, word: str = "auto") -> tuple[Any, Tiles]:
    vae = make().eval()
    return vae, Tiles(vae, lambda: room, word, SIDES)


@pytest.mark.parametrize(("room", "word", "size", "side"), [
    (None, "auto", (2048, 2048), 0),  # nobody counts
    (PER_PIXEL * 2048 * 2048, "auto", (2048, 2048), 0),
    (PER_PIXEL * 2048 * 2048 - 1, "auto", (2048, 2048), 128),
    (PER_PIXEL * 128 * 128, "auto", (256, 192), 128),
    (PER_PIXEL * 128 * 128 - 1, "auto", (256, 192), 64),
    (0, "auto", (256, 192), 64),
    (0, "auto", (128, 96), 64),
    (0, "auto", (64, 64), 0),  # it is no larger than a tile
    (None, "always", (256, 192), 64),
    (PER_PIXEL * 2048 * 2048, "always", (256, 192), 128),
    (None, "always", (64, 48), 0),
])  # fmt: skip
def test_tiles_are_as_large_as_there_is_room_for(room: int | None, word: str, size: tuple[int, int], side: int) -> None:
    assert tiled(room=room, word=word)[1].side_for(*size) == side


@pytest.mark.parametrize("make", [tiny.vae, tiny.vae2])
def test_in_tiles_it_is_about_the_same_picture(make: Callable[[], Any]) -> None:
    latents = torch.randn(1, 4, 24, 32, generator=torch.Generator().manual_seed(0))
    whole, (vae, tiles) = make().eval(), tiled(make, room=PER_PIXEL * 128 * 128)
    largest: list[int] = []
    vae.decoder.register_forward_pre_hook(lambda _, given: largest.append(max(given[0].shape[-2:])))
    with torch.no_grad():
        expected = whole.decode(latents, return_dict=False)[0]
        found = vae.decode(latents, return_dict=False)[0]

    assert (tiles.used, max(largest)) == (128, 16)
    assert found.shape == expected.shape == (1, 3, 192, 256)
    assert float((found - expected).pow(2).mean() / expected.var()) < TOLERANCE
    assert not vae.use_tiling  # the next may be whole again


@pytest.mark.parametrize("make", [tiny.vae, tiny.vae2])
def test_pictures_are_read_in_tiles_too(make: Callable[[], Any]) -> None:
    picture = torch.rand(1, 3, 192, 256, generator=torch.Generator().manual_seed(0))
    vae, _ = tiled(make, room=0)
    largest: list[int] = []
    vae.encoder.register_forward_pre_hook(lambda _, given: largest.append(max(given[0].shape[-2:])))
    with torch.no_grad():
        assert vae.encode(picture).latent_dist.mode().shape[-2:] == (24, 32)
    assert max(largest) == 64


def test_where_memory_runs_out_all_the_same_tiles_are_tried() -> None:
    vae, tiles = tiled(room=10**12)
    forward, sizes = vae.decoder.forward, list[int]()

    def small_card(latents: Any, *rest: Any) -> Any:
        sizes.append(latents.shape[-1])
        if latents.shape[-1] > 8:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(latents, *rest)

    vae.decoder.forward = small_card
    with torch.no_grad():
        found = vae.decode(torch.zeros(1, 4, 12, 16), return_dict=False)[0]

    assert (found.shape, tiles.used, sizes[0]) == ((1, 3, 96, 128), 64, 16)


@pytest.mark.parametrize(("word", "size"), [("none", (12, 16)), ("auto", (8, 8))])
def test_else_it_stays_out_of_memory(word: str, size: tuple[int, int]) -> None:
    vae, _ = tiled(room=10**12, word=word)

    def no_card(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    vae.decoder.forward = no_card
    with pytest.raises(torch.OutOfMemoryError):
        vae.decode(torch.zeros(1, 4, *size), return_dict=False)


def test_nobody_counts_the_memory_of_a_processor() -> None:
    assert room_on(Machine("cpu", 24_000_000_000))() is None


def test_the_setting_reaches_the_engine_and_the_pictures_notes(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIDES", SIDES)
    request = a_request(width=160, height=96)

    whole, small = painted(an_engine(weights), request), painted(an_engine(weights, Tuning(device="cpu", tiles="always")), request)

    assert array_of(small).shape == array_of(whole).shape == (96, 160, 3)
    assert not np.array_equal(array_of(small), array_of(whole))
    assert "in tiles of 64" in dict(small.notes)["pipeline"]
    assert "tiles" not in dict(whole.notes)["pipeline"]
