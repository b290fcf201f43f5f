"""The life of one rank of a crew: it joins the others, takes orders from the process that started it, and ends with it.

Orders and answers are tuples on a pipe, their first item a word. For every step rank 0 says how far it is, and hears whether to go on;
the others hear it from rank 0, so that all stop at the same step.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import Any

from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.images import Pixels
from mezzotint.engines.diffusers.crew import Crew
from mezzotint.engines.diffusers.engine import DiffusersEngine, MadeRoom, out_of_memory
from mezzotint.ports import Interrupted, Painting, PaintRequest

Join = Callable[[str], Crew]
"""Called with the setting for the device, once PyTorch is there."""

Make = Callable[[Join], DiffusersEngine]


def live(make: Make, rank: int, size: int, place: Path, orders: Any, pictures: Any) -> None:
    """Until the process that started it is gone. `orders` goes both ways; on `pictures` rank 0 sends what it has painted."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    Rank(make, rank, size, place, orders, pictures).run()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)  # perhaps in the middle of a picture, that nobody waits for any more


class Rank:
    def __init__(self, make: Make, rank: int, size: int, place: Path, orders: Any, pictures: Any) -> None:
        self._orders, self._pictures, self._rank = orders, pictures, rank
        self._talking = threading.Lock()  # of a report, which a heartbeat may make too
        self._painted: queue.SimpleQueue[tuple[int, Painting]] = queue.SimpleQueue()
        self._crew: Crew | None = None

        def join(device: str) -> Crew:
            self._crew = Crew.joined(rank, size, place, device)
            return self._crew

        self._engine = make(join)
        if rank == 0:
            threading.Thread(target=self._send_pictures, name="pictures", daemon=True).start()

    def run(self) -> None:
        self._orders.send(("ready",))
        while True:
            try:
                word, *rest = self._orders.recv()
            except EOFError:
                return
            self._orders.send(self._answer(partial(self._warm if word == "warm" else self._paint, *rest)))

    def _answer(self, work: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
        """What the work says, or how it failed."""
        try:
            return work()
        except Interrupted:
            return ("stopped",)
        except BadPicture as error:
            return "bad picture", str(error)
        except EngineFailure as error:
            return "failed", str(error), error.code, error.retryable, isinstance(error, MadeRoom)
        except Exception as error:  # noqa: BLE001 - if the others have come to the same, it is the picture's fault
            code = "out_of_memory" if out_of_memory(error) else "engine_failed"
            return "failed", f"the engine failed: {type(error).__name__}: {error}", code, False, False

    def _warm(self) -> tuple[Any, ...]:
        self._engine.warm(lambda: self._orders.send(("alive",)) if self._rank == 0 else None)
        return ("warmed",)

    def _paint(self, number: int, request: PaintRequest, arrays: list[tuple[str, Any]]) -> tuple[Any, ...]:
        request = replace(request, pictures=tuple((name, Pixels.of(array)) for name, array in arrays))
        painting = self._engine.paint(request, self._lead if self._rank == 0 else self._follow)
        if self._rank == 0:
            self._painted.put((number, painting))
        pixels = painting.pixels
        return "painted", pixels.width, pixels.height, painting.prompt, painting.notes, self._engine.at_hand

    def _lead(self, step: int, steps: int) -> None:
        stop = self._told(step, steps)
        if step and self._crew is not None and self._crew.agreed(stop):
            raise Interrupted  # before the first step the others could not know

    def _told(self, step: int, steps: int) -> bool:
        """Says how far it is, shows what there is to see, and hears whether to stop."""
        with self._talking:
            self._orders.send(("step", step, steps))
            while (word := self._orders.recv()[0]) == "show":
                seen = self._engine.preview()
                self._orders.send(("seen", None if seen is None else seen.array))
            return bool(word == "stop")

    def _follow(self, step: int, steps: int) -> None:
        del steps
        if step and self._crew is not None and self._crew.agreed(False):
            raise Interrupted

    def _send_pictures(self) -> None:
        """While the next picture is painted."""
        while True:
            number, painting = self._painted.get()
            array = painting.pixels.array
            self._pictures.send_bytes(number.to_bytes(8, "big") + array.tobytes())
