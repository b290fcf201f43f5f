"""Everything that is measured of nano, by one command: figures as JSON, the contact sheet, and what went wrong.

    python -m training.evaluate --out training/figures

Each is a command of its own (`JOBS`), which runs on one core, as many of them at once as there are cores. Needs the judges.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from training.reporting import USUAL_STEPS

ONE_CORE = {"OMP_NUM_THREADS": "1"}
FEW, USUAL, MANY = 4, USUAL_STEPS, 28  # steps


def jobs(out: Path, pictures: int, weights: list[str]) -> Iterator[list[str]]:
    """Module and arguments, the longest first; `pictures` are those of known prompts in English. Numbers of steps are compared by a sixth of them."""

    def with_steps(steps: int, module: str, *arguments: str, name: str) -> list[str]:
        return [module, *arguments, "--steps", str(steps), "--threads", "1", *weights, "--out", str(out / name)]

    def share(of: int) -> str:
        return str(-(-pictures // of))

    yield with_steps(USUAL, "evaluate_modes", "--pictures", share(24), name="modes.json")
    yield with_steps(USUAL, "evaluate_text", "--pictures", str(pictures), name="text.json")
    for steps in (MANY, USUAL, FEW):  # at least two prompts: German and Turkish have half as many
        yield with_steps(steps, "evaluate_text", "--pictures", str(max(2, pictures // 6)), name=f"steps-{steps}.json")
    yield with_steps(USUAL, "evaluate_languages", "--seeds", share(384), name="languages.json")
    sheet = ("--prompts", str(min(64, pictures)))
    yield with_steps(USUAL, "sheet", *sheet, name="sheet.webp")
    yield with_steps(USUAL, "sheet", *sheet, "--failures", name="failures.webp")


def run(job: list[str]) -> None:
    """Raises CalledProcessError where it fails."""
    module, *arguments = job
    subprocess.run([sys.executable, "-m", f"training.{module}", *arguments], env=os.environ | ONE_CORE, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=1536)
    parser.add_argument("--weights", help="a folder of the runtime's files; usually those of the package")
    parser.add_argument("--out", type=Path, default=Path("training/figures"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(run, jobs(arguments.out, arguments.pictures, ["--weights", arguments.weights] if arguments.weights else [])))


if __name__ == "__main__":
    main()
