"""Where things stand: skies and grounds drawn from formulas, at any resolution, the same picture at each.

Lengths are in tokens: one token of the transformer covers `unit` pixels. Every frame has its origin on the line on which
things stand, in the middle column; y grows downwards. Colours are sRGB in 0..1; arrays are float32 (h, w, 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mezzotint.engines.nano.layout import base_row

HORIZON = -1.5  # tokens above the line on which things stand

Colour = tuple[float, float, float]
Draw = Callable[["Frame", str, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Frame:
    """A picture's extent: `columns` x `rows` tokens of `unit` pixels."""

    columns: int
    rows: int
    unit: int

    @property
    def base(self) -> int:
        """The row of tokens above which things stand."""
        return base_row(self.rows)

    @property
    def centre(self) -> int:
        """The column of tokens at whose left edge x is 0."""
        return self.columns // 2

    @cached_property
    def x(self) -> np.ndarray:
        """(1, w) in tokens."""
        return ((np.arange(self.columns * self.unit, dtype=np.float32) + 0.5) / self.unit - self.centre)[None]

    @cached_property
    def y(self) -> np.ndarray:
        """(h, 1) in tokens."""
        return ((np.arange(self.rows * self.unit, dtype=np.float32) + 0.5) / self.unit - self.base)[:, None]

    def inside(self, distance: np.ndarray) -> np.ndarray:
        """Cover in 0..1 of the region where `distance` (tokens) is negative, smoothed over a pixel; (h, w, 1)."""
        return np.clip(0.5 - distance * self.unit, 0, 1)[..., None]

    def disc(self, x: float, y: float, radius: float) -> np.ndarray:
        return self.inside(np.hypot(self.x - x, self.y - y) - radius)

    def glow(self, x: float, y: float, radius: float) -> np.ndarray:
        return np.exp(-((self.x - x) ** 2 + (self.y - y) ** 2) / radius**2)[..., None]


@dataclass(frozen=True)
class Light:
    """What a time of day does: the sky from zenith to horizon, the tint on what is lit, the lamp in the sky."""

    zenith: Colour
    middle: Colour
    low: Colour
    tint: Colour
    lamp: Colour


LIGHTS = {
    "day": Light((0.25, 0.58, 0.95), (0.52, 0.79, 0.99), (0.86, 0.95, 1.0), (1.0, 1.0, 1.0), (1.0, 0.95, 0.62)),
    "sunrise": Light((0.50, 0.68, 0.92), (0.98, 0.82, 0.74), (1.0, 0.76, 0.46), (1.0, 0.93, 0.86), (1.0, 0.90, 0.50)),
    "sunset": Light((0.27, 0.19, 0.47), (0.84, 0.31, 0.42), (1.0, 0.55, 0.20), (0.94, 0.70, 0.66), (1.0, 0.42, 0.16)),
    "night": Light((0.03, 0.05, 0.17), (0.07, 0.11, 0.31), (0.16, 0.21, 0.45), (0.36, 0.42, 0.70), (0.98, 0.96, 0.86)),
}
INDOOR_TINT: Colour = (1.0, 1.0, 1.0)


def rgb(colour: Colour) -> np.ndarray:
    return np.asarray(colour, np.float32)


def over(picture: np.ndarray, colour: Colour | np.ndarray, cover: np.ndarray) -> np.ndarray:
    drawn: np.ndarray = picture + (np.asarray(colour, np.float32) - picture) * cover
    return drawn


def view_near(frame: Frame, picture: np.ndarray, x: float, y: float, reach: float) -> tuple[Frame, np.ndarray]:
    """The part of the picture within `reach` tokens of a point, as a view, and the frame that it is."""
    rows = np.clip(np.round((y + frame.base + np.array((-reach, reach))) * frame.unit), 0, picture.shape[0]).astype(int)
    columns = np.clip(np.round((x + frame.centre + np.array((-reach, reach))) * frame.unit), 0, picture.shape[1]).astype(int)
    part = Frame(frame.columns, frame.rows, frame.unit)
    part.__dict__["x"], part.__dict__["y"] = frame.x[:, slice(*columns)], frame.y[slice(*rows)]
    return part, picture[slice(*rows), slice(*columns)]


