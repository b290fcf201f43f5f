"""Painted pictures as they were recorded, and nothing else: a disk may lose the end of a file, or somebody may write over it."""

from __future__ import annotations

import asyncio
import hashlib

import structlog

from mezzotint.core.errors import Unavailable
from mezzotint.core.images import StoredImage
from mezzotint.ports import BlobStore

LARGE = 256 * 1024  # bytes from which on their hash takes long enough to be made beside the loop

log = structlog.get_logger("pictures")


async def picture(image: StoredImage, blobs: BlobStore) -> bytes | None:
    """Its bytes, None where it is no longer kept. Raises Unavailable where they cannot be read, or are not those that were recorded."""
    data = await blobs.get(image.key)
    if data is None:
        return None
    found = await asyncio.to_thread(_hash, data) if len(data) > LARGE else _hash(data)
    if found != image.sha256:
        log.error("a picture is damaged", key=image.key, size=len(data), recorded=image.bytes)
        raise Unavailable("the picture is damaged where it is kept, and is not handed out so; its operator may have another copy", retry_after=60)
    return data


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
