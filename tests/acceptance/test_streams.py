"""A short run of `scripts/soak streams`."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.streams import follow


def test_streams_that_break_and_are_taken_up_again_tell_each_event_once_also_over_kills(tmp_path: Path) -> None:
    found = follow(tmp_path / "data", count=60, seed=7, spacing=(0.5, 1.0))

    assert found.repeated == found.lost == 0, found
    assert found.kills > 0
