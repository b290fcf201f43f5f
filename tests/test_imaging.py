"""Pictures in and out of files, checked with Pillow and by hand."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mezzotint import imaging
from mezzotint.core.errors import BadPicture
from mezzotint.core.headers import MAX_BYTES, MAX_PIXELS, PNG_SIGNATURE, read_header
from mezzotint.core.images import ImageFormat, Pixels
from mezzotint.imaging import crop, decode, decode_mask, encode, resize
from tests.hostile_words import WORDS

FORMATS = list(ImageFormat)
NOTES = {
    "plain": {"Software": "mezzotint 1.0", "prompt": "a paper boat", "seed": "7"},
    "not Latin": {"prompt": "бумажный кораблик, 紙の舟, قارب ورقي, 🛶 e\u0301", "model": "flux-dev"},
    "to be escaped": {"prompt": "<b>&amp; \"quoted\" 'too' ]]> <!-- --> %s {x} \\n /></x:xmpmeta>", "k": "a=b; c: d"},
    "many lines": {"prompt": "one\ntwo\n\nfour\tfive", "size": "64x48"},
    "long": {"prompt": "ein langer Satz über ein Boot. " * 1000},
    "empty": {"prompt": "", "seed": "0"},
}


def noise(width: int, height: int, seed: int = 1) -> np.ndarray:
    array: np.ndarray = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return array


def shades(width: int, height: int) -> np.ndarray:
    """A soft picture, as lossy formats like them."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], axis=-1).astype(np.uint8)


def saved(image: Image.Image, form: str = "PNG", **rest: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **rest)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def colour(data: bytes, x: int = 0, y: int = 0) -> tuple[int, ...]:
    """One pixel as we decode it."""
    return tuple(int(part) for part in decode(data).array[y, x])


