"""Engines of several processes over tiny weights, one of which may be told by a seed to fail."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from mezzotint.engines.diffusers.crew import Crew
from mezzotint.engines.diffusers.engine import DiffusersEngine
from mezzotint.engines.diffusers.together import TogetherEngine
from mezzotint.engines.diffusers.weights_library import Library, in_folder
from mezzotint.ports import Painting, PaintRequest, Report
from mezzotint.routing.weights import Tuning

SIZE = 2
BURST, ONE_BURSTS, CROWDED, ONE_DIES, ONE_IS_WRONG, ALL_ARE_WRONG = range(1001, 1007)  # seeds


class Moody(DiffusersEngine):
    tokens = ""  # how many the first block was given, of pictures and prompts

    def _run(self, loaded: Any, job: Any, words: Any, seed: int, report: Report) -> Any:
        def told(step: int, steps: int) -> None:
            report(step, steps)
            if step == 1:
                self._fail(seed)

        lengths: list[int] = []

        def noted(_: Any, __: Any, named: dict[str, Any]) -> None:
            lengths[:] = [named[name].shape[1] for name in ("hidden_states", "encoder_hidden_states")]

        transformer = loaded.base.transformer
        hook = transformer.transformer_blocks[0].register_forward_pre_hook(noted, with_kwargs=True)
        try:
            return super()._run(loaded, job, words, seed, told)
        finally:
            hook.remove()
            tokens = job.width * job.height // 256
            self.tokens = f"{lengths[0]} of {tokens} and {lengths[1]} of {words.embeds.shape[1]}" if lengths else ""

    def paint(self, request: PaintRequest, report: Report) -> Painting:
        painting = super().paint(request, report)
        return replace(painting, notes=(*painting.notes, ("tokens", self.tokens)))

    def _fail(self, seed: int) -> None:
        second = self._crew is not None and not self._crew.leads
        if seed == BURST or (seed == ONE_BURSTS and second) or (seed == CROWDED and len(self.loaded) > 1):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        if seed == ALL_ARE_WRONG or (seed == ONE_IS_WRONG and second):
            raise ValueError("what is this?")
        if seed == ONE_DIES and second:
            os.kill(os.getpid(), signal.SIGKILL)


def member(folder: Path, tuning: Tuning, join: Callable[[str], Crew] | None = None) -> DiffusersEngine:
    """In its own process."""
    return Moody(Library(in_folder(folder)), tuning, threads=1, join=join)


def crew_of(folder: Path, grace: float = 1.0, end: Callable[[int], Any] = os._exit, **tuning: Any) -> TogetherEngine:
    return TogetherEngine(partial(member, folder, Tuning(device="cpu", together=SIZE, **tuning)), SIZE, grace, end)
