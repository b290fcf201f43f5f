"""A short flood; how much longer others' answers take is measured by `scripts/soak flood`."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.floods import flood


def test_a_flood_is_refused_in_its_surfaces_words_and_others_are_not(tmp_path: Path) -> None:
    found = flood(tmp_path / "data", seconds=2.0)

    assert (found.broken, found.good_refused) == (0, 0), found
    assert found.refused > 0
    assert found.good > 0
