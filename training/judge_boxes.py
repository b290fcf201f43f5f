"""The judge of boxes: which thing stands where one was asked for, in which colour and which look.

    python -m training.judge_boxes --steps 3000

Where things stand is known from the scene, so it looks at that part alone, by the same number of pixels whether the thing is small or big.
A thing that is painted elsewhere is not there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from training.classifier import Judge, Labels, command, numbered, seen
from training.judge_pictures import drawn_evenly, rendered
from training.phrases import LOOKS
from training.scenes import Placed, Scene, shown
from training.sprites import own_colours
from training.vocabulary import COLOURS, NOUNS

SIDE = 64
MARGIN = 1 / 8  # of the box's side, around it
ASIDE, LARGER = 1 / 12, 0.08  # by how much the part that is taught may be off, of its side
OWN, UNSEEN = "own", "unseen"  # colours: the thing's own, and one that the look does not show
COLOURLESS = ("line drawing",)
USUAL = "3d"  # look, which nobody has to ask for
HEADS: dict[str, tuple[str, ...]] = {
    "object": tuple(noun.name for noun in NOUNS),
    "colour": (OWN, *(colour.name for colour in COLOURS), UNSEEN),
    "look": tuple(look.name for look in LOOKS),
}
# What a head says where there is nothing to see of its kind.
NOTHING = {"colour": (OWN, UNSEEN), "look": (USUAL,)}


def answers(placed: Placed, look: str) -> dict[str, str]:
    """What a right judgement of the box is, by head."""
    return {"object": placed.thing, "colour": UNSEEN if look in COLOURLESS else placed.colour or OWN, "look": look}


def labels_of(scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
    """The right judgements of all boxes of all scenes in their order, (n,) by head."""
    return numbered([answers(placed, scene.look) for scene in scenes for placed in shown(scene)], HEADS)


def counted(head: str, labels: Labels) -> np.ndarray:
    """Where a head counts, (n,): things everywhere, colours and looks where one was asked for and can be seen."""
    return seen(head, labels, HEADS, NOTHING)


def right(told: Labels, scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
    """Whether what each head tells of all boxes of all scenes is right, (n,). A red car is right where a car as it always is was seen: it is red."""
    wanted = labels_of(scenes)
    agreed = {head: told[head] == wanted[head] for head in HEADS}
    anyway = np.array([placed.colour in own_colours(placed.thing, scene.look) for scene in scenes for placed in shown(scene)], bool)
    agreed["colour"] |= anyway & (told["colour"] == HEADS["colour"].index(OWN))
    return agreed


def part_of(picture: np.ndarray, rows: int, placed: Placed, chance: np.random.Generator | None = None) -> np.ndarray:
    """What is in and around a box of a picture (h, w, 3) in 0..1 that is `rows` tokens high: (64, 64, 3) uint8. By `chance` a little off."""
    unit = picture.shape[0] / rows
    pad = round(2 * unit)
    padded = np.pad(picture, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    half = placed.side * unit * (0.5 + MARGIN)
    x, y = pad + (placed.column + placed.side / 2) * unit, pad + (placed.row - placed.side / 2) * unit
    if chance is not None:
        half *= 1 + chance.uniform(-LARGER, LARGER)
        x, y = np.array([x, y]) + chance.uniform(-ASIDE, ASIDE, 2) * placed.side * unit
    image = Image.fromarray((np.clip(padded, 0, 1) * 255 + 0.5).astype(np.uint8))
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=(x - half, y - half, x + half, y + half)))


def parts_of(pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> np.ndarray:
    """All boxes of all scenes in their order, (n, 64, 64, 3) uint8."""
    return np.stack([part_of(picture, scene.rows, placed) for picture, scene in zip(pictures, scenes, strict=True) for placed in shown(scene)])


def renders(chance: np.random.Generator, size: int) -> tuple[np.ndarray, Labels]:
    scenes = [drawn_evenly(chance) for _ in range(size)]
    parts = []
    for scene in scenes:
        picture = rendered(scene, chance)
        parts += [part_of(picture, scene.rows, placed, chance) for placed in shown(scene)]
    return np.stack(parts), labels_of(scenes)


JUDGE = Judge("box-judge", HEADS, renders, counted)

if __name__ == "__main__":
    command(JUDGE, __doc__, scenes=24_000, steps=3000)
