"""Waiting for what other tasks and processes do, for no longer than is needed and never for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PATIENCE = 15.0  # seconds; only a test that fails waits so long
GLANCE = 0.005


async def until(done: Callable[[], object], what: str = "something") -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, f"waited {PATIENCE:g} s for {what}"
        await asyncio.sleep(GLANCE)
