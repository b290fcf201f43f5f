"""What nano knows, in figures: does the picture show what the prompt names?

    python -m training.evaluate --pictures 256 --out figures.json

Random prompts of known words, painted by the shipped runtime at its defaults, judged by `classifier`. And, sharper: things stand in
known boxes, so the box is compared with a render of the same thing: how like it is (PSNR where the thing is opaque), and whether of
all the things that could stand there the right one is the likest.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.ports import PaintRequest
from training import reporting
from training.captions import WRITERS
from training.classifier import load_classifier
from training.draw import draw_scene, held_out
from training.judging import box_figures, judged
from training.scenes import Scene, at_grid
from training.wording import Facts

SIDE = 512
SEED = 31_337


@dataclass(frozen=True)
class Case:
    scene: Scene
    prompt: str


def cases(count: int, language: str, *, unseen: bool, seed: int) -> list[Case]:
    """Scenes of the grammar with captions that tell all there is; `unseen`: only those with a pair that training never saw."""
    chance = np.random.default_rng([SEED, seed])
    found: list[Case] = []
    while len(found) < count:
        scene = at_grid(draw_scene(chance, may_hold_out=unseen), 8, 8)
        if unseen == held_out(scene):
            facts = Facts(place=scene.backdrop is None, time=scene.look != "night photo", look=scene.look != "3d")
            found.append(Case(scene, WRITERS[language](scene, facts, chance)))
    return found


def paint_all(engine: NanoEngine, prompts: Iterable[str], *, steps: int, guidance: float, seed: int) -> tuple[np.ndarray, float]:
    """(n, 512, 512, 3) in 0..1, and seconds a picture."""
    began, pictures = time.perf_counter(), []
    for number, prompt in enumerate(prompts):
        request = PaintRequest("flux-dev", prompt, SIDE, SIDE, steps, guidance, seed + number)
        pictures.append(engine.paint(request, lambda *_: None).pixels.array)
    return np.stack(pictures).astype(np.float32) / 255, (time.perf_counter() - began) / len(pictures)


def evaluate(engine: NanoEngine, pictures: int, steps: int, guidance: float) -> dict[str, Any]:
    classifier, figures = load_classifier(), {}
    sets = {
        "known, English": cases(pictures, "en", unseen=False, seed=1),
        "known, German": cases(pictures // 2, "de", unseen=False, seed=2),
        "known, Turkish": cases(pictures // 2, "tr", unseen=False, seed=3),
        "held out, English": cases(pictures // 2, "en", unseen=True, seed=4),
    }
    for name, group in sets.items():
        painted, seconds = paint_all(engine, [case.prompt for case in group], steps=steps, guidance=guidance, seed=SEED)
        scenes = [case.scene for case in group]
        figures[name] = {"pictures": len(group), **judged(classifier, painted, scenes), **box_figures(painted, scenes), "seconds": round(seconds, 3)}
        print(name, json.dumps(figures[name]), flush=True)
    return figures


def main() -> None:
    parser = reporting.evaluation(__doc__, counted="--pictures", usual=256)
    parser.add_argument("--guidance", type=float, default=3.0)
    arguments = parser.parse_args()
    engine = NanoEngine(weights=arguments.weights)
    figures = evaluate(engine, arguments.pictures, arguments.steps, arguments.guidance)
    reporting.write(arguments.out, engine, steps=arguments.steps, guidance=arguments.guidance, sets=figures)


if __name__ == "__main__":
    main()
