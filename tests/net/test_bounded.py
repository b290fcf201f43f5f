"""How much of an answer is read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from mezzotint.http1 import TooLarge
from mezzotint.net.bounded import read


class Parts:
    """How many were asked for."""

    def __init__(self, *parts: bytes) -> None:
        self.parts, self.taken = parts, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            self.taken += 1
            yield part


@pytest.mark.parametrize("parts", [(), (b"",), (b"abcd",), (b"a", b"", b"bcd")])
async def test_all_of_what_fits_is_read(parts: tuple[bytes, ...]) -> None:
    assert await read(Parts(*parts), 4) == b"".join(parts)


async def test_reading_ends_with_the_first_part_that_does_not_fit() -> None:
    parts = Parts(b"abc", b"de", b"f")
    with pytest.raises(TooLarge):
        await read(parts, 4)

    assert parts.taken == 2


@pytest.mark.parametrize("length", ["5", "0005", "9" * 5000])
async def test_what_says_that_it_does_not_fit_is_not_read_at_all(length: str) -> None:
    parts = Parts(b"abc")
    with pytest.raises(TooLarge):
        await read(parts, 4, length=length)

    assert parts.taken == 0


@pytest.mark.parametrize("length", ["", "4", "3", "-5", "junk", "²"])
async def test_what_an_answer_says_of_itself_is_not_believed_otherwise(length: str) -> None:
    assert await read(Parts(b"abcd"), 4, length=length) == b"abcd"
