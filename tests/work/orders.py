"""Orders and children to test painting with."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mezzotint.core.images import ImageFormat
from mezzotint.service.generate import PaintOrder
from mezzotint.work.painter import EngineChild

PROGRAM = [sys.executable, "-m", "tests.work.child_program"]
STUB = [sys.executable, "-m", "mezzotint.cli.engine_process"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MEZZOTINT_")} | {"MEZZOTINT_ENGINE": "stub"}


def an_order(prompt: str = "paint_in", task: str = "t1", **rest: Any) -> PaintOrder:
    """`prompt` says what the child program does with it."""
    details: dict[str, Any] = {"width": 64, "height": 32, "steps": 4, "guidance": 3.0, "seed": 1, "format": ImageFormat.PNG} | rest
    return PaintOrder("flux-dev", prompt, notes=(("task", task),), **details)


def no_report(step: int, steps: int) -> None:
    """Nobody asks how far it is."""


@asynccontextmanager
async def a_child(command: Sequence[str] = PROGRAM, stall: float = 30.0, environment: Mapping[str, str] = ENVIRONMENT) -> AsyncIterator[EngineChild]:
    child = EngineChild(command, {**ENVIRONMENT, **environment}, stall)
    try:
        yield child
    finally:
        await child.close()


def alive(pid: int | None) -> bool:
    """Whether there is such a process, and not only what is left of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
