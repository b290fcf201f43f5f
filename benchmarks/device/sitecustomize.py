"""A device that there is not: Python loads this first in every process of `benchmarks/backlog.py`, and in the engine's it takes the place of
the pipelines. They hold the device for SECONDS a picture, as a GPU would be held, and compute nothing. When they are called and return,
when the engine is, and when pictures are encoded and sent, is noted in NOTES.
"""

from __future__ import annotations

import os
import sys

SECONDS, NOTES = "BACKLOG_SECONDS", "BACKLOG_NOTES"


def stand_in() -> None:
    import time
    from typing import Any

    from mezzotint.engines.diffusers.engine import DiffusersEngine
    from mezzotint.engines.diffusers.loading import Loaded
    from mezzotint.work.child import Child

    seconds = float(os.environ[SECONDS])
    notes = open(os.environ[NOTES], "a", buffering=1)  # noqa: SIM115 - for the process's life

    def note(what: str, began: float) -> None:
        notes.write(f"{what} {began:.6f} {time.monotonic():.6f}\n")

    class Held:
        """As much of a pipeline as the engine touches."""

        vae_scale_factor = 8

        def __init__(self) -> None:
            from diffusers import FlowMatchEulerDiscreteScheduler

            self.scheduler, self.num_timesteps = FlowMatchEulerDiscreteScheduler(), 0
            self.made: dict[tuple[int, int], tuple[Any, Any]] = {}

        def __call__(self, *, width: int, height: int, num_inference_steps: int, callback_on_step_end: Any, generator: Any, **_: Any) -> tuple[Any]:
            import torch

            began = time.monotonic()
            if (width, height) not in self.made:
                self.made[width, height] = torch.rand(1, 3, height, width, generator=generator), torch.zeros(1, height * width // 256, 16)
            picture, latents = self.made[width, height]
            self.num_timesteps = num_inference_steps
            self.scheduler.set_timesteps(num_inference_steps)
            for step in range(num_inference_steps):
                # by the clock and not by the step: a GPU goes on while its program tells how far it is
                time.sleep(max(0.0, began + (step + 1) * seconds / num_inference_steps - time.monotonic()))
                callback_on_step_end(self, step, None, {"latents": latents})
            note("pipeline", began)
            return (picture,)

    def noted(what: str, kind: Any, name: str) -> None:
        call = getattr(kind, name)

        def timed(*given: Any) -> Any:
            began = time.monotonic()
            try:
                return call(*given)
            finally:
                note(what, began)

        setattr(kind, name, timed)

    held = Held()
    Loaded.pipeline = lambda *_: held  # type: ignore[method-assign]  # it stands in for loading
    noted("paint", DiffusersEngine, "paint")
    noted("beside", Child, "_finish")


if SECONDS in os.environ and "mezzotint.cli.engine_process" in sys.orig_argv:
    stand_in()