def dot(frame: Frame, picture: np.ndarray, colour: Colour | np.ndarray, x: float, y: float, radius: float, strength: float = 1.0) -> None:
    """A disc, drawn into `picture` where it is and nowhere else."""
    near, part = view_near(frame, picture, x, y, radius + 1.5 / frame.unit)
    if part.size:
        part[:] = over(part, colour, near.disc(x, y, radius) * strength)


def spark(frame: Frame, picture: np.ndarray, colour: Colour, x: float, y: float, radius: float, strength: float) -> None:
    """A small glow, drawn into `picture` where it is to be seen."""
    near, part = view_near(frame, picture, x, y, radius * 3)
    if part.size:
        part[:] = over(part, colour, near.glow(x, y, radius) * strength)


def gradient(share: np.ndarray, *stops: Colour) -> np.ndarray:
    """Colours along `share` in 0..1, evenly spaced stops: (..., 3)."""
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(share, places, [stop[k] for stop in stops]) for k in range(3)], -1).astype(np.float32)


def curve(frame: Frame, chance: np.random.Generator, height: float, length: float) -> np.ndarray:
    """A gentle random line over x: (1, w), about +-`height` tokens, waves of about `length` tokens."""
    line = np.zeros_like(frame.x)
    for octave in (1.0, 2.1):
        line += np.sin(frame.x * (2 * np.pi * octave / length) + chance.uniform(0, 2 * np.pi)) * height / octave**1.2
    return line


def cloud(frame: Frame, picture: np.ndarray, x: float, y: float, size: float, colour: Colour) -> np.ndarray:
    """Five puffs in a row, flat below; drawn into `picture`."""
    near, part = view_near(frame, picture, x, y, 1.3 * size + 1.5 / frame.unit)
    if part.size:
        cover = np.zeros((*part.shape[:2], 1), np.float32)
        for dx, dy, radius in ((-0.9, 0.06, 0.32), (-0.42, -0.16, 0.46), (0.14, -0.24, 0.54), (0.62, -0.06, 0.42), (1.0, 0.08, 0.28)):
            cover = np.maximum(cover, near.disc(x + dx * size, y + dy * size, radius * size))
        part[:] = over(part, colour, cover * near.inside(near.y - (y + 0.26 * size) + 0 * near.x) * 0.88)
    return picture


