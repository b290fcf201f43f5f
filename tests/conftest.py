from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.clocks import HandClock
from tests.studio import Studio, a_studio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def studio(clock: HandClock) -> AsyncIterator[Studio]:
    made = a_studio(clock)
    yield made
    await made.client.aclose()
