"""What every create goes through, on each surface alike."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clocks import HandClock
from tests.studio import KEY, Studio, a_studio

BEARER = {"authorization": f"Bearer {KEY}"}
PROMPT = {"prompt": "a paper boat"}
CREATES: list[tuple[str, dict[str, Any]]] = [
    ("/flux/v1/flux-dev", PROMPT),
    ("/v1/flux-dev", PROMPT),
    ("/v1/models/black-forest-labs/flux-dev/predictions", {"input": PROMPT}),
    ("/v1/images/generations", PROMPT),
]


@pytest.fixture
def studio() -> Studio:
    return a_studio(HandClock(), max_body=2000)


@pytest.fixture(params=CREATES, ids=["comet", "bfl", "replicate", "openai"])
def create(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    path, body = request.param
    return path, body


@pytest.mark.parametrize(
    ("name", "value"), [("idempotency-key", "x" * 256), ("idempotency-key", "tab\there"), ("x-mezzotint-label", "x" * 101), ("x-mezzotint-label", "a\tb")]
)
async def test_a_header_must_be_short_and_printable(studio: Studio, create: tuple[str, Any], name: str, value: str) -> None:
    path, body = create

    response = await studio.client.post(path, json=body, headers=BEARER | {name: value})

    assert response.status_code in (400, 422)
    assert name in response.text.lower()
    assert await studio.tools.ledger.waiting() == 0


async def test_a_body_is_bounded(studio: Studio, create: tuple[str, Any]) -> None:
    path, _ = create

    response = await studio.client.post(path, json={"prompt": "x" * 2000}, headers=BEARER)

    assert response.status_code == 413


async def test_a_closed_door_takes_nothing(studio: Studio, create: tuple[str, Any]) -> None:
    path, body = create
    studio.door.open = False

    response = await studio.client.post(path, json=body, headers=BEARER)

    assert (response.status_code, await studio.tools.ledger.waiting()) == (503, 0)


async def test_no_key_is_refused_before_the_body_is_read(studio: Studio, create: tuple[str, Any]) -> None:
    path, _ = create

    response = await studio.client.post(path, content=b"x" * 5000)

    assert response.status_code in (401, 403)
