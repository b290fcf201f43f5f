"""Pictures as files in a folder: a name is taken once, and the file is on disk when `put` returns.

One thread writes: what has gathered while it wrote is written next, then every file is synced, and each folder once for all. Where
many have gathered and the system can, the whole file system is synced once instead. The folder itself is made once, at the start: where
it is gone later, or another lies in its place, a disk was taken away, and what is asked for may come back with it. A process that dies in a write may leave part of
a file under its name; whoever finds one there sees by `core.headers.whole` whether to adopt it, and writes over it if not.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mezzotint.core.errors import Unavailable
from mezzotint.crash_points import reached

LARGEST_GROUP = 128
MANY = 8  # files in a group from which on one sync of the file system is cheaper than one of each


@dataclass
class _Writing:
    """A file on its way."""

    path: Path
    data: bytes
    replace: bool
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[bool]
    written: bool = False
    error: OSError | None = None


def _system_sync() -> Callable[[int], int] | None:
    """Linux's syncfs(2): everything on the file system of a descriptor; None where there is none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        found: Callable[[int], int] = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return None
    return found


_syncfs = _system_sync()


def _sync_all(folder: Path) -> None:
    """The file system of a folder. Raises OSError, also for what failed to be written since the last time."""
    if _syncfs is None:
        raise OSError(errno.ENOSYS, "no syncfs here")
    handle = os.open(folder, os.O_RDONLY)
    try:
        if _syncfs(handle) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _identity(folder: Path) -> tuple[int, int]:
    """By which a folder is told from another of its name. Raises OSError where there is none."""
    found = folder.stat()
    return found.st_dev, found.st_ino


