"""What the transformer is taught, one example at a time: a caption, the picture it asks for, and the pictures that come with it.

Modes: `text` has no pictures with it; `edit` has the scene before; `fill` the scene with a hole; `edges` its outlines; `depth` how
near things are; `combine` two scenes, out of which a third is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mezzotint.engines.nano.controls import drawn, outlines, shaded, with_hole
from mezzotint.engines.nano.latents import TOKEN_PIXELS
from training.captions import a_language, caption, described, instruction
from training.draw import RELATION_SHARES, draw_scene, draw_shown_off, held_out, one_of
from training.edits import Edit, draw_edit
from training.scenes import Scene, at_grid, boxes, depth, leeway, paint
from training.vocabulary import BY_NAME
from training.wording import Chance, pick

REFERENCES = {"text": 0, "edit": 1, "fill": 1, "edges": 1, "depth": 1, "combine": 2}
SHOWN_OFF = 0.10  # of plain text, what everybody sees first
PAIRED, COLOURED = 0.25, 0.20  # of plain text, what is learnt worst: two things, and colours where they are not easily seen
REWORKED = 0.65  # of edits, over their share, those that are learnt worst: by which things come, go, or become others
REWORKS = {"add": 0.26, "add above": 0.16, "replace": 0.36, "remove": 0.13, "remove all": 0.09}
OUTCOME = 0.25  # of edits, that are asked for by describing what is wanted
MOVED = {"edit": 0.3, "fill": 0.3, "edges": 0.6, "depth": 0.6}  # where things stand elsewhere than the grammar would have them
UNTOLD = 0.5  # of the rest of what is filled, or painted by outlines or nearness, that is not told on which side things are
COMBINED_PLACE = {
    "en": (
        "put the {} of the first picture into the second picture",
        "the {} from image 1 in the scene of image 2",
        "place the {} from picture 1 in picture 2",
    ),
    "de": ("setze {} aus Bild 1 in Bild 2", "{} aus dem ersten Bild im zweiten Bild"),
    "tr": ("ilk resimdeki {} ikinci resme koy", "1. resimdeki {} 2. resimde"),
}
COMBINED_PAIR = {
    "en": ("the {} of picture 1 next to the {} of picture 2", "the {} and the {} together", "combine both pictures: the {} and the {}"),
    "de": ("{} aus Bild 1 neben {} aus Bild 2", "{} und {} zusammen"),
    "tr": ("1. resimdeki {} ve 2. resimdeki {} yan yana", "{} ve {} birlikte"),
}


@dataclass(frozen=True)
class Example:
    mode: str
    caption: str
    scene: Scene
    picture: np.ndarray  # (h, w, 3) in 0..1
    references: tuple[np.ndarray, ...] = ()
    edit: Edit | None = None
    shown: str = ""  # of an edit, what it begins with in words


def _moved(mode: str, chance: Chance, *scenes: Scene) -> list[Scene]:
    """Often all of them as far to a side, so that where things are is to be seen in the picture that is shown, and not to be known."""
    least, most = (choose(side) for choose, side in zip((max, min), zip(*map(leeway, scenes), strict=True), strict=True))
    if least > most or chance.random() >= MOVED[mode]:
        return list(scenes)
    by = int(chance.integers(math.ceil(2 * least), math.floor(2 * most) + 1)) / 2
    return [replace(scene, moved=by) for scene in scenes]


def _shown_apart(mode: str, grid: tuple[int, int], chance: Chance, *, may_hold_out: bool) -> tuple[Scene, str]:
    """A scene of which something is shown, and a caption that leaves to that where things are."""
    [scene] = _moved(mode, chance, at_grid(draw_scene(chance, may_hold_out=may_hold_out), *grid))
    untold = scene.moved != 0 or chance.random() < UNTOLD
    return scene, caption(replace(scene, position=None) if untold else scene, chance)


def coloured_apart(scene: Scene) -> bool:
    """Whether it has a thing in a colour in another look than the usual one, or before a ground that has a colour itself."""
    return scene.colour is not None and scene.second is None and (scene.look not in ("3d", "line drawing") or scene.backdrop is not None)


def _sought(sort: float, chance: Chance) -> Callable[[Scene], bool]:
    """What a scene has to be, by a number in 0..1: of two things, in each relation as often; coloured apart; or anything."""
    if sort < PAIRED:
        relation = pick(chance, list(RELATION_SHARES))
        return lambda scene: scene.relation == relation
    return coloured_apart if sort < PAIRED + COLOURED else lambda _: True


def _told_scene(chance: Chance, *, may_hold_out: bool) -> Scene:
    sort = chance.random()
    if sort < SHOWN_OFF:
        return draw_shown_off(chance)
    fits = _sought(sort - SHOWN_OFF, chance)
    while True:
        scene = draw_scene(chance, may_hold_out=may_hold_out)
        if fits(scene):
            return scene


def _text(grid: tuple[int, int], chance: Chance, *, may_hold_out: bool) -> Example:
    scene = at_grid(_told_scene(chance, may_hold_out=may_hold_out), *grid)
    return Example("text", caption(scene, chance), scene, paint(scene, TOKEN_PIXELS))


def _visible(scene: Scene) -> Scene:
    """The scene without its second thing where that is hidden, and without a side where things are elsewhere."""
    alone = replace(scene, second=None, second_colour=None, relation=None, hidden=None) if scene.hidden == "second" else scene
    return replace(alone, position=None) if alone.moved else alone


def _edit(grid: tuple[int, int], chance: Chance, *, may_hold_out: bool, kind: str | None = None) -> Example:
    edit = draw_edit(chance, may_hold_out=may_hold_out, kind=kind)
    before, after = _moved("edit", chance, at_grid(edit.before, *grid), at_grid(edit.after, *grid))
    language = a_language(chance)
    said = instruction(edit, chance, language)
    if chance.random() < OUTCOME and after.hidden is None:
        said = described(replace(after, position=None) if after.moved else after, chance, language)
    shown = caption(_visible(before), chance)
    return Example("edit", said, after, paint(after, TOKEN_PIXELS), (paint(before, TOKEN_PIXELS),), replace(edit, before=before, after=after), shown)


def hole_for(scene: Scene, chance: Chance) -> np.ndarray:
    """(h, w) bool: the box of a thing, a part of it, any rectangle, or what lies outside of one. Its sides are on half tokens."""
    high, wide, half = scene.rows * 2, scene.columns * 2, TOKEN_PIXELS // 2
    cells = np.zeros((high, wide), bool)
    way = chance.random()
    if way < 0.45:
        box = pick(chance, boxes(scene))
        grown = chance.integers(0, 2, 4)
        top, left = round((box.row - box.side) * 2) - grown[0], round(box.column * 2) - grown[1]
        cells[max(top, 0) : round(box.row * 2) + grown[2], max(left, 0) : round((box.column + box.side) * 2) + grown[3]] = True
    else:
        rows, columns = np.sort(chance.integers(0, high + 1, 2)), np.sort(chance.integers(0, wide + 1, 2))
        cells[rows[0] : max(rows[1], rows[0] + 3), columns[0] : max(columns[1], columns[0] + 3)] = True
        if way > 0.70:
            cells = ~cells
    return np.repeat(np.repeat(cells, half, 0), half, 1)


def _fill(grid: tuple[int, int], chance: Chance, *, may_hold_out: bool) -> Example:
    scene, said = _shown_apart("fill", grid, chance, may_hold_out=may_hold_out)
    picture = paint(scene, TOKEN_PIXELS)
    return Example("fill", said, scene, picture, (with_hole(picture, hole_for(scene, chance)),))


def _edges(grid: tuple[int, int], chance: Chance, *, may_hold_out: bool) -> Example:
    scene, said = _shown_apart("edges", grid, chance, may_hold_out=may_hold_out)
    picture = paint(scene, TOKEN_PIXELS)
    return Example("edges", said, scene, picture, (drawn(outlines(picture)),))


def _depth(grid: tuple[int, int], chance: Chance, *, may_hold_out: bool) -> Example:
    scene, said = _shown_apart("depth", grid, chance, may_hold_out=may_hold_out)
    return Example("depth", said, scene, paint(scene, TOKEN_PIXELS), (shaded(depth(scene, TOKEN_PIXELS)),))


def _named(scene: Scene, language: str) -> str:
    noun = BY_NAME[scene.thing]
    return {"en": noun.name, "de": noun.german, "tr": noun.turkish}[language]


def _plainly(scene: Scene) -> Scene:
    """The scene with its one thing in the middle and nothing special about it."""
    return replace(scene, count=1, size=None, position=None, second=None, second_colour=None, relation=None, weather=None, look="3d", backdrop=None)


def _combine(grid: tuple[int, int], chance: Chance, *, may_hold_out: bool) -> Example:
    while True:
        one, two = (_plainly(at_grid(draw_scene(chance, may_hold_out=may_hold_out), *grid)) for _ in range(2))
        if one.thing == two.thing:
            continue
        language = a_language(chance)
        if chance.random() < 0.5:
            made = replace(two, thing=one.thing, colour=one.colour)
            said = pick(chance, COMBINED_PLACE[language]).format(_named(one, language))
        else:
            made = replace(one, second=two.thing, second_colour=two.colour, relation="beside")
            said = pick(chance, COMBINED_PAIR[language]).format(_named(one, language), _named(two, language))
        if may_hold_out or not any(held_out(scene) for scene in (one, two, made)):
            return Example("combine", said, made, paint(made, TOKEN_PIXELS), (paint(one, TOKEN_PIXELS), paint(two, TOKEN_PIXELS)))


MAKE = {"text": _text, "edit": _edit, "fill": _fill, "edges": _edges, "depth": _depth, "combine": _combine}


def make_example(mode: str, grid: tuple[int, int], chance: Chance, *, may_hold_out: bool = False) -> Example:
    """A random example of a mode on a grid of (columns, rows)."""
    return MAKE[mode](grid, chance, may_hold_out=may_hold_out)


def make_lesson(mode: str, grid: tuple[int, int], chance: Chance) -> Example:
    """A random example as it is taught: of edits, those by which things come, go, or become others are oftener than by chance."""
    if mode == "edit" and chance.random() < REWORKED:
        return _edit(grid, chance, may_hold_out=False, kind=one_of(chance, REWORKS))
    return make_example(mode, grid, chance)
