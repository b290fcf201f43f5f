"""A bound on what a piece of work may allocate, for files that strangers send."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE = resource.getpagesize()


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Lets the process allocate `size` bytes more than it has, and raises MemoryError beyond; only where the system can say, which is Linux.

    The bound is the process's: whatever runs beside the block shares it. An operator's own limit that is lower stays.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = int(Path("/proc/self/statm").read_text().split()[0]) * PAGE + size
    if soft != resource.RLIM_INFINITY:
        bound = min(bound, soft)
    resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
