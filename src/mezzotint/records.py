"""Our records as JSON and back: one library, one place. Dataclasses in, dataclasses out."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

import msgspec

Record = TypeVar("Record")

_encoder = msgspec.json.Encoder()


@lru_cache(maxsize=64)
def _decoder(kind: type) -> Any:
    return msgspec.json.Decoder(kind)


def encode(record: Any) -> bytes:
    """Compact JSON, no spaces."""
    return _encoder.encode(record)


def decode(data: bytes, kind: type[Record]) -> Record:
    """Raises ValueError on anything that is not such a record."""
    decoded: Record = _decoder(kind).decode(data)
    return decoded
