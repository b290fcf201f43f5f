"""One scene: what is in it (`Scene`), and the picture of it (`paint`).

The grammar of placement is fixed on purpose: things stand in boxes of whole tokens, on one line, in few columns. On a small
training budget the number of free placements, more than the number of things, decides how clean a picture gets.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from training.places import DRAW, LIGHTS, Frame, over, rgb
from training.sprites import sprite
from training.vocabulary import BY_NAME, COLOURS, HELD_OUT_COLOURS, HELD_OUT_PLACES, NOUNS, OUTDOORS, PLACES, Noun

GRIDS = ((8, 8), (11, 8), (14, 8), (19, 8), (32, 8), (8, 11), (8, 14), (8, 19), (8, 32))  # columns, rows
GRID_SHARES = (0.37, 0.33, 0.10, 0.03, 0.01, 0.08, 0.05, 0.02, 0.01)
GROUNDS = 32  # ways in which the details of one ground are drawn
SMALL, PAIR, NORMAL, BIG = 2, 3, 4, 6  # sides of the boxes, in tokens


@dataclass(frozen=True)
class Scene:
    """`colour`, `time` and `size` are None where the scene has no such thing; `seed` draws the ground's details."""

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

    @property
    def frame_time(self) -> str:
        return self.time or "day"


def boxes(scene: Scene) -> list[tuple[int, int, int]]:
    """Where the things stand: (column, row, side) in tokens, the row being the one below their feet."""
    frame = Frame(scene.columns, scene.rows, 1)
    thing, middle = BY_NAME[scene.thing], frame.centre
    lift = 1 if thing.flies and scene.place != "table" else 0
    if scene.place == "space":
        lift = 1
    base = frame.base - lift
    if scene.count == 2:
        return [(middle - 3, base, PAIR), (middle, base, PAIR)]
    if scene.count == 3:
        return [(middle - 4, base, SMALL), (middle - 1, base, SMALL), (middle + 2, base, SMALL)]
    side = {None: NORMAL, "small": SMALL, "big": BIG}[scene.size]
    if side == BIG:
        return [(middle - 3, base + 1, BIG)]
    column = {None: middle - side // 2, "left": middle - 4, "right": middle + 4 - side}[scene.position]
    return [(column, base, side)]


def _allowed(thing: str, place: str, colour: str | None) -> bool:
    return (thing, place) not in HELD_OUT_PLACES and (thing, colour or "") not in HELD_OUT_COLOURS


def _place_for(thing: Noun, chance: np.random.Generator) -> str:
    if chance.random() < 0.62:
        return str(chance.choice(thing.home))
    return str(chance.choice([place.name for place in PLACES]))


def draw_scene(chance: np.random.Generator, *, held_out: bool = False, thing: str | None = None) -> Scene:
    """A random scene of the grammar; with `held_out`, one that breaks no placement rule but may use a held-out pair."""
    while True:
        noun = BY_NAME[thing] if thing else NOUNS[chance.integers(len(NOUNS))]
        place = _place_for(noun, chance)
        colour = None
        if noun.recolourable and chance.random() < 0.55:
            colour = COLOURS[chance.integers(len(COLOURS))].name
        if not held_out and not _allowed(noun.name, place, colour):
            continue
        count = int(chance.choice((1, 2, 3), p=(0.80, 0.11, 0.09)))
        size = position = None
        if count == 1:
            size = (None, "small", "big")[chance.choice(3, p=(0.70, 0.12, 0.18))]
            if size != "big" and chance.random() < 0.24:
                position = str(chance.choice(("left", "right")))
        time = None
        if place in OUTDOORS or place == "table":
            time = str(chance.choice(("day", "sunrise", "sunset", "night"), p=(0.40, 0.20, 0.20, 0.20)))
        columns, rows = GRIDS[chance.choice(len(GRIDS), p=GRID_SHARES)]
        return Scene(noun.name, place, time, colour, count, size, position, columns, rows, int(chance.integers(GROUNDS)))


def at_grid(scene: Scene, columns: int, rows: int) -> Scene:
    return replace(scene, columns=columns, rows=rows)


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
    """`image` (premultiplied RGBA) over `picture`, cut at the picture's edges; changes `picture`."""
    high, wide = picture.shape[:2]
    y0, y1, x0, x1 = max(top, 0), min(top + image.shape[0], high), max(left, 0), min(left + image.shape[1], wide)
    part = image[y0 - top : y1 - top, x0 - left : x1 - left]
    target = picture[y0:y1, x0:x1]
    target[:] = target * (1 - part[..., 3:]) + part[..., :3]
    return picture


def tint_of(scene: Scene) -> np.ndarray:
    if scene.place in ("space", "plain"):
        return np.ones(3, np.float32)
    tint = rgb(LIGHTS[scene.frame_time].tint)
    share = 0.35 if scene.place == "table" else 0.75  # things keep some of their own light, so that colours stay readable
    return 1 - share + share * tint


@functools.lru_cache(maxsize=30_000)
def _ground(place: str, time: str, seed: int, frame: Frame) -> np.ndarray:
    """The scene without its things, (h, w, 3) uint8. Few and drawn again and again, so they are kept (gigabytes)."""
    picture = DRAW[place](frame, time, np.random.default_rng(seed))
    picture = np.broadcast_to(picture, (frame.y.shape[0], frame.x.shape[1], 3))
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def paint(scene: Scene, unit: int) -> np.ndarray:
    """The scene as (rows * unit, columns * unit, 3), float32 sRGB in 0..1."""
    frame = Frame(scene.columns, scene.rows, unit)
    picture = _ground(scene.place, scene.frame_time, scene.seed, frame).astype(np.float32) / 255
    tint = np.append(tint_of(scene), 1.0).astype(np.float32)
    flies = BY_NAME[scene.thing].flies and scene.place != "table"
    for column, row, side in boxes(scene):
        image = sprite(scene.thing, scene.colour, side * unit) * tint
        left, foot = column * unit, row * unit
        if scene.place == "water" and not flies:
            picture = _reflection(picture, image, left, foot)
        elif scene.place != "space" and not flies:
            picture = _shadow(frame, picture, column + side / 2 - frame.centre, row - frame.base - 0.04, side)
        picture = _composite(picture, image, left, foot - side * unit)
        if scene.place == "water" and not flies:
            line = np.exp(-(((frame.x - (column + side / 2 - frame.centre)) / (side * 0.40)) ** 2 + ((frame.y - (row - frame.base)) / 0.05) ** 2))
            picture = over(picture, rgb(LIGHTS[scene.frame_time].low), line[..., None] * 0.5)
    return np.clip(picture, 0, 1)
