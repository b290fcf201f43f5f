"""Latents, tokens and positions: pure functions of arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.engines.nano.latents import CHANNELS, PATCH, PatchCodec, pack, positions, unpack

sides = st.integers(1, 12)


def a_codec(seed: int = 1) -> PatchCodec:
    """Any orthonormal basis will do for what is tested here."""
    chance = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(chance.standard_normal((PATCH * PATCH * 3, CHANNELS)))
    return PatchCodec(basis.T.astype(np.float32), chance.normal(0, 0.1, PATCH * PATCH * 3).astype(np.float32), np.linspace(3, 0.5, CHANNELS).astype(np.float32))


@given(sides, sides, st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_unpacking_gives_back_what_was_packed(rows: int, columns: int, seed: int) -> None:
    latents = np.random.default_rng(seed).standard_normal((CHANNELS, 2 * rows, 2 * columns)).astype(np.float32)

    tokens = pack(latents)

    assert tokens.shape == (rows * columns, 4 * CHANNELS)
    assert np.array_equal(unpack(tokens, rows, columns), latents)


def test_tokens_are_in_flux_s_order() -> None:
    latents = np.arange(2 * 4 * 4, dtype=np.float32).reshape(2, 4, 4)

    first = pack(latents)[0]

    assert first.tolist() == [0, 1, 4, 5, 16, 17, 20, 21]


@given(sides, sides, st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_what_the_latents_can_say_comes_back(rows: int, columns: int, seed: int) -> None:
    codec = a_codec()
    latents = np.random.default_rng(seed).standard_normal((CHANNELS, rows, columns)).astype(np.float32)

    pixels = codec.decode(latents)

    assert pixels.shape == (rows * PATCH, columns * PATCH, 3)
    assert np.abs(codec.encode(pixels) - latents).max() < 1e-3


def test_a_picture_s_latents_are_of_its_own_places() -> None:
    codec, pixels = a_codec(), np.full((4 * PATCH, 6 * PATCH, 3), 0.5, np.float32)
    before = codec.encode(pixels)
    pixels[2 * PATCH : 3 * PATCH, 5 * PATCH :] = 1.0

    changed = np.abs(codec.encode(pixels) - before).sum(0) > 1e-6

    assert np.argwhere(changed).tolist() == [[2, 5]]


def test_positions_count_rows_and_columns() -> None:
    ids = positions(2, 3)

    assert ids.tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 1, 0], [0, 1, 1], [0, 1, 2]]


@pytest.mark.parametrize("shrink", [2, 4, 16])
def test_a_small_picture_is_the_large_one_made_small(shrink: int) -> None:
    latents = np.random.default_rng(2).standard_normal((CHANNELS, 4, 6)).astype(np.float32)
    large, small = a_codec().decode(latents), a_codec().decode(latents, shrink)

    means = large.reshape(4 * PATCH // shrink, shrink, 6 * PATCH // shrink, shrink, 3).mean((1, 3))
    assert small.shape == means.shape
    assert np.allclose(small, means, atol=1e-4)
