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
    """Held until it is closed. Two servers on one ledger file would each think that they are alone. Raises BadSetting."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error
    return _held(folder / LOCK, folder, "--data")


def lock_ledger(path: Path) -> Any:
    """The same for a ledger outside of the data folder. Raises BadSetting."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path, error, "MEZZOTINT_LEDGER") from error
    return _held(path.with_name(f"{path.name}.lock"), path, "MEZZOTINT_LEDGER")


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
