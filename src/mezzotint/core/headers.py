"""What a picture file says of itself: its format and size, read from the first bytes without decoding anything."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mezzotint.core.errors import BadPicture
from mezzotint.core.images import ImageFormat

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 20_000_000  # BFL's limit
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
JPEG_END = b"\xff\xd9"
EXIF, ORIENTATION, ON_ITS_SIDE = b"Exif\0\0", 0x0112, (5, 6, 7, 8)
JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})  # start-of-frame markers
JPEG_SCAN, JPEG_EXIF = 0xDA, 0xE1
JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length


@dataclass(frozen=True)
class Header:
    """`turned`: the picture is stored lying on its side, as cameras do, and says so in its EXIF."""

    format: ImageFormat
    width: int
    height: int
    turned: bool = False

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as the picture is seen."""
        return (self.height, self.width) if self.turned else (self.width, self.height)


def sniff(data: bytes) -> ImageFormat | None:
    """The format by the file's first bytes."""
    if data.startswith(PNG_SIGNATURE):
        return ImageFormat.PNG
    if data.startswith(b"\xff\xd8\xff"):
        return ImageFormat.JPEG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ImageFormat.WEBP
    return None


def read_header(data: bytes) -> Header:
    """Raises BadPicture for what is no PNG, JPEG or WebP, for a broken header, and for pictures that are too large."""
    if len(data) > MAX_BYTES:
        raise BadPicture(f"the picture has {len(data)} bytes, and at most {MAX_BYTES} are read")
    found = sniff(data)
    if found is None:
        raise BadPicture("the data is no PNG, JPEG or WebP picture")
    try:
        width, height = READERS[found](data)
    except (struct.error, IndexError) as error:
        raise BadPicture(f"the picture's {found.value} header is cut short") from error
    if width < 1 or height < 1:
        raise BadPicture(f"the picture says that it is {width} x {height} pixels")
    if width * height > MAX_PIXELS:
        raise BadPicture(f"the picture has {width} x {height} pixels, and at most {MAX_PIXELS} are read")
    return Header(found, width, height, found is ImageFormat.JPEG and _turned(data))


def whole(data: bytes) -> bool:
    """Whether a file that we wrote was written to its end: a process may die in the middle of it."""
    match sniff(data):
        case ImageFormat.PNG:
            return data.endswith(PNG_END)
        case ImageFormat.JPEG:
            return data.endswith(JPEG_END)
        case ImageFormat.WEBP:
            return len(data) >= 12 and int.from_bytes(data[4:8], "little") + 8 == len(data)
    return False


def _png(data: bytes) -> tuple[int, int]:
    if data[12:16] != b"IHDR":
        raise BadPicture("the picture's png header is broken")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg(data: bytes) -> tuple[int, int]:
    for marker, body in _segments(data):
        if marker in JPEG_FRAMES:
            height, width = struct.unpack(">HH", body[1:5])
            return width, height
    raise BadPicture("the picture's jpeg header has no size")  # the picture begins, and no frame came before it


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers and what belongs to them, up to where the picture begins."""
    at = 2
    while True:
        while data[at] != 0xFF:
            at += 1
        while data[at] == 0xFF:
            at += 1
        marker = data[at]
        at += 1
        if marker == JPEG_SCAN:
            return
        if marker not in JPEG_BARE:
            (length,) = struct.unpack(">H", data[at : at + 2])
            yield marker, data[at + 2 : at + length]
            at += max(length, 2)


def _turned(data: bytes) -> bool:
    """Whether the EXIF of a JPEG says that up is at one of the sides."""
    for marker, body in _segments(data):
        if marker == JPEG_EXIF and body.startswith(EXIF):
            try:
                return _orientation(body[len(EXIF) :]) in ON_ITS_SIDE
            except struct.error:
                return False
        if marker in JPEG_FRAMES:
            return False
    return False


def _orientation(tiff: bytes) -> int | None:
    """The orientation in EXIF's first table. Raises struct.error if it is cut short."""
    order = "<" if tiff[:2] == b"II" else ">"
    (table,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, table)
    for entry in range(table + 2, table + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from(order + "H", tiff, entry)
        if tag == ORIENTATION:
            found: int = struct.unpack_from(order + "H", tiff, entry + 8)[0]
            return found
    return None


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little") if len(data) >= 30 else 0
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise BadPicture("the picture's webp header is broken")


READERS = {ImageFormat.PNG: _png, ImageFormat.JPEG: _jpeg, ImageFormat.WEBP: _webp}
