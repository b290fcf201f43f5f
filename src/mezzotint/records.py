"""Our records as JSON and back: one library, one place. Dataclasses in, dataclasses out."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

Record = TypeVar("Record")

_encoder = msgspec.json.Encoder()


_decoders: dict[Any, Any] = {}


def _decoder(kind: Any) -> Any:
    if kind not in _decoders:
        _decoders[kind] = msgspec.json.Decoder(kind)
    return _decoders[kind]


def encode(record: Any) -> bytes:
    """Compact JSON, no spaces."""
    return _encoder.encode(record)


def decode(data: bytes, kind: type[Record]) -> Record:
    """Raises ValueError on anything that is not such a record."""
    try:
        decoded: Record = _decoder(kind).decode(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return decoded
