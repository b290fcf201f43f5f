"""A server in a network where everything can be reached connects to nothing that its guard refuses; in full by `scripts/soak guard`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance import closed_world
from tests.acceptance.guarding import guard

COUNT = 20


@pytest.mark.skipif(not closed_world.possible(), reason="needs Linux, and the right to make a network of one's own")
def test_through_no_entrance_is_anything_reached_that_must_not_be(tmp_path: Path) -> None:
    found = guard(tmp_path / "data", COUNT, seed=8)

    assert found.holds, found
    assert len(found.entrances) == 11
    assert all(each.tried >= COUNT for name, each in found.entrances.items() if name != "what is no picture")
    assert found.reached_where_allowed > COUNT // 3  # the watch sees what is let through
