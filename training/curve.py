"""What more hours bring: the averaged weights that a run kept, each judged on the same prompts.

    python -m training.curve --run flow --pictures 64 --out curve.jsonl

The plain model with two runs a step, as it is while it trains, decoded the linear way.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.torch import load_file

from training.cases import SEED, cases
from training.fit_latents import load_codec
from training.home import folder
from training.judging import Judges, box_figures, judged
from training.model import new_transformer
from training.sampling import Sampler

STEPS, GUIDANCE, TOGETHER = 16, 3.0, 16


def judge_snapshot(path: Path, count: int) -> dict[str, object]:
    """The figures of one file of weights."""
    model = new_transformer()
    model.load_state_dict({name: weight.float() for name, weight in load_file(path).items()})
    sampler, codec, drawn = Sampler(model.eval()), load_codec(), cases(count, "en", unseen=False, seed=1)
    pictures: list[np.ndarray] = []
    for at in range(0, count, TOGETHER):
        some = drawn[at : at + TOGETHER]
        latents = sampler.latents([case.prompt for case in some], (8, 8), [SEED + at + k for k in range(len(some))], STEPS, GUIDANCE)
        pictures += [np.repeat(np.repeat(np.clip(codec.decode(each), 0, 1), 2, 0), 2, 1) for each in latents]
    scenes = [case.scene for case in drawn]
    with safe_open(path, "pt") as file:
        spent = file.metadata()
    return {
        "file": path.name,
        **{name: int(value) for name, value in spent.items()},
        **judged(Judges.load(), pictures, scenes),
        **box_figures(pictures, scenes),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="flow")
    parser.add_argument("--pictures", type=int, default=64)
    parser.add_argument("--out", type=Path, default=Path("curve.jsonl"))
    arguments = parser.parse_args()
    done = {json.loads(line)["file"] for line in arguments.out.read_text().splitlines()} if arguments.out.exists() else set()
    for path in sorted(folder(arguments.run).glob("average-*.safetensors")):
        if path.name not in done:
            with arguments.out.open("a") as out:
                out.write(json.dumps(judge_snapshot(path, arguments.pictures)) + "\n")


if __name__ == "__main__":
    main()
