"""How large a picture is to be: from pixels, from a ratio, or from the picture that was given."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

from mezzotint.core.catalogue import ModelCard, Sizing
from mezzotint.core.catalogue.shared import FOUR_MEGAPIXELS, MEGAPIXEL
from mezzotint.core.errors import BadPicture
from mezzotint.core.rules import read_ratio

GRID = 16  # what the models' latents are laid out on
LEAST, MOST = 64, 4096
ONE_MEGAPIXEL = 1024 * 1024
MEGAPIXELS = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*(?:MP)?", re.ASCII | re.IGNORECASE)
MATCH = "match_input_image"  # Replicate's word, of ratios and of resolutions
Size = tuple[int, int]
Margins = tuple[int, ...]

# FLUX's own sizes for the ratios of Replicate's open models, at one megapixel
OPEN_SIZES: dict[str, Size] = {
    "1:1": (1024, 1024), "16:9": (1344, 768), "21:9": (1536, 640), "3:2": (1216, 832), "2:3": (832, 1216), "4:5": (896, 1088),
    "5:4": (1088, 896), "3:4": (896, 1152), "4:3": (1152, 896), "9:16": (768, 1344), "9:21": (640, 1536),
}  # fmt: skip
RESOLUTIONS = {"768sq": 768 * 768, "1k": ONE_MEGAPIXEL, "1.5k": 1536 * 1536, "2k": FOUR_MEGAPIXELS, "4k": 4 * FOUR_MEGAPIXELS}


def _on_grid(value: float, grid: int = GRID) -> int:
    return min(max(round(value / grid) * grid, LEAST), MOST)


def _down_to_grid(value: float) -> int:
    return _on_grid(math.floor(value / GRID + 1e-9) * GRID)  # a hair more, for what arithmetic loses


def from_ratio(ratio: Fraction, pixels: int, grid: int = GRID) -> Size:
    """The size of about `pixels` in that ratio, on the grid; of fewer where a side would be too long, of more where one would be too short."""
    width = max(min(math.sqrt(pixels * ratio), MOST, float(MOST * ratio)), LEAST, float(LEAST * ratio))
    return _on_grid(width, grid), _on_grid(float(width / ratio), grid)


def from_picture(given: Size, most: int) -> Size:
    """As the picture, made smaller if it has more than `most` pixels or a side that is too long."""
    width, height = given
    scale = min(1.0, math.sqrt(most / (width * height)), MOST / width, MOST / height)
    return _down_to_grid(width * scale), _down_to_grid(height * scale)


def size_of(card: ModelCard, values: dict[str, Any], given: Size | None) -> Size:
    """Width and height of what is to be painted; `given` is the size of the first input picture, if there is one."""
    usual = ONE_MEGAPIXEL if card.pixels == MEGAPIXEL else card.pixels
    match card.sizing:
        case Sizing.PIXELS:
            return values["width"], values["height"]
        case Sizing.AUTOMATIC:
            return _automatic(values, given)
        case Sizing.RATIO:
            ratio = read_ratio(values["aspect_ratio"]) if values.get("aspect_ratio") else None
            if ratio is None:
                ratio = Fraction(*given) if given else Fraction(1)
            return from_ratio(ratio, usual, 32)
        case Sizing.INPUT | Sizing.EXPANDED:
            width, height = given or (1024, 1024)
            left, top, right, bottom = margins_of(values, (width, height)) or (0, 0, 0, 0)
            return from_picture((left + width + right, top + height + bottom), FOUR_MEGAPIXELS)
        case Sizing.FORMAT:
            return _by_format(values, given, usual)


def margins_of(values: dict[str, Any], given: Size) -> Margins | None:
    """What is to be painted around the picture, in its own pixels: left, top, right, bottom; below 0 it is cut. None: nothing is asked for.

    Raises BadPicture for one that lies beyond its new canvas and may not be cut.
    """
    width, height = given
    if "left" in values and "bottom" in values:
        return tuple(values[side] or 0 for side in ("left", "top", "right", "bottom"))
    if "reference_offset_x" in values:
        return _around(values, given)
    match values.get("outpaint"):
        case "Zoom out 1.5x" | "Zoom out 2x" as word:
            across, down = (width // 4, height // 4) if "1.5" in word else (width // 2, height // 2)
            return across, down, across, down
        case "Make square":
            across, down = max(0, height - width), max(0, width - height)
            return across // 2, down // 2, across - across // 2, down - down // 2
        case "Left outpaint" | "Right outpaint" | "Top outpaint" | "Bottom outpaint" as word:
            side, at = word.partition(" ")[0].lower(), ("left", "top", "right", "bottom")
            return tuple((height if name in ("top", "bottom") else width) // 2 if name == side else 0 for name in at)
        case _:
            return None


def _around(values: dict[str, Any], given: Size) -> Margins:
    """A canvas of a size of its own, and where the picture lies on it: in its middle, unless an offset says otherwise."""
    offsets = (values["reference_offset_x"], values["reference_offset_y"])
    before = [
        (side - length) // 2 if offset is None else offset for side, length, offset in zip((values["width"], values["height"]), given, offsets, strict=True)
    ]
    after = [side - start - length for side, start, length in zip((values["width"], values["height"]), before, given, strict=True)]
    margins = (before[0], before[1], after[0], after[1])
    if min(margins) < 0 and not values.get("auto_crop"):
        raise BadPicture(
            f"the picture of {given[0]} by {given[1]} pixels lies beyond the canvas of {values['width']} by {values['height']}: set auto_crop, or move it"
        )
    if min(before[0] + given[0], before[1] + given[1], values["width"] - before[0], values["height"] - before[1]) <= 0:
        raise BadPicture("the picture lies outside its canvas altogether")
    return margins


def _automatic(values: dict[str, Any], given: Size | None) -> Size:
    """FLUX.2: a side that is not set follows the picture's ratio, or is as long as the other; without either, one megapixel."""
    width, height = values["width"] or 0, values["height"] or 0
    ratio = Fraction(*given) if given else Fraction(1)
    if width and height:
        return width, height
    if width:
        return width, _other_side(width, float(width / ratio))
    if height:
        return _other_side(height, float(height * ratio)), height
    return from_picture(given, FOUR_MEGAPIXELS) if given else (1024, 1024)


