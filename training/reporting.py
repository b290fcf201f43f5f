"""What the evaluations have in common on the command line: how much is painted, by which weights, and where the figures go."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

from mezzotint.engines.nano.engine import USUAL, NanoEngine

USUAL_STEPS = 8  # of the shipped weights, where nobody says how many


class Dials(NamedTuple):
    """What a request sets beside prompt and seed, in the order in which it has them."""

    steps: int = USUAL_STEPS
    guidance: float = USUAL


def evaluation(description: str | None, *, counted: str, usual: int, unit: str | None = None) -> argparse.ArgumentParser:
    """Options of an evaluation; `counted` is the one that says how much is painted."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(counted, type=int, default=usual, help=unit)
    parser.add_argument("--steps", type=int, default=USUAL_STEPS)
    parser.add_argument("--guidance", type=float, default=USUAL)
    parser.add_argument("--weights", type=Path, help="a folder of the runtime's files; usually those of the package")
    parser.add_argument("--threads", type=int, default=0, help="of the runtime; one per core where nothing is said")
    parser.add_argument("--out", type=Path, help="where what comes out is written")
    return parser


def engine_of(arguments: argparse.Namespace) -> NanoEngine:
    return NanoEngine(arguments.threads, arguments.weights)


def dials_of(arguments: argparse.Namespace) -> Dials:
    return Dials(arguments.steps, arguments.guidance)


def write(out: Path | None, engine: NanoEngine, dials: Dials, **facts: Any) -> None:
    """Which weights were judged, and by which dials, goes with the figures."""
    if out:
        out.write_text(json.dumps({"model": engine.card, **dials._asdict(), **facts}, indent=2) + "\n")
