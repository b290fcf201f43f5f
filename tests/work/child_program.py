"""An engine child to test with: what it does with an order is written in the order's prompt.

python -m tests.work.child_program [what to do before it is ready]
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

import numpy as np

from mezzotint import imaging, records
from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.images import EncodedImage, ImageFormat, Pixels
from mezzotint.ports import Painting, PaintRequest, Report
from mezzotint.work.child import Child, standard_streams
from mezzotint.work.frames import LENGTHS, Head, pack


class Obedient:
    """An engine without a model."""

    name = "obedient"

    def __init__(self, sink: BinaryIO) -> None:
        self.sink = sink

    def paint(self, request: PaintRequest, report: Report) -> Painting:
        word, *numbers = request.prompt.split()
        getattr(self, word)(report, *map(float, numbers))
        said = " ".join([request.prompt, *(f"{name}={len(picture.draw())}" for name, picture in request.pictures)])
        return Painting(Pixels(1, 1, bytes), said)

    def paint_in(self, report: Report, steps: float = 1, seconds: float = 0) -> None:
        """Steps of so many seconds each."""
        for step in range(1, int(steps) + 1):
            time.sleep(seconds)
            report(step, int(steps))

    def hang(self, report: Report) -> None:
        self.paint_in(report, 1, 0.05)
        time.sleep(60)

    def die(self, report: Report) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def vanish(self, report: Report, number: float) -> None:
        os.kill(os.getpid(), int(number))

    def leave(self, report: Report, code: float) -> None:
        os._exit(int(code))

    def print(self, report: Report) -> None:
        print("a library says hello")
        sys.stdout.flush()
        os.system("echo so does its child")

    def fail(self, report: Report) -> None:
        raise EngineFailure("out of paint", code="no_paint", retryable=True)

    def stumble(self, report: Report) -> None:
        raise RuntimeError("a name that is no text: \udc80")

    def swell(self, report: Report) -> None:
        raise MemoryError

    def refuse(self, report: Report) -> None:
        raise BadPicture("input_image: no picture")

    # what no engine should do to the stream

    def babble(self, report: Report) -> None:
        self._send(b"\xff" * 64)
        time.sleep(60)

    def break_off(self, report: Report) -> None:
        self._send(pack("painted", {"ticket": 1}, [b"x" * 100])[:-50])
        os._exit(0)

    def forget_ticket(self, report: Report) -> None:
        self._send(pack("step", {"step": 1, "steps": 2}))
        time.sleep(60)

    def forget_picture(self, report: Report) -> None:
        body = {"ticket": 1, "format": "png", "width": 1, "height": 1, "prompt": "", "engine": "x"}
        self._send(pack("painted", body))
        time.sleep(60)

    def lie_about_lengths(self, report: Report) -> None:
        head = records.encode(Head("step", {"ticket": 1, "step": 1, "steps": 2}, [-1]))
        self._send(LENGTHS.pack(len(head), 0) + head)
        time.sleep(60)

    def mumble(self, report: Report) -> None:
        self._send(pack("painting", {"ticket": 1}))

    def close(self, report: Report) -> None:
        os.close(self.sink.fileno())
        time.sleep(60)

    def _send(self, data: bytes) -> None:
        self.sink.write(data)
        self.sink.flush()


class Open(Obedient):
    """One that lets its pictures be seen."""

    shown = 0

    def preview(self) -> Pixels | None:
        """Each another shade of grey."""
        self.shown += 1
        return Pixels.of(np.full((8, 8, 3), 10 * self.shown % 256, np.uint8))

    def flood(self, report: Report, size: float, steps: float) -> None:
        """Previews that nobody asked for, with every step."""
        for step in range(1, int(steps) + 1):
            self._send(pack("step", {"ticket": 1, "step": step, "steps": int(steps)}, [b"\xff\xd8\xff" + bytes(int(size))]))


class Overlapping(Obedient):
    """One whose pictures are drawn after they are painted: at once, never, or not before the next one is begun."""

    overlaps = True
    at_hand = ("flux-dev", "flux-pro")

    def __init__(self, sink: BinaryIO) -> None:
        super().__init__(sink)
        self.begun = [threading.Event() for _ in range(10)]
        self.at = 0

    def paint(self, request: PaintRequest, report: Report) -> Painting:
        self.begun[self.at].set()
        self.at += 1
        painting, after = super().paint(request, report), self.begun[self.at]
        return Painting(Pixels(1, 1, lambda: self.drawn(request.prompt, after)), painting.prompt)

    def draw(self, report: Report) -> None:
        report(1, 1)

    lose = draw_after_the_next_is_begun = draw

    @staticmethod
    def drawn(prompt: str, after: threading.Event) -> bytes:
        if prompt == "lose":
            raise EngineFailure("the pixels are lost")
        if prompt == "draw_after_the_next_is_begun" and not after.wait(30):
            raise EngineFailure("the next one was never begun")
        return b""


class Warm(Obedient):
    """One that takes so many tenths of a second to get ready, and says so; or does not get ready at all."""

    def __init__(self, sink: BinaryIO, tenths: int) -> None:
        super().__init__(sink)
        self.tenths = tenths

    def warm(self, alive: Callable[[], None]) -> None:
        if not self.tenths:
            raise EngineFailure("there is nothing to burn")
        for _ in range(self.tenths):
            time.sleep(0.1)
            alive()


class Shy(Open):
    """One that cannot show what it said it could."""

    def preview(self) -> Pixels | None:
        raise RuntimeError("not now")


class Darkroom:
    """Pictures are their bytes."""

    def decode(self, data: bytes) -> Pixels:
        if data == b"broken":
            raise BadPicture("it is broken")
        return Pixels(1, 1, lambda: data)

    decode_mask = decode

    def mask_within(self, data: bytes) -> Pixels | None:
        return Pixels(1, 1, lambda: b"its own mask") if data == b"transparent" else None

    def encode(self, pixels: Pixels, image_format: ImageFormat, notes: dict[str, str]) -> EncodedImage:
        pixels.draw()
        return EncodedImage(repr(sorted(notes.items())).encode(), image_format, pixels.width, pixels.height)

    def preview(self, pixels: Pixels) -> bytes:
        return imaging.preview(pixels)


def main(before: str) -> None:
    source, sink = standard_streams()
    match before:
        case "exit":
            sys.exit(3)
        case "babble":
            sink.write(b"Loading weights: 100 % [==========]\n" * 10)
        case "hurry":
            sink.write(pack("step", {"ticket": 1}))
        case "be nameless":
            sink.write(pack("ready", {}))
        case "linger":
            sink.flush()
            time.sleep(60)
    sink.flush()
    if before.startswith("be warm"):
        engine: Obedient = Warm(sink, int(before.rsplit(maxsplit=1)[-1]))
    else:
        engine = {"be open": Open, "be shy": Shy, "overlap": Overlapping}.get(before, Obedient)(sink)
    Child(engine, Darkroom(), source, sink).run()


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
