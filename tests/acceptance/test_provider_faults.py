"""Providers that do everything wrong, in short; `scripts/soak providers` does it at length."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.provider_faults import endure
from tests.providers import FAULTS


def test_every_task_ends_and_nothing_is_ordered_twice_or_charged_wrongly(tmp_path: Path) -> None:
    found = endure(tmp_path / "data", 4, seed=7, kills=4)

    assert found.holds, str(found)
    assert found.tasks >= 4 * len(FAULTS)
    assert {"ready"} <= {end for ends in found.ends.values() for end in ends}
