"""Does the picture show what the prompt names?

    python -m training.evaluate_text --pictures 256 --out text.json

Random prompts of known words, painted by the shipped runtime, judged by two classifiers: `judge_boxes` and `judge_pictures`. And by
pixels: things stand in known boxes, so a box is compared with a render of the same thing: how like it is (PSNR where the thing is
opaque), and whether of all the things that could stand there the right one is the likest.
"""

from __future__ import annotations

import json
from typing import Any

from mezzotint.engines.nano.engine import NanoEngine
from training import reporting
from training.cases import SEED, cases, paint_all
from training.judging import Judges, box_figures, judged, judges_ceilings
from training.reporting import Dials


def evaluate_text(engine: NanoEngine, pictures: int, dials: Dials) -> dict[str, Any]:
    judges = Judges.load()
    figures: dict[str, Any] = {}
    sets = {
        "known, English": cases(pictures, "en", unseen=False, seed=1),
        "known, German": cases(pictures // 2, "de", unseen=False, seed=2),
        "known, Turkish": cases(pictures // 2, "tr", unseen=False, seed=3),
        "held out, English": cases(pictures // 2, "en", unseen=True, seed=4),
    }
    for name, group in sets.items():
        painted, seconds = paint_all(engine, [case.prompt for case in group], dials, seed=SEED)
        scenes = [case.scene for case in group]
        figures[name] = {"pictures": len(group), **judged(judges, painted, scenes), **box_figures(painted, scenes), "seconds": round(seconds, 3)}
        print(name, json.dumps(figures[name]), flush=True)
    return figures


def main() -> None:
    arguments = reporting.evaluation(__doc__, counted="--pictures", usual=256).parse_args()
    engine, dials = reporting.engine_of(arguments), reporting.dials_of(arguments)
    figures = evaluate_text(engine, arguments.pictures, dials)
    reporting.write(arguments.out, engine, dials, judge=judges_ceilings(), sets=figures)


if __name__ == "__main__":
    main()
