"""The engine's own process: it holds the model, paints one picture at a time, and may die without harm.

It reads orders from its standard input and answers on its standard output. When the input closes, its supervisor is gone, and so
is it. Whatever libraries print goes to standard error.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol, TypeVar

from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.images import EncodedImage, ImageFormat, Pixels
from mezzotint.core.previews import EVERY, Wish, marks
from mezzotint.crash_points import reached
from mezzotint.ports import Engine, Interrupted, Keeping, Overlapping, Painting, PaintRequest, Previewing, Warming
from mezzotint.work.frames import Frame, pack, read_frame
from mezzotint.work.memory import TooMuch, at_most

TELL_EVERY = 0.03  # seconds between words of how far a picture is
MASK, MASKED = "mask", "image"  # the parameters whose picture says where to paint, and whose may say it itself by its transparency
ALIVE_EVERY = 5.0  # seconds between signs of life while an engine gets ready
DECODING = 512 * 1024 * 1024  # bytes beyond what the process has, for one picture that came with a request
FLUSH_EVERY = 0.005  # seconds that an answer waits for others, while more orders wait

Made = TypeVar("Made")


class Darkroom(Protocol):
    """What the child does with picture files; the wiring gives it `imaging`."""

    def decode(self, data: bytes) -> Pixels: ...
    def decode_mask(self, data: bytes) -> Pixels: ...
    def mask_within(self, data: bytes) -> Pixels | None: ...

    def encode(self, pixels: Pixels, image_format: ImageFormat, notes: dict[str, str]) -> EncodedImage: ...

    def preview(self, pixels: Pixels) -> bytes: ...


@dataclass
class _Watch:
    """An order that is watched, and how many of the marks that its watchers set are passed."""

    wish: Wish
    passed: int = 0


class Child:
    """One engine between two streams."""

    def __init__(self, engine: Engine, darkroom: Darkroom, source: BinaryIO, sink: BinaryIO) -> None:
        self._engine, self._darkroom, self._source, self._sink = engine, darkroom, source, sink
        self._shows = engine.preview if isinstance(engine, Previewing) else None
        self._orders: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._stopped: set[int] = set()  # tickets of orders that are not to be painted any further
        self._watched: dict[int, _Watch] = {}  # by ticket
        self._served = 0  # the last ticket that was answered; later orders have higher ones
        self._full = False  # it had served others when it ran out of memory
        self._flushed, self._previewed = 0.0, float("-inf")
        self._beside = ThreadPoolExecutor(1, "encoding") if isinstance(engine, Overlapping) and engine.overlaps else None
        self._encoding: Future[None] | None = None

    def run(self) -> None:
        """Until the input closes, nobody listens any more, no memory is left, or the engine does not get ready."""
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        try:
            self._warm()
            self._paint()
        except BrokenPipeError:
            os._exit(0)

    def _warm(self) -> None:
        """Says now and then that it is alive, for as long as the engine gets ready."""
        if not isinstance(self._engine, Warming):
            return
        done = threading.Event()
        threading.Thread(target=self._say_alive, args=(done,), name="alive", daemon=True).start()
        try:
            self._engine.warm(self._alive)
        except EngineFailure as error:
            print(f"the engine cannot work: {_words(error)}", file=sys.stderr, flush=True)
            os._exit(1)  # a thread reads the input, which Python would wait for
        done.set()

    def _say_alive(self, done: threading.Event) -> None:
        while not done.wait(ALIVE_EVERY):
            self._alive()

    def _alive(self) -> None:
        self._say("loading", {})
        self._flush()

    def _paint(self) -> None:
        self._say("ready", {"engine": self._engine.name} | ({"previews": True} if self._shows else {}))
        self._flush()
        while True:
            order = self._orders.get()
            careful = order.body["careful"]
            if careful:  # what was painted before it is not to be blamed for it
                self._wait_for_encoding()
                self._flush()
            self._serve(order)
            if careful:
                self._wait_for_encoding()
            self._stopped.discard(order.body["ticket"])
            self._served = order.body["ticket"]
            self._watched.pop(self._served, None)
            if self._full:
                self._flush()
                os._exit(1)  # the thread that listens keeps the interpreter from an orderly end
            if careful or self._orders.empty() or time.monotonic() - self._flushed > FLUSH_EVERY:
                self._flush()

    def _listen(self) -> None:
        """Orders queue up; a stop or a watcher counts at once, also for the picture in hand."""
        try:
            while (frame := read_frame(self._source)) is not None:
                if frame.kind == "stop":
                    self._stopped.add(frame.body["ticket"])
                elif frame.kind == "watch":
                    self._watch(frame.body["ticket"], Wish(bool(frame.body["live"]), int(frame.body["spread"])))
                else:
                    self._orders.put(frame)
        except (ValueError, KeyError, TypeError) as error:
            print(f"the engine's orders cannot be read: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)  # nobody is left to paint for: do not finish the picture in hand

    def _watch(self, ticket: int, wish: Wish) -> None:
        if wish == Wish() or ticket <= self._served:
            self._watched.pop(ticket, None)
        elif (known := self._watched.get(ticket)) is not None:
            known.wish = wish
        else:
            self._watched[ticket] = _Watch(wish)

    def _serve(self, order: Frame) -> None:
        reached("engine: read")
        painting = self._answering(order.body["ticket"], lambda: self._painted(order))
        if painting is None:
            return
        if self._beside is None:
            self._finish(order, painting)
        else:  # one at a time: what waits to be encoded takes memory
            self._wait_for_encoding()
            self._encoding = self._beside.submit(self._finish_beside, order, painting)

    def _wait_for_encoding(self) -> None:
        if self._encoding is not None:
            self._encoding.result()

    def _finish_beside(self, order: Frame, painting: Painting) -> None:
        try:
            self._finish(order, painting)
            self._flush()
        except BrokenPipeError:
            os._exit(0)
        if self._full:
            os._exit(1)

    def _finish(self, order: Frame, painting: Painting) -> None:
        """The picture as a file, and the answer."""
        ticket = order.body["ticket"]
        image = self._answering(ticket, lambda: self._encoded(order, painting))
        if image is not None:
            reached("engine: painted")
            body = {"ticket": ticket, "prompt": painting.prompt, "format": image.format.value, "width": image.width, "height": image.height}
            kept = {"at_hand": list(self._engine.at_hand)} if isinstance(self._engine, Keeping) else {}
            self._say("painted", body | {"engine": self._engine.name} | kept, (image.data,))

    def _answering(self, ticket: int, work: Callable[[], Made]) -> Made | None:
        """What the work makes; None where it was answered that it makes nothing."""
        try:
            if ticket in self._stopped:
                raise Interrupted
            return work()
        except Interrupted:
            self._say("stopped", {"ticket": ticket})
        except BadPicture as error:
            self._say("bad picture", {"ticket": ticket, "message": _words(error)})
        except EngineFailure as error:
            self._say("failed", {"ticket": ticket, "message": _words(error), "code": error.code, "retryable": error.retryable})
        except MemoryError:
            # what others left may be in the way: then a fresh engine is to try, and after that it is the picture
            self._full = self._served > 0
            self._say("failed", {"ticket": ticket, "message": "out of memory", "code": "out_of_memory", "retryable": self._full})
        except Exception as error:  # noqa: BLE001 - an engine's fault must not end the engine
            text = f"the engine failed: {type(error).__name__}: {_words(error)}"
            self._say("failed", {"ticket": ticket, "message": text, "code": "engine_failed", "retryable": False})
        return None

    def _report(self, ticket: int) -> Callable[[int, int], None]:
        """Steps that come quickly are not all told: what counts is that it is alive, and about how far."""
        told = time.monotonic()

        def report(step: int, steps: int) -> None:
            nonlocal told
            if ticket in self._stopped:
                raise Interrupted
            reached("engine: stepped")
            now = time.monotonic()
            preview = self._preview(self._watched[ticket], step, steps, now) if ticket in self._watched else ()
            if preview or now - told >= TELL_EVERY:
                told = now
                self._say("step", {"ticket": ticket, "step": step, "steps": steps}, preview)
                self._flush()

        return report

    def _preview(self, watch: _Watch, step: int, steps: int, now: float) -> tuple[bytes, ...]:
        """What the watchers are to be shown with this step: nothing with the last, as the picture itself comes at once."""
        if self._shows is None or step >= steps:
            return ()
        passed, due = marks(step, steps, watch.wish.spread), watch.wish.live and now - self._previewed >= EVERY
        if not due and passed <= watch.passed:
            return ()
        watch.passed, self._previewed = passed, now
        try:
            pixels = self._shows()
            return () if pixels is None else (self._darkroom.preview(pixels),)
        except Exception as error:  # noqa: BLE001 - the picture itself may still become one
            print(f"no preview could be made: {type(error).__name__}: {_words(error)}", file=sys.stderr, flush=True)
            return ()

    def _decoded(self, name: str, data: bytes) -> Pixels:
        return self._bounded(name, lambda: self._darkroom.decode_mask(data) if name == MASK else self._darkroom.decode(data))

    @staticmethod
    def _bounded(name: str, decode: Callable[[], Made]) -> Made:
        try:
            with at_most(DECODING):
                return decode()
        except TooMuch as error:
            raise BadPicture(f"{name}: the picture cannot be decoded: it takes more than {DECODING >> 20} MiB") from error

    def _pictures(self, order: Frame) -> Iterator[tuple[str, Pixels]]:
        """Decoded, and with them the mask that one of them carries itself, where none was given."""
        names = order.body["pictures"]
        for name, data in zip(names, order.parts, strict=True):
            yield name, self._decoded(name, data)
        if MASKED in names and MASK not in names:
            mask = self._bounded(MASKED, lambda: self._darkroom.mask_within(order.parts[names.index(MASKED)]))
            if mask is not None:
                yield MASK, mask

    def _painted(self, order: Frame) -> Painting:
        body = order.body
        request = PaintRequest(
            model=body["model"],
            prompt=body["prompt"],
            width=body["width"],
            height=body["height"],
            steps=body["steps"],
            guidance=body["guidance"],
            seed=body["seed"],
            pictures=tuple(self._pictures(order)),
            strength=body["strength"],
            extras=tuple((name, value) for name, value in body["extras"]),
        )
        return self._engine.paint(request, self._report(body["ticket"]))

    def _encoded(self, order: Frame, painting: Painting) -> EncodedImage:
        notes: dict[str, Any] = dict(order.body["notes"]) | {"engine": self._engine.name} | dict(painting.notes)
        return self._darkroom.encode(painting.pixels, ImageFormat(order.body["format"]), notes)

    def _say(self, kind: str, body: dict[str, Any], parts: tuple[bytes, ...] = ()) -> None:
        self._sink.write(pack(kind, body, parts))

    def _flush(self) -> None:
        """What was said is heard. While orders wait, several answers may go together: each wake-up costs as much as a small picture."""
        self._sink.flush()
        reached("engine: told")
        self._flushed = time.monotonic()


def _words(error: Exception) -> str:
    """What an error says, as text that can be sent: libraries quote file names and bytes, which need not be."""
    return str(error).encode("utf-8", "replace").decode()


def standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input, and standard output taken out of reach of anything that prints."""
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=1024 * 1024)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, sink
