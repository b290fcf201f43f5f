"""How pytest runs where a fault is looked for: what is quick goes first, Hypothesis stops at the first example that fails, since nobody
reads it, and the process ends with HUNG where a test does not end."""

from __future__ import annotations

import os
import signal
import unittest
from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings

HUNG = 36  # an exit status, as mutmut has it
PATIENCE = (30, 60, 300)  # seconds, by effort: many times what a test takes on a busy machine


def pytest_configure() -> None:
    settings.register_profile("the first that fails", phases=[Phase.explicit, Phase.reuse, Phase.generate])
    settings.load_profile("the first that fails")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_effort)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    signal.signal(signal.SIGALRM, lambda *_: os._exit(HUNG))
    signal.alarm(PATIENCE[_effort(item)])
    try:
        return (yield)
    finally:
        signal.alarm(0)


def _effort(item: pytest.Item) -> int:
    machine = isinstance(getattr(item, "cls", None), type) and issubclass(item.cls, unittest.TestCase)  # type: ignore[attr-defined]  # it is there
    return 2 if machine else 1 if item.get_closest_marker("hypothesis") else 0
