"""Short runs of what `scripts/soak` does at length."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.crashes import OF_LOAD, VICTIMS, crash, sweep
from tests.acceptance.retries import repeat


def test_a_kill_of_every_process_and_at_every_point_loses_nothing_and_finishes_nothing_twice(tmp_path: Path) -> None:
    kills = len(VICTIMS) + len(OF_LOAD)

    found = crash(tmp_path / "data", kills, most=100_000, seed=7, spacing=(0.05, 0.4))

    assert found.holds, found
    assert found.accepted > 100
    assert found.kills == kills


def test_a_kill_while_old_pictures_are_deleted_leaves_none_of_them(tmp_path: Path) -> None:
    found = sweep(tmp_path / "data", rounds=3, seed=7)

    assert found.holds, found
    assert found.kills == 3


def test_creates_that_are_repeated_while_the_server_is_killed_make_one_task_each(tmp_path: Path) -> None:
    found = repeat(tmp_path / "data", count=100, seed=7)

    assert found.holds, found
