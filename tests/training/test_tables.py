"""What docs/nano.md says in figures is what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.tables import load, number, tables, versions, versions_table

PAGE = (Path(__file__).parents[2] / "docs" / "nano.md").read_text()


@pytest.mark.parametrize("which", range(5), ids=["text", "steps", "modes", "languages", "versions"])
def test_the_page_has_the_figures_as_they_are(which: int) -> None:
    assert tables()[which] in PAGE


def test_all_figures_are_of_the_weights_that_are_shipped() -> None:
    from mezzotint.engines.nano.engine import NanoEngine

    card = NanoEngine(threads=1).card
    assert all(load(name)["model"] == card for name in ("text", "steps-4", "steps-8", "steps-28", "modes", "languages"))
    assert versions()[-1]["model"] == card


def test_versions_are_compared_over_all_their_pictures() -> None:
    keys = ("object", "colour", "place", "time", "relation", "both", "look", "box_likest", "box_colour", "box_psnr_db")
    many, few = dict.fromkeys(keys, 1.0) | {"pictures": 30}, dict.fromkeys(keys, 0.0) | {"pictures": 10}
    model = {"version": "9", "seconds": 5400, "samples": 12345}

    last = versions_table([{"model": model, "sets": {"many": many, "few": few}}]).splitlines()[-1]

    assert last == f"| nano 9 | 1.5 | 12,000 | {'0.75 | ' * 9}0.8 dB |"


def test_numbers_are_told_in_hundredths_and_counts_as_they_are() -> None:
    assert [number(value) for value in (0.888, 128, None, 1.0)] == ["0.89", "128", "", "1.00"]
