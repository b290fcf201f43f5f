"""Which GPUs there are, found without PyTorch: the worker that shares them out does not load it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mezzotint.routing.weights import AUTO

VISIBLE = "CUDA_VISIBLE_DEVICES"  # what CUDA itself reads
DRIVER = Path("/proc/driver/nvidia")


def gpus_of(setting: str, environment: Mapping[str, str] = os.environ, driver: Path = DRIVER) -> list[str]:
    """Those that the setting names; with `auto` those that this process may see, else all that the driver knows. Names as CUDA's."""
    if setting != AUTO:
        return [part.strip() for part in setting.split(",")]
    if VISIBLE in environment:
        return [part.strip() for part in environment[VISIBLE].split(",") if part.strip() not in ("", "-1")]
    folder = driver / "gpus"
    return [str(number) for number in range(len(list(folder.iterdir())))] if folder.is_dir() else []


def driver_version(driver: Path = DRIVER) -> str:
    """NVIDIA's driver, as it tells; empty where there is none."""
    try:
        told = (driver / "version").read_text(encoding="utf-8").splitlines()[0]
    except (OSError, IndexError):
        return ""
    return next((word for word in told.split() if word[:1].isdigit() and "." in word), told)
