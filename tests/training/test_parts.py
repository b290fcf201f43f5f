"""Parts of a step that are learnt side by side give what they give one after the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")


def a_batch(seed: int) -> Any:
    from training.data import Batch

    made = torch.Generator().manual_seed(seed)
    shapes = ((3, 64, 128), (3, 20, 512), (3, 512), (64, 3), (3, 0, 128), (0, 3), (3, 64))
    return Batch(*(torch.randn(shape, generator=made) for shape in shapes))


def after_steps(threads: int, home: Path) -> tuple[list[float], dict[str, Any]]:
    from training.train_flow import Run

    run = Run(home, torch.device("cpu"))
    assert run.threads._max_workers == 2
    run.threads = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    losses = [run.advance([a_batch(step), a_batch(100 + step)], 0.5) for step in range(2)]
    return losses, run.model.state_dict()


@pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight:UserWarning")  # of norms, which stay in single precision
def test_side_by_side_or_one_after_the_other_is_all_the_same(tmp_path: Path) -> None:
    alone, weights = after_steps(1, tmp_path)
    together, same = after_steps(2, tmp_path)

    assert alone == together
    assert alone[0] != alone[1]
    for name, weight in weights.items():
        assert torch.equal(same[name], weight), name


def test_each_part_of_each_step_has_noise_of_its_own() -> None:
    from training.train_flow import random_at

    drawn = {tuple(random_at(*which).integers(2**32, size=4)) for which in ((0,), (1,), (0, 1), (0, 2), (1, 1), (1, 2))}
    assert len(drawn) == 6
