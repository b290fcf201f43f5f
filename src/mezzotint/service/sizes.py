"""How large a picture is to be: from pixels, from a ratio, or from the picture that was given."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from mezzotint.core.catalogue import ModelCard, Sizing
from mezzotint.core.catalogue.shared import FOUR_MEGAPIXELS, MEGAPIXEL
from mezzotint.core.rules import read_ratio

GRID = 16  # what the models' latents are laid out on
LEAST, MOST = 64, 4096
ONE_MEGAPIXEL = 1024 * 1024
Size = tuple[int, int]

# FLUX's own sizes for the ratios of Replicate's open models, at one megapixel
OPEN_SIZES: dict[str, Size] = {
    "1:1": (1024, 1024), "16:9": (1344, 768), "21:9": (1536, 640), "3:2": (1216, 832), "2:3": (832, 1216), "4:5": (896, 1088),
    "5:4": (1088, 896), "3:4": (896, 1152), "4:3": (1152, 896), "9:16": (768, 1344), "9:21": (640, 1536),
}  # fmt: skip
RESOLUTIONS = {"768sq": 768 * 768, "1k": ONE_MEGAPIXEL, "1.5k": 1536 * 1536, "2k": FOUR_MEGAPIXELS, "4k": 4 * FOUR_MEGAPIXELS}


def _on_grid(value: float, grid: int = GRID) -> int:
    return min(max(round(value / grid) * grid, LEAST), MOST)


def from_ratio(ratio: Fraction, pixels: int, grid: int = GRID) -> Size:
    """The size of about `pixels` in that ratio, on the grid."""
    height = math.sqrt(pixels / ratio)
    return _on_grid(height * ratio, grid), _on_grid(height, grid)


def from_picture(given: Size, most: int) -> Size:
    """As the picture, made smaller if it has more than `most` pixels."""
    width, height = given
    scale = min(1.0, math.sqrt(most / (width * height)))
    return _on_grid(width * scale), _on_grid(height * scale)


def size_of(card: ModelCard, values: dict[str, Any], given: Size | None) -> Size:
    """Width and height of what is to be painted; `given` is the size of the first input picture, if there is one."""
    match card.sizing:
        case Sizing.PIXELS:
            return values["width"], values["height"]
        case Sizing.AUTOMATIC:
            return _automatic(values, given)
        case Sizing.RATIO:
            ratio = read_ratio(values["aspect_ratio"]) if values.get("aspect_ratio") else None
            if ratio is None:
                ratio = Fraction(*given) if given else Fraction(1)
            pixels = ONE_MEGAPIXEL if card.pixels == MEGAPIXEL else card.pixels
            return from_ratio(ratio, pixels, 32)
        case Sizing.INPUT:
            return from_picture(given or (1024, 1024), FOUR_MEGAPIXELS)
        case Sizing.EXPANDED:
            width, height = given or (1024, 1024)
            across, down = values["left"] + values["right"], values["top"] + values["bottom"]
            return from_picture((width + across, height + down), FOUR_MEGAPIXELS)
        case Sizing.FORMAT:
            return _by_format(values, given)


def _automatic(values: dict[str, Any], given: Size | None) -> Size:
    """FLUX.2: each side that is not set follows the picture, or one megapixel."""
    width, height = values["width"] or 0, values["height"] or 0
    ratio = Fraction(*given) if given else Fraction(1)
    if width and height:
        return width, height
    if width:
        return width, _on_grid(float(width / ratio))
    if height:
        return _on_grid(float(height * ratio)), height
    return from_picture(given, FOUR_MEGAPIXELS) if given else (1024, 1024)


def _by_format(values: dict[str, Any], given: Size | None) -> Size:
    """Replicate's and FLUX 3's words: a ratio, and about how many megapixels."""
    word = values.get("aspect_ratio")
    if word == "custom":
        return _on_grid(values["width"]), _on_grid(values["height"])
    if word in ("match_input_image", "auto", None):
        return from_picture(given, FOUR_MEGAPIXELS) if given else (1024, 1024)
    ratio = read_ratio(word) or Fraction(1)
    megapixels = values.get("megapixels")
    if megapixels is not None and word in OPEN_SIZES:
        width, height = OPEN_SIZES[word]
        return (width // 2, height // 2) if megapixels == "0.25" else (width, height)
    return from_ratio(ratio, _pixels(values))


def _pixels(values: dict[str, Any]) -> int:
    word = str(values.get("resolution") or values.get("output_megapixels") or "1")
    if word in RESOLUTIONS:
        return RESOLUTIONS[word]
    try:
        return round(float(word.removesuffix("MP").strip()) * ONE_MEGAPIXEL)
    except ValueError:
        return ONE_MEGAPIXEL
