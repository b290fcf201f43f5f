"""The pictures of things: Fluent Emoji in 3D and flat, Noto, or our own drawings, trimmed, recoloured and scaled.

A sprite is a float32 array (side, side, 4) of premultiplied RGBA in 0..1, standing on the lower edge of its square.
"""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from training.more_drawings import DRAWINGS
from training.vocabulary import BY_NAME, COLOUR_BY_NAME, COLOURS, Colour, Noun

PACKAGES = Path(__file__).parent / "node_modules"
EMOJI = PACKAGES / "@lobehub/fluent-emoji-3d/assets"
VECTORS = {"flat": "fluent-emoji-flat", "cartoon": "noto"}  # looks that have art of their own
MARGIN = 0.03  # of the square, left free on every side but the lower one
DRAWN_AT = 256  # pixels a side
ALIKE = 0.08  # root mean square between what hardly looks different: less than that between what nano paints and renders of it


@functools.cache
def _vectors(package: str) -> tuple[dict[str, Any], dict[str, str]]:
    """An icon set, and the names of its icons by their codes."""
    home = PACKAGES / "@iconify-json" / package
    return json.loads((home / "icons.json").read_text()), json.loads((home / "chars.json").read_text())


def _vector(package: str, code: str) -> Image.Image | None:
    """The emoji of a code, drawn; None where the set has none."""
    import resvg_py  # only where there is such art to draw

    icons, names = _vectors(package)
    name = names.get(code) or names.get(code.removesuffix("-fe0f"))
    if name is None:
        return None
    icon = icons["icons"].get(name) or icons["icons"][icons["aliases"][name]["parent"]]
    width, height = icon.get("width", icons.get("width", 16)), icon.get("height", icons.get("height", 16))
    namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    drawing = f'<svg {namespaces} viewBox="0 0 {width} {height}" width="{DRAWN_AT}" height="{DRAWN_AT}">{icon["body"]}</svg>'
    return Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=drawing)))).convert("RGBA")


@functools.cache
def _original(name: str, look: str) -> np.ndarray:
    """The thing's picture, cut to what is opaque: (h, w, 4) in 0..1, straight alpha."""
    thing = BY_NAME[name]
    image = DRAWINGS[thing.sprite]() if thing.sprite in DRAWINGS else None
    if image is None and look in VECTORS:
        image = _vector(VECTORS[look], thing.sprite)
    if image is None:
        image = Image.open(EMOJI / f"{thing.sprite}.webp").convert("RGBA")
    if thing.cut < 1:
        image = image.crop((0, 0, image.width, round(image.height * thing.cut)))
    box = image.getchannel("A").point(lambda alpha: 255 if alpha > 24 else 0).getbbox()
    return np.asarray(image.crop(box), np.float32) / 255


def _hue_saturation_value(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hue in degrees, saturation and value, each (h, w), of (h, w, 3) in 0..1."""
    top, low = rgb.max(-1), rgb.min(-1)
    span = np.maximum(top - low, 1e-6)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    sector = np.where(top == red, (green - blue) / span % 6, np.where(top == green, (blue - red) / span + 2, (red - green) / span + 4))
    return sector * 60, (top - low) / np.maximum(top, 1e-6), top


def _painted(thing: Noun, rgb: np.ndarray) -> np.ndarray:
    """How much of each pixel is the paint that a colour word speaks of: (h, w) in 0..1."""
    hue, saturation, value = _hue_saturation_value(rgb)
    if thing.hue is None:
        return np.clip((0.35 - saturation) / 0.1, 0, 1) * np.clip((value - 0.3) / 0.1, 0, 1)
    distance = np.abs((hue - thing.hue + 180) % 360 - 180)
    return np.clip((48 - distance) / 12, 0, 1) * np.clip((saturation - 0.22) / 0.1, 0, 1) * np.clip((value - 0.15) / 0.1, 0, 1)


def _recoloured(thing: Noun, rgb: np.ndarray, opaque: np.ndarray, colour: Colour) -> np.ndarray:
    """`rgb` with its paint replaced by `colour`, its shading kept."""
    weight = _painted(thing, rgb) * opaque
    light = rgb @ np.array([0.30, 0.59, 0.11], np.float32)
    shade = light / max(float((light * weight).sum() / max(weight.sum(), 1e-6)), 1e-3)
    if colour.name == "white":
        shade = 1 + (shade - 1) * 0.45
    base = np.asarray(colour.rgb, np.float32)
    deep = base * np.minimum(shade, 1)[..., None]
    glow = np.clip(shade - 1, 0, 1)[..., None] * 0.7
    tinted: np.ndarray = rgb * (1 - weight[..., None]) + (deep * (1 - glow) + glow) * weight[..., None]
    return tinted


@functools.lru_cache(maxsize=1500)
def sprite(name: str, colour: str | None, side: int, look: str = "3d") -> np.ndarray:
    """The thing in a colour, fitted into a square of `side` pixels: (side, side, 4), premultiplied."""
    thing, picture = BY_NAME[name], _original(name, look if look in VECTORS else "3d")
    rgb, alpha = picture[..., :3], picture[..., 3:]
    if colour is not None:
        rgb = _recoloured(thing, rgb, alpha[..., 0], COLOUR_BY_NAME[colour])
    room = side * (1 - 2 * MARGIN)
    scale = min(room / picture.shape[1], (side - side * MARGIN) / picture.shape[0])
    width, height = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    flat = np.concatenate([rgb * alpha, alpha], -1)
    fitted = np.stack([np.asarray(Image.fromarray(flat[..., k]).resize((width, height), Image.Resampling.LANCZOS)) for k in range(4)], -1)
    square = np.zeros((side, side, 4), np.float32)
    left = (side - width) // 2
    square[side - height :, left : left + width] = np.clip(fitted, 0, 1)
    return square


@functools.cache
def own_colours(name: str, look: str) -> frozenset[str]:
    """The colours that the thing has as it always is, in which it would hardly look different: a car is red, a bus orange and yellow."""
    if not BY_NAME[name].recolourable:
        return frozenset()
    own = sprite(name, None, DRAWN_AT, look)
    opaque = own[..., 3] > 0.95
    painted = {colour.name: sprite(name, colour.name, DRAWN_AT, look) for colour in COLOURS}
    return frozenset(colour for colour, picture in painted.items() if np.sqrt(((picture - own)[opaque, :3] ** 2).mean()) < ALIKE)
