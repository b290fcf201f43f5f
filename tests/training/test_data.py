"""Errors count most where things stand, and in the mean as much as any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.scenes import Scene

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")

CAT = Scene("cat", "field", "day", None, 1, None, None, 11, 8, 0)


def test_tokens_of_things_weigh_more_than_those_of_the_ground() -> None:
    from training.data import FOCUS, focused

    weights = focused(CAT).reshape(CAT.rows, CAT.columns)

    assert weights.dtype == np.float32
    assert np.isclose(weights.mean(), 1)
    assert np.isclose(weights.max() / weights.min(), FOCUS)
    assert (weights == weights.max()).sum() == 16  # four tokens a side


def test_a_thing_that_is_left_out_weighs_nothing_more() -> None:
    from training.data import focused

    pair = replace(CAT, second="dog", relation="beside")

    assert (focused(replace(pair, hidden="second")) > 1).sum() < (focused(pair) > 1).sum()


def test_an_error_where_the_thing_is_costs_more() -> None:
    from training.data import FOCUS, Batch, focused

    weights = torch.from_numpy(focused(CAT))[None]
    wanted = torch.zeros(1, weights.shape[1], 128)
    nothing = torch.zeros(1)
    batch = Batch(wanted, nothing, nothing, nothing, nothing, nothing, weights)

    def error_at(token: int) -> float:
        told = wanted.clone()
        told[0, token] = 1
        return float(batch.error(told, wanted))

    assert error_at(int(weights.argmax())) == pytest.approx(FOCUS * error_at(int(weights.argmin())))
    assert float(batch.error(wanted + 1, wanted)) == pytest.approx(1)
