"""A short run of the crash bench; `scripts/soak` is the long one."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.crashes import crash


def test_twenty_kills_under_load_lose_nothing_and_finish_nothing_twice(tmp_path: Path) -> None:
    found = crash(tmp_path / "data", kills=20, most=100_000, seed=7, spacing=(0.2, 0.7))

    assert found.holds, found
    assert found.accepted > 100
    assert found.kills == 20
