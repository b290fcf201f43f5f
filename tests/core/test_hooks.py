"""Addresses for providers' news: each says one order, and nobody makes one without the key."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.core.hooks import PATH, News, heard, hook_of
from tests.tasks import an_id

SECRET, OTHER = b"s" * 32, b"t" * 32


def parts_of(address: str) -> tuple[str, str, str]:
    path = urlsplit(address).path
    assert path.startswith(f"/flux{PATH}/")
    task, order, token = path.removeprefix(f"/flux{PATH}/").split("/")
    return task, order, token


@given(st.integers(0, 999), st.integers(1, 99_999))
def test_an_address_says_one_order(index: int, number: int) -> None:
    task = an_id()
    parts = parts_of(hook_of(SECRET, "https://paint.example/flux", task).address(index, number))

    assert heard(SECRET, *parts) == News(task, index, number)
    assert heard(OTHER, *parts) is None


def test_the_address_of_an_order_is_the_same_whenever_it_is_made() -> None:
    """It is part of the order, and an order that is repeated must be the same."""
    task = an_id()

    assert hook_of(SECRET, "https://a", task).address(0, 1) == hook_of(SECRET, "https://a", task).address(0, 1)


@pytest.mark.parametrize("order", ["0-2", "1-1", "00-1", "0-01", "0-1 ", "0-1\n", "", "-", "0", "0-0", "\u0660-1", "0-100000"])
def test_the_token_of_one_order_is_none_for_another(order: str) -> None:
    task, _, token = parts_of(hook_of(SECRET, "https://paint.example/flux", an_id()).address(0, 1))

    assert heard(SECRET, task, order, token) is None


@pytest.mark.parametrize("change", [lambda text: "", lambda text: text[:-1], lambda text: text + "A", lambda text: text.swapcase(), lambda text: "\ud800"])
def test_a_token_is_whole(change) -> None:
    task, order, token = parts_of(hook_of(SECRET, "https://paint.example/flux", an_id()).address(0, 1))

    assert heard(SECRET, task, order, change(token)) is None
    assert heard(SECRET, str(an_id()), order, token) is None
    assert heard(SECRET, "no task", order, token) is None
