"""What of the averaged weights a step leaves as it was, and the mean of several runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")


def test_the_average_looks_back_over_thousands_of_steps_until_the_cooldown() -> None:
    from training.train_flow import EMA, keeps

    assert keeps(0, 10_000, 2000) == keeps(7999, 10_000, 2000) == EMA


def test_in_a_cooldown_it_looks_back_over_a_tenth_of_it() -> None:
    from training.train_flow import EMA, keeps

    assert keeps(8000, 10_000, 2000) == keeps(9999, 10_000, 2000) == pytest.approx(1 - 1 / 200)
    assert keeps(50_000, 100_000, 50_000) == EMA, "a long one forgets no sooner than before it"


@pytest.mark.parametrize("cooldown", [1, 10])
def test_a_cooldown_of_a_few_steps_ends_with_the_weights_themselves(cooldown: int) -> None:
    from training.train_flow import keeps

    assert keeps(99, 100, cooldown) == 0.0


def test_without_a_cooldown_the_average_looks_back_to_the_end() -> None:
    from training.train_flow import EMA, keeps

    assert keeps(99, 100, 0) == EMA


def checkpoint(home: Path, name: str, value: float, samples: int) -> Path:
    torch.save({"ema": {"weight": torch.full((2,), value)}, "samples": samples, "seconds": 2.0 * samples}, home / name)
    return home / name


class Anything:
    """What `averaged` needs of a run."""

    class Model:
        def load_state_dict(self, weights: dict[str, Any]) -> None:
            self.weights = weights

    def __init__(self) -> None:
        self.model = self.Model()


def test_a_mean_is_halfway_between_two_runs_and_has_seen_what_the_longer_one_saw(tmp_path: Path) -> None:
    from training.average import averaged

    run: Any = Anything()
    averaged(run, [checkpoint(tmp_path, "one", 1.0, 10), checkpoint(tmp_path, "other", 4.0, 30)])

    assert run.ema["weight"].tolist() == run.model.weights["weight"].tolist() == [2.5, 2.5]
    assert (run.samples, run.seconds) == (30, 60.0)


def test_what_one_run_learnt_since_another_is_added_to_a_third(tmp_path: Path) -> None:
    from training.average import averaged

    run: Any = Anything()
    averaged(run, [checkpoint(tmp_path, "student", 1.0, 10)], (checkpoint(tmp_path, "more", 7.0, 40), checkpoint(tmp_path, "than", 5.0, 30)))

    assert run.ema["weight"].tolist() == [3.0, 3.0]
    assert run.samples == 40
