"""Headers of picture files: read right where Pillow wrote them, and BadPicture, never anything else, for what is broken."""

from __future__ import annotations

import io
import struct
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given
from PIL import Image, ImageOps

from mezzotint.core.errors import BadPicture
from mezzotint.core.headers import MAX_BYTES, MAX_PIXELS, Header, read_header, sniff
from mezzotint.core.images import ImageFormat
from tests.pictures import a_file

KINDS: dict[str, tuple[str, ImageFormat, dict[str, Any]]] = {
    "png": ("PNG", ImageFormat.PNG, {}),
    "png with alpha": ("PNG", ImageFormat.PNG, {"mode": "RGBA"}),
    "png in grey": ("PNG", ImageFormat.PNG, {"mode": "L"}),
    "png with a palette": ("PNG", ImageFormat.PNG, {"mode": "P"}),
    "jpeg": ("JPEG", ImageFormat.JPEG, {}),
    "progressive jpeg": ("JPEG", ImageFormat.JPEG, {"progressive": True}),
    "jpeg in grey": ("JPEG", ImageFormat.JPEG, {"mode": "L"}),
    "jpeg in cmyk": ("JPEG", ImageFormat.JPEG, {"mode": "CMYK"}),
    "jpeg with long segments": ("JPEG", ImageFormat.JPEG, {"comment": b"x" * 60_000, "exif": b"Exif\0\0" + b"\xff\xc0" * 20_000}),
    "lossy webp": ("WEBP", ImageFormat.WEBP, {}),
    "lossless webp": ("WEBP", ImageFormat.WEBP, {"lossless": True}),
    "lossless webp with alpha": ("WEBP", ImageFormat.WEBP, {"lossless": True, "mode": "RGBA"}),
    "extended webp": ("WEBP", ImageFormat.WEBP, {"exif": b"Exif\0\0MM", "xmp": b"<x/>"}),
}
FIRST = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP")


