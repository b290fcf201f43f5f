"""A short run of what `scripts/soak faults` does at length: every fault once, on one server under load."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.faults import KINDS, endure


def test_every_fault_shows_itself_is_over_within_seconds_and_costs_nothing_that_was_promised(tmp_path: Path) -> None:
    found = endure(tmp_path / "data", count=1, seed=7)

    assert found.holds, found
    assert found.rounds == dict.fromkeys(found.rounds, 1)
    assert set(found.rounds) == set(KINDS)
    assert found.accepted > 50
    assert found.pictures > 5
