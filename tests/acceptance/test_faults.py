"""A short run of what `scripts/soak faults` does at length: every fault once, on one server under load."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.faults import KINDS, ON_SMALL_DISK, NoSmallDisk, endure, endure_all, small_disk


def test_every_fault_shows_itself_is_over_within_seconds_and_costs_nothing_that_was_promised(tmp_path: Path) -> None:
    found = endure(tmp_path / "data", count=1, seed=7)

    assert found.holds, found
    assert found.rounds == dict.fromkeys(found.rounds, 1)
    assert set(found.rounds) == set(KINDS)
    assert found.accepted > 50
    assert found.pictures > 5


def test_a_disk_that_is_really_full_is_got_over_too(tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path / "small") as disk:
            found = endure_all(disk / "data", [*ON_SMALL_DISK], seed=7)
    except NoSmallDisk as why:
        pytest.skip(f"no small disk can be mounted, so that it is full by injection only: {why}")

    assert found.holds, found
    assert found.refused > 0
