"""Weather and season: what comes over a ground before the things stand on it (`behind`), and over everything (`before`)."""

from __future__ import annotations

import numpy as np

from mezzotint.engines.nano.falling import FALLING, fallen
from training.places import HORIZON, LIGHTS, Frame, cloud, over, rgb, view_near

GREY = {"day": (0.66, 0.71, 0.77), "sunrise": (0.74, 0.70, 0.72), "sunset": (0.50, 0.42, 0.50), "night": (0.13, 0.16, 0.26)}
BANDS = ((0.88, 0.28, 0.30), (0.96, 0.62, 0.26), (0.97, 0.90, 0.40), (0.42, 0.78, 0.46), (0.34, 0.58, 0.92), (0.58, 0.42, 0.82))


def _overcast(frame: Frame, picture: np.ndarray, time: str, chance: np.random.Generator, share: float) -> np.ndarray:
    above = np.clip((HORIZON + 0.6 - frame.y) / 1.2, 0, 1)[..., None] + 0 * frame.x[..., None]
    picture = over(picture, GREY[time], above * share)
    for x in np.arange(-frame.columns / 2, frame.columns / 2 + 1, 1.7):
        tone = tuple(float(v) for v in rgb(GREY[time]) * chance.uniform(0.84, 1.0))
        picture = cloud(frame, picture, x + chance.uniform(-0.4, 0.4), chance.uniform(-5.6, -4.6), 1.15, tone)  # type: ignore[arg-type]  # three of them
    return picture


def _rainbow(frame: Frame, picture: np.ndarray) -> np.ndarray:
    distance = np.hypot(frame.x, (frame.y - HORIZON) * 1.0)
    above = np.clip((HORIZON + 0.1 - frame.y) / 0.6, 0, 1)[..., None]
    for number, band in enumerate(BANDS):
        ring = frame.inside(np.abs(distance - (3.9 - 0.17 * number)) - 0.10)
        picture = over(picture, band, ring * above * 0.72)
    return picture


def behind(frame: Frame, picture: np.ndarray, weather: str, time: str, chance: np.random.Generator) -> np.ndarray:
    """The ground (h, w, 3) as it is in that weather, without what falls."""
    if weather == "rainbow":
        return _rainbow(frame, picture)
    if weather in ("clouds", "rain", "snowfall"):
        picture = _overcast(frame, picture, time, chance, 0.75 if weather != "clouds" else 0.6)
    if weather == "rain":
        return np.asarray(picture * np.float32(0.88))
    if weather == "fog":
        veil = np.exp(-(((frame.y - HORIZON) / 2.2) ** 2))[..., None] + 0 * frame.x[..., None]
        return over(picture, _mist(time), np.clip(0.35 + 0.6 * veil, 0, 0.92))
    return picture


def _mist(time: str) -> np.ndarray:
    return np.asarray(rgb((0.88, 0.90, 0.92)) * (0.25 + 0.75 * rgb(LIGHTS[time].tint)))


def _rain(frame: Frame, picture: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    for _ in range(5 * frame.columns):
        x, y = chance.uniform(-frame.columns / 2, frame.columns / 2), chance.uniform(-frame.base, frame.rows - frame.base)
        near, part = view_near(frame, picture, x, y, 0.5)
        along = near.y - y
        streak = np.maximum(np.abs(near.x - x + along * 0.25) - 0.035, np.abs(along) - 0.38)
        part[:] = over(part, (0.82, 0.90, 1.0), near.inside(streak) * 0.65)
    return picture


def before(frame: Frame, picture: np.ndarray, weather: str, time: str, chance: np.random.Generator) -> np.ndarray:
    """The whole scene (h, w, 3) with what falls in that weather in front of it."""
    if weather == "rain":
        return _rain(frame, picture, chance)
    if weather in FALLING:
        return fallen(picture, frame.unit, weather, chance)
    if weather == "fog":
        return over(picture, _mist(time), np.float32(0.22))
    return picture
