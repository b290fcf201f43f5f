"""Teach a trained transformer to hear its guidance, so that it runs once a step and not twice; then to need fewer steps.

    python -m training.distil --teacher flow --steps 600
    python -m training.distil --teacher distilled --run quick --ahead 8 --steps 600

The student starts as the teacher, or as the run that `--start` names. Without `--ahead` it learns what classifier-free guidance makes of the teacher's two answers, at
strengths between 1 and `MOST`; the strength goes in through the guidance embedding. With `--ahead n` the teacher hears its
guidance already, and the student learns where `WALK` of the teacher's steps lead within one step of n: a straight line to there. Half
of the time the stretch is shorter, down to nothing, so that more steps than n stay right. Same checkpoints as `train_flow`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from mezzotint.engines.nano.sampling import SHIFT
from training.data import Batch, Data
from training.home import folder
from training.model import NO_GUIDANCE, load_ema
from training.provenance import note_command
from training.train_flow import Noisy, Run, noised, train, velocity_of

MOST = 6.0
PEAK = 0.25  # of the full learning rate: the student has little to change
WALK = 3  # steps of the teacher within one of the student
LEAST = 1e-3  # of level: shorter stretches than this have no direction

Lesson = Callable[[nn.Module, Batch, np.random.Generator], Tensor]


def guided_loss(teacher: nn.Module, data: Data) -> Lesson:
    """Error of the student's one answer against the teacher's two, combined."""

    def loss(student: nn.Module, batch: Batch, chance: np.random.Generator) -> Tensor:
        count = len(batch.latents)
        strength = _strengths(batch, chance)
        noisy = noised(batch, chance)
        with torch.no_grad():
            plain = torch.full_like(strength, NO_GUIDANCE)
            words, pooled = data.empty(batch)
            bare = replace(batch, words=words.expand(count, *words.shape), pooled=pooled.expand(count, *pooled.shape))
            told = velocity_of(teacher, batch, noisy, plain).float()
            untold = velocity_of(teacher, bare, noisy, plain).float()
            wanted = untold + strength[:, None, None] * (told - untold)
        each = strength[:, None, None]  # what a strength adds grows with it, and so do errors: the strongest would be all that is learnt
        return batch.error(velocity_of(student, batch, noisy, strength) / each, wanted / each)

    return loss


def _strengths(batch: Batch, chance: np.random.Generator) -> Tensor:
    """Between 1 and `MOST`, most of them about what is asked for as a rule."""
    drawn = 1 + (MOST - 1) * chance.beta(2, 3, len(batch.latents))
    return torch.from_numpy(drawn.astype(np.float32)).to(batch.latents.device)


def next_level(levels: Tensor, steps: int) -> Tensor:
    """Where one step of `steps` leads from each level, by the runtime's schedule."""
    plain = levels / (SHIFT - (SHIFT - 1) * levels)
    after = (plain - 1 / steps).clamp(min=0)
    return SHIFT * after / (1 + (SHIFT - 1) * after)


def ahead_loss(teacher: nn.Module, steps: int) -> Lesson:
    """Error of the student's direction against the way that the teacher takes in several steps."""

    def loss(student: nn.Module, batch: Batch, chance: np.random.Generator) -> Tensor:
        strength, noisy = _strengths(batch, chance), noised(batch, chance)
        far = noisy.levels - next_level(noisy.levels, steps)
        share = torch.from_numpy(np.where(chance.random(len(far)) < 0.5, 1.0, chance.random(len(far))).astype(np.float32)).to(far.device)
        stretch = (far * share).clamp(min=LEAST)
        with torch.no_grad():
            x = noisy.mixed
            for number in range(WALK):
                now = (noisy.levels - stretch * number / WALK).clamp(min=0)
                x = x - (stretch / WALK)[:, None, None] * velocity_of(teacher, batch, Noisy(x, now, x), strength).float()
            wanted = (noisy.mixed - x) / stretch[:, None, None]
        return batch.error(velocity_of(student, batch, noisy, strength), wanted)

    return loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teacher", default="flow")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--ahead", type=int, default=0, metavar="STEPS")
    parser.add_argument("--run", default="distilled")
    parser.add_argument("--start", help="run whose weights the student begins with; usually the teacher's")
    parser.add_argument("--single", action="store_true", help="in float32, which is quicker on a processor without AMX")
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    source = folder(arguments.teacher) / "checkpoint.pt"
    teacher, data = load_ema(source).to(device), Data(folder("examples"), device)
    lesson = ahead_loss(teacher, arguments.ahead) if arguments.ahead else guided_loss(teacher, data)
    run = Run(folder(arguments.run), device, lesson, single=arguments.single)
    if run.checkpoint.exists():
        run.resume()
    else:
        run.start_from(folder(arguments.start or arguments.teacher) / "checkpoint.pt")
    note_command(run.home, f"step {run.step}, {run.samples} samples")
    train(run, data, arguments.steps, arguments.steps, peak=PEAK)


if __name__ == "__main__":
    main()
