"""What nano painted itself is edited in lessons, too: what an edit leaves alone is to stay as it was painted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")

GRID, TOKENS = (8, 8), 64


def test_what_is_next_to_a_change_belongs_to_it() -> None:
    from training.paint_examples import spread

    marked = np.zeros((2, 4, 5), bool)
    marked[0, 0, 1] = True

    assert np.argwhere(spread(marked)).tolist() == [[0, row, column] for row in range(2) for column in range(3)]


def test_what_an_edit_leaves_alone_stays_as_it_was_painted() -> None:
    from training.paint_examples import outcome

    before = np.zeros((3, TOKENS, 128), np.float32)
    after, painted = before.copy(), before + 5
    after[0, 27] = 1  # a token in the middle
    after[1] = 1  # everything
    made = outcome(after, before, painted, GRID).reshape(3, 8, 8, 128)

    assert (made[0, 2:5, 2:5] != 5).all()
    assert (made[0] == 5).all(-1).sum() == TOKENS - 9
    assert (made[1] == 1).all()
    assert (made[2] == 5).all()


class Known:
    """A sampler that always paints one picture, and keeps what it was shown."""

    def __init__(self) -> None:
        self.began: list[tuple[np.ndarray, float, float]] = []
        self.told: list[str] = []

    def walked(self, tokens: np.ndarray, prompts: list[str], grid: tuple[int, int], levels: np.ndarray, guidance: float) -> np.ndarray:
        self.began.append((tokens, levels[0], levels[-1]))
        self.told += prompts
        return np.full_like(tokens, 7)


def a_shard(folder: Path, count: int) -> Path:
    from training.examples import make_example
    from training.make_scenes import Writer

    chance = np.random.default_rng(3)
    Writer().write(folder / "0001-edit-8x8", "edit", GRID, (make_example("edit", GRID, chance) for _ in range(count)))
    return folder / "0001-edit-8x8"


def test_edits_are_taught_of_painted_pictures_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training import make_scenes
    from training.data import Shard
    from training.paint_examples import paint_shard
    from training.shares import PAINTED

    class Flat:
        def encode(self, picture: np.ndarray) -> np.ndarray:
            rows, columns = (side // 16 for side in picture.shape[:2])
            found: np.ndarray = picture.reshape(rows, 16, columns, 16, 3).mean((1, 3)).transpose(2, 0, 1)
            return np.concatenate([found] * 11)[:32]

    monkeypatch.setattr(make_scenes, "load_codec", Flat)
    shard, sampler = a_shard(tmp_path, 6), Known()
    paint_shard(sampler, shard, np.random.default_rng(1))  # type: ignore[arg-type]  # it is asked for nothing else

    clean, painted = Shard.open(shard), Shard.open(tmp_path / f"{shard.name}{PAINTED}")
    assert sampler.told == json.loads((shard / "shard.json").read_text())["shown"]
    assert len(set(sampler.told)) > 3
    assert all(0.5 < level < 1 and end == 0 for _, level, end in sampler.began)
    assert (painted.references == 7).all()
    kept = (painted.latents == 7).all(-1)
    assert kept.any()
    assert (painted.latents[~kept] == clean.latents[~kept]).all()
    words: Any = painted.words
    assert (words == clean.words).all()
