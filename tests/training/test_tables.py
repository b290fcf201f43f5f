"""What docs/nano.md says in figures is what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.tables import load, number, tables

PAGE = (Path(__file__).parents[2] / "docs" / "nano.md").read_text()


@pytest.mark.parametrize("which", range(3), ids=["text", "modes", "languages"])
def test_the_page_has_the_figures_as_they_are(which: int) -> None:
    assert tables()[which] in PAGE


def test_all_figures_are_of_the_weights_that_are_shipped() -> None:
    from mezzotint.engines.nano.engine import NanoEngine

    card = NanoEngine(threads=1).card
    assert all(load(name)["model"] == card for name in ("text-4", "text-8", "text-28", "modes", "languages"))


def test_numbers_are_told_in_hundredths_and_counts_as_they_are() -> None:
    assert [number(value) for value in (0.888, 128, None, 1.0)] == ["0.89", "128", "", "1.00"]
