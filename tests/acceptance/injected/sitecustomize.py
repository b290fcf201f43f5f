"""What goes wrong below a real process of ours: Python runs this first where its folder is in PYTHONPATH. For tests.

MZ_FAULTS names a folder. A file in it is trouble, for as long as it is there, in every process that has the variable:

* `pictures`: lines such as `write ENOSPC`, `open EIO 0.5`, `sync EIO`, `read EIO`, `slow 2`, `half ENOSPC`, `torn`, for what lies below the
  folder that MZ_FAULTS_PICTURES names. `half` writes half of the file and fails, `torn` writes half of it, ends the
  trouble and kills the process.
* `ledger`: lines such as `write FULL`, `write IOERR`, `sync IOERR 0.2`, `read IOERR`, for every file that SQLite opens.
* `clock`: seconds by which the wall clock is wrong. What is monotonic goes on as it did.

A number at the end of a line is how likely it is. SQLite's files are reached by a VFS around its own, as SQLite's own tests do it, so that
no compiler and no rights are needed.
"""

from __future__ import annotations

import ctypes
import errno
import io
import os
import random
import signal
import time
from collections.abc import Callable
from typing import Any

FOLDER = os.environ.get("MZ_FAULTS", "")
PICTURES = os.environ.get("MZ_FAULTS_PICTURES", "\0")
IOERR, FULL = 10, 13
CODES = {"read": 1, "write": 3, "sync": 4}  # of SQLITE_IOERR, in its second byte
_open, _read, _write, _close, _fsync, _time, _io_open, _listdir = os.open, os.read, os.write, os.close, os.fsync, time.time, io.open, os.listdir
_ours: set[int] = set()  # descriptors of pictures


def text_of(name: str) -> str:
    """What trouble there is; empty for none."""
    try:
        handle = _open(f"{FOLDER}/{name}", os.O_RDONLY)
    except OSError:
        return ""
    try:
        return _read(handle, 4096).decode()
    finally:
        _close(handle)


def trouble(target: str, *operations: str) -> tuple[str, str] | None:
    """The operation that fails now, and how."""
    for line in text_of(target).splitlines():
        operation, how, likely, *_ = [*line.split(), "", "1"]
        if operation in ("slow", "torn"):
            how, likely = how or "0", "1"
        if operation in operations and random.random() < float(likely or 1):
            return operation, how
    return None


def failing(name: str) -> OSError:
    number = int(getattr(errno, name))
    return OSError(number, os.strerror(number))


def is_picture(path: Any) -> bool:
    return str(path).startswith(PICTURES)


# pictures


def opened(path: Any, flags: int, *rest: Any, **named: Any) -> int:
    ours = is_picture(path)
    if ours and flags & os.O_CREAT and (found := trouble("pictures", "open")):
        raise failing(found[1])
    handle = _open(path, flags, *rest, **named)
    (_ours.add if ours else _ours.discard)(handle)
    return handle