def near(found: tuple[int, ...], wanted: tuple[int, ...], by: int = 6) -> bool:
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each chunk, its checksum proven."""
    assert png.startswith(PNG_SIGNATURE)
    at = len(PNG_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + body),)
        yield kind, body
        at += 12 + length
    assert at == len(png)


# encoding


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (64, 48), (333, 217), (1024, 768)], ids=str)
def test_a_png_holds_the_very_pixels(size: tuple[int, int]) -> None:
    array = noise(*size)

    image = encode(Pixels.of(array), ImageFormat.PNG, NOTES["plain"])

    assert (image.format, image.width, image.height) == (ImageFormat.PNG, *size)
    assert np.array_equal(np.asarray(opened(image.data)), array)
    assert np.array_equal(decode(image.data).array, array)


@pytest.mark.parametrize("form", [ImageFormat.JPEG, ImageFormat.WEBP])
@pytest.mark.parametrize("size", [(1, 1), (17, 33), (512, 384)], ids=str)
def test_lossy_formats_lose_little(form: ImageFormat, size: tuple[int, int]) -> None:
    array = shades(*size)

    image = encode(Pixels.of(array), form, {})

    back = decode(image.data)
    assert (image.format, image.width, image.height) == (form, *size) == (form, back.width, back.height)
    assert np.abs(back.array.astype(int) - array).mean() < 5


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("notes", NOTES)
def test_a_file_is_what_it_says_it_is(form: ImageFormat, notes: str) -> None:
    data = encode(Pixels.of(shades(65, 47)), form, NOTES[notes]).data

    header = read_header(data)
    image = opened(data)
    assert (header.format, header.width, header.height) == (form, 65, 47)
    assert (image.format, image.size, image.mode) == (form.value.upper(), (65, 47), "RGB")


def test_a_png_passes_pillows_inspection_and_every_checksum_holds() -> None:
    for notes in NOTES.values():
        data = encode(Pixels.of(noise(65, 47)), ImageFormat.PNG, notes).data

        Image.open(io.BytesIO(data)).verify()
        kinds = [kind for kind, _ in chunks(data)]
        assert kinds == [b"IHDR", *[b"iTXt"] * len(notes), b"IDAT", b"IEND"]


def test_rows_that_are_not_in_one_piece_are_encoded_as_they_look() -> None:
    array = noise(40, 30)[::-1, 5:25]

    for form in FORMATS:
        image = encode(Pixels.of(array), form, {})
        assert (image.width, image.height) == (20, 30)
    assert np.array_equal(decode(encode(Pixels.of(array), ImageFormat.PNG, {}).data).array, array)


# metadata


def notes_in(data: bytes, form: ImageFormat) -> dict[str, str]:
    """What the file says beside its pixels, as text by key."""
    image = opened(data)
    if form is ImageFormat.PNG:
        return {str(key): str(value) for key, value in image.info.items()}
    if form is ImageFormat.JPEG:
        text = image.info["comment"].decode()
    else:
        described = ET.fromstring(image.info["xmp"]).find(".//{http://purl.org/dc/elements/1.1/}description//{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li")
        assert described is not None
        text = described.text or ""
    return {"": text}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("notes", NOTES)
def test_notes_are_read_again_by_pillow(form: ImageFormat, notes: str) -> None:
    found = notes_in(encode(Pixels.of(shades(64, 48)), form, NOTES[notes]).data, form)

    if form is ImageFormat.PNG:
        assert found == NOTES[notes]
    else:
        assert found == {"": "\n".join(f"{key}: {value}".replace("\n", r"\n") for key, value in NOTES[notes].items())}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("notes", NOTES)
def test_notes_do_not_change_the_picture(form: ImageFormat, notes: str) -> None:
    pixels = Pixels.of(noise(63, 49))

    bare, noted = encode(pixels, form, {}).data, encode(pixels, form, NOTES[notes]).data

    assert np.array_equal(np.asarray(opened(bare)), np.asarray(opened(noted)))
    assert np.array_equal(decode(bare).array, decode(noted).array)
    assert len(noted) > len(bare)


@pytest.mark.parametrize("form", FORMATS)
def test_notes_that_are_longer_than_a_file_can_hold_do_not_break_it(form: ImageFormat) -> None:
    notes = {"prompt": "🛶" * 32_000, "x" * 200: "a long key"}

    data = encode(Pixels.of(shades(64, 48)), form, notes).data

    assert decode(data).width == 64
    assert "🛶" * 10_000 in opened(data).info.get("prompt", "") or form is not ImageFormat.PNG


@pytest.mark.parametrize("form", FORMATS)
def test_a_text_that_is_no_unicode_does_not_break_the_file(form: ImageFormat) -> None:
    assert decode(encode(Pixels.of(shades(64, 48)), form, {"prompt": "half a pair: \ud800"}).data).width == 64


@pytest.mark.parametrize("prompt", ["an escape \x1b[31m", "a bell \x07", "\x01\x02"], ids=repr)
@pytest.mark.parametrize("form", FORMATS)
def test_control_characters_in_a_prompt_leave_the_notes_readable(form: ImageFormat, prompt: str) -> None:
    found = notes_in(encode(Pixels.of(shades(64, 48)), form, {"seed": "7", "prompt": prompt}).data, form)

    assert any("7" in value for value in found.values())


@pytest.mark.parametrize("form", [ImageFormat.JPEG, ImageFormat.WEBP])
def test_no_prompt_makes_a_note_of_its_own(form: ImageFormat) -> None:
    for words in WORDS:
        [told] = notes_in(encode(Pixels.of(shades(16, 16)), form, {"seed": "7", "prompt": words, "steps": "9"}).data, form).values()

        assert len(told.splitlines()) == 3, repr(words)
        assert [line.partition(": ")[0] for line in told.splitlines()] == ["seed", "prompt", "steps"]


# equal recipes


def test_a_picture_with_a_recipe_is_drawn_and_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaging, "_memo", imaging._Memo(8))
    drawn: list[int] = []

    def picture(recipe: str | None) -> Pixels:
        def draw() -> np.ndarray:
            drawn.append(1)
            return shades(64, 48)

        return Pixels(64, 48, draw, recipe)

    first = encode(picture("one"), ImageFormat.PNG, {"prompt": "first"})
    second = encode(picture("one"), ImageFormat.PNG, {"prompt": "second"})

    assert len(drawn) == 1
    assert (opened(first.data).info["prompt"], opened(second.data).info["prompt"]) == ("first", "second")
    assert np.array_equal(decode(first.data).array, decode(second.data).array)
    for other, total in ((picture("two"), 2), (picture(None), 3), (picture(None), 4)):
        encode(other, ImageFormat.PNG, {})
        assert len(drawn) == total
    encode(picture("one"), ImageFormat.JPEG, {})
    assert len(drawn) == 5


def test_only_so_many_recipes_are_kept_and_those_used_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaging, "_memo", imaging._Memo(2))
    drawn: list[str] = []

    def asked(recipe: str) -> None:
        def draw() -> np.ndarray:
            drawn.append(recipe)
            return shades(8, 8)

        encode(Pixels(8, 8, draw, recipe), ImageFormat.PNG, {})

    for recipe in ("a", "b", "a", "c", "a", "b"):
        asked(recipe)

    assert drawn == ["a", "b", "c", "b"]


# decoding


def test_a_picture_is_turned_upright() -> None:
    array = np.zeros((2, 3, 3), np.uint8)
    array[0, 0] = (255, 0, 0)  # the corner that shows where up is
    corners = {1: (0, 0), 2: (2, 0), 3: (2, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 2), 8: (0, 2)}

    for orientation, (x, y) in corners.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        data = saved(Image.fromarray(array), "PNG", exif=exif)
        pixels = decode(data)
        assert (pixels.width, pixels.height) == ((3, 2) if orientation < 5 else (2, 3)), orientation
        assert colour(data, x, y) == (255, 0, 0), orientation


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_a_picture_is_turned_upright_in_every_format(form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6

    pixels = decode(saved(Image.new("RGB", (64, 32)), form, exif=exif))

    assert (pixels.width, pixels.height, pixels.array.shape) == (32, 64, (64, 32, 3))


def with_alpha(mode: str) -> Image.Image:
    """Left half clear, right half solid black."""
    alpha = Image.new("L", (64, 32), 0)
    alpha.paste(255, (32, 0, 64, 32))
    image = Image.new("RGBA" if mode == "RGBA" else "LA", (64, 32))
    image.putalpha(alpha)
    return image


@pytest.mark.parametrize(("mode", "form"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP")], ids=str)
def test_what_is_transparent_lies_on_white(mode: str, form: str) -> None:
    data = saved(with_alpha(mode), form, **({"lossless": True} if form == "WEBP" else {}))

    assert colour(data, 5, 5) == (255, 255, 255)
    assert colour(data, 60, 5) == (0, 0, 0)


def test_what_is_half_transparent_is_half_white() -> None:
    assert near(colour(saved(Image.new("RGBA", (8, 8), (255, 0, 0, 128)))), (255, 127, 127), 2)


def test_a_palette_and_its_clear_entry_are_understood() -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 255, 0, 200, 0] + [0] * 762)
    image.putpixel((0, 0), 0)

    assert (colour(saved(image), 0, 0), colour(saved(image), 1, 0)) == ((0, 0, 255), (0, 200, 0))
    cleared = saved(image, transparency=0)
    assert (colour(cleared, 0, 0), colour(cleared, 1, 0)) == ((255, 255, 255), (0, 200, 0))


def test_a_single_colour_may_be_declared_clear() -> None:
    image = Image.new("RGB", (8, 8), (0, 200, 0))
    image.putpixel((0, 0), (1, 2, 3))

    data = saved(image, transparency=(1, 2, 3))

    assert (colour(data, 0, 0), colour(data, 1, 0)) == ((255, 255, 255), (0, 200, 0))


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_grey_is_grey(form: str) -> None:
    assert near(colour(saved(Image.new("L", (8, 8), 100), form)), (100, 100, 100), 2)


def test_black_and_white_is_black_and_white() -> None:
    image = Image.new("1", (8, 8), 0)
    image.putpixel((3, 3), 1)

    assert (colour(saved(image), 0, 0), colour(saved(image), 3, 3)) == ((0, 0, 0), (255, 255, 255))


def png_of(width: int, height: int, depth: int, kind: int, rows: bytes) -> bytes:
    """A PNG by hand, for what Pillow does not write."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return PNG_SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_sixteen_bits_of_colour_become_eight() -> None:
    assert near(colour(png_of(1, 1, 16, 2, b"\0" + struct.pack(">HHH", 65_535, 30_000, 0))), (255, 117, 0), 1)


