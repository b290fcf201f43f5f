"""The stream between supervisor and child: what is packed is read back, and what is broken is noticed."""

from __future__ import annotations

import io
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint import records
from mezzotint.work.frames import LARGEST, LENGTHS, Frame, Head, lengths, pack, read_frame, unpack

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FRAMES = st.builds(
    Frame, st.text(max_size=12), st.dictionaries(st.text(max_size=12), VALUES, max_size=6), st.lists(st.binary(max_size=200), max_size=4).map(tuple)
)


class Trickle(io.RawIOBase):
    """A pipe that gives as many bytes as it likes."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data, self._sizes = io.BytesIO(data), sizes

    def read(self, size: int = -1) -> bytes:
        self._sizes.append(self._sizes.pop(0))
        return self._data.read(min(size, self._sizes[0]))


def packed(frame: Frame) -> bytes:
    return pack(frame.kind, frame.body, frame.parts)


@given(st.lists(FRAMES, max_size=4), st.lists(st.integers(1, 300), min_size=1, max_size=8))
def test_what_is_packed_is_read_back_however_the_pipe_cuts_it(frames: list[Frame], sizes: list[int]) -> None:
    stream: Any = Trickle(b"".join(packed(frame) for frame in frames), sizes)

    read = []
    while (frame := read_frame(stream)) is not None:
        read.append(frame)

    assert read == frames


@given(FRAMES, st.data())
def test_a_stream_that_ends_within_a_frame_is_at_its_end(frame: Frame, data: st.DataObject) -> None:
    whole = packed(frame)
    cut = data.draw(st.integers(0, len(whole) - 1))

    assert read_frame(io.BytesIO(whole[:cut])) is None


@given(st.binary(max_size=200))
def test_garbage_is_the_end_or_an_error_and_never_a_frame(garbage: bytes) -> None:
    try:
        assert read_frame(io.BytesIO(garbage)) is None
    except ValueError:
        return


@given(FRAMES, st.data())
def test_a_frame_with_a_changed_byte_is_another_frame_or_none(frame: Frame, data: st.DataObject) -> None:
    """Whatever is made of it, its parts are cut from its own payload."""
    whole = bytearray(packed(frame))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = read_frame(io.BytesIO(bytes(whole)))
    except ValueError:
        return
    assert read is None or sum(map(len, read.parts)) == lengths(bytes(whole[: LENGTHS.size]))[1]


@pytest.mark.parametrize("found", [(LARGEST + 1, 0), (0, LARGEST + 1), (0xFFFFFFFF, 0xFFFFFFFF)])
def test_lengths_that_only_a_broken_stream_has_are_refused_before_anything_is_read(found: tuple[int, int]) -> None:
    stream = io.BytesIO(LENGTHS.pack(*found) + b"x" * 100)

    with pytest.raises(ValueError, match="broken"):
        read_frame(stream)
    assert stream.tell() == LENGTHS.size


def test_the_largest_lengths_are_taken() -> None:
    assert lengths(LENGTHS.pack(LARGEST, LARGEST)) == (LARGEST, LARGEST)


@pytest.mark.parametrize(
    ("head", "payload"),
    [
        (records.encode(Head("x", {}, [3])), b"ab"),
        (records.encode(Head("x", {}, [1])), b"ab"),
        (records.encode(Head("x", {}, [3, -1])), b"ab"),
        (records.encode(Head("x", {}, [])), b"ab"),
        (b"{}", b""),
        (b"[]", b""),
        (b'{"kind":"x","body":[],"parts":[]}', b""),
        (b'{"kind":7,"body":{},"parts":[]}', b""),
        (b'{"kind":"x","body":{},"parts":["1"]}', b""),
        (b'{"kind":"x","body":{},"parts":[]', b""),
        (b"\xff\xfe", b""),
        (b"", b""),
    ],
)
def test_a_head_that_does_not_fit_its_payload_is_refused(head: bytes, payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(head, payload)


def test_parts_of_no_length_keep_their_place() -> None:
    frame = Frame("x", {}, (b"", b"ab", b"", b"c", b""))

    assert read_frame(io.BytesIO(packed(frame))) == frame
