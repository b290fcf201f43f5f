"""More of our own drawings: what documents and prompts name and the emoji sets lack, or show only the face of."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

from training.drawings import FINE, Point, canvas, done, facet, lighthouse, paper_boat


def paper_plane() -> Image.Image:
    """A dart folded from one sheet, nose to the upper right: far wing, keel in shadow, near wing."""
    image = canvas()
    nose: Point = (0.97, 0.10)
    facet(image, [nose, (0.03, 0.46), (0.34, 0.58)], (255, 255, 255), (238, 240, 248))
    facet(image, [nose, (0.34, 0.58), (0.40, 0.88)], (168, 174, 194), (140, 146, 170))
    facet(image, [nose, (0.40, 0.88), (0.49, 0.67)], (204, 208, 224), (182, 187, 206))
    facet(image, [nose, (0.45, 0.63), (0.80, 0.84)], (246, 247, 252), (218, 222, 235))
    return done(image)


def fox() -> Image.Image:
    """A fox that stands and looks to the left, its brush raised."""
    image = canvas()
    side = image.width
    draw = ImageDraw.Draw(image)
    red, deep, cream, dark = (240, 124, 50), (208, 92, 36), (255, 240, 224), (70, 48, 52)

    def ellipse(x0: float, y0: float, x1: float, y1: float, fill: tuple[int, int, int]) -> None:
        draw.ellipse([x0 * side, y0 * side, x1 * side, y1 * side], fill=(*fill, 255))

    facet(image, [(0.70, 0.62), (0.80, 0.40), (0.93, 0.20), (0.99, 0.34), (0.95, 0.55), (0.82, 0.70)], red, deep)
    facet(image, [(0.86, 0.32), (0.93, 0.20), (0.99, 0.34), (0.965, 0.42)], cream, cream)
    for x in (0.36, 0.66):
        facet(image, [(x + 0.06, 0.66), (x + 0.13, 0.66), (x + 0.12, 0.95), (x + 0.06, 0.95)], deep, dark)
    ellipse(0.28, 0.46, 0.80, 0.78, red)
    ellipse(0.30, 0.60, 0.50, 0.78, cream)
    for x in (0.30, 0.60):
        facet(image, [(x, 0.64), (x + 0.09, 0.64), (x + 0.085, 0.97), (x, 0.97)], red, dark)
    for ear in (((0.14, 0.30), (0.17, 0.08), (0.29, 0.24)), ((0.31, 0.24), (0.42, 0.07), (0.46, 0.30))):
        facet(image, list(ear), deep, red)
    facet(image, [(0.345, 0.24), (0.405, 0.13), (0.43, 0.28)], dark, dark)
    ellipse(0.12, 0.20, 0.48, 0.58, red)
    facet(image, [(0.02, 0.47), (0.16, 0.36), (0.30, 0.42), (0.40, 0.50), (0.24, 0.58), (0.10, 0.53)], cream, cream)
    ellipse(0.005, 0.43, 0.075, 0.495, dark)
    ellipse(0.225, 0.345, 0.275, 0.41, dark)
    return done(image.filter(ImageFilter.GaussianBlur(FINE * 0.4)))


DRAWINGS: dict[str, Callable[[], Image.Image]] = {"paper_boat": paper_boat, "lighthouse": lighthouse, "paper_plane": paper_plane, "fox": fox}