def sky(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    """Gradient, sun or moon, clouds or stars."""
    light = LIGHTS[time]
    share = np.clip((frame.y - HORIZON + 5.0) / 5.0, 0, 1)[:, 0]
    picture = np.repeat(gradient(share, light.zenith, light.middle, light.low)[:, None], frame.x.shape[1], 1)
    side = chance.choice((-1.0, 1.0))
    edge = min(frame.columns / 2 - 0.9, 4.2)
    if time == "day":
        x, y = side * (edge - 0.2), -4.9
        picture = over(picture, (1, 1, 0.86), frame.glow(x, y, 1.5) * 0.55)
        picture = over(picture, (1.0, 0.97, 0.70), frame.disc(x, y, 0.46))
        for _ in range(2):
            picture = cloud(frame, picture, -side * chance.uniform(0.3, edge), chance.uniform(-5.2, -3.9), chance.uniform(0.75, 1.05), (1, 1, 1))
    elif time == "night":
        for x, y in zip(chance.uniform(-frame.columns / 2, frame.columns / 2, 9 + 2 * frame.columns), chance.uniform(-frame.base, -2.2, 99), strict=False):
            spark(frame, picture, (1, 1, 0.92), x, y, 0.055, 0.95)
        x, y = side * (edge - 0.2), -4.8
        picture = over(picture, (0.75, 0.80, 1.0), frame.glow(x, y, 1.3) * 0.35)
        picture = over(picture, light.lamp, frame.disc(x, y, 0.52))
        picture = over(picture, (0.86, 0.85, 0.78), frame.disc(x - 0.14, y - 0.10, 0.13) + frame.disc(x + 0.17, y + 0.16, 0.09))
    else:
        x, y = side * 2.2, HORIZON - (0.50 if time == "sunrise" else 0.30)
        picture = over(picture, light.lamp, frame.glow(x, y, 2.6) * 0.75)
        picture = over(picture, (1.0, 0.97, 0.82) if time == "sunrise" else (1.0, 0.80, 0.42), frame.disc(x, y, 0.62))
        tone = (1.0, 0.90, 0.86) if time == "sunrise" else (0.62, 0.26, 0.46)
        for _ in range(2):
            picture = cloud(frame, picture, chance.uniform(-edge, edge), chance.uniform(-5.2, -4.0), chance.uniform(0.8, 1.1), tone)
    return picture


def tint(place: str, time: str) -> np.ndarray:
    """What the light does to the colours of things there: three factors."""
    if place in ("space", "plain"):
        return np.ones(3, np.float32)
    if place == "underwater":
        return rgb((0.80, 0.93, 0.98))
    share = 0.35 if place in ("table", "room") else 0.75  # things keep some of their own light, so that colours stay readable
    return np.asarray(1 - share + share * rgb(LIGHTS[time].tint), np.float32)


def lit(colour: np.ndarray | Colour, time: str) -> np.ndarray:
    drawn: np.ndarray = np.asarray(colour, np.float32) * rgb(LIGHTS[time].tint)
    return drawn


def ground(frame: Frame, top: float, far: Colour, near: Colour, time: str) -> np.ndarray:
    """A plain ground from `top` to the lower edge, lit: (h, 1, 3)."""
    share = np.clip((frame.y[:, 0] - top) / 3.6, 0, 1)
    return lit(gradient(share, far, near), time)[:, None]


def below(frame: Frame, line: np.ndarray | float) -> np.ndarray:
    return frame.inside(np.asarray(line) - frame.y + 0 * frame.x)


def water(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    """A calm lake that takes its colours from the sky."""
    picture, light = sky(frame, time, chance), LIGHTS[time]
    far = curve(frame, chance, 0.16, 7) * 0.5 + HORIZON - 0.22
    hills = (np.array(light.low) * 0.45 + np.array((0.20, 0.38, 0.42)) * 0.55) * rgb(light.tint)
    picture = over(picture, hills.astype(np.float32), below(frame, far))
    share = np.clip((frame.y[:, 0] - HORIZON) / 3.6, 0, 1)
    deep = {"day": (0.10, 0.44, 0.76), "sunrise": (0.36, 0.55, 0.78), "sunset": (0.30, 0.18, 0.42), "night": (0.03, 0.07, 0.22)}[time]
    mixed = tuple(np.array(light.low) * 0.55 + np.array(deep) * 0.45)
    surface = np.repeat(gradient(share, light.low, mixed, deep)[:, None], frame.x.shape[1], 1)
    depth = np.maximum(frame.y - HORIZON, 0.01)
    waves = np.sin(frame.y * 9 / (0.35 + 0.4 * depth) + np.sin(frame.x * 0.9 + chance.uniform(0, 6)) * 1.2)
    surface = surface + (np.clip(waves - 0.55, 0, 1) * 0.16 * np.clip(depth, 0, 1))[..., None] * (rgb(light.low) + 0.1)
    return over(picture, surface, below(frame, HORIZON))


def hills(frame: Frame, picture: np.ndarray, time: str, chance: np.random.Generator, colours: tuple[Colour, ...], top: float) -> np.ndarray:
    for index, colour in enumerate(colours):
        line = curve(frame, chance, 0.34 - 0.08 * index, 6.5 - index) + top + 0.5 * index
        picture = over(picture, lit(colour, time), below(frame, line))
    return picture


def field(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    picture = hills(frame, sky(frame, time, chance), time, chance, ((0.56, 0.78, 0.50), (0.46, 0.72, 0.38)), HORIZON - 0.35)
    edge = curve(frame, chance, 0.08, 8) + HORIZON + 0.45
    picture = over(picture, ground(frame, HORIZON, (0.50, 0.76, 0.32), (0.28, 0.58, 0.20), time), below(frame, edge))
    for _ in range(2 * frame.columns):
        x, y = chance.uniform(-frame.columns / 2, frame.columns / 2), chance.uniform(0.35, frame.rows - frame.base)
        petal = ((1, 1, 1), (1, 0.88, 0.36), (1, 0.62, 0.74))[chance.integers(3)]
        dot(frame, picture, lit(petal, time), x, y, 0.055)
    return picture


def beach(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    picture, light = sky(frame, time, chance), LIGHTS[time]
    sea = lit(gradient(np.clip((frame.y[:, 0] - HORIZON) / 1.2, 0, 1), (0.16, 0.50, 0.80), (0.30, 0.76, 0.86)), time)[:, None]
    picture = over(picture, sea * 0.8 + rgb(light.low) * 0.2, below(frame, HORIZON))
    shore = curve(frame, chance, 0.10, 6) - 0.45
    picture = over(picture, lit((1, 1, 1), time), below(frame, shore - 0.10))
    sand = ground(frame, -0.5, (0.97, 0.86, 0.62), (0.90, 0.74, 0.48), time)
    return over(picture, sand, below(frame, shore))


def desert(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    picture = sky(frame, time, chance)
    for index, (colour, shade) in enumerate((((0.93, 0.70, 0.44), (0.80, 0.55, 0.34)), ((0.96, 0.75, 0.46), (0.84, 0.60, 0.36)))):
        peak = chance.uniform(-3, 3)
        line = np.abs(frame.x - peak) * 0.22 + HORIZON - 0.75 + 0.65 * index
        line = np.minimum(line, HORIZON + 0.1 + 0.3 * index) + curve(frame, chance, 0.05, 5)
        picture = over(picture, lit(colour, time), below(frame, line))
        side = frame.inside((frame.x - peak) * -1 + curve(frame, chance, 0.05, 3) * 0 + (frame.y - HORIZON) * 0.7 - 0.1)
        picture = over(picture, lit(shade, time), below(frame, line) * side * 0.6)
    sand = ground(frame, HORIZON, (0.96, 0.77, 0.48), (0.88, 0.64, 0.36), time)
    return over(picture, sand, below(frame, curve(frame, chance, 0.10, 7) - 0.65))


def firs(frame: Frame, picture: np.ndarray, foot: float, height: float, spacing: float, colour: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A row of pointed trees."""
    cover = np.zeros((*picture.shape[:2], 1), np.float32)
    for x in np.arange(-frame.columns / 2 - spacing, frame.columns / 2 + spacing, spacing):
        tall, middle = height * chance.uniform(0.75, 1.15), x + chance.uniform(-0.2, 0.2) * spacing
        slope = np.abs(frame.x - middle) - (frame.y - (foot - tall)) * 0.26
        cover = np.maximum(cover, frame.inside(np.maximum(slope, frame.y - foot) * 0.9))
    return over(picture, colour, cover)


def snow(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    picture = hills(frame, sky(frame, time, chance), time, chance, ((0.80, 0.87, 0.96), (0.87, 0.92, 0.98)), HORIZON - 0.35)
    picture = firs(frame, picture, HORIZON + 0.35, 1.1, 1.7, lit((0.36, 0.52, 0.56), time), chance)
    edge = curve(frame, chance, 0.10, 7) + HORIZON + 0.30
    return over(picture, ground(frame, HORIZON, (0.95, 0.97, 1.0), (0.84, 0.90, 0.98), time), below(frame, edge))


def forest(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    picture = sky(frame, time, chance)
    picture = firs(frame, picture, HORIZON + 0.2, 2.6, 1.1, lit((0.42, 0.62, 0.50), time), chance)
    picture = firs(frame, picture, HORIZON + 0.4, 3.4, 1.9, lit((0.20, 0.44, 0.32), time), chance)
    edge = curve(frame, chance, 0.07, 6) + HORIZON + 0.3
    return over(picture, ground(frame, HORIZON, (0.36, 0.56, 0.28), (0.26, 0.40, 0.18), time), below(frame, edge))


def city(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    picture = sky(frame, time, chance)
    lamp, dark = (1.0, 0.86, 0.42), time in ("night", "sunset")
    x = -frame.columns / 2 - 0.3
    while x < frame.columns / 2:
        wide, tall = float(chance.choice((0.75, 1.0, 1.25))), chance.uniform(1.1, 3.0)
        colour = ((0.62, 0.68, 0.78), (0.72, 0.66, 0.66), (0.54, 0.62, 0.74), (0.76, 0.74, 0.72))[chance.integers(4)]
        left, right, top = x, x + wide - 0.06, HORIZON + 0.4 - tall
        block = frame.inside(np.maximum(np.maximum(left - frame.x, frame.x - right), top - frame.y))
        picture = over(picture, lit(colour, time), block)
        column, row = (frame.x - left) / 0.25 % 1, (frame.y - top) / 0.34 % 1
        pane = np.clip(0.5 - (np.maximum(np.abs(column - 0.5) - 0.27, np.abs(row - 0.5) - 0.25)) * frame.unit * 0.25, 0, 1)[..., None]
        room = frame.inside(np.maximum(np.maximum(left + 0.1 - frame.x, frame.x - right + 0.08), top + 0.14 - frame.y))
        picture = over(picture, lamp if dark else lit((0.82, 0.90, 0.98), time), block * room * pane * (0.9 if dark else 0.7))
        x += wide
    picture = over(picture, lit((0.72, 0.73, 0.76), time), below(frame, HORIZON + 0.4))
    picture = over(picture, ground(frame, HORIZON, (0.42, 0.43, 0.48), (0.32, 0.33, 0.38), time), below(frame, -0.55))
    dash = frame.inside(np.maximum(np.abs((frame.x + 0.5) % 2 - 1) - 0.5, np.abs(frame.y - 0.75) - 0.07))
    return over(picture, lit((0.96, 0.96, 0.92), time), dash)


def mountains(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    picture = sky(frame, time, chance)
    start = chance.uniform(0, 3)
    for x in np.arange(-frame.columns / 2 - 3 + start, frame.columns / 2 + 3, 3.0):
        top, slope = HORIZON - chance.uniform(1.8, 2.9), chance.uniform(0.95, 1.15)
        shape = (np.abs(frame.x - x) * slope - (frame.y - top)) * 0.7
        rock = frame.inside(shape)
        picture = over(picture, lit((0.54, 0.58, 0.70), time), rock)
        picture = over(picture, lit((0.42, 0.46, 0.60), time), rock * frame.inside(x - frame.x + 0.15 * np.sin(frame.y * 5)))
        cap = frame.y - top - 0.75 - 0.16 * np.sin(frame.x * 9 + x)
        picture = over(picture, lit((0.97, 0.98, 1.0), time), rock * frame.inside(cap))
    picture = hills(frame, picture, time, chance, ((0.40, 0.60, 0.44),), HORIZON - 0.1)
    edge = curve(frame, chance, 0.07, 7) + HORIZON + 0.5
    return over(picture, ground(frame, HORIZON, (0.50, 0.72, 0.38), (0.32, 0.56, 0.24), time), below(frame, edge))


def table(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    """A wall with a window that shows the time, and a wooden table."""
    wall = ((0.93, 0.87, 0.78), (0.80, 0.88, 0.90), (0.88, 0.84, 0.92), (0.84, 0.90, 0.80))[chance.integers(4)]
    dim = {"day": 1.0, "sunrise": 0.97, "sunset": 0.88, "night": 0.62}[time]
    warm = rgb({"day": (1, 1, 1), "sunrise": (1, 0.95, 0.88), "sunset": (1, 0.86, 0.76), "night": (0.86, 0.88, 1.08)}[time]) * dim
    fade = np.clip(1.0 - 0.03 * (frame.y + 6), 0.8, 1.1)[..., None]
    picture = np.broadcast_to(rgb(wall) * fade * warm, (frame.y.shape[0], frame.x.shape[1], 3)).copy()
    x, y = float(chance.choice((-1.0, 1.0))) * 2.6, -4.3
    pane = np.maximum(np.abs(frame.x - x) - 1.05, np.abs(frame.y - y) - 1.15)
    picture = over(picture, rgb((0.99, 0.98, 0.96)) * warm, frame.inside(pane - 0.14))
    view = gradient(np.clip((frame.y[:, 0] - y + 1.15) / 2.3, 0, 1), LIGHTS[time].zenith, LIGHTS[time].middle, LIGHTS[time].low)
    picture = over(picture, view[:, None], frame.inside(pane))
    if time == "night":
        picture = over(picture, LIGHTS[time].lamp, frame.disc(x + 0.4, y - 0.4, 0.28))
    elif time != "day":
        picture = over(picture, LIGHTS[time].lamp, frame.disc(x + 0.3, y + 0.85, 0.36) * frame.inside(pane))
    picture = over(picture, rgb((0.99, 0.98, 0.96)) * warm, frame.inside(np.minimum(np.abs(frame.x - x), np.abs(frame.y - y)) - 0.05) * frame.inside(pane))
    planks = np.where(np.abs((frame.y * 1.6) % 1 - 0.5) < 0.03, 0.90, 1.0)[..., None]
    wood = gradient(np.clip((frame.y[:, 0] + 0.8) / 2.6, 0, 1), (0.80, 0.58, 0.38), (0.62, 0.40, 0.24))[:, None] * planks * warm
    picture = over(picture, rgb((0.55, 0.36, 0.22)) * warm, below(frame, -0.86))
    return over(picture, wood, below(frame, -0.80))


def space(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    """Stars, a violet cloud of gas, a ringed planet."""
    del time
    share = np.clip((frame.y[:, 0] + 6) / 8, 0, 1)
    picture = np.repeat(gradient(share, (0.02, 0.02, 0.08), (0.07, 0.04, 0.20), (0.03, 0.05, 0.16))[:, None], frame.x.shape[1], 1)
    for colour in ((0.42, 0.18, 0.62), (0.10, 0.30, 0.62)):
        x, y = chance.uniform(-3, 3), chance.uniform(-5, 1)
        picture = over(picture, colour, frame.glow(x, y, 2.4) * 0.45)
    for x, y in zip(
        chance.uniform(-frame.columns / 2, frame.columns / 2, 14 + 3 * frame.columns), chance.uniform(-frame.base, frame.rows - frame.base, 99), strict=False
    ):
        spark(frame, picture, (1, 1, 0.95), x, y, 0.055, 0.95)
    side = float(chance.choice((-1.0, 1.0)))
    x, y = side * min(frame.columns / 2 - 1.2, 3.0), -4.6
    tone = ((0.95, 0.66, 0.38), (0.42, 0.70, 0.90), (0.90, 0.50, 0.52))[chance.integers(3)]
    shade = np.clip(0.75 - (frame.x - x) * 0.3 - (frame.y - y) * 0.35, 0.35, 1.1)[..., None]
    ring = frame.inside(np.abs(np.hypot((frame.x - x), (frame.y - y + (frame.x - x) * 0.25) * 3.6) - 1.15) - 0.10)
    picture = over(picture, rgb(tone) * 0.9 + 0.1, ring * 0.8)
    picture = over(picture, rgb(tone) * shade, frame.disc(x, y, 0.75))
    return over(picture, rgb(tone) * 0.9 + 0.1, ring * 0.8 * below(frame, y + 0.05 - (frame.x - x) * 0.25))


def plain(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    """A seamless studio backdrop."""
    del time
    tone = ((0.97, 0.97, 0.98), (0.97, 0.97, 0.98), (0.86, 0.92, 0.98), (0.98, 0.93, 0.86), (0.90, 0.96, 0.90), (0.96, 0.90, 0.95))[chance.integers(6)]
    share = np.clip((frame.y[:, 0] + 6) / 8, 0, 1)
    end = tuple(np.array(tone) * 0.93)
    return np.repeat(gradient(share, tone, tone, end)[:, None], frame.x.shape[1], 1)


DRAW: dict[str, Draw] = {
    "water": water, "field": field, "beach": beach, "desert": desert, "snow": snow, "forest": forest, "city": city,
    "mountains": mountains, "table": table, "space": space, "plain": plain,
}  # fmt: skip
