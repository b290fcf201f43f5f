from __future__ import annotations

import pytest

from tests.clocks import HandClock


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()
