"""The document says what the server does: it is sound, it is complete, and the bodies it describes are the ones that are taken."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from starlette.routing import Route

from mezzotint.core.catalogue import CARDS, Surface
from mezzotint.http.app import public_app
from mezzotint.http.openapi import document
from tests.clocks import HandClock
from tests.http.test_worker import front
from tests.studio import KEY, Studio, a_studio

DOCUMENT = document()
OPERATIONS = [(path, method, operation) for path, item in DOCUMENT["paths"].items() for method, operation in item.items()]


@pytest.fixture
def studio() -> Studio:
    return a_studio(HandClock())


def routes(studio: Studio) -> list[Route]:
    app: Any = public_app(studio.tools, front(studio))
    while not hasattr(app, "routes"):
        app = app._app
    return [route for route in app.routes if isinstance(route, Route)]


def test_the_document_is_a_sound_one() -> None:
    validate(DOCUMENT)


async def test_it_is_served_for_whatever_address_was_called(studio: Studio) -> None:
    response = await studio.client.get("/openapi.json")

    assert (response.status_code, response.json()["openapi"], response.json()["servers"]) == (200, "3.1.0", [{"url": "/"}])


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]

    assert len(set(names)) == len(names)


def test_every_described_path_leads_to_a_route_that_takes_the_method(studio: Studio) -> None:
    every = routes(studio)

    for path, method, _ in OPERATIONS:
        concrete = re.sub(r"\{\w+\}", "x", path)
        assert any(route.path_regex.fullmatch(concrete) and method.upper() in (route.methods or ()) for route in every), path


def test_every_route_is_described_but_those_for_machines_of_ours(studio: Studio) -> None:
    undescribed = []
    for route in routes(studio):
        described = [
            path for path, method, _ in OPERATIONS if method.upper() in (route.methods or ()) and route.path_regex.fullmatch(re.sub(r"\{\w+\}", "x", path))
        ]
        if not described:
            undescribed.append(route.path)

    # a deployment is its model; what is below /replicate/v1 is below /v1 as well; pictures are reached by links alone
    assert {path for path in undescribed if not path.startswith("/replicate/v1/")} == {
        "/v1/deployments/{model:path}/predictions",
        "/v1/models/{owner}/{name}/versions",
        "/v1/models/{owner}/{name}/versions/{version}",
        "/images/{task}/{name}",
        "/docs/{file}",
    }


@pytest.mark.parametrize("card", [card for card in CARDS if card.listed], ids=lambda card: card.name)
def test_every_model_is_described_on_every_surface_that_has_it(card: Any) -> None:
    paths = [f"/v1/{card.name}", f"/flux/v1/{card.name}"] if card.surface is Surface.BFL else [f"/v1/models/{card.name}/predictions"]

    for path in paths:
        schema = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        Draft202012Validator.check_schema(schema)
        described = schema if card.surface is Surface.BFL else schema["properties"]["input"]
        assert set(described["properties"]) == set(card.parameters)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return {"components": DOCUMENT["components"], **schema}


@pytest.mark.parametrize(
    ("method", "path", "described", "body"),
    [
        ("POST", "/flux/v1/flux-dev", "/flux/v1/flux-dev", {"prompt": "a cat"}),
        ("POST", "/flux/v1/flux-dev", "/flux/v1/flux-dev", {}),
        ("POST", "/v1/flux-2-pro", "/v1/flux-2-pro", {"prompt": "a cat"}),
        ("POST", "/v1/flux-dev", "/v1/flux-dev", {"width": 33}),
        ("POST", "/v1/models/black-forest-labs/flux-dev/predictions", "/v1/models/black-forest-labs/flux-dev/predictions", {"input": {"prompt": "x"}}),
        ("POST", "/v1/predictions", "/v1/predictions", {"input": {}}),
        ("POST", "/v1/images/generations", "/v1/images/generations", {"prompt": ""}),
        ("GET", "/v1/get_result?id=x", "/v1/get_result", None),
        ("GET", "/v1/predictions", "/v1/predictions", None),
        ("GET", "/v1/tasks", "/v1/tasks", None),
        ("GET", "/v1/tasks/x", "/v1/tasks/{id}", None),
        ("GET", "/v1/usage", "/v1/usage", None),
        ("GET", "/v1/credits", "/v1/credits", None),
        ("GET", "/v1/models", "/v1/models", None),
    ],
)
async def test_answers_are_as_described(studio: Studio, method: str, path: str, described: str, body: dict[str, Any] | None) -> None:
    response = await studio.client.request(method, path, json=body, headers={"authorization": f"Bearer {KEY}"})

    answer = DOCUMENT["paths"][described][method.lower()]["responses"][str(response.status_code)]["content"]
    schema = answer[response.headers["content-type"].partition(";")[0]]["schema"]
    Draft202012Validator(resolved(schema)).validate(response.json())
