"""nano on the CPU: prompt to vectors, noise to latents through ONNX Runtime, latents to pixels, pixels to the size asked for."""

from __future__ import annotations

import dataclasses
import json
import os
from collections import OrderedDict
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from mezzotint import imaging
from mezzotint.core.errors import EngineFailure
from mezzotint.core.images import Pixels
from mezzotint.core.previews import LONGEST, size_within
from mezzotint.engines.nano.ideas import Ideas
from mezzotint.engines.nano.latents import TOKEN_PIXELS, PatchCodec, pack, positions, unpack
from mezzotint.engines.nano.sampling import Grid, denoise, grid_for, mixed, noise, schedule
from mezzotint.engines.nano.text import Prompts, TextEncoder
from mezzotint.ports import Painting, PaintRequest, Report

GUIDANCE = (1.0, 6.0)  # what the model was taught; requests beyond count as the nearest
HOLD = 0.3  # how much an image prompt counts where the request does not say
PROMPTS_KEPT = 64
DEFAULT_SIDE = 1024

Array = np.ndarray


@dataclass(frozen=True)
class _InHand:
    """The last step of the picture that is painted: tokens at a level, and where the model said that they lead."""

    tokens: Array
    level: float
    direction: Array
    grid: Grid
    size: tuple[int, int]


class NanoEngine:
    """See `ports.Engine`, `ports.Previewing`."""

    name = "nano"

    def __init__(self, threads: int = 0, weights: Path | None = None) -> None:
        """Loads the model: about a second. `threads` 0: one per core. Raises EngineFailure where the weights are missing."""
        folder = weights or Path(str(resources.files("mezzotint.engines.nano") / "weights"))
        try:
            self.card: dict[str, Any] = json.loads((folder / "model.json").read_text())
            with np.load(folder / "codec.npz", allow_pickle=False) as tensors:
                self._codec = PatchCodec.from_tensors(tensors)
            with np.load(folder / "ideas.npz", allow_pickle=False) as tensors:
                self._ideas = Ideas.from_tensors(tensors, self.card["ideas"])
            self._transformer = _session(folder / "transformer.onnx", threads)
            self._decoder = _session(folder / "decoder.onnx", threads)
        except (OSError, ValueError, KeyError) as error:
            raise EngineFailure(f"nano's weights cannot be loaded from {folder}: {error}") from error
        self._encoder = TextEncoder()
        self._prompts: OrderedDict[str, Prompts] = OrderedDict()
        self._in_hand: _InHand | None = None

    def paint(self, request: PaintRequest, report: Report) -> Painting:
        request = self._with_idea(request)
        width, height = request.size(DEFAULT_SIDE)
        grid = grid_for(width, height)
        latents = self.latents(request, grid, report)
        pixels = self.decode(latents)
        notes = (("engine", f"nano {self.card['version']}"),)
        return Painting(imaging.crop(pixels, width, height), request.prompt, notes)

    def _with_idea(self, request: PaintRequest) -> PaintRequest:
        """A request for nothing in particular becomes one for something; where a picture was given, that is what it is about."""
        if request.pictures:
            return request
        idea = self._ideas.instead_of(request.prompt, self._encoded(request.prompt).pooled[0], request.seed)
        return request if idea is None else dataclasses.replace(request, prompt=idea)

    def latents(self, request: PaintRequest, grid: Grid, report: Report) -> Array:
        """What the request asks for, as latents (32, 2 * rows, 2 * columns)."""
        told = self._encoded(request.prompt)
        guidance = np.array([min(max(request.guidance, GUIDANCE[0]), GUIDANCE[1])], np.float32)
        places, size = positions(grid.rows, grid.columns), request.size(DEFAULT_SIDE)

        def velocity(x: Array, level: float) -> Array:
            feeds = {
                "tokens": x[None],
                "words": told.tokens,
                "pooled": told.pooled,
                "level": np.array([level], np.float32),
                "guidance": guidance,
                "places": places,
            }
            direction: Array = self._transformer.run(None, feeds)[0][0]
            self._in_hand = _InHand(x, level, direction, grid, size)
            return direction

        fresh = noise(request.seed, (grid.rows * grid.columns, self._codec.scale.size * 4))
        start, steps = 1.0, request.steps
        if request.pictures:
            start = 1.0 - _hold(request)
            steps = max(1, round(request.steps * start))
            fresh = mixed(self._encoded_picture(request.pictures[0][1], grid), fresh, start)
        tokens = denoise(velocity, fresh, schedule(steps, start), report)
        return unpack(tokens, grid.rows, grid.columns)

    def preview(self) -> Pixels | None:
        """Where the last step leads: its line followed to the end, and decoded the linear way.

        Takes 1 to 3 ms on two cores, where a step takes 12 to 24 and the decoder network 70 to 400.
        """
        hand = self._in_hand
        if hand is None:
            return None
        latents = unpack(hand.tokens - np.float32(hand.level) * hand.direction, hand.grid.rows, hand.grid.columns)
        shrink = 1
        while max(hand.grid.rows, hand.grid.columns) * TOKEN_PIXELS >= 2 * shrink * LONGEST:
            shrink *= 2
        return imaging.crop(_eight_bits(self._codec.decode(latents, shrink)), *size_within(*hand.size))

    def decode(self, latents: Array) -> Pixels:
        """(32, r, c) to a picture of 32r x 32c pixels."""
        painted = self._decoder.run(None, {"latents": latents[None]})[0][0]
        return _eight_bits(painted.transpose(1, 2, 0))

    def _encoded(self, prompt: str) -> Prompts:
        """The last prompts are kept: people try the same words with other seeds."""
        if prompt not in self._prompts:
            self._prompts[prompt] = self._encoder.encode([prompt])
            if len(self._prompts) > PROMPTS_KEPT:
                self._prompts.popitem(last=False)
        self._prompts.move_to_end(prompt)
        return self._prompts[prompt]

    def _encoded_picture(self, picture: Pixels, grid: Grid) -> Array:
        """A given picture as tokens of the grid; its middle, if its ratio is another."""
        fitted = imaging.crop(picture, grid.columns * TOKEN_PIXELS, grid.rows * TOKEN_PIXELS)
        return pack(self._codec.encode(fitted.array.astype(np.float32) / 255))


def _eight_bits(colours: Array) -> Pixels:
    """(h, w, 3), 0 to 1 and a little beyond, as pixels."""
    return Pixels.of(np.ascontiguousarray((np.clip(colours, 0, 1) * 255 + 0.5).astype(np.uint8)))


def _hold(request: PaintRequest) -> float:
    """How much of the given picture stays, 0 to 0.95: an image prompt's strength says so; Replicate's prompt strength is the other way round."""
    extras = dict(request.extras)
    if request.strength is None:
        return HOLD
    return min(max(1 - request.strength if extras.get("leaves") else request.strength, 0.0), 0.95)


def _session(path: Path, threads: int) -> Any:
    """An ONNX Runtime session whose threads sleep when there is nothing to do."""
    import onnxruntime

    if not path.exists():
        raise FileNotFoundError(f"{path} is missing")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or os.cpu_count() or 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's own errors have no common base of theirs
        raise ValueError(f"{path.name} is not a model that ONNX Runtime can load ({error})") from error
