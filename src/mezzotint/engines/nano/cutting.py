"""Cuts a thing out of pictures in which it stands alone before a plain ground."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mezzotint import imaging
from mezzotint.engines.nano.colours import colours, eight_bits

FAINT, PLAIN = 0.08, 0.18  # of colour: what differs from the ground by less is ground, by more is the thing
BORDER = 0.08  # of the picture's side, in which there is nothing but ground
FEET = 0.2  # of the thing's side, above its feet, where a darker ground is its shadow
DARKEST = 0.6  # of the ground's light that a shadow leaves


def cut_out(pictures: Sequence[np.ndarray], top: int, left: int, side: int) -> np.ndarray:
    """The thing that fills a box of the pictures (h, w, 3), float32 in 0..1, which show it before grounds of several colours: (side, side, 4),
    its colours times its cover, and its cover. What most of them show is the thing, since their flaws are not the same ones."""
    parts = [_part(picture, top, left, side) for picture in pictures]
    colour, covers = sum(part[..., :3] for part in parts), np.stack([part[..., 3] for part in parts])
    cover = np.median(covers, axis=0)[..., None]
    return np.concatenate([np.clip(colour / np.maximum(covers.sum(0)[..., None], 1e-3), 0, 1) * cover, cover], -1).astype(np.float32)


def _part(picture: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    """The same of one picture."""
    ground = _ground_of(picture)
    part = picture[top : top + side, left : left + side]
    cover = np.clip((np.abs(part - ground).max(-1) - FAINT) / (PLAIN - FAINT), 0, 1)
    cover = np.where(_shadow(part, ground), 0, cover)[..., None]
    return np.concatenate([np.clip(part - (1 - cover) * ground, 0, cover), cover], -1)


def _ground_of(picture: np.ndarray) -> np.ndarray:
    """Its colour: the middle one of the picture's upper edge and its sides."""
    edge = max(1, round(min(picture.shape[:2]) * BORDER))
    parts = (picture[:edge], picture[:, :edge], picture[:, -edge:])
    return np.asarray(np.median(np.concatenate([part.reshape(-1, 3) for part in parts]), axis=0))


def _shadow(part: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """(side, side) bool: the ground, but darker, near the thing's feet."""
    light = part @ ground / (ground @ ground)
    same = np.abs(part - light[..., None] * ground).max(-1) < FAINT
    low = np.arange(len(part))[:, None] >= (1 - FEET) * len(part)
    return np.asarray(same & (light > DARKEST) & low)


def resized(thing: np.ndarray, side: int) -> np.ndarray:
    """The same thing (side, side, 4) at another size."""
    if thing.shape[0] == side:
        return thing
    colours, cover = (_at(part, side) for part in (thing[..., :3], np.repeat(thing[..., 3:], 3, -1)))
    return np.concatenate([np.minimum(colours, cover), cover[..., :1]], -1)


def _at(picture: np.ndarray, side: int) -> np.ndarray:
    return colours(imaging.resize(eight_bits(picture), side, side))
