"""What nano knows, in figures: does the picture show what the prompt names?

    python -m training.evaluate --pictures 256 --out figures.json --sheet sheet.png

Random prompts of known words, painted by the shipped runtime at its defaults, judged by `classifier`. And, sharper: things stand in
known boxes, so the box is compared with a render of the same thing: how like it is (PSNR where the thing is opaque), and whether of
all the things that could stand there the right one is the likest.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.ports import PaintRequest
from training.captions import WRITERS
from training.classifier import HEADS, answers, judge, load_classifier, small
from training.sampling import PROMPTS, contact_sheet
from training.scenes import Scene, at_grid, boxes, draw_scene, tint_of
from training.sprites import sprite
from training.vocabulary import HELD_OUT_COLOURS, HELD_OUT_PLACES, NOUNS

SIDE = 512
UNIT = SIDE // 8
SEED = 31_337


@dataclass(frozen=True)
class Case:
    scene: Scene
    prompt: str


def _held_out(scene: Scene) -> bool:
    return (scene.thing, scene.place) in HELD_OUT_PLACES or (scene.thing, scene.colour or "") in HELD_OUT_COLOURS


def cases(count: int, language: str, *, held_out: bool, seed: int) -> list[Case]:
    """Scenes of the grammar with their captions; every caption names its place, and its time where there is one."""
    chance = np.random.default_rng([SEED, seed])
    found: list[Case] = []
    while len(found) < count:
        scene = at_grid(draw_scene(chance, held_out=held_out), 8, 8)
        if held_out != _held_out(scene):
            continue
        found.append(Case(scene, _full_caption(scene, language, chance)))
    return found


def _full_caption(scene: Scene, language: str, chance: np.random.Generator) -> str:
    """Captions leave things out at random; here they are drawn until one leaves out least, by length."""
    return max((WRITERS[language](scene, chance) for _ in range(8)), key=len)


def paint_all(engine: NanoEngine, prompts: Iterable[str], *, steps: int, guidance: float, seed: int) -> tuple[np.ndarray, float]:
    """(n, 512, 512, 3) in 0..1, and seconds a picture."""
    began, pictures = time.perf_counter(), []
    for number, prompt in enumerate(prompts):
        request = PaintRequest("flux-dev", prompt, SIDE, SIDE, steps, guidance, seed + number)
        pictures.append(engine.paint(request, lambda *_: None).pixels.array)
    return np.stack(pictures).astype(np.float32) / 255, (time.perf_counter() - began) / len(pictures)


def _box_error(picture: np.ndarray, scene: Scene, thing: str) -> float:
    """Mean square error in the scene's boxes, where `thing` would be opaque there."""
    total, weight = 0.0, 0.0
    colour = scene.colour if thing == scene.thing else None
    for column, row, side in boxes(scene):
        image = sprite(thing, colour, side * UNIT)
        opaque = image[..., 3] > 0.95
        part = picture[row * UNIT - side * UNIT : row * UNIT, column * UNIT : (column + side) * UNIT]
        error = (part - image[..., :3] * tint_of(scene)) ** 2
        total += float(error[opaque].sum())
        weight += float(opaque.sum()) * 3
    return total / max(weight, 1.0)


def box_figures(pictures: np.ndarray, scenes: Sequence[Scene]) -> dict[str, float]:
    """How like the render the boxes are, and how often the right thing is the likest. Only things in their own colours are compared."""
    errors, right, compared = [], 0, 0
    for picture, scene in zip(pictures, scenes, strict=True):
        errors.append(_box_error(picture, scene, scene.thing))
        if scene.colour is None:
            compared += 1
            right += errors[-1] <= min(_box_error(picture, scene, noun.name) for noun in NOUNS if noun.name != scene.thing)
    return {"box_psnr_db": round(float(np.mean(-10 * np.log10(errors))), 2), "box_likest": round(right / max(compared, 1), 4)}


def judged(classifier: Any, pictures: np.ndarray, scenes: Sequence[Scene]) -> dict[str, float]:
    """Share of right judgements per head; colour only where one was asked for, time only where there is one."""
    told = judge(classifier, np.stack([small(picture) for picture in pictures]))
    wanted = [answers(scene) for scene in scenes]
    counted = {"colour": [scene.colour is not None for scene in scenes], "time": [scene.time is not None for scene in scenes]}
    figures = {}
    for head in HEADS:
        rows = np.array(counted.get(head, [True] * len(scenes)))
        right = told[head].argmax(1) == np.array([want[head] for want in wanted])
        figures[head] = round(float(right[rows].mean()), 4)
    return figures


def evaluate(engine: NanoEngine, pictures: int, steps: int, guidance: float) -> dict[str, Any]:
    classifier, figures = load_classifier(), {}
    sets = {
        "known, English": cases(pictures, "en", held_out=False, seed=1),
        "known, German": cases(pictures // 2, "de", held_out=False, seed=2),
        "known, Turkish": cases(pictures // 2, "tr", held_out=False, seed=3),
        "held out, English": cases(pictures // 2, "en", held_out=True, seed=4),
    }
    for name, group in sets.items():
        painted, seconds = paint_all(engine, [case.prompt for case in group], steps=steps, guidance=guidance, seed=SEED)
        scenes = [case.scene for case in group]
        figures[name] = {"pictures": len(group), **judged(classifier, painted, scenes), **box_figures(painted, scenes), "seconds": round(seconds, 3)}
        print(name, json.dumps(figures[name]), flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=256)
    parser.add_argument("--steps", type=int, default=28)
    parser.add_argument("--guidance", type=float, default=3.0)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args()
    engine = NanoEngine(weights=arguments.weights)
    if arguments.sheet:
        requests = [PaintRequest("flux-dev", prompt, 1024, 768, arguments.steps, arguments.guidance, seed) for seed, prompt in enumerate(PROMPTS)]
        painted = [engine.paint(request, lambda *_: None).pixels.array[::3, ::3].astype(np.float32) / 255 for request in requests]
        contact_sheet(painted, PROMPTS, 4).save(arguments.sheet)
    if arguments.pictures:
        figures = evaluate(engine, arguments.pictures, arguments.steps, arguments.guidance)
        if arguments.out:
            arguments.out.write_text(
                json.dumps({"steps": arguments.steps, "guidance": arguments.guidance, "model": engine.card, "sets": figures}, indent=2) + "\n"
            )


if __name__ == "__main__":
    main()
