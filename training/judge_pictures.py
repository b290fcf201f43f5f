"""The judge of whole pictures: where and when it is, in which weather, how many things there are and how they stand to each other.

    python -m training.judge_pictures --steps 3000

What the things are and how they are drawn, `judge_boxes` tells, which looks closer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.closer import TIMES as NEARER
from mezzotint.engines.nano.closer import Closer
from mezzotint.engines.nano.latents import TOKEN_PIXELS
from mezzotint.engines.nano.sampling import Grid
from training.classifier import Judge, Labels, command, numbered, seen
from training.draw import draw_scene
from training.fit_latents import load_codec
from training.phrases import PLACES, TIMES, WEATHERS
from training.scenes import Scene, at_grid, canonical, lift, paint
from training.vocabulary import COLOURS

SIDE = 128
HEADS: dict[str, tuple[str, ...]] = {
    "place": tuple(place.name for place in PLACES),
    "time": (*(time.name for time in TIMES), "none"),
    "count": ("1", "2", "3", "4", "5"),
    "relation": ("none", "left of", "behind", "under", "on", "with small"),
    "weather": ("none", *(weather.name for weather in WEATHERS)),
    "backdrop": ("none", "gradient", *(colour.name for colour in COLOURS)),
}
# What a head says where there is nothing to see of its kind.
NOTHING = dict.fromkeys(("time", "relation", "weather", "backdrop"), ("none",))


def answers(scene: Scene) -> dict[str, str]:
    """What a right judgement of the scene is, by head."""
    scene = canonical(scene)
    return {
        "place": scene.place,
        "time": scene.time or "none",
        "count": str(scene.count),
        "relation": scene.relation or "none",
        "weather": scene.weather or "none",
        "backdrop": scene.backdrop or "none",
    }


def labels_of(scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
    """The right judgements, (n,) by head."""
    return numbered([answers(scene) for scene in scenes], HEADS)


def counted(head: str, labels: Labels) -> np.ndarray:
    """Where a head counts, (n,): where there is something to see; numbers, where there is one kind of thing."""
    return ~seen("relation", labels, HEADS, NOTHING) if head == "count" else seen(head, labels, HEADS, NOTHING)


def right(told: Labels, scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
    """Whether what each head tells is right, (n,)."""
    wanted = labels_of(scenes)
    return {head: told[head] == wanted[head] for head in HEADS}


def small(pixels: np.ndarray) -> np.ndarray:
    """(h, w, 3) of a multiple of 128 a side to (128, 128, 3) by averaging."""
    factor = pixels.shape[0] // SIDE
    averaged: np.ndarray = pixels.reshape(SIDE, factor, SIDE, factor, 3).mean((1, 3))
    return averaged


def anything(_: Scene) -> bool:
    return True


# What a render must have, and how often: what is rare in prompts must be known as well as the rest.
WANTED: tuple[tuple[Callable[[Scene], bool], float], ...] = (
    (anything, 0.2),
    (lambda scene: scene.size == "big", 0.1),
    (lambda scene: scene.colour is not None, 0.15),
    (lambda scene: scene.weather is not None, 0.15),
    (lambda scene: scene.look != "3d", 0.2),
    (lambda scene: scene.second is not None, 0.2),
)


def drawn_evenly(chance: np.random.Generator) -> Scene:
    wanted = WANTED[chance.choice(len(WANTED), p=[share for _, share in WANTED])][0]
    while True:
        scene = draw_scene(chance, may_hold_out=True)
        if wanted(scene):
            return at_grid(scene, 8, 8)


_codec = functools.cache(load_codec)


def rendered(scene: Scene, chance: np.random.Generator) -> np.ndarray:
    """(256, 256, 3) in 0..1; for half of them what the linear codec makes of it. Half of what is big is seen from nearer, as the runtime
    shows it."""
    pixels = from_nearer(scene, TOKEN_PIXELS) if scene.size == "big" and chance.random() < 0.5 else paint(scene, TOKEN_PIXELS)
    if chance.random() >= 0.5:
        return pixels
    return _codec().decode(_codec().encode(pixels)).clip(0, 1)


def from_nearer(scene: Scene, unit: int) -> np.ndarray:
    """One big thing as the runtime has it: no larger than others, and seen from nearer. (rows * unit, columns * unit, 3), float32 in 0..1."""
    whole = Pixels.of((paint(replace(scene, size=None), round(unit * NEARER)) * 255).astype(np.uint8))
    view = Closer("", lift(scene.thing, scene.place)).view(Grid(scene.columns, scene.rows))
    return np.asarray(view.of(whole).array, np.float32) / 255


def renders(chance: np.random.Generator, size: int) -> tuple[np.ndarray, Labels]:
    scenes = [drawn_evenly(chance) for _ in range(size)]
    pictures = [(small(rendered(scene, chance)) * 255).astype(np.uint8) for scene in scenes]
    return np.stack(pictures), labels_of(scenes)


JUDGE = Judge("picture-judge", HEADS, renders, counted)

if __name__ == "__main__":
    command(JUDGE, __doc__, scenes=24_000, steps=3000)