def a_png(width: int, height: int) -> bytes:
    """The beginning of one, with a size that nobody could paint."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


def a_jpeg(width: int, height: int, frame: int = 0xC0) -> bytes:
    return b"\xff\xd8" + bytes((0xFF, frame)) + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)


def a_webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBP" + kind + struct.pack("<I", len(body)) + body


def read_or_refused(data: bytes) -> Header | None:
    try:
        return read_header(data)
    except BadPicture:
        return None


# files that are whole


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (64, 48), (1, 300), (300, 1), (257, 129)], ids=str)
def test_what_pillow_wrote_is_read_right(kind: str, size: tuple[int, int]) -> None:
    form, expected, details = KINDS[kind]

    assert read_header(a_file(form, *size, **details)) == Header(expected, *size)


@given(st.sampled_from(sorted(KINDS)), st.integers(1, 400), st.integers(1, 400))
def test_any_size_is_read_right(kind: str, width: int, height: int) -> None:
    form, expected, details = KINDS[kind]

    assert read_header(a_file(form, width, height, **details)) == Header(expected, width, height)


def test_webps_largest_sides_are_read_right() -> None:
    lossless = a_webp(b"VP8L", b"\x2f" + struct.pack("<I", 16_383 | 999 << 14))
    lossy = a_webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 16_383, 1000))
    extended = a_webp(b"VP8X", bytes(4) + (19_999).to_bytes(3, "little") + (999).to_bytes(3, "little"))

    assert read_header(lossless) == Header(ImageFormat.WEBP, 16_384, 1000)
    assert read_header(lossy) == Header(ImageFormat.WEBP, 16_383, 1000)
    assert read_header(extended) == Header(ImageFormat.WEBP, 20_000, 1000)


def test_a_lossy_webps_scaling_is_no_part_of_its_size() -> None:
    scaled = a_webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640 | 1 << 14, 480 | 3 << 14))

    assert read_header(scaled) == Header(ImageFormat.WEBP, 640, 480)


@pytest.mark.parametrize("frame", [0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCF], ids=hex)
def test_every_kind_of_jpeg_frame_has_a_size(frame: int) -> None:
    assert read_header(a_jpeg(320, 200, frame)) == Header(ImageFormat.JPEG, 320, 200)


def test_what_is_before_a_jpegs_frame_is_passed_over() -> None:
    tables = b"\xff\xc4" + struct.pack(">H", 4) + b"\xff\xc0"  # a table that holds a frame's marker
    filled = b"\xff\xff\xff\xd0" + b"\xff\x01"  # fill bytes, and markers without a length

    assert read_header(b"\xff\xd8" + filled + tables + a_jpeg(320, 200)[2:]) == Header(ImageFormat.JPEG, 320, 200)


def test_a_jpeg_without_a_frame_before_its_picture_is_refused() -> None:
    with pytest.raises(BadPicture, match="jpeg header has no size"):
        read_header(b"\xff\xd8\xff\xda" + bytes(100))


# pictures that lie on their side


def an_exif(orientation: int, order: str, before: int = 1) -> bytes:
    """A table of `before` other entries, then the orientation."""
    entries = [(0x010F, 2, 1, b"x\0\0\0")] * before + [(0x0112, 3, 1, struct.pack(order + "HH", orientation, 0))]
    table = struct.pack(order + "H", len(entries)) + b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    return b"Exif\0\0" + (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8) + table + bytes(4)


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize("orientation", range(10))
def test_a_jpeg_that_lies_on_its_side_says_so(orientation: int, order: str) -> None:
    header = read_header(a_file("JPEG", 64, 48, exif=an_exif(orientation, order)))

    assert (header.width, header.height) == (64, 48)
    assert header.upright == ((48, 64) if orientation in (5, 6, 7, 8) else (64, 48))


def test_pillow_turns_the_same_pictures() -> None:
    for orientation in range(1, 9):
        data = a_file("JPEG", 64, 48, exif=an_exif(orientation, "<"))
        assert ImageOps.exif_transpose(Image.open(io.BytesIO(data))).size == read_header(data).upright, orientation


def test_an_exif_that_is_cut_short_turns_nothing() -> None:
    whole = an_exif(6, ">", before=2)

    for end in range(6, whole.index(b"\x01\x12") + 10):
        assert not read_header(a_file("JPEG", exif=whole[:end])).turned, end
    assert read_header(a_file("JPEG", exif=whole)).turned


@given(st.binary(max_size=300))
def test_no_exif_keeps_a_header_from_being_read(junk: bytes) -> None:
    header = read_header(a_file("JPEG", 64, 48, exif=b"Exif\0\0" + junk))

    assert header.upright in ((64, 48), (48, 64))


# what is broken


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_is_read_right_or_refused(kind: str) -> None:
    form, expected, details = KINDS[kind]
    whole = a_file(form, 33, 17, **details)
    cuts = {*range(min(len(whole), 700)), *range(0, len(whole), 97)}

    read = {cut: read_or_refused(whole[:cut]) for cut in cuts}

    assert {header for header in read.values() if header} <= {Header(expected, 33, 17)}
    assert read[0] is read[8] is read[15] is None


@pytest.mark.parametrize("kind", ["png", "jpeg", "lossy webp", "lossless webp", "extended webp"])
def test_a_file_with_any_byte_of_its_header_altered_is_read_or_refused(kind: str) -> None:
    form, _, details = KINDS[kind]
    whole = a_file(form, 33, 17, **details)

    for at in range(min(len(whole), 256)):
        for value in (0, 1, 0x7F, 0x80, 0xC0, 0xDA, 0xFF):
            header = read_or_refused(whole[:at] + bytes((value,)) + whole[at + 1 :])
            assert header is None or 0 < header.width * header.height <= MAX_PIXELS


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data: bytes) -> None:
    assume(sniff(data) is None)

    with pytest.raises(BadPicture, match="no PNG, JPEG or WebP"):
        read_header(data)


@given(st.sampled_from(FIRST), st.binary(max_size=300))
def test_random_bytes_after_a_right_beginning_are_read_or_refused(first: bytes, data: bytes) -> None:
    header = read_or_refused(first + data)

    assert header is None or 0 < header.width * header.height <= MAX_PIXELS


@given(st.lists(st.sampled_from([b"\xff", b"\xc0", b"\xd0", b"\x01", b"\xda", b"\0\0", b"\0\x05", b"\xe1", b"\0\x08"]), max_size=60))
def test_any_walk_through_a_jpeg_ends(parts: list[bytes]) -> None:
    header = read_or_refused(b"\xff\xd8\xff" + b"".join(parts))

    assert header is None or header.format is ImageFormat.JPEG


@pytest.mark.parametrize(
    "data",
    [b"GIF89a" + bytes(100), b"BM" + bytes(100), b"<svg/>", b"%PDF-1.7", b"RIFF\0\0\0\0WAVEfmt ", b"II*\0", b"\0\0\0\x20ftypavif", b"\xff\xd8", b""],
    ids=repr,
)
def test_other_formats_are_refused(data: bytes) -> None:
    assert sniff(data) is None
    with pytest.raises(BadPicture, match="no PNG, JPEG or WebP"):
        read_header(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIDAT" + bytes(20), "png header is broken"),
        (b"RIFF\0\0\0\0WEBPALPH" + bytes(20), "webp header is broken"),
        (a_png(10, 10)[:20], "png header is cut short"),
        (a_jpeg(10, 10)[:8], "jpeg header is cut short"),
        (a_webp(b"VP8L", b"\x2f")[:23], "webp header is cut short"),
    ],
    ids=["png", "webp", "short png", "short jpeg", "short webp"],
)
def test_a_broken_header_says_which_and_how(data: bytes, why: str) -> None:
    with pytest.raises(BadPicture, match=why):
        read_header(data)


# sizes


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (0, 0)])
def test_a_picture_without_pixels_is_refused(width: int, height: int) -> None:
    for data in (a_png(width, height), a_jpeg(width, height)):
        with pytest.raises(BadPicture, match=f"{width} x {height} pixels"):
            read_header(data)


@pytest.mark.parametrize(("width", "height"), [(20_000_000, 1), (1, 20_000_000), (5000, 4000)])
def test_twenty_million_pixels_are_read(width: int, height: int) -> None:
    assert read_header(a_png(width, height)) == Header(ImageFormat.PNG, width, height)


@pytest.mark.parametrize(("width", "height"), [(20_000_001, 1), (5000, 4001), (2**32 - 1, 2**32 - 1), (2**31, 1)])
def test_one_pixel_more_is_refused(width: int, height: int) -> None:
    with pytest.raises(BadPicture, match=f"{width} x {height} pixels, and at most {MAX_PIXELS}"):
        read_header(a_png(width, height))


def test_sizes_are_bounded_in_every_format() -> None:
    huge = [a_jpeg(65_535, 65_535), a_webp(b"VP8X", bytes(4) + b"\xff" * 6), a_webp(b"VP8L", b"\x2f" + b"\xff" * 4)]

    for data in (*huge, a_webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + b"\xff" * 4)):
        with pytest.raises(BadPicture, match="at most"):
            read_header(data)


def test_a_file_may_have_so_many_bytes_and_no_more() -> None:
    most = a_file() + bytes(MAX_BYTES - len(a_file()))

    assert read_header(most) == Header(ImageFormat.PNG, 64, 48)
    with pytest.raises(BadPicture, match=f"{MAX_BYTES + 1} bytes, and at most {MAX_BYTES}"):
        read_header(most + b"\0")


# the first look


@pytest.mark.parametrize("kind", KINDS)
def test_a_format_is_known_by_its_first_bytes(kind: str) -> None:
    form, expected, details = KINDS[kind]

    assert sniff(a_file(form, **details)[:12]) is expected


@pytest.mark.parametrize(("word", "expected"), [("jpg", ImageFormat.JPEG), ("jpeg", ImageFormat.JPEG), ("png", ImageFormat.PNG), ("webp", ImageFormat.WEBP)])
def test_a_format_has_a_word_on_every_surface(word: str, expected: ImageFormat) -> None:
    assert ImageFormat.named(word) is expected
    assert expected.media_type == f"image/{expected.value}"
