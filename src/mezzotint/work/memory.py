"""A bound on what a piece of work may allocate, for files that strangers send."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE = resource.getpagesize()


class TooMuch(MemoryError):
    """The bound that the work was given, and not one that the process had before."""


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Lets the process allocate `size` bytes more than it has, and raises TooMuch beyond; only where the system can say, which is Linux.

    The bound is the process's: whatever runs beside the block shares it. An operator's own limit that is lower stays, and raises
    MemoryError.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = int(Path("/proc/self/statm").read_text().split()[0]) * PAGE + size
    ours = soft == resource.RLIM_INFINITY or bound < soft
    if not ours:
        bound = soft
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    except MemoryError as error:
        if ours:
            raise TooMuch from error
        raise
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
