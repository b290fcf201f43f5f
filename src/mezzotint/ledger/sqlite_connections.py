"""Connections to a SQLite file that are durable, and the file systems on which they cannot be."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from mezzotint.core.errors import LedgerError

BUSY = 10.0  # seconds to wait for another process (the keys command) to let go of the file
READ_BUSY = 1.0  # the same for reading, which needs no turn but while another process recovers the log
NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs")

MOUNTS = Path("/proc/mounts")

Connection = sqlite3.Connection


def open_connection(path: Path, *, read_only: bool = False) -> Connection:
    """A connection set up for durability: nothing is answered before it is on disk."""
    wait = READ_BUSY if read_only else BUSY
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.row_factory = sqlite3.Row
    settings = ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"]
    settings += ["fullfsync = ON", "checkpoint_fullfsync = ON"] if sys.platform == "darwin" else []  # where fsync alone does not reach the platter
    settings += ["query_only = ON"] if read_only else []
    try:
        for setting in settings:
            connection.execute(f"PRAGMA {setting}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system that holds `path`, from the text of /proc/mounts."""
    best, kind = "", "unknown"
    for line in mounts.splitlines():
        _, where, found, *_ = line.split(" ")
        where = where.replace("\\040", " ")
        if len(where) >= len(best) and (path.is_relative_to(where)):
            best, kind = where, found
    return kind


def refuse_network_file_system(path: Path, mounts: Path = MOUNTS) -> None:
    """WAL needs shared memory, which file systems of other machines do not have. Where there is no file of mounts, nothing is known."""
    if mounts.exists() and (kind := file_system_of(path.resolve(), mounts.read_text())) in NETWORK_FILE_SYSTEMS:
        raise LedgerError(f"{path} lies on {kind}, a network file system, where SQLite's log is not safe: put MEZZOTINT_DATA on a local disk")
