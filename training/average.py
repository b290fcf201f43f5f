"""The mean of what several runs learnt, as a run that others go on from.

    python -m training.average --runs flow more --run mean

Runs that began with the same weights, or one with another's, lie in one valley: between them the loss is lower than where either ended.
What is averaged are the averaged weights of their checkpoints, to equal parts. Samples and time are those of the longest.
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


def averaged(run: Run, checkpoints: list[Path]) -> None:
    """`run` becomes the mean of the checkpoints."""
    saved = [torch.load(checkpoint, map_location="cpu", weights_only=True) for checkpoint in checkpoints]
    run.ema = mean_of([each["ema"] for each in saved])
    run.model.load_state_dict(run.ema)
    run.samples, run.seconds = (max(each[what] for each in saved) for what in ("samples", "seconds"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", nargs="+", required=True, help="whose checkpoints are averaged")
    parser.add_argument("--run", default="mean", help="what becomes of them")
    arguments = parser.parse_args()
    device = torch.device("cpu")
    run = Run(folder(arguments.run), device, single=True)
    averaged(run, [folder(each) / "checkpoint.pt" for each in arguments.runs])
    note_command(run.home, f"step 0, {run.samples} samples")
    run.note(validation=run.judged(Data(folder("validation"), device)))
    run.save()


if __name__ == "__main__":
    main()
