"""Teach a trained transformer to hear its guidance, so that it runs once a step and not twice.

    python -m training.distil --teacher flow --steps 600

The student starts as the teacher and learns what classifier-free guidance makes of the teacher's two answers, at strengths
drawn between 1 and `MOST`; the strength goes in through the guidance embedding. Same checkpoints as `train_flow`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from training.home import folder
from training.model import NO_GUIDANCE, load_ema
from training.train_flow import Batch, Data, Run, noised, train, velocity_of

MOST = 6.0
PEAK = 0.25  # of the full learning rate: the student has little to change


def guided_loss(teacher: nn.Module, empty: tuple[Tensor, Tensor]) -> Callable[[nn.Module, Batch, np.random.Generator], Tensor]:
    """Mean square error of the student's one answer against the teacher's two, combined."""

    def loss(student: nn.Module, batch: Batch, chance: np.random.Generator) -> Tensor:
        count = len(batch.latents)
        strength = torch.from_numpy(chance.uniform(1, MOST, count).astype(np.float32)).to(batch.latents.device)
        noisy = noised(batch, chance)
        with torch.no_grad():
            plain = torch.full_like(strength, NO_GUIDANCE)
            bare = Batch(batch.latents, *(part.expand(count, *part.shape).to(strength.device) for part in empty), batch.positions)
            told = velocity_of(teacher, batch, noisy, plain).float()
            untold = velocity_of(teacher, bare, noisy, plain).float()
            wanted = untold + strength[:, None, None] * (told - untold)
        return (velocity_of(student, batch, noisy, strength).float() - wanted).square().mean()

    return loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", default="flow")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--run", default="distilled")
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    source = folder(arguments.teacher) / "checkpoint.pt"
    teacher, data = load_ema(source).to(device), Data(folder("scenes"), device)
    run = Run(folder(arguments.run), device, guided_loss(teacher, (data.empty_words, data.empty_pooled)))
    if run.checkpoint.exists():
        run.resume()
    else:
        run.start_from(source)
    train(run, data, arguments.steps, arguments.steps, peak=PEAK)


if __name__ == "__main__":
    main()
