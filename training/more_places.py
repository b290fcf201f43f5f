"""Rooms, the sky, the sea's depth, and coloured backdrops, as `places` draws the others; and the table of all of them."""

from __future__ import annotations

import numpy as np

from training import places
from training.places import HORIZON, LIGHTS, Colour, Draw, Frame, below, cloud, curve, gradient, over, rgb, sky, view_near


def room(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    """A wall with a picture on it and a window that shows the time, a floor, a rug."""
    wall = ((0.86, 0.91, 0.86), (0.95, 0.90, 0.80), (0.84, 0.88, 0.95), (0.95, 0.86, 0.84))[chance.integers(4)]
    dim = {"day": 1.0, "sunrise": 0.97, "sunset": 0.88, "night": 0.62}[time]
    warm = rgb({"day": (1, 1, 1), "sunrise": (1, 0.95, 0.88), "sunset": (1, 0.86, 0.76), "night": (0.86, 0.88, 1.08)}[time]) * dim
    picture = np.broadcast_to(rgb(wall) * warm, (frame.y.shape[0], frame.x.shape[1], 3)).copy()
    side = float(chance.choice((-1.0, 1.0)))
    white = rgb((0.99, 0.98, 0.96)) * warm
    x, y = side * 2.5, -4.1
    pane = np.maximum(np.abs(frame.x - x) - 0.9, np.abs(frame.y - y) - 1.1)
    view = gradient(np.clip((frame.y[:, 0] - y + 1.1) / 2.2, 0, 1), LIGHTS[time].zenith, LIGHTS[time].middle, LIGHTS[time].low)
    picture = over(picture, white, frame.inside(pane - 0.14))
    picture = over(picture, view[:, None], frame.inside(pane))
    if time != "day":
        height = -0.4 if time == "night" else 0.8
        picture = over(picture, LIGHTS[time].lamp, frame.disc(x + 0.3, y + height, 0.3) * frame.inside(pane))
    picture = over(picture, white, frame.inside(np.minimum(np.abs(frame.x - x), np.abs(frame.y - y)) - 0.05) * frame.inside(pane))
    frame_at = np.maximum(np.abs(frame.x + side * 2.4) - 0.75, np.abs(frame.y + 4.3) - 0.6)
    picture = over(picture, rgb((0.55, 0.38, 0.26)) * warm, frame.inside(frame_at - 0.1))
    art: Colour = ((0.95, 0.75, 0.40), (0.50, 0.72, 0.80), (0.88, 0.58, 0.62))[chance.integers(3)]
    picture = over(picture, rgb(art) * warm, frame.inside(frame_at))
    boards = np.where(np.abs((frame.x + 0.35 * (frame.y - HORIZON) * np.sign(frame.x)) % 1.4 - 0.7) < 0.025, 0.92, 1.0)[..., None]
    floor = gradient(np.clip((frame.y[:, 0] - HORIZON) / 3.5, 0, 1), (0.78, 0.62, 0.46), (0.66, 0.48, 0.34))[:, None] * boards * warm
    picture = over(picture, floor, below(frame, HORIZON))
    picture = over(picture, white * 0.96, frame.inside(np.abs(frame.y - HORIZON + 0.12) - 0.12 + 0 * frame.x))
    rug = np.hypot(frame.x / 3.4, (frame.y - 0.25) / 0.85) - 1
    tone: Colour = ((0.78, 0.42, 0.40), (0.40, 0.52, 0.68), (0.56, 0.66, 0.50))[chance.integers(3)]
    picture = over(picture, rgb(tone) * warm, frame.inside(rug * 0.9))
    return over(picture, rgb(tone) * warm * 1.14, frame.inside((rug + 0.16) * 0.9))


def open_sky(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    """The sky alone, with a sea of clouds below."""
    picture, light = sky(frame, time, chance), LIGHTS[time]
    share = np.clip((frame.y[:, 0] - HORIZON) / 3.5, 0, 1)
    picture = over(picture, gradient(share, light.low, light.middle)[:, None], below(frame, HORIZON))
    tone = rgb({"day": (1, 1, 1), "sunrise": (1.0, 0.92, 0.88), "sunset": (0.86, 0.48, 0.52), "night": (0.28, 0.33, 0.55)}[time])
    for layer in range(3):
        y = 0.2 + 0.8 * layer
        for x in np.arange(-frame.columns / 2 - 1, frame.columns / 2 + 2, 2.2):
            shade = tuple(float(v) for v in tone * (0.90 + 0.05 * layer))
            picture = cloud(frame, picture, x + chance.uniform(-0.4, 0.4) + layer, y, 1.5, shade)  # type: ignore[arg-type]  # three of them
        picture = over(picture, tone * (0.90 + 0.05 * layer), below(frame, y + 0.3))
    return picture


def underwater(frame: Frame, time: str, chance: np.random.Generator) -> np.ndarray:
    """Light from above in rays, bubbles, weed, a sandy bottom."""
    del time
    share = np.clip((frame.y[:, 0] + 6) / 7.5, 0, 1)
    picture = np.repeat(gradient(share, (0.42, 0.82, 0.92), (0.12, 0.52, 0.78), (0.05, 0.28, 0.55))[:, None], frame.x.shape[1], 1)
    for _ in range(3):
        x = chance.uniform(-3.5, 3.5)
        ray = np.exp(-(((frame.x - x - 0.35 * (frame.y + 6)) / 0.45) ** 2)) * np.clip(-frame.y / 6, 0, 1)
        picture = over(picture, (0.80, 0.96, 1.0), ray[..., None] * 0.35)
    for _ in range(8 + frame.columns):
        x, y = chance.uniform(-frame.columns / 2, frame.columns / 2), chance.uniform(-5.6, -0.5)
        near, part = view_near(frame, picture, x, y, 0.2)
        part[:] = over(part, (0.85, 0.97, 1.0), (near.disc(x, y, 0.13) - near.disc(x, y, 0.09)) * 0.8)
    bed = curve(frame, chance, 0.10, 6) - 0.45
    picture = over(picture, gradient(np.clip((frame.y[:, 0] + 0.5) / 2.4, 0, 1), (0.80, 0.80, 0.62), (0.52, 0.60, 0.52))[:, None], below(frame, bed))
    for x in np.arange(-frame.columns / 2 + 0.4, frame.columns / 2, 1.9):
        tall, phase = chance.uniform(0.7, 1.6), chance.uniform(0, 6)
        bend = np.sin(frame.y * 3 + phase) * 0.12
        leaf = np.maximum(np.abs(frame.x - x - bend) - 0.10, np.maximum(-0.2 - tall - frame.y, frame.y + 0.2))
        picture = over(picture, (0.16, 0.55, 0.38), frame.inside(leaf))
    return picture


BACKDROP_TONES: dict[str, Colour] = {
    "red": (0.87, 0.32, 0.33), "orange": (0.97, 0.66, 0.36), "yellow": (0.98, 0.86, 0.42), "green": (0.52, 0.78, 0.55), "blue": (0.42, 0.64, 0.93),
    "purple": (0.66, 0.52, 0.86), "pink": (0.98, 0.70, 0.80), "white": (0.98, 0.98, 0.98), "black": (0.12, 0.12, 0.14),
}  # fmt: skip


def coloured(frame: Frame, colour: str) -> np.ndarray:
    """A studio's paper of one colour."""
    tone = rgb(BACKDROP_TONES[colour])
    share = np.clip((frame.y[:, 0] + 6) / 8, 0, 1)[:, None, None]
    return np.asarray(np.repeat(tone * (1.02 - 0.10 * share), frame.x.shape[1], 1), np.float32)


def blended(frame: Frame, chance: np.random.Generator) -> np.ndarray:
    """A gradient between two colours, from corner to corner."""
    pairs: tuple[tuple[Colour, Colour], ...] = (
        ((0.98, 0.70, 0.55), (0.78, 0.52, 0.86)), ((0.55, 0.80, 0.98), (0.75, 0.62, 0.95)),
        ((0.62, 0.90, 0.78), (0.45, 0.68, 0.95)), ((1.0, 0.86, 0.55), (0.98, 0.58, 0.62)),
    )  # fmt: skip
    start, end = pairs[chance.integers(len(pairs))]
    share = np.clip((frame.y + 6) / 8 * 0.6 + (frame.x / 8 + 0.5) * 0.4, 0, 1)
    return gradient(share, start, end)


def backdrop(frame: Frame, name: str, chance: np.random.Generator) -> np.ndarray:
    return blended(frame, chance) if name == "gradient" else coloured(frame, name)


DRAW: dict[str, Draw] = places.DRAW | {"room": room, "sky": open_sky, "underwater": underwater}