def written(handle: int, data: Any) -> int:
    if handle not in _ours:
        return _write(handle, data)
    match trouble("pictures", "write", "half", "torn", "slow"):
        case ("write", how):
            raise failing(how)
        case ("half", how):
            _write(handle, memoryview(data)[: len(data) // 2])
            raise failing(how)
        case ("torn", _):
            os.unlink(f"{FOLDER}/pictures")  # noqa: PTH108 - Path may be in trouble itself
            _write(handle, memoryview(data)[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        case ("slow", seconds):
            time.sleep(float(seconds))
    return _write(handle, data)


def synced(handle: int) -> None:
    if handle in _ours and (found := trouble("pictures", "sync")):
        raise failing(found[1])
    _fsync(handle)


def file_opened(path: Any, *rest: Any, **named: Any) -> Any:
    if is_picture(path) and (found := trouble("pictures", "read")):
        raise failing(found[1])
    return _io_open(path, *rest, **named)


def listed(path: Any = ".") -> list[Any]:
    if is_picture(path) and (found := trouble("pictures", "read")):
        raise failing(found[1])
    return _listdir(path)


def now() -> float:
    return _time() + float(text_of("clock") or 0)


# SQLite's files

Pointer, Number = ctypes.c_void_p, ctypes.c_int
OnOpen = ctypes.CFUNCTYPE(Number, Pointer, Pointer, Pointer, Number, Pointer)
OnMove = ctypes.CFUNCTYPE(Number, Pointer, Pointer, Number, ctypes.c_int64)
OnSync = ctypes.CFUNCTYPE(Number, Pointer, Number)


class Vfs(ctypes.Structure):
    """The head of `sqlite3_vfs`, and room for the rest of it."""

    _fields_ = (
        ("version", Number),
        ("size", Number),
        ("longest", Number),
        ("next", Pointer),
        ("name", ctypes.c_char_p),
        ("data", Pointer),
        ("open", Pointer),
        ("rest", Pointer * 15),
    )


class Methods(ctypes.Structure):
    """`sqlite3_io_methods`."""

    _fields_ = (
        ("version", Number),
        ("close", Pointer),
        ("read", Pointer),
        ("write", Pointer),
        ("truncate", Pointer),
        ("sync", Pointer),
        ("rest", Pointer * 13),
    )


_kept: list[Any] = []  # what C has pointers to
_around: dict[int, int] = {}  # the address of SQLite's methods: of ours around them


def code_of(operation: str) -> int:
    found = trouble("ledger", operation)
    if found is None:
        return 0
    return FULL if found[1] == "FULL" else IOERR | CODES[operation] << 8


def around(address: int) -> int:
    """The same methods, with trouble in front of three of them."""
    if address not in _around:
        methods = Methods()
        ctypes.memmove(ctypes.byref(methods), address, ctypes.sizeof(Methods))

        def moving(operation: str, then: Callable[..., int]) -> Any:
            return OnMove(lambda file, data, size, at: code_of(operation) or then(file, data, size, at))

        syncing = OnMove and OnSync(methods.sync)
        callbacks = {
            "read": moving("read", OnMove(methods.read)),
            "write": moving("write", OnMove(methods.write)),
            "sync": OnSync(lambda file, flags: code_of("sync") or syncing(file, flags)),
        }
        for name, callback in callbacks.items():
            setattr(methods, name, ctypes.cast(callback, Pointer))
        _kept.append((methods, callbacks, syncing))
        _around[address] = ctypes.addressof(methods)
    return _around[address]


def wrap_sqlite() -> None:
    """Raises AttributeError where SQLite's functions are out of reach."""
    import _sqlite3

    library = ctypes.CDLL(_sqlite3.__file__)  # with what it is linked to
    find, register = library.sqlite3_vfs_find, library.sqlite3_vfs_register
    find.restype, find.argtypes, register.argtypes = ctypes.POINTER(Vfs), [ctypes.c_char_p], [Pointer, Number]
    own = find(None)
    troubled, opening = Vfs(), OnOpen(own.contents.open)
    ctypes.memmove(ctypes.byref(troubled), own, ctypes.sizeof(Vfs))

    def on_open(_: int, name: int, file: int, flags: int, answer: int) -> int:
        code = opening(ctypes.cast(own, Pointer).value, name, file, flags, answer)
        methods = ctypes.cast(file, ctypes.POINTER(Pointer))
        if code == 0 and methods[0]:
            methods[0] = around(methods[0])
        return int(code)

    callback = OnOpen(on_open)
    troubled.name, troubled.open = b"troubled", ctypes.cast(callback, Pointer)
    _kept.append((own, troubled, opening, callback))
    register(ctypes.byref(troubled), 1)


if FOLDER:
    os.open, os.write, os.fsync, os.listdir, io.open, time.time = opened, written, synced, listed, file_opened, now  # type: ignore[assignment]  # ours take less than theirs
    wrap_sqlite()
