"""A short run beside slow clients; how much longer answers take is measured by `scripts/soak slow`."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.slow_clients import wait


def test_beside_clients_that_drip_everything_is_answered(tmp_path: Path) -> None:
    found = wait(tmp_path / "data", count=50, seconds=2.0)

    assert found.slow == 120
    assert found.held > 100
    assert found.refused == 0
