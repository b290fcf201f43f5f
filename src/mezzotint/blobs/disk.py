"""Pictures as files in a folder, through obstore, which names them safely and writes them whole or not at all.

What obstore does not do is force them onto the disk: after each write the file and the folders above it are synced here, so that
a picture whose task is Ready survives the power.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore

from mezzotint.core.errors import Unavailable


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class DiskBlobs:
    """See `ports.BlobStore`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._store = LocalStore(folder, automatic_cleanup=True, mkdir=True)
        self._known: set[Path] = {folder}  # folders whose own entry is on disk

    async def put(self, key: str, data: bytes) -> bool:
        return await asyncio.to_thread(self._put, key, data)

    def _put(self, key: str, data: bytes) -> bool:
        try:
            self._store.put(key, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        except (BaseError, OSError) as error:
            raise Unavailable(f"the picture cannot be written just now ({error})") from error
        try:
            self._settle(self.folder / key)
        except OSError as error:
            raise Unavailable(f"the picture cannot be synced to disk just now ({error})") from error
        return True

    def _settle(self, path: Path) -> None:
        """The file, the folder that lists it, and every new folder's parent."""
        _sync(path)
        folder = path.parent
        _sync(folder)
        while folder not in self._known:
            self._known.add(folder)
            folder = folder.parent
            _sync(folder)

    async def get(self, key: str) -> bytes | None:
        try:
            return await asyncio.to_thread((self.folder / key).read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"the picture cannot be read just now ({error})") from error

    async def delete_under(self, prefix: str) -> None:
        await asyncio.to_thread(self._delete_under, prefix)

    def _delete_under(self, prefix: str) -> None:
        try:
            paths = [entry["path"] for page in self._store.list(prefix) for entry in page]
            if paths:
                self._store.delete(paths)
        except FileNotFoundError:
            pass
        except (BaseError, OSError) as error:
            raise Unavailable(f"pictures cannot be deleted just now ({error})") from error
        self._known.discard(self.folder / prefix)
