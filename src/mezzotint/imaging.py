"""Decode, encode, resize: pure functions over bytes and pixels.

Only what `core.headers` accepts is decoded: PNG, JPEG and WebP of a bounded size, judged by the header first. This bounds memory, not time, and does not contain a fault in a decoder: callers decode in a process that may die.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from collections import OrderedDict
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageOps

from mezzotint.core.errors import BadPicture
from mezzotint.core.headers import MAX_PIXELS, PNG_SIGNATURE, read_header
from mezzotint.core.images import EncodedImage, ImageFormat, Pixels
from mezzotint.core.previews import size_within

JPEG_QUALITY, WEBP_QUALITY, PREVIEW_QUALITY = 95, 90, 60
CONTROL = re.compile("[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f\\u2028\\u2029]")
NOT_IN_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
MEMO = 128  # files of pictures with a recipe that are kept encoded

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # of odd notes in strangers' files, which would fill the log


def _opened(data: bytes) -> Image.Image:
    """The file with its header read and its size checked, not decoded. Raises BadPicture."""
    header = read_header(data)
    try:
        image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP"))
    except MemoryError:
        raise  # whose fault it is, is known to whoever bounds the memory
    except Exception as error:  # Pillow raises many kinds for broken headers, and each means the same here
        raise BadPicture(f"the picture cannot be read: {error}") from error
    if image.size != (header.width, header.height):  # a second header, by which Pillow goes, and which nobody has judged
        raise BadPicture("the picture cannot be read: it has headers of different sizes")
    return image


def decode(data: bytes) -> Pixels:
    """The picture upright and in RGB, on white where it is transparent. Raises BadPicture, and MemoryError."""
    image = _opened(data)
    try:
        return Pixels.of(np.asarray(_on_white(_in_eight_bits(_upright(image)))))
    except MemoryError:
        raise
    except Exception as error:  # as above: truncated, corrupt, or a bomb that its header hid
        raise BadPicture(f"the picture cannot be decoded: {error}") from error


def _upright(image: Image.Image) -> Image.Image:
    """In place: a copy of each step would need several times the memory."""
    ImageOps.exif_transpose(image, in_place=True)
    return image


def _on_white(image: Image.Image) -> Image.Image:
    """In RGB, and white where it is transparent."""
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return image if image.mode == "RGB" else image.convert("RGB")
    layered = image if image.mode == "RGBA" else image.convert("RGBA")
    ground = Image.new("RGB", layered.size, (255, 255, 255))
    ground.paste(layered, mask=layered)
    return ground


def decode_mask(data: bytes) -> Pixels:
    """A mask: white where to paint. Of a picture that is transparent somewhere its transparency is the mask. Raises BadPicture."""
    return mask_within(data) or decode(data)


def mask_within(data: bytes) -> Pixels | None:
    """The mask that a picture carries itself, where it is transparent; None where it is not. Raises BadPicture."""
    image = _opened(data)
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return None
    try:
        alpha = np.asarray(ImageOps.exif_transpose(_in_eight_bits(image)).convert("RGBA"))[..., 3]
    except MemoryError:
        raise
    except Exception as error:  # as above
        raise BadPicture(f"the mask cannot be decoded: {error}") from error
    return Pixels.of(np.repeat((255 - alpha)[..., None], 3, axis=2)) if alpha.min() < 255 else None


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits scaled to 8: Pillow's own conversion cuts it off at 255."""
    if not image.mode.startswith("I"):
        return image
    scaled = Image.fromarray(((np.asarray(image, np.uint32) * 255 + 32_767) // 65_535).astype(np.uint8))
    if (transparent := image.info.get("transparency")) is not None:
        scaled.info["transparency"] = (transparent * 255 + 32_767) // 65_535
    return scaled


def image_of(pixels: Pixels) -> Image.Image:
    """As Pillow has it, for libraries that take nothing else."""
    return Image.fromarray(pixels.array)


def resize(pixels: Pixels, width: int, height: int) -> Pixels:
    """Lanczos, to exactly that size."""
    if (pixels.width, pixels.height) == (width, height):
        return pixels
    return Pixels.of(np.asarray(Image.fromarray(pixels.array).resize((width, height), Image.Resampling.LANCZOS)))


def crop(pixels: Pixels, width: int, height: int) -> Pixels:
    """The middle part of that ratio, at that size: nothing is stretched."""
    scale = min(pixels.width / width, pixels.height / height)
    box_width, box_height = (max(1, min(most, round(part * scale))) for most, part in ((pixels.width, width), (pixels.height, height)))
    left, top = (pixels.width - box_width) // 2, (pixels.height - box_height) // 2
    return resize(Pixels.of(pixels.array[top : top + box_height, left : left + box_width]), width, height)


class _Memo:
    """Files of pictures whose recipe says what they are: the stub paints the same few over and over."""

    def __init__(self, room: int) -> None:
        self._files: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._room = room

    def get(self, key: tuple[str, ...]) -> bytes | None:
        if key in self._files:
            self._files.move_to_end(key)
        return self._files.get(key)

    def put(self, key: tuple[str, ...], data: bytes) -> None:
        self._files[key] = data
        if len(self._files) > self._room:
            self._files.popitem(last=False)


_memo = _Memo(MEMO)


def encode(pixels: Pixels, image_format: ImageFormat, notes: Mapping[str, str]) -> EncodedImage:
    """The picture as a file, `notes` in its metadata (PNG text, elsewhere an XMP or comment block)."""
    key = (pixels.recipe or "", image_format.value)
    data = _memo.get(key) if pixels.recipe else None
    if data is None:
        data = _encoded(pixels, image_format)
        if pixels.recipe:
            _memo.put(key, data)
    return EncodedImage(_with_notes(data, image_format, notes), image_format, pixels.width, pixels.height)


def preview(pixels: Pixels) -> bytes:
    """The picture as a small file to look at for a moment, without metadata."""
    buffer = io.BytesIO()
    small = resize(pixels, *size_within(pixels.width, pixels.height))
    Image.fromarray(small.array).save(buffer, "JPEG", quality=PREVIEW_QUALITY)
    return buffer.getvalue()


def _encoded(pixels: Pixels, image_format: ImageFormat) -> bytes:
    if image_format is ImageFormat.PNG:
        return _png(pixels)
    buffer = io.BytesIO()
    image = Image.fromarray(pixels.array)
    if image_format is ImageFormat.JPEG:
        image.save(buffer, "JPEG", quality=JPEG_QUALITY)
    else:
        image.save(buffer, "WEBP", quality=WEBP_QUALITY, method=2)
    return buffer.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(pixels: Pixels) -> bytes:
    """PNG by the Up filter and a fast deflate: a twentieth of the time of the usual way for a tenth more bytes.

    Every row but the first is stored as its difference from the row above, modulo 256 (filter type 2).
    """
    from isal import isal_zlib

    rows = np.ascontiguousarray(pixels.array).reshape(pixels.height, pixels.width * 3)
    filtered = np.empty((pixels.height, 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = 2
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    header = struct.pack(">IIBBBBB", pixels.width, pixels.height, 8, 2, 0, 0, 0)
    packed = isal_zlib.compress(filtered.tobytes(), level=1)
    return PNG_SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _with_notes(data: bytes, image_format: ImageFormat, notes: Mapping[str, str]) -> bytes:
    """Metadata is spliced into the finished file, so that nothing is encoded twice."""
    if not notes:
        return data
    match image_format:
        case ImageFormat.PNG:
            after_header = len(PNG_SIGNATURE) + 25
            texts = b"".join(_chunk(b"iTXt", _note_key(key) + b"\0\0\0\0\0" + value.encode("utf-8", "replace")) for key, value in notes.items())
            return data[:after_header] + texts + data[after_header:]
        case ImageFormat.JPEG:
            comment = _as_lines(notes)[:65_000]
            return data[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + data[2:]
        case ImageFormat.WEBP:
            return _webp_with_xmp(data, _xmp(notes))


def _note_key(key: str) -> bytes:
    return key.encode("latin-1", "replace")[:79]


def _as_lines(notes: Mapping[str, str]) -> bytes:
    """One line each: what ends lines in a note is written as an escape, so that a prompt cannot claim another seed."""
    return "\n".join(f"{key}: {_on_one_line(value)}" for key, value in notes.items()).encode("utf-8", "replace")


def _on_one_line(text: str) -> str:
    return CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _xmp(notes: Mapping[str, str]) -> bytes:
    from xml.sax.saxutils import escape

    text = escape(NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", _as_lines(notes).decode()))
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def _webp_with_xmp(data: bytes, xmp: bytes) -> bytes:
    """A plain WebP becomes an extended one: RIFF, VP8X with the XMP flag, the picture's chunk, the XMP chunk."""
    header = read_header(data)
    size24 = struct.pack("<I", header.width - 1)[:3] + struct.pack("<I", header.height - 1)[:3]
    extended = b"VP8X" + struct.pack("<I", 10) + bytes((0b100, 0, 0, 0)) + size24
    padded = xmp + b"\0" * (len(xmp) % 2)
    body = b"WEBP" + extended + data[12:] + b"XMP " + struct.pack("<I", len(xmp)) + padded
    return b"RIFF" + struct.pack("<I", len(body)) + body
