"""Signs of life while weights are read and code is compiled."""

from __future__ import annotations

import threading

import pytest

from mezzotint.engines.diffusers.heartbeat import Heartbeat
from mezzotint.ports import Interrupted


def test_it_beats_until_it_is_stopped() -> None:
    beats: list[tuple[int, int]] = []
    enough = threading.Event()

    def report(step: int, steps: int) -> None:
        beats.append((step, steps))
        if len(beats) == 3:
            enough.set()

    with Heartbeat(report, 28, every=0.01) as heart:
        assert enough.wait(10)
        heart.stop()
    for thread in threading.enumerate():
        if thread.name == "heartbeat":
            thread.join(10)
    after = len(beats)

    assert set(beats) == {(0, 28)}
    assert len(beats) == after


def test_it_does_not_beat_for_ever() -> None:
    beats: list[int] = []

    with Heartbeat(lambda step, _: beats.append(step), 28, every=0.01, longest=0.05):
        for thread in threading.enumerate():
            if thread.name == "heartbeat":
                thread.join(10)

    assert len(beats) == 5


def test_a_cancel_ends_it_and_is_left_to_the_next_step(recwarn: pytest.WarningsRecorder) -> None:
    def report(step: int, steps: int) -> None:
        raise Interrupted

    with Heartbeat(report, 28, every=0.01):
        for thread in threading.enumerate():
            if thread.name == "heartbeat":
                thread.join(10)

    assert not any(thread.name == "heartbeat" for thread in threading.enumerate())
    assert len(recwarn) == 0
