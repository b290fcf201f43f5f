"""An engine child on tiny weights whose pictures are not encoded before the next one's first step: python -m … FOLDER COUNT.

What it does, in its order, is said on standard error.
"""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mezzotint import imaging
from mezzotint.core.images import EncodedImage, ImageFormat, Pixels
from mezzotint.engines.diffusers.engine import DiffusersEngine
from mezzotint.engines.diffusers.weights_library import Library, in_folder
from mezzotint.ports import Painting, PaintRequest, Report
from mezzotint.routing.weights import Tuning
from mezzotint.work.child import Child, standard_streams

LONGEST = 30.0  # seconds that a picture waits for the next one's first step

stepped: defaultdict[int, threading.Event] = defaultdict(threading.Event)  # by picture, which its seed numbers


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


class Watched(DiffusersEngine):
    def paint(self, request: PaintRequest, report: Report) -> Painting:
        def told(step: int, steps: int) -> None:
            if step == 1:
                say(f"step {request.seed}")
                stepped[request.seed].set()
            report(step, steps)

        painting = super().paint(request, told)
        say(f"painted {request.seed}")
        return painting


def main(folder: Path, count: int) -> None:
    def encode(pixels: Pixels, image_format: ImageFormat, notes: dict[str, Any]) -> EncodedImage:
        number = int(notes["task"])
        if number < count and not stepped[number + 1].wait(LONGEST):
            say(f"nothing was painted while {number} was encoded")
        image = imaging.encode(pixels, image_format, notes)
        say(f"encoded {number}")
        return image

    source, sink = standard_streams()
    engine = Watched(Library(in_folder(folder)), Tuning(device="cpu"), threads=1)
    Child(engine, SimpleNamespace(encode=encode), source, sink).run()  # nothing else is asked of the darkroom


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
