"""What the text encoder's other languages bring without any teaching: the same scenes asked for in all sixteen.

    python -m training.evaluate_languages --out languages.json

English, German and Turkish are what nano is taught in, and beside them the thirteen others say what is free. Judged as `evaluate` does.
"""

from __future__ import annotations

import json
from typing import Any

from mezzotint.engines.nano.engine import NanoEngine
from training import reporting
from training.cases import SEED, paint_all
from training.judging import Judges, judged
from training.reporting import Dials
from training.sentences import SCENES, SENTENCES

TOLD = ("object", "place", "time", "colour")


def evaluate_languages(engine: NanoEngine, seeds: int, dials: Dials) -> dict[str, dict[str, Any]]:
    """By language: the shares of right things, places, times and colours, and the number of pictures."""
    judges = Judges.load()
    figures: dict[str, dict[str, Any]] = {}
    scenes = [scene for _ in range(seeds) for scene in SCENES]
    for language, sentences in SENTENCES.items():
        pictures, _ = paint_all(engine, sentences * seeds, dials, seed=SEED)
        shown = judged(judges, pictures, scenes)
        figures[language] = {"pictures": len(pictures), **{head: shown[head] for head in TOLD}}
        print(language, json.dumps(figures[language]), flush=True)
    return figures


def main() -> None:
    arguments = reporting.evaluation(__doc__, counted="--seeds", usual=4, unit="pictures of each sentence").parse_args()
    engine, dials = reporting.engine_of(arguments), reporting.dials_of(arguments)
    reporting.write(arguments.out, engine, dials, languages=evaluate_languages(engine, arguments.seeds, dials))


if __name__ == "__main__":
    main()
