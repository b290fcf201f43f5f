"""Errands: pictures that are to be had from providers, and what is said on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mezzotint.core.calls import Call, CallNote
from mezzotint.core.hooks import Hook
from mezzotint.core.images import EncodedImage, ImageFormat


@dataclass(frozen=True)
class ProviderRequest:
    """What a provider is asked; `seconds` for the whole of it, `most` bytes of an answer. `own`: it goes to the address that the operator
    gave; where any other leads is judged first."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = 30.0
    most: int = 64 * 1024
    own: bool = True


@dataclass(frozen=True)
class ProviderAnswer:
    """What came back; header names in lower case. `status` 0: no whole answer did, and `error` says why; where not even the request
    was `sent`, nothing was asked."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""
    sent: bool = True


@dataclass(frozen=True)
class Errand:
    """A picture that is to be had from a provider. `values` are settled, by our words; `size` is what they come to; `calls` are what
    earlier attempts ordered for it. `age`, for how many seconds the task has been worked on; `hook` as in
    `Claim`."""

    task: UUID
    index: int
    attempt: int
    model: str
    values: Mapping[str, Any]
    size: tuple[int, int]
    seed: int
    format: ImageFormat
    pictures: tuple[tuple[str, bytes], ...] = ()
    calls: tuple[Call, ...] = ()
    age: float = 0.0
    hook: Hook | None = None


@dataclass(frozen=True)
class Delivered:
    """The picture as a file, and what its provider says of it. `note`: that the call is done, which is still to be noted."""

    image: EncodedImage
    prompt: str | None = None
    seed: int | None = None
    note: CallNote | None = None
