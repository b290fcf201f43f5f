"""The table of refusals is the truth: each kind once, and the surfaces answer what it says."""

from __future__ import annotations

from typing import Any

import pytest

from mezzotint.core.errors import Refusal
from mezzotint.http.app import wording_for
from mezzotint.http.refusals import BFL, COMET, EXAMPLES, OPENAI, OURS, REPLICATE, SURFACES, every, of_code, of_status
from tests.core.test_explanations import below
from tests.studio import KEY, Studio

PATHS = {
    COMET: "/flux/v1/flux-dev",
    BFL: "/v1/flux-dev",
    REPLICATE: "/v1/models/black-forest-labs/flux-dev/predictions",
    OPENAI: "/v1/images/generations",
    OURS: "/v1/tasks",
}


def test_every_refusal_has_an_example_and_only_one() -> None:
    kinds = [type(refusal) for refusal, _ in EXAMPLES]

    assert len(set(kinds)) == len(kinds)
    assert set(kinds) == set(below(Refusal))


@pytest.mark.parametrize("surface", SURFACES)
def test_a_surface_has_the_words_that_its_paths_are_answered_in(surface: str) -> None:
    assert wording_for(PATHS[surface]) is SURFACES[surface]


def test_a_code_has_one_status_on_a_surface() -> None:
    told = [(each.code, each.surface) for each in every()]

    assert len(set(told)) == len(told)
    assert [each.status for each in of_code("invalid_request")] == [400, 422, 422, 400, 400]
    assert {each.code for each in of_status(BFL, 422)} == {"invalid_request", "idempotency_key_reused"}


@pytest.mark.parametrize("surface", SURFACES)
async def test_what_a_surface_answers_is_what_the_table_says(studio: Studio, surface: str) -> None:
    asked: list[dict[str, Any]] = [
        {"method": "GET" if surface == OURS else "POST"},
        {"method": "GET" if surface == OURS else "POST", "headers": {"x-key": KEY}, "params": {"limit": "x"}, "content": b"{"},
        {"method": "PUT", "headers": {"x-key": KEY}},
    ]
    expected = ["invalid_token", "invalid_request", "method_not_allowed"]

    for ask, code in zip(asked, expected, strict=True):
        response = await studio.client.request(url=PATHS[surface], **ask)

        [told] = [each for each in of_code(code) if each.surface == surface]
        assert response.status_code == told.status
        assert response.headers["link"].endswith(f'/errors/{code}>; rel="help"')
        assert list(response.json()) == list(told.body) or code == "invalid_request"
