"""The page about weights says what the code does."""

from __future__ import annotations

from pathlib import Path

from mezzotint.engines.diffusers.published import DEFAULTS, PUBLISHED

PAGE = (Path(__file__).parents[3] / "docs" / "diffusers.md").read_text("utf-8")


def test_the_page_has_every_model_with_its_weights_in_their_order() -> None:
    rows = [f"| `{beginning}` | {', '.join(weights)} |" for beginning, weights in DEFAULTS]

    assert [row for row in PAGE.splitlines() if row.startswith("| `")] == rows


def test_the_page_has_all_weights_with_their_licence_and_size() -> None:
    rows = [f"| {each.name} | {each.licence} | {each.size:g} |" for each in PUBLISHED.values()]

    assert [row for row in rows if row not in PAGE] == []
    assert "https" not in "".join(each.hub for each in PUBLISHED.values())


def test_a_longer_name_is_looked_for_before_a_shorter_one() -> None:
    """The first that fits counts: a beginning may not stand behind another that begins it."""
    beginnings = [beginning for beginning, _ in DEFAULTS]

    assert [later for at, later in enumerate(beginnings) if any(later.startswith(earlier) for earlier in beginnings[:at])] == []
