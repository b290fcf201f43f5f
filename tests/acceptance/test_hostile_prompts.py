"""Every hostile prompt once, each on one surface; on all of them by `scripts/soak prompts`."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.hostile_prompts import speak
from tests.hostile_words import REFUSED, WORDS


def test_there_are_enough_of_them() -> None:
    assert len(WORDS) + len(REFUSED) > 250


def test_whatever_is_said_stays_where_it_is_written(tmp_path: Path) -> None:
    found = speak(tmp_path, rounds=1, seed=0)

    assert found.holds, found
    assert found.tasks > 240
