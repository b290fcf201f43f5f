"""Pictures that clients upload once and name in several requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class File:
    """An uploaded picture: its bytes lie at `places.uploaded`. Times are Unix seconds; from `expires` on there is none for anybody.

    `format` is what the bytes are, whatever they were called; `sha256` is theirs, in hex.
    """

    id: UUID
    account: str
    name: str
    format: str
    size: int
    sha256: str
    created: float
    expires: float
    metadata: dict[str, Any] = field(default_factory=dict)
