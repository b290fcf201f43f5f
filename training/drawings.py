"""Things the emoji sets lack, drawn by code: RGBA pictures of 256 x 256, transparent ground, light from the upper left."""

from __future__ import annotations

import itertools

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 256
FINE = 4  # drawn this many times larger, then scaled down, so that edges are smooth

Point = tuple[float, float]
Colour = tuple[int, int, int]


def canvas() -> Image.Image:
    return Image.new("RGBA", (SIDE * FINE, SIDE * FINE), (0, 0, 0, 0))


def done(image: Image.Image) -> Image.Image:
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def facet(image: Image.Image, corners: list[Point], top: Colour, bottom: Colour) -> None:
    """A flat polygon (corners in 0..1) filled with a soft vertical gradient."""
    side = image.width
    points = [(x * side, y * side) for x, y in corners]
    low, high = min(y for _, y in points), max(y for _, y in points)
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).polygon(points, fill=255)
    share = np.clip((np.arange(side) - low) / max(high - low, 1), 0, 1)[:, None]
    rows = np.array(top) * (1 - share) + np.array(bottom) * share
    fill = np.broadcast_to(rows[:, None, :], (side, side, 3)).astype(np.uint8)
    image.paste(Image.fromarray(fill, "RGB"), (0, 0), mask)


def paper_boat() -> Image.Image:
    """A boat folded from one sheet: sail, dark inside, two lit sides of the hull and a crease."""
    image = canvas()
    bow, stern, rim, keel = (0.02, 0.46), (0.98, 0.46), (0.5, 0.66), 0.90
    facet(image, [bow, stern, rim], (176, 182, 200), (150, 156, 178))
    facet(image, [(0.5, 0.08), (0.24, 0.60), (0.5, 0.68)], (255, 255, 255), (238, 240, 247))
    facet(image, [(0.5, 0.08), (0.76, 0.60), (0.5, 0.68)], (226, 229, 240), (200, 205, 222))
    facet(image, [bow, rim, (0.5, keel), (0.24, keel)], (252, 252, 255), (226, 229, 240))
    facet(image, [stern, rim, (0.5, keel), (0.76, keel)], (224, 227, 238), (190, 196, 214))
    crease = ImageDraw.Draw(image)
    side = image.width
    for a, b in (((0.24, keel), (0.5, 0.66)), ((0.76, keel), (0.5, 0.66))):
        crease.line([(a[0] * side, a[1] * side), (b[0] * side, b[1] * side)], fill=(196, 201, 218, 255), width=3 * FINE // 2)
    return done(image)


def lighthouse() -> Image.Image:
    """A striped tower on a rock, with a gallery and a lit lantern under a red dome."""
    image = canvas()
    side = image.width
    draw = ImageDraw.Draw(image)

    def half_width(y: float) -> float:
        return 0.085 + (y - 0.30) * 0.135

    edges = [0.30, 0.42, 0.54, 0.66, 0.78, 0.93]
    for index, (top, bottom) in enumerate(itertools.pairwise(edges)):
        red = index % 2 == 0
        left = ((236, 62, 66), (214, 48, 58)) if red else ((255, 255, 255), (240, 240, 248))
        right = ((196, 40, 56), (172, 32, 52)) if red else ((216, 218, 232), (196, 198, 216))
        facet(image, [(0.5 - half_width(top), top), (0.5, top), (0.5, bottom), (0.5 - half_width(bottom), bottom)], *left)
        facet(image, [(0.5, top), (0.5 + half_width(top), top), (0.5 + half_width(bottom), bottom), (0.5, bottom)], *right)
    facet(image, [(0.43, 0.18), (0.57, 0.18), (0.57, 0.29), (0.43, 0.29)], (255, 244, 170), (255, 206, 84))
    draw.rectangle([0.495 * side, 0.18 * side, 0.505 * side, 0.29 * side], fill=(120, 60, 64, 255))
    facet(image, [(0.39, 0.28), (0.61, 0.28), (0.61, 0.315), (0.39, 0.315)], (96, 100, 122), (70, 74, 98))
    draw.pieslice([0.41 * side, 0.085 * side, 0.59 * side, 0.275 * side], 180, 360, fill=(222, 52, 60, 255))
    draw.ellipse([0.485 * side, 0.055 * side, 0.515 * side, 0.09 * side], fill=(240, 200, 90, 255))
    facet(image, [(0.46, 0.80), (0.54, 0.80), (0.54, 0.93), (0.46, 0.93)], (110, 70, 60), (86, 52, 48))
    facet(image, [(0.22, 0.95), (0.32, 0.89), (0.5, 0.91), (0.68, 0.88), (0.80, 0.95), (0.74, 0.99), (0.26, 0.99)], (150, 150, 162), (104, 106, 122))
    return done(image.filter(ImageFilter.GaussianBlur(FINE * 0.35)))
