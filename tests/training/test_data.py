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


def test_what_an_edit_changes_counts_as_much_as_all_that_stays() -> None:
    from training.data import RETOUCHED, focused, retouched

    weights = np.stack([focused(CAT)] * 4)
    before = np.zeros((*weights.shape, 128), np.float16)
    after = before.copy()
    after[0, :12] = 1  # a few tokens
    after[1, :1] = 1  # so few that they would count too much
    after[2] = 1  # all of them; and of the last none

    few, one, all_of_it, none = retouched(weights, after, before)

    assert few[:12].sum() == pytest.approx(few[12:].sum(), rel=1e-4)
    assert one[0] / one[1] == pytest.approx(RETOUCHED * weights[0, 0] / weights[0, 1], rel=1e-4)
    assert np.allclose([all_of_it, none], weights[2:], rtol=1e-4)
    assert np.allclose([few.mean(), one.mean()], 1)


def test_only_edits_are_weighed_by_what_they_change() -> None:
    from training.data import Shard, focused

    weights, latents = np.stack([focused(CAT)] * 2), np.zeros((2, 88, 128), np.float16)
    rows, changed = np.array([1]), latents.copy()
    changed[:, 3] = 1
    edit, outlines = (Shard(mode, 11, 8, changed, latents, latents, rows, latents, weights) for mode in ("edit", "edges"))

    assert edit.weights_of(rows).shape == (1, 88)
    assert edit.weights_of(rows)[0, 3] > 5 * edit.weights_of(rows)[0, 4]
    assert (outlines.weights_of(rows) == weights[1:]).all()


def test_an_edit_s_noise_has_a_hint_of_what_is_edited_and_nothing_else_has() -> None:
    from training.data import HINT, Data, Shard

    latents, references = np.zeros((2, 88, 128), np.float16), np.ones((2, 88, 128), np.float16)
    words, starts, pooled, weights = np.zeros((4, 512), np.float16), np.array([0, 2, 4]), np.zeros((2, 512), np.float16), np.ones((2, 88), np.float32)
    data = object.__new__(Data)  # without a folder of shards, nor the text encoder
    data.device = torch.device("cpu")

    edit, outlines = (data.batch(Shard(mode, 11, 8, latents, references, words, starts, pooled, weights), np.array([0, 1])) for mode in ("edit", "edges"))

    assert torch.allclose(edit.hint, torch.full((2, 88, 128), HINT))
    assert outlines.hint is None
