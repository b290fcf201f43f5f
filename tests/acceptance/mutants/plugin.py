"""How pytest runs where a fault is looked for: what is quick goes first, and Hypothesis stops at the first example that fails, since
nobody reads it."""

from __future__ import annotations

import unittest

import pytest
from hypothesis import Phase, settings


def pytest_configure() -> None:
    settings.register_profile("the first that fails", phases=[Phase.explicit, Phase.reuse, Phase.generate])
    settings.load_profile("the first that fails")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_effort)


def _effort(item: pytest.Item) -> int:
    machine = isinstance(getattr(item, "cls", None), type) and issubclass(item.cls, unittest.TestCase)  # type: ignore[attr-defined]  # it is there
    return 2 if machine else 1 if item.get_closest_marker("hypothesis") else 0
