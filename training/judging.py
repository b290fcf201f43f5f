"""How often pictures show what was asked for, by the judges and by comparing boxes with renders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from training import judge_boxes, judge_pictures
from training.classifier import load, load_ceilings, share, tell
from training.scenes import Placed, Scene, shown, tint_of
from training.sprites import own_colours, sprite
from training.vocabulary import COLOURS, NOUNS

HEADS = (*judge_boxes.HEADS, *judge_pictures.HEADS)
ALONE = ("object", "colour")  # of scenes with one kind of thing; of two, `both` tells


class Opinions(Protocol):
    """What is told of pictures (512, 512, 3) in 0..1."""

    def of_boxes(self, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
        """The number of the word that each head chooses, of all boxes of all scenes in their order."""

    def of_pictures(self, pictures: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """The number of the word that each head chooses, (n,)."""


@dataclass(frozen=True)
class Judges:
    """Both classifiers: of what stands in the boxes, and of the whole picture."""

    boxes: Any
    pictures: Any

    @classmethod
    def load(cls) -> Judges:
        return cls(load(judge_boxes.JUDGE), load(judge_pictures.JUDGE))

    def of_boxes(self, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> dict[str, np.ndarray]:
        return _chosen(tell(self.boxes, judge_boxes.parts_of(pictures, scenes).astype(np.float32) / 255))

    def of_pictures(self, pictures: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        return _chosen(tell(self.pictures, np.stack([judge_pictures.small(picture) for picture in pictures])))


def _chosen(told: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {head: logits.argmax(1) for head, logits in told.items()}


def judges_ceilings() -> dict[str, float | None]:
    """How often the judges are right about renders, by head."""
    return load_ceilings(judge_boxes.JUDGE) | load_ceilings(judge_pictures.JUDGE)


@dataclass(frozen=True)
class Verdict:
    """Of one head about pictures: how `right` each is (n,) in 0..1, and whether it `counts` there (n,)."""

    right: np.ndarray
    counts: np.ndarray


def verdicts(judges: Opinions, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> dict[str, Verdict]:
    """Of pictures (512, 512, 3) in 0..1 by head. Of several things in one picture, the share that is right."""
    found = {}
    agreed, wanted = judge_boxes.right(judges.of_boxes(pictures, scenes), scenes), judge_boxes.labels_of(scenes)
    of = np.repeat(np.arange(len(scenes)), [len(shown(scene)) for scene in scenes])
    boxes = np.bincount(of, minlength=len(scenes))  # none where an edit took the only thing away
    for head in judge_boxes.HEADS:
        right = np.bincount(of, agreed[head], len(scenes)) / np.maximum(boxes, 1)
        counts = np.bincount(of, judge_boxes.counted(head, wanted), len(scenes))
        found[head] = Verdict(right, (boxes > 0) & (counts == boxes))
    agreed, wanted = judge_pictures.right(judges.of_pictures(pictures), scenes), judge_pictures.labels_of(scenes)
    for head in judge_pictures.HEADS:
        found[head] = Verdict(agreed[head].astype(float), judge_pictures.counted(head, wanted))
    return found


def judged(judges: Opinions, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> dict[str, float | None]:
    """Share of right judgements per head of pictures (512, 512, 3) in 0..1; None where no scene says anything of it.

    `object` and `colour` are of scenes with one kind of thing; `both`: of two things both are where they should be. `count_1_3` and
    `count_4_5` are the parts of `count`.
    """
    found = verdicts(judges, pictures, scenes)
    alone, several = np.array([scene.second is None for scene in scenes]), np.array([scene.count > 3 for scene in scenes])
    figures: dict[str, float | None] = {}
    for head, verdict in found.items():
        figures[head] = share(verdict.right, verdict.counts & alone if head in ALONE else verdict.counts)
    count = found["count"]
    figures |= {"count_1_3": share(count.right, count.counts & ~several), "count_4_5": share(count.right, count.counts & several)}
    return figures | {"both": share(found["object"].right == 1, ~alone), "pairs": int((~alone).sum())}


def mistakes(judges: Opinions, pictures: Sequence[np.ndarray], scenes: Sequence[Scene]) -> list[list[str]]:
    """For each picture what the judges see in it that was not asked for, such as "place: beach"; nothing where all is right."""
    found: list[list[str]] = []
    in_pictures = judges.of_pictures(pictures)
    for number, (picture, scene) in enumerate(zip(pictures, scenes, strict=True)):
        whole = {head: chosen[number : number + 1] for head, chosen in in_pictures.items()}
        found.append([*_wrong(judge_boxes, judges.of_boxes([picture], [scene]), scene), *_wrong(judge_pictures, whole, scene)])
    return found


def _wrong(judge: Any, told: dict[str, np.ndarray], scene: Scene) -> list[str]:
    """What the heads of one judge see in a picture instead of what the scene has, each said once."""
    agreed, wanted = judge.right(told, [scene]), judge.labels_of([scene])
    wrong = {head: told[head][judge.counted(head, wanted) & ~agreed[head]] for head in judge.HEADS}
    return [f"{head}: {judge.HEADS[head][seen]}" for head, numbers in wrong.items() for seen in dict.fromkeys(numbers.tolist())]


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
                anyway = own_colours(placed.thing, scene.look)
                others = {None, *(colour.name for colour in COLOURS)} - ({placed.colour, None} if placed.colour in anyway else {placed.colour})
                colours.append(errors[-1] <= min(_box_error(picture, scene, placed, placed.thing, other) for other in others))
    return {
        "box_psnr_db": round(float(np.mean(-10 * np.log10(errors))), 2),
        "box_likest": round(float(np.mean(things)), 4) if things else 0.0,
        "box_colour": round(float(np.mean(colours)), 4) if colours else 0.0,
        "box_coloured": len(colours),
    }
