"""What a student is taught: where steps of the runtime's schedule lead, and the teacher's own way within them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mezzotint.engines.nano.sampling import schedule

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")

TOKENS, WIDTH = 4, 8


def a_batch() -> Any:
    from training.data import Batch

    made = torch.Generator().manual_seed(1)
    latents = torch.randn(6, TOKENS, WIDTH, generator=made)
    return Batch(latents, torch.zeros(6, 20, 2), torch.zeros(6, 2), torch.zeros(TOKENS, 3), torch.zeros(6, 3, WIDTH), torch.zeros(3, 3), torch.ones(6, TOKENS))


class Straight:
    """A network that knows the picture: from anywhere its direction is away from it, as steep as what is left of the way asks."""

    def __init__(self, latents: Any) -> None:
        self.latents = latents

    def __call__(self, *, hidden_states: Any, timestep: Any, **_: Any) -> tuple[Any]:
        found = (hidden_states[:, :TOKENS] - self.latents) / timestep.clamp(min=1e-4)[:, None, None]
        return (torch.cat([found, torch.zeros(len(found), 3, WIDTH)], 1),)


class Still(Straight):
    """One that goes nowhere."""

    def __call__(self, *, hidden_states: Any, **_: Any) -> tuple[Any]:
        return (torch.zeros_like(hidden_states),)


@pytest.mark.parametrize("steps", [4, 8, 28])
def test_the_next_level_is_the_runtime_s(steps: int) -> None:
    from training.distil import next_level

    levels = schedule(steps)

    assert np.allclose(next_level(torch.from_numpy(levels[:-1]), steps).numpy(), levels[1:], atol=1e-6)


def test_a_student_that_goes_where_the_teacher_goes_has_nothing_to_learn() -> None:
    from training.distil import ahead_loss

    batch = a_batch()
    teacher = Straight(batch.latents)
    lesson = ahead_loss(teacher, 8)

    assert float(lesson(teacher, batch, np.random.default_rng(2))) < 1e-6
    assert float(lesson(Still(batch.latents), batch, np.random.default_rng(2))) > 0.5


def test_references_are_looked_at_and_not_painted() -> None:
    from training.train_flow import flow_loss

    batch, seen = a_batch(), []

    def looking(*, hidden_states: Any, img_ids: Any, **_: Any) -> tuple[Any]:
        seen.append((hidden_states.shape[1], len(img_ids)))
        return (torch.zeros_like(hidden_states),)

    flow_loss(looking, batch, np.random.default_rng(3))

    assert seen == [(TOKENS + 3, TOKENS + 3)]
