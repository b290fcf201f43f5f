"""Signs of life while nothing is to be reported: weights are read and code is compiled for longer than a step may take."""

from __future__ import annotations

import threading
from types import TracebackType

from mezzotint.ports import Interrupted, Report

EVERY, LONGEST = 5.0, 1800.0  # seconds


class Heartbeat:
    """Reports step 0 again and again until `stop`, or for as long as anything of that kind may take."""

    def __init__(self, report: Report, steps: int, every: float = EVERY, longest: float = LONGEST) -> None:
        self._report, self._steps, self._every, self._beats = report, steps, every, int(longest / every)
        self._done = threading.Event()

    def __enter__(self) -> Heartbeat:
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        self._done.set()

    def _beat(self) -> None:
        for _ in range(self._beats):
            if self._done.wait(self._every):
                return
            try:
                self._report(0, self._steps)
            except Interrupted:  # the painting thread will hear of it with the next step
                return
