"""What of the averaged weights a step leaves as it was."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")


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
