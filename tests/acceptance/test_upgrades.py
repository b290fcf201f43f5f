"""A short run of what `scripts/soak upgrades` does at length."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.upgrades import OLDER, upgrade


def test_tasks_in_flight_of_the_oldest_schema_and_of_the_one_before_end_under_this_one(tmp_path: Path) -> None:
    found = upgrade(tmp_path, [OLDER[0], OLDER[-1]], seed=7)

    assert found.holds, found
    assert found.left_running >= 4
