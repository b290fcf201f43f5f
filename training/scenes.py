"""One scene: what is in it (`Scene`), and the picture of it (`paint`).

The grammar of placement is fixed on purpose: things stand in boxes of whole or half tokens, on one line, in few columns. On a
small training budget the number of free placements, more than the number of things, decides how clean a picture gets.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from mezzotint.engines.nano.looks import FILTERS
from training import weather
from training.more_places import DRAW, backdrop
from training.phrases import OUTDOORS
from training.places import HORIZON, LIGHTS, Frame, over, rgb
from training.sprites import sprite
from training.vocabulary import BY_NAME

GRIDS = ((8, 8), (11, 8), (14, 8), (19, 8), (32, 8), (8, 11), (8, 14), (8, 19), (8, 32))  # columns, rows
SMALL, PAIR, NORMAL, BIG = 2, 3, 4, 6  # sides of the boxes, in tokens
NO_SHADOW = ("space", "sky", "underwater")


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
    hovers = BY_NAME[thing].flies and place not in ("table", "plain", "room")
    return 1 if hovers or place in ("space", "sky") else 0


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
        return _together(scene, middle, frame.base)
    if scene.count == 2:
        return [first(middle - 3, base, PAIR), first(middle, base, PAIR)]
    if scene.count == 3:
        return [first(middle - 4 + 3 * k, base, SMALL) for k in range(3)]
    if scene.count == 4:
        return [first(middle - 4 + 2 * k, base, SMALL) for k in range(4)]
    if scene.count == 5:
        return [first(middle - 2.5 + 3 * k, base - 2, SMALL) for k in range(2)] + [first(middle - 4 + 3 * k, base, SMALL) for k in range(3)]
    side = {None: NORMAL, "small": SMALL, "big": BIG}[scene.size]
    if side == BIG:
        return [first(middle - 3, base + 1, BIG)]
    column = {None: middle - side // 2, "left": middle - 4, "right": middle + 4 - side}[scene.position]
    return [first(column, base, side)]


def _together(scene: Scene, middle: int, ground: int) -> list[Placed]:
    """Two things in their relation, the one behind first. Feet are on the line, or above it for what flies."""
    assert scene.second is not None
    base, other = ground - lift(scene.thing, scene.place), ground - lift(scene.second, scene.place)

    def first(column: float, row: float, side: int) -> Placed:
        return Placed(scene.thing, scene.colour, column, row, side)

    def second(column: float, row: float, side: int) -> Placed:
        return Placed(str(scene.second), scene.second_colour, column, row, side, is_second=True)

    if scene.relation == "right of":
        return [first(middle, base, PAIR), second(middle - 3, other, PAIR)]
    if scene.relation == "on":
        back = BY_NAME[scene.second].back or NORMAL * 2
        return [second(middle - 2, other, NORMAL), first(middle - 1, other - back / 2 + 0.5, SMALL)]
    if scene.relation == "under":
        return [first(middle - 1.5, ground, PAIR), second(middle - 1.5, ground - PAIR, PAIR)]
    if scene.relation == "above":
        return [second(middle - 1.5, ground, PAIR), first(middle - 1.5, ground - PAIR, PAIR)]
    if scene.relation == "behind":
        return [first(middle - 3, base - 0.5, NORMAL), second(middle, other + 0.5, PAIR)]
    if scene.relation == "in front of":
        return [second(middle - 3, other - 0.5, NORMAL), first(middle, base + 0.5, PAIR)]
    if scene.relation == "with small":
        row = ground - NORMAL if BY_NAME[scene.second].flies else other
        return [first(middle - 2, base, NORMAL), second(middle + 2, row, SMALL)]
    return [first(middle - 3, base, PAIR), second(middle, other, PAIR)]


def shown(scene: Scene) -> list[Placed]:
    """The boxes of what is not hidden."""
    return [placed for placed in boxes(scene) if scene.hidden is None or placed.is_second != (scene.hidden == "second")]


def _shadow(frame: Frame, picture: np.ndarray, x: float, y: float, side: float) -> np.ndarray:
    """A soft ellipse on the ground under a thing whose feet are at (x, y)."""
    spot = np.exp(-(((frame.x - x) / (side * 0.36)) ** 2 + ((frame.y - y) / (side * 0.055)) ** 2))[..., None]
    return picture * (1 - 0.34 * spot)


def _reflection(picture: np.ndarray, image: np.ndarray, left: int, foot: int) -> np.ndarray:
    """The thing upside down in the water below it, paler with depth."""
    depth = min(image.shape[0] // 2, picture.shape[0] - foot)
    if depth <= 0:
        return picture
    mirror = image[::-1][: 2 * depth : 2][:depth]
    fade = np.linspace(0.46, 0.05, depth, dtype=np.float32)[:, None, None]
    return _composite(picture, mirror * fade, left, foot)


def _composite(picture: np.ndarray, image: np.ndarray, left: int, top: int) -> np.ndarray:
    """`image` (premultiplied, its cover last) over `picture`, cut at the picture's edges; changes `picture`."""
    high, wide = picture.shape[:2]
    y0, y1, x0, x1 = max(top, 0), min(top + image.shape[0], high), max(left, 0), min(left + image.shape[1], wide)
    part = image[y0 - top : y1 - top, x0 - left : x1 - left]
    target = picture[y0:y1, x0:x1]
    target[:] = target * (1 - part[..., -1:]) + part[..., :-1]
    return picture


def tint_of(scene: Scene) -> np.ndarray:
    """What the light does to the things' colours: three factors."""
    if scene.place in ("space", "plain"):
        return np.ones(3, np.float32)
    if scene.place == "underwater":
        return rgb((0.80, 0.93, 0.98))
    tint = rgb(LIGHTS[scene.frame_time].tint)
    share = 0.35 if scene.place in ("table", "room") else 0.75  # things keep some of their own light, so that colours stay readable
    return 1 - share + share * tint


@functools.lru_cache(maxsize=5000)
def _ground(place: str, time: str, seed: int, frame: Frame, sort: str | None) -> np.ndarray:
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
    unit = frame.unit
    column, row, side = placed.column, placed.row, placed.side
    image = sprite(placed.thing, placed.colour, side * unit, scene.look) * np.append(tint_of(scene), 1.0).astype(np.float32)
    left, foot = round(column * unit), round(row * unit)
    grounded = row >= frame.base and not (BY_NAME[placed.thing].flies and scene.place != "table")
    if scene.place == "water" and grounded:
        picture = _reflection(picture, image, left, foot)
    elif scene.place not in NO_SHADOW and grounded:
        picture = _shadow(frame, picture, column + side / 2 - frame.centre, row - frame.base - 0.04, side)
    picture = _composite(picture, image, left, foot - side * unit)
    if scene.place == "water" and grounded:
        line = np.exp(-(((frame.x - (column + side / 2 - frame.centre)) / (side * 0.40)) ** 2 + ((frame.y - (row - frame.base)) / 0.05) ** 2))
        picture = over(picture, rgb(LIGHTS[scene.frame_time].low), line[..., None] * 0.5)
    return picture


def paint(scene: Scene, unit: int) -> np.ndarray:
    """The scene as (rows * unit, columns * unit, 3), float32 sRGB in 0..1."""
    frame = Frame(scene.columns, scene.rows, unit)
    sort = scene.weather or scene.backdrop
    picture = _ground(scene.place, scene.frame_time, scene.seed, frame, sort).astype(np.float32) / 255
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
        _composite(found[..., None], np.concatenate([image * near, image], -1), round(placed.column * unit), round(placed.row * unit) - placed.side * unit)
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
