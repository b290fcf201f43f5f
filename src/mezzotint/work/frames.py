"""Messages between a supervisor and its engine child, over the child's standard input and output: a JSON head, then raw bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from mezzotint import records

LENGTHS = struct.Struct(">II")  # of the head and of the payload
LARGEST = 512 * 1024 * 1024


@dataclass(frozen=True)
class Head:
    """`kind` says what it is; `parts` are the lengths into which the payload is cut."""

    kind: str
    body: dict[str, Any]
    parts: list[int]


@dataclass(frozen=True)
class Frame:
    kind: str
    body: dict[str, Any]
    parts: tuple[bytes, ...] = ()


def pack(kind: str, body: dict[str, Any] | None = None, parts: Sequence[bytes] = ()) -> bytes:
    head = records.encode(Head(kind, body or {}, [len(part) for part in parts]))
    payload = b"".join(parts)
    return LENGTHS.pack(len(head), len(payload)) + head + payload


def unpack(head: bytes, payload: bytes) -> Frame:
    """Raises ValueError for bytes that `pack` does not make."""
    read = records.decode(head, Head)
    if any(length < 0 for length in read.parts) or sum(read.parts) != len(payload):
        raise ValueError("a frame's parts are not as long as its payload")
    parts, at = [], 0
    for length in read.parts:
        parts.append(payload[at : at + length])
        at += length
    return Frame(read.kind, read.body, tuple(parts))


def lengths(data: bytes) -> tuple[int, int]:
    """Of head and payload. Raises ValueError for lengths that only a broken stream can have."""
    head, payload = LENGTHS.unpack(data)
    if head > LARGEST or payload > LARGEST:
        raise ValueError("the stream between supervisor and engine is broken")
    return head, payload


def read_frame(stream: BinaryIO) -> Frame | None:
    """The next frame of a blocking stream; None at its end, also where that cuts a frame short. Raises ValueError."""
    start = _exactly(stream, LENGTHS.size)
    if start is None:
        return None
    head_length, payload_length = lengths(start)
    head, payload = _exactly(stream, head_length), _exactly(stream, payload_length)
    return None if head is None or payload is None else unpack(head, payload)


def _exactly(stream: BinaryIO, length: int) -> bytes | None:
    parts, left = [], length
    while left:
        part = stream.read(left)
        if not part:
            return None
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