def _other_side(side: int, wished: float) -> int:
    """As long as is wished and as four megapixels allow."""
    return min(_on_grid(wished), max(FOUR_MEGAPIXELS // side // GRID * GRID, LEAST))


def _by_format(values: dict[str, Any], given: Size | None, usual: int) -> Size:
    """Replicate's and FLUX 3's words: a ratio, and about how many megapixels."""
    word = values.get("aspect_ratio") or ""
    if word == "custom":
        return _on_grid(values["width"]), _on_grid(values["height"])
    if word in OPEN_SIZES and (megapixels := values.get("megapixels")) is not None:
        width, height = OPEN_SIZES[word]
        return (width // 2, height // 2) if megapixels == "0.25" else (width, height)
    ratio, size = read_ratio(word), values.get("resolution") or values.get("output_megapixels") or ""
    if ratio is None and given and size in ("", MATCH):
        return from_picture(given, FOUR_MEGAPIXELS)
    return from_ratio(ratio or Fraction(*given or (1, 1)), _pixels(size, given, usual))


def _pixels(word: str, given: Size | None, usual: int) -> int:
    """What a resolution is in pixels."""
    if word == MATCH and given:
        return min(given[0] * given[1], FOUR_MEGAPIXELS)
    if word in RESOLUTIONS:
        return RESOLUTIONS[word]
    found = MEGAPIXELS.fullmatch(word.strip())
    return min(max(round(float(found[1]) * ONE_MEGAPIXEL), LEAST * LEAST), FOUR_MEGAPIXELS) if found else usual
