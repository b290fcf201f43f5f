"""Previews: how a picture looks while it is painted. What watchers may wish for, when one is due, and how large it may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from mezzotint.core.errors import BadPicture
from mezzotint.core.headers import read_header
from mezzotint.core.images import ImageFormat

FORMAT = ImageFormat.JPEG
LONGEST = 256  # pixels of the longer side
LARGEST = 32 * 1024  # bytes: a picture of this size has a few thousand, and pure noise 22,000
EVERY = 0.25  # seconds from one to the next, at least, where they are watched as they come


@dataclass(frozen=True)
class Wish:
    """What the watchers of a task wish to see: previews as they come (`live`), so many `spread` over the steps, or both."""

    live: bool = False
    spread: int = 0


@dataclass(frozen=True)
class Preview:
    """`image` is a file of FORMAT. Known only while the task runs and is watched, and only to the processes between the two."""

    task: UUID
    attempt: int
    step: int
    steps: int
    image: bytes


def joined(wishes: Iterable[Wish]) -> Wish:
    """What fulfils them all."""
    live, spread = False, 0
    for wish in wishes:
        live, spread = live or wish.live, max(spread, wish.spread)
    return Wish(live, spread)


def marks(step: int, steps: int, count: int) -> int:
    """How many of `count` marks, spread evenly over the steps, are reached: the next preview of so many is due with the next mark."""
    return max(0, min(count, step * (count + 1) // max(1, steps)))


def size_within(width: int, height: int) -> tuple[int, int]:
    """The size of a preview of a picture of that size."""
    scale = min(1.0, LONGEST / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def sound(image: bytes) -> bool:
    """Whether this may be passed on as a preview. What comes from an engine's process or a worker is not believed."""
    if len(image) > LARGEST:
        return False
    try:
        header = read_header(image)
    except BadPicture:
        return False
    return header.format is FORMAT and max(header.width, header.height) <= LONGEST
