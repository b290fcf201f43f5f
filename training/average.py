"""The mean of what several runs learnt, as a run that others go on from.

    python -m training.average --runs flow more --run mean
    python -m training.average --runs distilled --more flow --than mean --run guess

Runs that began with the same weights, or one with another's, lie in one valley: between them the loss is lower than where either ended.
What is averaged are the averaged weights of their checkpoints, to equal parts. `--more` and `--than` add what the one of these two runs
learnt since the other: nearly as good as to learn it anew, for one that began where the other was. Samples and time are those of the longest.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from training.data import Data
from training.home import folder
from training.provenance import note_command
from training.train_flow import Run


def mean_of(weights: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.stack([each[name] for each in weights]).mean(0) for name in weights[0]}


def averaged(run: Run, checkpoints: list[Path], learnt: tuple[Path, Path] | None = None) -> None:
    """`run` becomes the mean of the checkpoints, and what the first of two others has `learnt` since the second."""
    saved = [torch.load(checkpoint, map_location="cpu", weights_only=True) for checkpoint in (*checkpoints, *(learnt or ()))]
    run.ema = mean_of([each["ema"] for each in saved[: len(checkpoints)]])
    if learnt is not None:
        more, than = (each["ema"] for each in saved[len(checkpoints) :])
        run.ema = {name: weight + more[name] - than[name] for name, weight in run.ema.items()}
    run.model.load_state_dict(run.ema)
    run.samples, run.seconds = (max(each[what] for each in saved) for what in ("samples", "seconds"))


def _checkpoint(run: str) -> Path:
    return folder(run) / "checkpoint.pt"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", nargs="+", required=True, help="whose checkpoints are averaged")
    parser.add_argument("--more", help="whose learning is added")
    parser.add_argument("--than", help="and since which run")
    parser.add_argument("--run", default="mean", help="what becomes of them")
    arguments = parser.parse_args()
    device = torch.device("cpu")
    run = Run(folder(arguments.run), device, single=True)
    learnt = (_checkpoint(arguments.more), _checkpoint(arguments.than)) if arguments.more and arguments.than else None
    averaged(run, [_checkpoint(each) for each in arguments.runs], learnt)
    note_command(run.home, f"step 0, {run.samples} samples")
    run.note(validation=run.judged(Data(folder("validation"), device)))
    run.save()


if __name__ == "__main__":
    main()
