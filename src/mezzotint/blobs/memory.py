"""Pictures in a dictionary. Ships, for tests and for trying things out."""

from __future__ import annotations

from collections.abc import Sequence


class MemoryBlobs:
    """See `ports.BlobStore`."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    async def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        if key in self._blobs and not replace:
            return False
        self._blobs[key] = bytes(data)
        return True

    async def get(self, key: str) -> bytes | None:
        return self._blobs.get(key)

    async def keys_in(self, folder: str) -> list[str]:
        return [key for key in self._blobs if key.rpartition("/")[0] == folder]

    async def delete(self, prefixes: Sequence[str]) -> None:
        for key in [key for key in self._blobs if key.rpartition("-")[0] in prefixes]:
            del self._blobs[key]
