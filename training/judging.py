"""How often pictures show what was asked for, by the classifier and by comparing boxes with renders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.classifier import HEADS, answers, counted, judge, labels_of, share, small
from training.scenes import Placed, Scene, shown, tint_of
from training.sprites import sprite
from training.vocabulary import COLOURS, NOUNS


def judged(classifier: Any, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> dict[str, float | None]:
    """Share of right judgements per head of pictures (512, 512, 3) in 0..1; None where no scene says anything of it.

    `both`: of two things both are there, whichever is where. `count_1_3` and `count_4_5` are the parts of `count`.
    """
    told = judge(classifier, np.stack([small(picture) for picture in pictures]))
    wanted = labels_of(scenes)
    figures: dict[str, float | None] = {}
    for head in HEADS:
        rows, right = counted(head, wanted), told[head].argmax(1) == wanted[head]
        figures[head] = share(right, rows)
        if head == "count":
            several = np.array([scene.count > 3 for scene in scenes])
            figures |= {"count_1_3": share(right, rows & ~several), "count_4_5": share(right, rows & several)}
    two = counted("second", wanted)
    both = [_both(told, number, answers(scene)) for number, scene in enumerate(scenes)]
    return figures | {"both": share(np.array(both), two), "pairs": int(two.sum())}


def mistakes(classifier: Any, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> list[list[str]]:
    """For each picture what the classifier sees in it that was not asked for, such as "place: beach"; nothing where all is right."""
    told = judge(classifier, np.stack([small(picture) for picture in pictures]))
    wanted = labels_of(scenes)
    seen = {head: told[head].argmax(1) for head in HEADS}
    wrong = {head: counted(head, wanted) & (seen[head] != wanted[head]) for head in HEADS}
    return [[f"{head}: {HEADS[head][seen[head][number]]}" for head in HEADS if wrong[head][number]] for number in range(len(scenes))]


def _both(told: dict[str, np.ndarray], number: int, want: dict[str, int]) -> bool:
    first = HEADS["object"][int(told["object"][number].argmax())]
    second = HEADS["second"][int(told["second"][number].argmax())]
    return {first, second} == {HEADS["object"][want["object"]], HEADS["second"][want["second"]]}


def _box_error(picture: np.ndarray, scene: Scene, placed: Placed, thing: str, colour: str | None) -> float:
    """Mean square error in one box, where `thing` in `colour` would be opaque there."""
    unit = picture.shape[0] // scene.rows
    image = sprite(thing, colour, placed.side * unit, scene.look)
    opaque = image[..., 3] > 0.95
    left, foot = round(placed.column * unit), round(placed.row * unit)
    part = picture[foot - placed.side * unit : foot, left : left + placed.side * unit]
    error = (part - image[..., :3] * tint_of(scene)) ** 2
    return float(error[opaque].mean())


def box_figures(pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> dict[str, float]:
    """How like the render the things are, how often the right one is the likest, and how often it is in the colour that was asked for.

    Only clear scenes of one look are compared: things against all others, things in a colour against themselves in all colours.
    """
    errors: list[float] = []
    things: list[bool] = []
    colours: list[bool] = []
    for picture, scene in zip(pictures, scenes, strict=True):
        if scene.look not in ("3d", "flat", "cartoon") or scene.weather is not None or scene.second is not None:
            continue
        for placed in shown(scene):
            errors.append(_box_error(picture, scene, placed, placed.thing, placed.colour))
            if placed.colour is None:
                things.append(errors[-1] <= min(_box_error(picture, scene, placed, noun.name, None) for noun in NOUNS if noun.name != placed.thing))
            else:
                others = [None, *(colour.name for colour in COLOURS if colour.name != placed.colour)]
                colours.append(errors[-1] <= min(_box_error(picture, scene, placed, placed.thing, other) for other in others))
    return {
        "box_psnr_db": round(float(np.mean(-10 * np.log10(errors))), 2),
        "box_likest": round(float(np.mean(things)), 4) if things else 0.0,
        "box_colour": round(float(np.mean(colours)), 4) if colours else 0.0,
        "box_coloured": len(colours),
    }
