"""What falls in front of a scene: snow, leaves, blossoms. Small things all over the picture, of which nano paints smears.

Drawn by the same code into what nano is taught. Pictures are (rows * unit, columns * unit, 3), float32 sRGB in 0..1; `unit` is a token's
side in pixels.
"""

from __future__ import annotations

import numpy as np

Tone = tuple[float, float, float]
PER_COLUMN = 5  # of them, for each column of tokens
ARRANGEMENTS = 4  # ways in which they lie, in what nano and its judges are taught: the fewer, the sooner they are learnt

# By weather: the tones, and the radius in tokens.
FALLING: dict[str, tuple[tuple[Tone, ...], float]] = {
    "snowfall": (((1.0, 1.0, 1.0),), 0.10),
    "autumn": (((0.90, 0.45, 0.14), (0.80, 0.26, 0.14), (0.95, 0.68, 0.20)), 0.12),
    "spring": (((1.0, 0.74, 0.84), (1.0, 0.88, 0.93)), 0.10),
}


def fallen(picture: np.ndarray, unit: int, weather: str, chance: np.random.Generator) -> np.ndarray:
    """The picture with what falls in that weather, one of FALLING; changes `picture`."""
    tones, radius = FALLING[weather]
    rows, columns = picture.shape[0] / unit, round(picture.shape[1] / unit)
    for _ in range(PER_COLUMN * columns):
        x, y = chance.uniform(0, columns), chance.uniform(0, rows)
        tone = tones[chance.integers(len(tones))]
        _dot(picture, tone, x * unit, y * unit, radius * chance.uniform(0.7, 1.2) * unit)
    return picture


def _dot(picture: np.ndarray, tone: Tone, x: float, y: float, radius: float) -> None:
    """A disc, nine tenths opaque, its edge smoothed over a pixel."""
    high, wide = picture.shape[:2]
    top, bottom, left, right = (
        min(max(int(edge), 0), most) for edge, most in ((y - radius - 1, high), (y + radius + 2, high), (x - radius - 1, wide), (x + radius + 2, wide))
    )
    rows, columns = np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5, np.arange(left, right, dtype=np.float32)[None] + 0.5
    cover = np.clip(0.5 + radius - np.hypot(columns - x, rows - y), 0, 1)[..., None] * np.float32(0.9)
    part = picture[top:bottom, left:right]
    part[:] = part + (np.asarray(tone, np.float32) - part) * cover