class DiskBlobs:
    """See `ports.BlobStore`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # what people paint is theirs
        self.folder = folder.resolve()
        self._identity = _identity(self.folder)
        self._known: set[Path] = {self.folder}  # folders whose own entry is on disk
        self._queue: queue.SimpleQueue[_Writing] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="blob-writer", daemon=True).start()

    async def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        loop = asyncio.get_running_loop()
        writing = _Writing(self._path(key), data, replace, loop, loop.create_future())
        self._queue.put(writing)
        return await writing.future

    async def get(self, key: str) -> bytes | None:
        path = self._path(key)
        try:
            return await asyncio.to_thread(self._read, path)
        except OSError as error:
            raise Unavailable(f"the picture cannot be read just now ({error.strerror})") from error

    async def delete(self, prefixes: Sequence[str]) -> None:
        await asyncio.to_thread(self._delete, prefixes)

    async def keys_in(self, folder: str) -> list[str]:
        try:
            return [f"{folder}/{name}" for name in await asyncio.to_thread(self._list, self._path(folder))]
        except OSError as error:
            raise Unavailable(f"pictures cannot be listed just now ({error.strerror})") from error

    def _read(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            self._check()
            return None

    def _list(self, path: Path) -> list[str]:
        try:
            return [entry.name for entry in path.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            self._check()
            return []

    def _check(self) -> None:
        """Raises OSError where our folder is not there: then it is not known what is in it."""
        if _identity(self.folder) != self._identity:
            raise OSError(errno.ENODEV, "another folder lies where the pictures were")

    def _path(self, key: str) -> Path:
        """Raises ValueError for a key that leads out of the folder: ours never do."""
        parts = key.split("/")
        if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
            raise ValueError(f"{key!r} is no key")
        return self.folder.joinpath(*parts)

    # the writer's thread

    def _run(self) -> None:
        while True:
            group = [self._queue.get()]
            while len(group) < LARGEST_GROUP:
                try:
                    group.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            self._write(group)
            reached("blob: synced")
            self._sync_folders(group)
            reached("blob: listed")
            for loop in {writing.loop for writing in group}:
                try:
                    loop.call_soon_threadsafe(_answer, [writing for writing in group if writing.loop is loop])
                except RuntimeError:  # the loop has ended, and nobody waits there any more
                    continue

    def _write(self, group: Sequence[_Writing]) -> None:
        at_once = len(group) >= MANY and _syncfs is not None
        for writing in group:
            try:
                writing.written = self._written(writing, sync=not at_once)
            except OSError as error:
                writing.error = error
        if at_once:
            try:
                _sync_all(self.folder)
            except OSError as error:
                _fail(group, error)

    def _written(self, writing: _Writing, *, sync: bool) -> bool:
        """False where the name is taken; what is there is synced then, since whoever wrote it may have died before."""
        try:
            handle = self._opened(writing)
        except FileExistsError:
            if sync:
                _sync(writing.path)
            return False
        reached("blob: made")
        try:
            view = memoryview(writing.data)
            while view:
                view = view[os.write(handle, view) :]
            reached("blob: written")
            if sync:
                os.fsync(handle)
        except OSError:
            os.unlink(writing.path)  # noqa: PTH108 - on the hot path, where a Path costs as much as the call
            raise
        finally:
            os.close(handle)
        return True

    def _opened(self, writing: _Writing) -> int:
        """Its folder is made when it is missing: it may be new, or just have been deleted with its last picture."""
        flags = os.O_CREAT | os.O_WRONLY | (os.O_TRUNC if writing.replace else os.O_EXCL)
        try:
            return os.open(writing.path, flags, 0o644)
        except FileNotFoundError:
            self._make(writing.path.parent)
            return os.open(writing.path, flags, 0o644)

    def _make(self, folder: Path) -> None:
        """With what is missing above it, but not our own: see the module's first words."""
        self._check()
        missing = [each for each in (folder, *folder.parents) if each.is_relative_to(self.folder) and not each.is_dir()]
        for each in reversed(missing):
            each.mkdir(exist_ok=True)

    def _sync_folders(self, group: Sequence[_Writing]) -> None:
        """Each folder that lists a new file, once for all of its files."""
        by_folder: dict[Path, list[_Writing]] = {}
        for writing in group:
            if writing.error is None:
                by_folder.setdefault(writing.path.parent, []).append(writing)
        for folder, writings in by_folder.items():
            try:
                self._sync_folder(folder)
            except OSError as error:
                _fail(writings, error)

    def _sync_folder(self, folder: Path) -> None:
        """The folder, and above it every folder that lists a new one. They are known when all of them are on disk, and not before."""
        _sync(folder)
        new = []
        while folder not in self._known:
            new.append(folder)
            folder = folder.parent
            _sync(folder)
        self._known.update(new)

    def _delete(self, prefixes: Sequence[str]) -> None:
        """What lies under the prefixes, folder by folder; folders that became empty go too."""
        wanted: dict[Path, set[str]] = {}
        for prefix in prefixes:
            path = self._path(prefix)
            wanted.setdefault(path.parent, set()).add(path.name)
        for folder, names in wanted.items():
            try:
                self._delete_in(folder, names)
            except OSError as error:
                raise Unavailable(f"pictures cannot be deleted just now ({error.strerror})") from error
            self._prune(folder)

    def _delete_in(self, folder: Path, names: set[str]) -> None:
        """A folder that is not there is empty, if ours is."""
        try:
            entries = os.scandir(folder)
        except FileNotFoundError:
            self._check()
            return
        with entries:
            for entry in entries:
                if entry.name.rpartition("-")[0] in names:
                    Path(entry.path).unlink(missing_ok=True)

    def _prune(self, folder: Path) -> None:
        """Upwards, as long as nothing is left in it. Forgotten before it goes: a put in between makes it anew, and syncs it."""
        while folder != self.folder:
            self._known.discard(folder)
            try:
                folder.rmdir()
            except OSError:
                return
            folder = folder.parent


def _fail(group: Sequence[_Writing], error: OSError) -> None:
    """What is perhaps not on disk must not be found there either: another attempt would adopt it."""
    for writing in group:
        writing.error = writing.error or error
        if writing.written:
            with suppress(OSError):  # a disk that fails may fail at this too, and then the file is looked at again when it is found
                writing.path.unlink()


def _answer(group: Sequence[Any]) -> None:
    for writing in group:
        if writing.future.done():
            continue
        if writing.error is not None:
            writing.future.set_exception(Unavailable(f"the picture cannot be written just now ({writing.error.strerror})"))
        else:
            writing.future.set_result(writing.written)
