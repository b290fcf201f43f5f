"""Pictures that are out for harm, made and not stored: what is wrong in each is chosen by a seed.

They go to a real engine child, one after the other, as request pictures do. It may refuse or paint them, and nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import random
import struct
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from mezzotint.core.errors import BadPicture
from mezzotint.work.painter import EngineChild
from tests.work.orders import STUB, a_child, an_order, no_report

FORMS = ("PNG", "JPEG", "WEBP")
SLOWEST, LARGEST = 2.0, 256 * 1024  # seconds for one; KiB that the child may grow by


@dataclass(frozen=True)
class Endured:
    pictures: int
    refused: int
    painted: int
    deaths: int
    slowest: float  # seconds for one picture
    growth: int  # MiB of the child's memory, at the worst moment
    kinds: dict[str, int]

    @property
    def holds(self) -> bool:
        return self.deaths == 0 and self.slowest <= SLOWEST and self.growth * 1024 <= LARGEST and self.refused + self.painted == self.pictures

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


def _sound(chance: random.Random) -> bytes:
    """A picture with nothing wrong in it, of any size and mode, noisy so that its data are many."""
    width, height = chance.choice([(1, 1), (7, 3), (64, 64), (300, 200), (1024, 16)])
    form = chance.choice(FORMS)
    mode = chance.choice({"PNG": ["RGB", "RGBA", "L", "1", "P", "I;16"], "JPEG": ["RGB", "L", "CMYK"], "WEBP": ["RGB", "RGBA"]}[form])
    noise = np.random.default_rng(chance.getrandbits(32)).integers(0, 256, (height, width, 4), np.uint8)
    image = Image.fromarray(noise[..., 0].astype(np.uint16)) if mode == "I;16" else Image.fromarray(noise).convert("RGB").convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()


def _flipped(chance: random.Random) -> bytes:
    data = bytearray(_sound(chance))
    for _ in range(chance.randint(1, 40)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def _truncated(chance: random.Random) -> bytes:
    data = _sound(chance)
    return data[: chance.randrange(len(data))]


def _spliced(chance: random.Random) -> bytes:
    """The beginning of one and the end of another."""
    one, other = _sound(chance), _sound(chance)
    return one[: chance.randrange(1, len(one))] + other[chance.randrange(len(other)) :]


def _repeated(chance: random.Random) -> bytes:
    data = _sound(chance)
    begin = chance.randrange(len(data))
    part = data[begin : begin + chance.randint(1, 200)]
    return data[:begin] + part * chance.randint(2, 2000) + data[begin:]


def _numbers(chance: random.Random) -> bytes:
    """Four bytes of it are a number at the edge of what numbers can be."""
    data = bytearray(_sound(chance))
    at = chance.randrange(max(1, min(len(data) - 4, 200)))
    data[at : at + 4] = struct.pack(chance.choice("<>") + "I", chance.choice([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x10000, 16_000_001]))
    return bytes(data)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + b"".join(chunks) + _chunk(b"IEND", b"")


def _bomb(chance: random.Random) -> bytes:
    """Few bytes that say that they are very many."""
    nothing = zlib.compress(b"\0" * chance.choice([10**6, 5 * 10**7]), 9)
    width, height = chance.choice([(13_000, 13_000), (65_535, 65_535), (2**31 - 1, 1), (1, 2**31 - 1), (4096, 4096), (16_000, 1000)])
    return chance.choice(
        [
            _png(width, height, _chunk(b"IDAT", nothing)),
            _png(16, 16, _chunk(b"zTXt", b"a\0\0" + nothing), _chunk(b"IDAT", zlib.compress(b"\0" * 16 * 49))),
            _png(16, 16, _chunk(b"iCCP", b"a\0\0" + nothing), _chunk(b"IDAT", zlib.compress(b"\0" * 16 * 49))),
            _png(16, 16, _chunk(b"iTXt", b"a\0\1\0\0\0" + nothing), _chunk(b"IDAT", nothing)),
            _png(16, 16, *[_chunk(b"tEXt", b"k\0v")] * 20_000, _chunk(b"IDAT", zlib.compress(b"\0" * 16 * 49))),
            _png(width, height, _chunk(b"IDAT", nothing), depth=16, colour=6),
        ]
    )


def _animated(chance: random.Random) -> bytes:
    """Very many frames, of which one is wanted."""
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (32, 32), (number % 256, 0, 0)) for number in range(chance.randint(2, 60))]
    frames[0].save(buffer, chance.choice(["PNG", "WEBP", "GIF"]), save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def _two_things(chance: random.Random) -> bytes:
    """A picture that is something else as well."""
    data, buffer = _sound(chance), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.html", "<script>alert(1)</script>")
    other = chance.choice([buffer.getvalue(), b"<html><script>alert(1)</script>", b"%PDF-1.4\n1 0 obj<</JS(app.alert(1))>>", b"#!/bin/sh\nid\n", b"GIF89a"])
    return chance.choice([data + other, other + data])


def _other_formats(chance: random.Random) -> bytes:
    """What Pillow could open and we do not."""
    if chance.random() < 0.4:
        return chance.choice([b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", b"%!PS\n(x) run", b"", b"\0" * 1000])
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, chance.choice(["GIF", "TIFF", "BMP", "ICO", "PPM", "PCX", "TGA", "PDF", "EPS", "JPEG2000", "DDS"]))
    return buffer.getvalue()


def _exif(chance: random.Random) -> bytes:
    """Notes in it that lie."""
    buffer, notes = io.BytesIO(), Image.Exif()
    notes[0x0112] = chance.choice([0, 1, 6, 9, 65535])
    notes[0x010E] = "x" * chance.choice([1, 60_000])
    Image.new("RGB", (40, 20)).save(buffer, chance.choice(FORMS), exif=notes)
    data = bytearray(buffer.getvalue())
    begin = max(0, data.find(b"Exif"))
    for _ in range(chance.randint(0, 12)):
        data[min(len(data) - 1, begin + chance.randrange(80))] = chance.randrange(256)
    return bytes(data)


KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "sound": _sound, "flipped": _flipped, "truncated": _truncated, "spliced": _spliced, "repeated": _repeated, "numbers": _numbers,
    "bomb": _bomb, "animated": _animated, "two things": _two_things, "other formats": _other_formats, "exif": _exif,
}  # fmt: skip


def pictures(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    chance, names = random.Random(seed), list(KINDS)
    for number in range(count):
        kind = names[number % len(names)]
        yield kind, KINDS[kind](chance)


def as_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _peak(child: EngineChild) -> int:
    """KiB that it ever had."""
    assert child._running is not None
    lines = Path(f"/proc/{child._running.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


async def _endure(count: int, seed: int) -> Endured:
    kinds: Counter[str] = Counter()
    refused = painted = 0
    slowest = 0.0
    async with a_child(STUB) as child:
        await child.start()
        first, running = _peak(child), child._running
        for kind, data in pictures(count, seed):
            began = time.monotonic()
            try:
                await child.paint(an_order(pictures=(("image_prompt", data),)), no_report)
                painted += 1
                kinds[kind] += 1
            except BadPicture:
                refused += 1
            slowest = max(slowest, time.monotonic() - began)
            if child._running is not running:
                break
        deaths, growth = int(child._running is not running), (_peak(child) - first) // 1024
    return Endured(count, refused, painted, deaths, round(slowest, 2), growth, dict(kinds))


def endure(count: int, seed: int) -> Endured:
    return asyncio.run(_endure(count, seed))
