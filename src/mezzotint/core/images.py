"""Pictures: as numbers, as files, as references, and what a picture is asked to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any


class ImageFormat(str, Enum):
    """Formats we read and write. The value is BFL's word; Replicate says jpg for jpeg."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"

    @property
    def media_type(self) -> str:
        return f"image/{self.value}"

    @classmethod
    def named(cls, word: str) -> ImageFormat:
        return cls.JPEG if word == "jpg" else cls(word)


@dataclass(frozen=True, eq=False)
class Pixels:
    """A picture as numbers, drawn when they are first asked for. `recipe`, when given, names it: equal recipes, equal pixels."""

    width: int
    height: int
    draw: Callable[[], Any]
    recipe: str | None = None

    @classmethod
    def of(cls, array: Any) -> Pixels:
        """From an array (height, width, 3) of uint8 sRGB."""
        return cls(int(array.shape[1]), int(array.shape[0]), lambda: array)

    @cached_property
    def array(self) -> Any:
        """(height, width, 3) of uint8 sRGB."""
        return self.draw()


@dataclass(frozen=True)
class EncodedImage:
    """A picture as a file."""

    data: bytes
    format: ImageFormat
    width: int
    height: int


@dataclass(frozen=True)
class StoredImage:
    """Where a picture is kept, and what it is: `key` in the blob store, `sha256` of its bytes in hex."""

    key: str
    format: str
    width: int
    height: int
    bytes: int
    sha256: str
