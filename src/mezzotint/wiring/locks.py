"""One server per data folder, and per ledger where that lies elsewhere."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Any

from mezzotint.core.errors import BadSetting

LOCK = "serve.lock"


class AlreadyServing(BadSetting):
    """Another server has this data folder, or this ledger."""


def lock_folder(folder: Path) -> Any:
    """Held until it is closed. Raises BadSetting."""
    return _held(folder / LOCK, folder, "give another folder with --data")


def lock_ledger(path: Path) -> Any:
    """The same for a ledger's file: two servers on one would each think that they are alone. Raises BadSetting."""
    path = path.resolve()
    return _held(path.with_name(f"{path.name}.lock"), path, "give another file with MEZZOTINT_LEDGER")


def _held(lock: Path, what: Path, instead: str) -> Any:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("a+")
    except OSError as error:
        raise BadSetting(f"cannot keep data in {what} ({error.strerror}): {instead}") from error
    try:
        _lock(handle)
    except OSError as error:
        handle.close()
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):  # in the words of flock, and of Windows
            raise AlreadyServing(f"another mezzotint serves from {what}: stop it, or {instead}") from None
        raise BadSetting(f"cannot lock {what} ({error.strerror}), so two servers could get at one ledger: {instead}") from error
    return handle


def is_locked(folder: Path) -> bool:
    """Whether a server has the folder now."""
    if not (folder / LOCK).exists():
        return False
    try:
        lock_folder(folder).close()
    except AlreadyServing:
        return True
    return False


def _lock(handle: Any) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