def test_sixteen_bits_of_grey_become_eight() -> None:
    assert near(colour(png_of(1, 1, 16, 0, b"\0" + struct.pack(">H", 30_000))), (117, 117, 117), 1)


def test_the_transparent_shade_of_sixteen_bits_of_grey_lies_on_white() -> None:
    picture = png_of(2, 1, 16, 0, b"\0" + struct.pack(">HH", 30_000, 10_000))
    body = struct.pack(">H", 30_000)
    chunk = struct.pack(">I", 2) + b"tRNS" + body + struct.pack(">I", zlib.crc32(b"tRNS" + body))

    assert decode(picture[:33] + chunk + picture[33:]).array.tolist() == [[[255] * 3, [39] * 3]]


@pytest.mark.parametrize("ink", [(0, 0, 0, 0), (0, 0, 0, 255), (255, 0, 0, 0), (0, 255, 255, 0)], ids=str)
def test_a_jpeg_for_printers_is_understood(ink: tuple[int, int, int, int]) -> None:
    cyan, magenta, yellow, black = ink
    wanted = tuple((255 - part) * (255 - black) // 255 for part in (cyan, magenta, yellow))

    assert near(colour(saved(Image.new("CMYK", (16, 16), ink), "JPEG", quality=95)), wanted)


def test_the_first_picture_of_several_is_taken() -> None:
    frames = [Image.new("RGB", (16, 16), shade) for shade in ((200, 0, 0), (0, 200, 0))]

    for form in ("PNG", "WEBP"):
        assert near(colour(saved(frames[0], form, save_all=True, append_images=frames[1:])), (200, 0, 0)), form


def test_a_progressive_jpeg_and_a_lossless_webp_are_understood() -> None:
    image = Image.fromarray(shades(64, 48))

    assert np.array_equal(decode(saved(image, "WEBP", lossless=True)).array, shades(64, 48))
    assert np.abs(decode(saved(image, "JPEG", progressive=True, quality=95)).array.astype(int) - shades(64, 48)).mean() < 3


def polyglot() -> bytes:
    """A picture and a web page in one: the picture is taken, the rest is not looked at."""
    return saved(Image.new("RGB", (8, 8), (1, 2, 3))) + b"<script>alert(1)</script>"


def test_what_follows_a_picture_is_not_looked_at() -> None:
    assert colour(polyglot()) == (1, 2, 3)


# what is refused

BOMB = png_of(20_000, 20_000, 8, 2, b"")
REFUSED = {
    "nothing": b"",
    "text": b"no picture at all",
    "zeros": bytes(1000),
    "a GIF": saved(Image.new("P", (8, 8)), "GIF"),
    "a TIFF": saved(Image.new("RGB", (8, 8)), "TIFF"),
    "a BMP": saved(Image.new("RGB", (8, 8)), "BMP"),
    "an icon": saved(Image.new("RGB", (16, 16)), "ICO"),
    "a PDF": saved(Image.new("RGB", (8, 8)), "PDF"),
    "a JPEG 2000": saved(Image.new("RGB", (8, 8)), "JPEG2000"),
    "an AVIF": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><image href="file:///etc/passwd"/></svg>',
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n",
    "a GIF with a picture behind it": saved(Image.new("P", (8, 8)), "GIF") + saved(Image.new("RGB", (8, 8))),
    "a script with a picture behind it": b"#!/bin/sh\n" + saved(Image.new("RGB", (8, 8))),
    "a PNG's name only": PNG_SIGNATURE,
    "a PNG that is a GIF inside": PNG_SIGNATURE + saved(Image.new("P", (8, 8)), "GIF"),
    "a PNG without pixels": png_of(8, 8, 8, 2, b""),
    "a PNG of no width": png_of(0, 8, 8, 2, b""),
    "a PNG of no height": png_of(8, 0, 8, 2, b""),
    "a PNG of negative width": png_of(2**32 - 1, 8, 8, 2, b""),
    "a PNG of a depth that is none": png_of(8, 8, 7, 2, bytes(200)),
    "a JPEG's first bytes": b"\xff\xd8\xff\xe0",
    "a JPEG that ends at once": b"\xff\xd8\xff\xd9",
    "a JPEG of endless filling": b"\xff\xd8" + b"\xff" * 1000,
    "a WebP's name only": b"RIFF\x04\0\0\0WEBP",
    "a WebP that is sound": b"RIFF\x24\0\0\0WAVEfmt ",
    "a WebP of junk": b"RIFF\xff\0\0\0WEBPVP8 " + bytes(100),
    "a bomb": BOMB,
    "a flat bomb": png_of(1, 20_000_001, 8, 2, b""),
    "a long bomb": png_of(20_000_001, 1, 8, 2, b""),
    "a JPEG bomb": b"\xff\xd8\xff\xc0\x00\x11\x08" + struct.pack(">HH", 60_000, 60_000) + b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01",
    "a WebP bomb": b"RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\xff\xff\xff\xff\xff" + bytes(20),
    "too many bytes": saved(Image.new("RGB", (8, 8))) + bytes(MAX_BYTES),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_picture_of_ours_is_refused(case: str) -> None:
    with pytest.raises(BadPicture) as refused:
        decode(REFUSED[case])

    assert 10 < len(str(refused.value)) < 300


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_that_is_cut_short_is_refused(form: str) -> None:
    data = saved(Image.fromarray(noise(64, 48)), form)

    for keep in [*range(60), *range(60, len(data) - 20, 97)]:
        with pytest.raises(BadPicture):
            decode(data[:keep])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_with_broken_bytes_is_a_picture_or_refused(form: str) -> None:
    data = saved(Image.fromarray(noise(32, 24)), form)

    for at in range(0, len(data), max(1, len(data) // 300)):
        broken = bytearray(data)
        broken[at] ^= 0x5A
        try:
            pixels = decode(bytes(broken))
        except BadPicture:
            continue
        assert pixels.array.shape == (pixels.height, pixels.width, 3)


def test_a_bomb_is_refused_by_its_header_before_anything_is_unpacked() -> None:
    data = png_of(20_000, 20_000, 1, 0, (b"\0" + bytes(2500)) * 20_000)
    assert len(data) < 100_000

    began = time.process_time()
    with pytest.raises(BadPicture, match="20000 x 20000 pixels"):
        decode(data)

    assert time.process_time() - began < 0.05


def test_the_largest_picture_that_is_allowed_is_read() -> None:
    side = 4472  # squared, just under the limit
    assert side * side <= MAX_PIXELS < (side + 1) ** 2

    assert decode(saved(Image.new("L", (side, side), 9))).array.shape == (side, side, 3)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # as in production, where it is only a warning
def test_a_second_header_does_not_smuggle_in_more_pixels_than_are_allowed() -> None:
    large, small = png_of(6000, 6000, 8, 0, (b"\0" + bytes(6000)) * 6000), png_of(8, 8, 8, 0, b"")
    first_header = small[8:33]

    with pytest.raises(BadPicture):
        decode(PNG_SIGNATURE + first_header + large[8:])


def test_text_that_unpacks_to_very_much_is_refused() -> None:
    body = b"Comment\0\0" + zlib.compress(bytes(50_000_000), 1)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    plain = saved(Image.new("RGB", (8, 8)))

    with pytest.raises(BadPicture, match="too large"):
        decode(plain[:33] + chunk + plain[33:])


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadPicture):
        decode(data)


BEGINNINGS = [
    PNG_SIGNATURE,
    BOMB[:33],
    b"\xff\xd8\xff",
    b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    b"RIFF\x20\0\0\0WEBP",
    b"RIFF\x20\0\0\0WEBPVP8X",
    b"RIFF\x20\0\0\0WEBPVP8L",
]


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=300))
def test_random_bytes_that_begin_like_a_picture_are_refused_or_read_and_nothing_else(beginning: bytes, data: bytes) -> None:
    try:
        pixels = decode(beginning + data)
    except BadPicture:
        return
    assert pixels.array.shape == (pixels.height, pixels.width, 3)


FILES = [saved(Image.fromarray(shades(24, 16)), form) for form in ("PNG", "JPEG", "WEBP")]


@given(st.sampled_from(FILES), st.integers(0, 2000), st.binary(min_size=1, max_size=40))
def test_a_picture_with_random_bytes_in_it_is_refused_or_read_and_nothing_else(data: bytes, at: int, junk: bytes) -> None:
    at %= len(data)
    try:
        pixels = decode(data[:at] + junk + data[at + len(junk) :])
    except BadPicture:
        return
    assert pixels.array.shape == (pixels.height, pixels.width, 3)


# sizes


def test_resizing_gives_exactly_the_size_and_keeps_the_look() -> None:
    pixels = Pixels.of(shades(200, 100))

    small = resize(pixels, 50, 75)

    assert (small.width, small.height, small.array.shape) == (50, 75, (75, 50, 3))
    assert np.abs(small.array[..., :2].astype(int) - shades(50, 75)[..., :2]).mean() < 4


def test_resizing_to_the_same_size_changes_nothing() -> None:
    pixels = Pixels.of(noise(20, 10))

    assert resize(pixels, 20, 10) is pixels
    assert crop(pixels, 20, 10) is pixels or np.array_equal(crop(pixels, 20, 10).array, pixels.array)


@pytest.mark.parametrize(("size", "left", "top"), [((100, 100), 50, 0), ((200, 50), 0, 25), ((200, 100), 0, 0)], ids=str)
def test_cropping_takes_the_middle(size: tuple[int, int], left: int, top: int) -> None:
    array = noise(200, 100)

    cropped = crop(Pixels.of(array), *size)

    assert np.array_equal(cropped.array, array[top : top + size[1], left : left + size[0]])


def test_cropping_stretches_nothing() -> None:
    array = np.zeros((100, 300, 3), np.uint8)
    y, x = np.mgrid[0:100, 0:300]
    array[(x - 150) ** 2 + (y - 50) ** 2 < 30**2] = 255  # a disc in the middle

    cropped = crop(Pixels.of(array), 50, 50).array[..., 0]

    rows, columns = np.nonzero(cropped > 127)
    assert cropped.shape == (50, 50)
    assert abs(np.ptp(rows) - np.ptp(columns)) <= 1
    assert abs(np.ptp(rows) - 30) <= 2


@given(st.integers(36, 90), st.integers(36, 90), st.integers(1, 70), st.integers(1, 70))
def test_cropping_gives_exactly_the_size_from_any_size(width: int, height: int, to_width: int, to_height: int) -> None:
    cropped = crop(Pixels.of(np.full((height, width, 3), 77, np.uint8)), to_width, to_height)

    assert cropped.array.shape == (to_height, to_width, 3)
    assert (cropped.array == 77).all()


@pytest.mark.parametrize(("size", "wanted"), [((1, 1), (1, 2)), ((10, 10), (64, 2048)), ((10, 10), (2048, 64))], ids=str)
def test_a_very_narrow_part_of_a_very_small_picture_is_still_of_it(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert (crop(Pixels.of(np.full((*reversed(size), 3), 77, np.uint8)), *wanted).array == 77).all()


# masks


def a_mask(mode: str, *colours: Any) -> bytes:
    """A picture of two halves."""
    image = Image.new(mode, (64, 64), colours[0])
    image.paste(colours[1], (32, 0, 64, 64))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "left", "right"),
    [
        (a_mask("L", 0, 255), 0, 255),
        (a_mask("RGB", (0, 0, 0), (255, 255, 255)), 0, 255),
        (a_mask("RGBA", (9, 99, 9, 255), (9, 99, 9, 0)), 0, 255),  # OpenAI's: transparent where to paint
        (a_mask("RGBA", (0, 0, 0, 255), (255, 255, 255, 255)), 0, 255),  # opaque everywhere: then its colours count
        (a_mask("LA", (200, 255), (200, 128)), 0, 127),
    ],
    ids=["grey", "colours", "transparent", "opaque", "half transparent"],
)
def test_a_mask_is_white_where_to_paint(data: bytes, left: int, right: int) -> None:
    pixels = decode_mask(data).array

    assert pixels.shape == (64, 64, 3)
    assert (pixels[10, 10].tolist(), pixels[10, 50].tolist()) == ([left] * 3, [right] * 3)


def test_a_broken_mask_is_no_picture() -> None:
    whole = a_mask("RGBA", (0, 0, 0, 255), (0, 0, 0, 0))

    with pytest.raises(BadPicture):
        decode_mask(whole[:45] + bytes(len(whole) - 57) + whole[-12:])
