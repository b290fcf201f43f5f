"""Reading no more of an answer than there is room for."""

from __future__ import annotations

from collections.abc import AsyncIterable

from mezzotint.http1 import TooLarge


async def read(parts: AsyncIterable[bytes], most: int, *, length: str = "") -> bytes:
    """`parts` together. `length` is what the answer says of itself; one that says too much is not read at all. Raises TooLarge."""
    if length.isdecimal() and int(length[:20]) > most:
        raise TooLarge
    whole = bytearray()
    async for part in parts:
        if len(whole) + len(part) > most:
            raise TooLarge
        whole += part
    return bytes(whole)
