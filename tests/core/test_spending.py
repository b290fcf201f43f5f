"""Usage as sums, and as a table that does nothing but show."""

from __future__ import annotations

import csv

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint.core.accounts import Usage
from mezzotint.core.spending import FORMULA, amount, rows, table

USED = [
    Usage("k1", "flux-dev", "2027-01-15", "", 2, 5.0),
    Usage("k1", "flux-dev", "2027-01-16", "shop", 1, 2.5),
    Usage("k2", "flux-2-pro", "2027-01-15", "shop", 3, 0.1),
    Usage("k2", "flux-2-pro", "2027-01-15", "site", 1, 0.2),
]


@pytest.mark.parametrize(("spent", "read"), [(0, "0"), (2.5, "2.5"), (0.3, "0.3"), (100, "100"), (1e6, "1000000"), (0.1 + 0.2, "0.3"), (0.00004, "0")])
def test_an_amount_is_read_without_exponents_and_needless_zeros(spent: float, read: str) -> None:
    assert amount(spent) == read


def test_a_row_has_what_is_told_apart_in_that_order_and_nothing_else() -> None:
    assert [list(row) for row in rows(USED, ("model", "day"))] == [["model", "day", "tasks", "credits"]] * len(USED)
    assert rows(USED[:1], ("key",)) == [{"key": "k1", "tasks": 2, "credits": 5.0}]


def test_a_table_has_a_header_and_a_line_for_each_row() -> None:
    assert list(table(rows(USED[:2], ("key",)), ("key",))) == ["key,tasks,credits", "k1,2,5.0", "k1,1,2.5"]
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
