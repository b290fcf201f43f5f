"""Usage as sums, and as a table that does nothing but show."""

from __future__ import annotations

import csv

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint.core.accounts import Usage
from mezzotint.core.spending import COLUMNS, FORMULA, grouped, table

USED = [
    Usage("k1", "flux-dev", "2027-01-15", "", 2, 5.0),
    Usage("k1", "flux-dev", "2027-01-16", "shop", 1, 2.5),
    Usage("k2", "flux-2-pro", "2027-01-15", "shop", 3, 0.1),
    Usage("k2", "flux-2-pro", "2027-01-15", "site", 1, 0.2),
]


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (("key",), [{"key": "k1", "tasks": 3, "credits": 7.5}, {"key": "k2", "tasks": 4, "credits": pytest.approx(0.3)}]),
        (("label",), [{"label": "", "tasks": 2, "credits": 5.0}, {"label": "shop", "tasks": 4, "credits": 2.6}, {"label": "site", "tasks": 1, "credits": 0.2}]),
        (("day", "model"), [("2027-01-15", "flux-2-pro", 4), ("2027-01-15", "flux-dev", 2), ("2027-01-16", "flux-dev", 1)]),
    ],
    ids=str,
)
def test_what_is_not_told_apart_is_summed_up(by: tuple[str, ...], told: list[object]) -> None:
    sums = grouped(USED, by)

    assert (sums if isinstance(told[0], dict) else [(row["day"], row["model"], row["tasks"]) for row in sums]) == told


def test_told_apart_by_everything_nothing_is_summed_up() -> None:
    assert len(grouped(USED, COLUMNS)) == len(USED)
    assert list(grouped(USED, COLUMNS)[0]) == [*COLUMNS, "tasks", "credits"]


def test_a_table_has_a_header_and_a_line_for_each_row() -> None:
    assert list(table(grouped(USED, ("key",)), ("key",))) == ["key,tasks,credits", "k1,3,7.5", "k2,4,0.3"]
    assert list(table([], ("key",))) == ["key,tasks,credits"]


@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil.example","click")', "＝1+1", "\t=1", "\r=1"])
def test_a_label_never_becomes_a_formula(label: str) -> None:
    [_, line] = table([{"label": label, "tasks": 1, "credits": 1.0}], ("label",))

    [[cell, *_]] = csv.reader([line])
    assert cell == f"'{label}"


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30))
def test_every_label_is_one_cell_and_begins_no_formula(label: str) -> None:
    [_, line] = table([{"label": label, "tasks": 1, "credits": 1.0}], ("label",))

    [cells] = csv.reader([line])
    assert len(cells) == 3
    assert cells[0] in (label, f"'{label}")
    assert not cells[0].startswith(FORMULA)
