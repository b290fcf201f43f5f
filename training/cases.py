"""Prompts to judge nano by, with the scenes that they tell, and pictures of them by the shipped runtime."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.ports import PaintRequest
from training.captions import WRITERS
from training.draw import draw_scene, held_out
from training.reporting import Dials
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


def paint_all(engine: NanoEngine, prompts: Iterable[str], dials: Dials, *, seed: int) -> tuple[np.ndarray, float]:
    """(n, 512, 512, 3) in 0..1, and seconds a picture."""
    began, pictures = time.perf_counter(), []
    for number, prompt in enumerate(prompts):
        request = PaintRequest("flux-dev", prompt, SIDE, SIDE, *dials, seed + number)
        pictures.append(engine.paint(request, lambda *_: None).pixels.array)
    return np.stack(pictures).astype(np.float32) / 255, (time.perf_counter() - began) / len(pictures)
