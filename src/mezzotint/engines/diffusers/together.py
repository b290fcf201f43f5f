"""An engine whose pictures several devices paint together: a process for each, started from here, told what to paint, and watched.

This process computes nothing and loads no PyTorch. A rank that ends takes the engine with it, since the others wait for what never comes;
the worker starts another. Where ranks run out of memory, and some of them wait for others that gave up, all of them are started anew.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import connection, get_context
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.images import Pixels
from mezzotint.engines.diffusers.heartbeat import Heartbeat
from mezzotint.engines.diffusers.rank import Make, live
from mezzotint.ports import Interrupted, Painting, PaintRequest, Report

GRACE = 10.0  # seconds after a rank has failed until the others are taken to wait for it
HEAD = 8  # bytes before a picture, which number it

log = logging.getLogger("mezzotint.diffusers")

Answer = tuple[Any, ...]


@dataclass(frozen=True)
class _Member:
    process: Any
    orders: Any
    pictures: Any


class TogetherEngine:
    """See `ports.Engine`, `ports.Previewing`, `ports.Warming`, `ports.Keeping`."""

    name = "diffusers"
    overlaps = True  # see `ports.Overlapping`

    def __init__(self, make: Make, size: int, grace: float = GRACE, end: Callable[[int], Any] = os._exit) -> None:
        """`make` is called in every process, `size` of them. `end` ends this process. Starts nothing yet."""
        self._make, self._size, self._grace, self._end = make, size, grace, end
        self._members: list[_Member] = []
        self._meeting: Any = None  # the folder where they meet
        self._number = 0
        self.at_hand: tuple[str, ...] = ()

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the processes, by rank."""
        return tuple(member.process.pid for member in self._members)

    def warm(self, alive: Callable[[], None]) -> None:
        if not self._members:
            self._up()
        self._tell_all("warm")
        self._raise(self._answers({"alive": lambda *_: alive()}))

    def paint(self, request: PaintRequest, report: Report) -> Painting:
        report(0, request.steps)
        if not self._members:
            with Heartbeat(report, request.steps):
                self._up()
        answers = self._painted(request, report)
        if len(answers) == self._size and any(said[-1] is True for said in answers if said[0] == "failed"):
            answers = self._painted(request, report)  # other weights have made room
        self._raise(answers)
        _, width, height, prompt, notes, self.at_hand = answers[0]
        pictures, number = self._members[0].pictures, self._number
        return Painting(Pixels(width, height, lambda: _received(pictures, number, height, width)), prompt, notes)

    def _painted(self, request: PaintRequest, report: Report) -> list[Answer]:
        self._number += 1
        arrays = [(name, pixels.array) for name, pixels in request.pictures]
        self._tell_all("paint", self._number, replace(request, pictures=()), arrays)

        def stepped(step: int, steps: int) -> None:
            try:
                report(step, steps)
            except Interrupted:
                self._members[0].orders.send(("stop",))
            else:
                self._members[0].orders.send(("on",))

        return self._answers({"step": stepped})

    def preview(self) -> Pixels | None:
        """Asked for within a report: rank 0 waits for what follows from it."""
        orders = self._members[0].orders
        try:
            orders.send(("show",))
            array = orders.recv()[1]
        except (OSError, EOFError):  # it has ended, which `_answers` finds
            return None
        return None if array is None else Pixels.of(array)

    def close(self) -> None:
        """Ends the processes, whatever they do."""
        for member in self._members:
            member.process.kill()
        for member in self._members:
            member.process.join()
            member.orders.close()  # the pictures' pipe is left: what was painted may still be in it
        self._members, self.at_hand = [], ()
        if self._meeting is not None:
            self._meeting.cleanup()
            self._meeting = None

    def _up(self) -> None:
        """Starts them. Raises EngineFailure where they do not come up."""
        context = get_context("spawn")  # PyTorch's threads do not survive a fork
        self._meeting = tempfile.TemporaryDirectory(prefix="mezzotint-")
        place = Path(self._meeting.name) / "meeting"
        for rank in range(self._size):
            orders, theirs = context.Pipe()
            pictures, sent = context.Pipe(duplex=False)
            process = context.Process(target=live, args=(self._make, rank, self._size, place, theirs, sent), name=f"rank-{rank}", daemon=True)
            process.start()
            theirs.close()
            sent.close()
            self._members.append(_Member(process, orders, pictures))
        self._answers({})
        log.info("%d processes paint together", self._size)

    def _tell_all(self, *order: Any) -> None:
        for member in self._members:
            with suppress(OSError):  # it has ended, which `_answers` finds
                member.orders.send(order)

    def _answers(self, hear: dict[str, Callable[..., None]]) -> list[Answer]:
        """Each rank's, once all have answered. `hear` is called with what they say before. Ends this process where one of them has ended."""
        answers: dict[int, Answer] = {}
        end: float | None = None
        while len(answers) < self._size:
            if end is not None and monotonic() > end:
                self.close()  # they wait for the one that failed
                return list(answers.values())
            for rank, said in self._said(answers, 1.0 if end is None else max(0.0, end - monotonic())):
                if said is None:
                    self._lost(rank, answers)
                    return list(answers.values())
                if said[0] in hear:
                    hear[said[0]](*said[1:])
                    continue
                answers[rank] = said
                if end is None and said[0] in ("failed", "bad picture"):
                    end = monotonic() + self._grace
        return [answers[rank] for rank in range(self._size)]

    def _said(self, answered: dict[int, Answer], seconds: float) -> Iterator[tuple[int, Answer | None]]:
        """What the ranks that have not answered say within so many seconds; None of one that has ended."""
        waited: dict[Any, int] = {member.orders: rank for rank, member in enumerate(self._members) if rank not in answered}
        ends: dict[Any, int] = {member.process.sentinel: rank for rank, member in enumerate(self._members)}
        ready: list[Any] = connection.wait([*waited, *ends], seconds)
        for orders in [each for each in ready if each in waited]:
            try:
                yield waited[orders], orders.recv()
            except (EOFError, OSError):
                yield waited[orders], None
                return
        ended = [each for each in ready if each in ends]
        if ended and not any(each in waited for each in ready):  # and what it said before is heard
            yield ends[ended[0]], None

    def _lost(self, rank: int, answers: dict[int, Answer]) -> None:
        """A rank has ended, and with it the engine, unless the card was too small for the picture."""
        process = self._members[rank].process
        process.join(1.0)
        code = process.exitcode
        self.close()
        if not any(said[0] == "failed" and said[2] == "out_of_memory" for said in answers.values()):
            print(f"process {rank} of {self._size} that paint together ended with {code}", file=sys.stderr, flush=True)
            self._end(1)

    @staticmethod
    def _raise(answers: list[Answer]) -> None:
        """The first that is no success. Raises Interrupted, BadPicture, EngineFailure."""
        for word, *rest in answers:
            match word:
                case "failed":
                    message, code, retryable, _ = rest
                    raise EngineFailure(message, code=code, retryable=retryable)
                case "bad picture":
                    raise BadPicture(rest[0])
                case "stopped":
                    raise Interrupted


def _received(pictures: Any, number: int, height: int, width: int) -> np.ndarray:
    """(height, width, 3) of uint8; pictures before it were not wanted. Raises EngineFailure where its rank ended first."""
    try:
        while int.from_bytes((data := pictures.recv_bytes())[:HEAD], "big") != number:
            continue
    except (EOFError, OSError) as error:
        raise EngineFailure("the engine ended before the picture was handed over", code="engine_died", retryable=True) from error
    return np.frombuffer(data, np.uint8, offset=HEAD).reshape(height, width, 3)
