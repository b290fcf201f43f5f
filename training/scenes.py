"""One scene: what is in it (`Scene`), and the picture of it (`paint`).

The grammar of placement is fixed on purpose: things stand in boxes of whole or half tokens, on one line, in few columns. On a
small training budget the number of free placements, more than the number of things, decides how clean a picture gets.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from mezzotint.engines.nano import layout
from mezzotint.engines.nano.layout import BIG, NORMAL, PAIR, SMALL, Body, Box
from mezzotint.engines.nano.looks import FILTERS
from mezzotint.engines.nano.standing import WATER, composite, stand
from training import weather
from training.more_places import DRAW, backdrop
from training.phrases import OUTDOORS
from training.places import HORIZON, LIGHTS, Frame, over, rgb, tint
from training.sprites import sprite
from training.vocabulary import BY_NAME, Noun

GRIDS = ((8, 8), (11, 8), (14, 8), (19, 8), (32, 8), (8, 11), (8, 14), (8, 19), (8, 32))  # columns, rows


@dataclass(frozen=True)
class Scene:
    """`colour`, `time`, `size`, `weather` are None where the scene has no such thing; `seed` draws the ground's details.

    Where there is a `second` thing, the first one is in `relation` to it. `hidden` ("thing" or "second") leaves one of the two
    out and the other where it was: what an edit adds or removes. Everything stands `moved` tokens further right than the grammar has it:
    in pictures that are shown, things may be anywhere.
    """

    thing: str
    place: str
    time: str | None
    colour: str | None
    count: int
    size: str | None
    position: str | None
    columns: int
    rows: int
    seed: int
    weather: str | None = None
    look: str = "3d"
    backdrop: str | None = None
    second: str | None = None
    second_colour: str | None = None
    relation: str | None = None
    hidden: str | None = None
    moved: float = 0.0

    @property
    def frame_time(self) -> str:
        return self.time or "day"


@dataclass(frozen=True)
class Placed:
    """A thing in its box: `column` of its left edge, `row` below its feet, `side`, in tokens; `is_second` of two."""

    thing: str
    colour: str | None
    column: float
    row: float
    side: int
    is_second: bool = False


def at_grid(scene: Scene, columns: int, rows: int) -> Scene:
    return replace(scene, columns=columns, rows=rows)


def lift(thing: str, place: str) -> int:
    """How many tokens above the line a thing is."""
    return layout.lift(BY_NAME[thing].flies, place)


def boxes(scene: Scene) -> list[Placed]:
    """Where the things are, those behind first; none left out."""
    return [replace(placed, column=placed.column + scene.moved) for placed in _standing(scene)]


def leeway(scene: Scene) -> tuple[float, float]:
    """By how many tokens it may be `moved`, at least and at most, so that nothing leaves the picture."""
    standing = _standing(scene)
    return -min(placed.column for placed in standing), scene.columns - max(placed.column + placed.side for placed in standing)


def _standing(scene: Scene) -> list[Placed]:
    frame = Frame(scene.columns, scene.rows, 1)
    middle, base = frame.centre, frame.base - lift(scene.thing, scene.place)

    def first(column: float, row: float, side: int) -> Placed:
        return Placed(scene.thing, scene.colour, column, row, side)

    if scene.second is not None:
        return _together(scene)
    if scene.count == 2:
        return [first(middle - 3, base, PAIR), first(middle, base, PAIR)]
    if scene.count == 3:
        return [first(middle - 4 + 3 * k, base, SMALL) for k in range(3)]
    if scene.count == 4:
        return [first(middle - 4 + 2 * k, base, SMALL) for k in range(4)]
    if scene.count == 5:
        return [first(box.column, box.row, round(box.side)) for box in layout.five(scene.columns, scene.rows, lift(scene.thing, scene.place))]
    side = {None: NORMAL, "small": SMALL, "big": BIG}[scene.size]
    if side == BIG:
        return [first(middle - 3, base + 1, BIG)]
    column = {None: middle - side // 2, "left": middle - 4, "right": middle + 4 - side}[scene.position]
    return [first(column, base, side)]


def _together(scene: Scene) -> list[Placed]:
    """Two things in their relation, the one behind first."""
    one, two = BY_NAME[scene.thing], BY_NAME[str(scene.second)]
    stood = layout.together(str(scene.relation), (_body(one), _body(two)), scene.place, scene.columns, scene.rows)
    named = {False: (scene.thing, scene.colour), True: (str(scene.second), scene.second_colour)}
    return [Placed(*named[box.is_second], box.column, box.row, round(box.side), box.is_second) for box in stood]


def _body(noun: Noun) -> Body:
    return Body(noun.flies, noun.back)


def shown(scene: Scene) -> list[Placed]:
    """The boxes of what is not hidden."""
    return [placed for placed in boxes(scene) if scene.hidden is None or placed.is_second != (scene.hidden == "second")]


def tint_of(scene: Scene) -> np.ndarray:
    return tint(scene.place, scene.frame_time)


@functools.lru_cache(maxsize=5000)
def ground(place: str, time: str, seed: int, frame: Frame, sort: str | None) -> np.ndarray:
    """The scene without its things, (h, w, 3) uint8; `sort` is the weather or the backdrop. Drawn again and again, so they are kept (about a gigabyte)."""
    if place == "plain" and sort is not None:
        picture = backdrop(frame, sort, np.random.default_rng(seed))
    else:
        picture = DRAW[place](frame, time, np.random.default_rng(seed))
    picture = np.broadcast_to(picture, (frame.y.shape[0], frame.x.shape[1], 3))
    if place != "plain" and sort is not None:
        picture = weather.behind(frame, picture, sort, time, np.random.default_rng([seed, 1]))
    return np.asarray(np.clip(picture, 0, 1) * 255 + 0.5, np.uint8)


def _stand(scene: Scene, frame: Frame, picture: np.ndarray, placed: Placed) -> np.ndarray:
    """One thing into the picture, with its shadow or its reflection; changes `picture`."""
    column, row, side = placed.column, placed.row, placed.side
    image = sprite(placed.thing, placed.colour, side * frame.unit, scene.look) * np.append(tint_of(scene), 1.0).astype(np.float32)
    grounded = row >= frame.base and not (BY_NAME[placed.thing].flies and scene.place != "table")
    picture = stand(picture, image, Box(column, row, side), frame.unit, scene.place if grounded else None)
    if scene.place == WATER and grounded:
        line = np.exp(-(((frame.x - (column + side / 2 - frame.centre)) / (side * 0.40)) ** 2 + ((frame.y - (row - frame.base)) / 0.05) ** 2))
        picture = over(picture, rgb(LIGHTS[scene.frame_time].low), line[..., None] * 0.5)
    return picture


def paint(scene: Scene, unit: int) -> np.ndarray:
    """The scene as (rows * unit, columns * unit, 3), float32 sRGB in 0..1."""
    frame = Frame(scene.columns, scene.rows, unit)
    sort = scene.weather or scene.backdrop
    picture = ground(scene.place, scene.frame_time, scene.seed, frame, sort).astype(np.float32) / 255
    for placed in shown(scene):
        picture = _stand(scene, frame, picture, placed)
    if scene.weather is not None:
        picture = weather.before(frame, picture, scene.weather, scene.frame_time, np.random.default_rng([scene.seed, 2]))
    picture = np.clip(picture, 0, 1)
    return FILTERS[scene.look](picture, unit) if scene.look in FILTERS else picture


def depth(scene: Scene, unit: int) -> np.ndarray:
    """How near what one sees is, (rows * unit, columns * unit) in 0..1: the sky far, the ground nearer downwards, things as near as their feet."""
    frame = Frame(scene.columns, scene.rows, unit)
    level = (scene.place in OUTDOORS and scene.place != "sky") or scene.place in ("table", "room", "underwater")
    nearness = np.clip((frame.y - HORIZON) / (frame.rows - frame.base - HORIZON), 0, 1) * 0.75 + 0.10 if level else 0.10 + 0 * frame.y
    found = np.repeat(nearness, frame.x.shape[1], 1).astype(np.float32)
    for order, placed in enumerate(shown(scene)):
        image = sprite(placed.thing, None, placed.side * unit, scene.look)[..., 3:]
        near = 0.70 + 0.12 * order
        composite(found[..., None], np.concatenate([image * near, image], -1), round(placed.column * unit), round(placed.row * unit) - placed.side * unit)
    return found


TURNED = {"right of": "left of", "beside": "left of", "in front of": "behind", "above": "under"}


def canonical(scene: Scene) -> Scene:
    """The same picture in other words, so that each has one: of two things the left, the lower, or the one behind comes first."""
    if scene.second is None or scene.relation not in TURNED:
        return scene
    relation = TURNED[scene.relation]
    if scene.relation == "beside":
        return replace(scene, relation=relation)
    return replace(scene, relation=relation, thing=scene.second, colour=scene.second_colour, second=scene.thing, second_colour=scene.colour)
