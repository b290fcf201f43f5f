"""Where training keeps what is large: scenes, checkpoints, logs. Not in the repository."""

from __future__ import annotations

import os
from pathlib import Path

HOME = Path(os.environ.get("NANO_TRAINING_HOME", Path(__file__).parent / "runs"))


def folder(name: str) -> Path:
    made = HOME / name
    made.mkdir(parents=True, exist_ok=True)
    return made
