"""Ids of tasks: UUIDv7 (RFC 9562), which sort by the time they were made. Replicate's surface shows them as 26 letters and digits."""

from __future__ import annotations

from uuid import UUID

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32, lower case
SHORT_LENGTH = 26
RANDOM_BYTES = 10


def mint(milliseconds: int, entropy: bytes) -> UUID:
    """A UUIDv7 of a Unix time in milliseconds and RANDOM_BYTES random bytes."""
    if len(entropy) != RANDOM_BYTES:
        raise ValueError(f"an id takes {RANDOM_BYTES} random bytes, got {len(entropy)}")
    noise = int.from_bytes(entropy, "big")
    high = (milliseconds & (2**48 - 1)) << 16 | 0x7000 | noise >> 68
    low = 0b10 << 62 | noise & (2**62 - 1)
    return UUID(int=high << 64 | low)


def short(task_id: UUID) -> str:
    """The id as 26 characters of lower-case base32."""
    value, letters = task_id.int, []
    for _ in range(SHORT_LENGTH):
        letters.append(ALPHABET[value & 31])
        value >>= 5
    return "".join(reversed(letters))


def read(text: str) -> UUID | None:
    """An id in either spelling; None for anything else. Only the spellings we hand out are read, and nothing near them."""
    if not text.isascii():  # some letters become ours in lower case, such as the Kelvin sign
        return None
    if len(text) == SHORT_LENGTH:
        return _read_short(text)
    if len(text) != 36:
        return None
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


def _read_short(text: str) -> UUID | None:
    value = 0
    for letter in text.lower():
        digit = ALPHABET.find(letter)
        if digit < 0:
            return None
        value = value << 5 | digit
    return UUID(int=value) if value < 2**128 else None


def milliseconds(task_id: UUID) -> int:
    """When the id was made, Unix milliseconds."""
    return task_id.int >> 80
