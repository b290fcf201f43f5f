"""What every process of ours does: runs its loop, and ends when whoever started it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any


def follow_lifeline(stop: Callable[[], None]) -> None:
    """Calls `stop` when standard input closes: whoever started this process is gone."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def run_loop(main: Coroutine[Any, Any, None]) -> None:
    """On uvloop where there is one. What was imported is not looked through for garbage again, and the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)
