"""Pictures: as numbers, as files, as references, and what a picture is asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
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


@dataclass(frozen=True)
class Pixels:
    """A picture as an array (height, width, 3) of uint8 sRGB. `recipe`, when given, names the picture: equal recipes, equal pixels."""

    array: Any
    recipe: str | None = None

    @property
    def height(self) -> int:
        return int(self.array.shape[0])

    @property
    def width(self) -> int:
        return int(self.array.shape[1])


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
