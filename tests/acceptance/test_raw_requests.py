"""Some mutated requests; twenty thousand by `scripts/soak requests`."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.raw_requests import requests, send


def test_no_request_makes_a_fault_or_a_hang_or_a_death(tmp_path: Path) -> None:
    found = send(tmp_path / "data", count=200, seed=9)

    assert found.holds, found
    assert {"200", "400", "404", "431"} <= set(found.statuses)


def test_the_same_seed_makes_the_same_requests() -> None:
    assert requests(30, seed=3) == requests(30, seed=3)
