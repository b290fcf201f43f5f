"""What tests of the engine share: tiny weights made once, an engine over them, requests."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from mezzotint.core.images import Pixels
from mezzotint.engines.diffusers.engine import DiffusersEngine
from mezzotint.engines.diffusers.weights_library import Library, in_folder
from mezzotint.ports import Painting, PaintRequest
from mezzotint.routing.weights import Tuning, Weights

R = "black-forest-labs/"


def noise(width: int = 64, height: int = 48, seed: int = 0) -> Pixels:
    return Pixels.of(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def left_half(width: int = 64, height: int = 48) -> Pixels:
    """A mask: white on the left."""
    array = np.zeros((height, width, 3), np.uint8)
    array[:, : width // 2] = 255
    return Pixels.of(array)


def a_request(model: str = "flux-dev", prompt: str = "a paper boat", seed: int = 1, pictures: dict[str, Pixels] | None = None, **rest: Any) -> PaintRequest:
    details: dict[str, Any] = {"width": 64, "height": 48, "steps": 3, "guidance": 3.0, "strength": None} | rest
    extras = tuple(details.pop("extras", {}).items())
    return PaintRequest(model=model, prompt=prompt, seed=seed, pictures=tuple((pictures or {}).items()), extras=extras, **details)


def no_report(step: int, steps: int) -> None:
    """Nobody asks how far it is."""


def an_engine(
    folder: Path, tuning: Tuning | None = None, keep: Path | None = None, models: dict[str, tuple[str, ...]] | None = None, **changes: Any
) -> DiffusersEngine:
    """Over the weights of a folder; `changes` are of what is said of all of them, `own` of single ones, by name."""
    own: dict[str, dict[str, Any]] = changes.pop("own", {})
    held: dict[str, Weights] = {name: dataclasses.replace(each, **(changes | own.get(name, {}))) for name, each in in_folder(folder).items()}
    return DiffusersEngine(Library(held, models or {}), tuning or Tuning(device="cpu"), keep, threads=1)


def painted(engine: DiffusersEngine, request: PaintRequest) -> Painting:
    return engine.paint(request, no_report)


def array_of(painting: Painting) -> np.ndarray:
    found: np.ndarray = painting.pixels.array
    return found


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal to noise of 8-bit pictures, in dB."""
    error = float(((one.astype(np.float64) - other.astype(np.float64)) ** 2).mean())
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))
