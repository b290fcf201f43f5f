"""What is learnt of each picture: at which levels of noise, and from where to where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")


def latents_only(seed: int) -> Any:
    """A batch of which nothing else is looked at."""
    from training.data import Batch

    nothing = torch.zeros(1)
    return Batch(torch.randn(3, 64, 128, generator=torch.Generator().manual_seed(seed)), *[nothing] * 6)


def test_painting_s_beginning_is_learnt_too() -> None:
    from training.train_flow import BEGINNINGS, times

    levels = times(20_000, np.random.default_rng(1))

    assert ((levels >= 0) & (levels <= 1)).all()
    assert BEGINNINGS * 0.35 < (levels > 0.96).mean() < BEGINNINGS * 0.6  # four tenths of it are above that, and hardly any by the curve
    assert 0.5 < np.median(levels) < 0.7


def test_noise_leads_to_the_latents_and_a_hint_is_part_of_it() -> None:
    from training.train_flow import noised

    plain = latents_only(1)
    hinted = replace(plain, hint=torch.full_like(plain.latents, 0.5))

    bare, other = (noised(batch, np.random.default_rng(3)) for batch in (plain, hinted))

    for noisy in (bare, other):
        assert torch.allclose(noisy.mixed - noisy.levels[:, None, None] * noisy.towards, plain.latents, atol=1e-5)
    assert torch.allclose(other.towards - bare.towards, hinted.hint, atol=1e-5)
