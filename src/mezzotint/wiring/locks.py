"""One server per data folder."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Any

from mezzotint.core.errors import BadSetting

LOCK = "serve.lock"


class AlreadyServing(BadSetting):
    """Another server has this data folder."""


def lock_folder(folder: Path) -> Any:
    """Held until it is closed. Two servers on one ledger file would each think that they are alone. Raises BadSetting."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / LOCK).open("a+")
    except OSError as error:
        raise BadSetting(f"cannot keep data in {folder} ({error.strerror}): give another folder with --data") from error
    try:
        _lock(handle)
    except OSError as error:
        handle.close()
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):  # in the words of flock, and of Windows
            raise AlreadyServing(f"another mezzotint serves from {folder}: stop it, or give another folder with --data") from None
        raise BadSetting(f"cannot lock {folder} ({error.strerror}), so two servers could get at one ledger: give another folder with --data") from error
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
