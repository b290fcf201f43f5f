"""The document says what the server does: it is sound, it is complete, and the bodies it describes are the ones that are taken."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from starlette.routing import Route

from mezzotint.core.catalogue import CARDS, Surface
from mezzotint.core.explanations import EXPLANATIONS
from mezzotint.core.tasks import Progress
from mezzotint.http.app import public_app
from mezzotint.http.openapi import document, operations
from mezzotint.http.refusals import SURFACES, every
from tests.clocks import HandClock
from tests.http.test_worker import front
from tests.studio import KEY, Studio, a_studio

DOCUMENT = document()
OPERATIONS = list(operations(DOCUMENT["paths"]))
CREATES = [(path, each) for path, _, each in OPERATIONS if "x-mezzotint-model" in each]


def followed(schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to; anything else as it is."""
    found = DOCUMENT
    for part in schema.get("$ref", "").split("/")[1:]:
        found = found[part]
    return found if "$ref" in schema else schema


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

    assert (response.status_code, response.json()["openapi"], response.json()["servers"][0]["url"]) == (200, "3.1.0", "/")


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

    # what is below /replicate/v1 is below /v1 as well, which is said in words
    assert {path for path in undescribed if not path.startswith("/replicate/v1/")} == {
        "/docs/{file}",
        "/v1/models",  # by QUERY, a method that OpenAPI 3.1 has no word for
    }


@pytest.mark.parametrize("card", [card for card in CARDS if card.listed], ids=lambda card: card.name)
def test_every_model_is_described_on_every_surface_that_has_it(card: Any) -> None:
    paths = [f"/v1/{card.name}", f"/flux/v1/{card.name}"] if card.surface is Surface.BFL else [f"/v1/models/{card.name}/predictions"]

    for path in paths:
        schema = followed(DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"])
        Draft202012Validator.check_schema(schema)
        described = schema if card.surface is Surface.BFL else followed(schema["properties"]["input"])
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
        ("GET", "/v1/files", "/v1/files", None),
        ("GET", "/v1/collections", "/v1/collections", None),
        ("GET", "/v1/collections/flux", "/v1/collections/{slug}", None),
        ("GET", "/v1/collections/x", "/v1/collections/{slug}", None),
        ("GET", "/v1/deployments", "/v1/deployments", None),
        ("GET", "/v1/hardware", "/v1/hardware", None),
        ("GET", "/v1/search?query=fill", "/v1/search", None),
        ("GET", "/v1/search?limit=0", "/v1/search", None),
        ("GET", "/v1/trainings", "/v1/trainings", None),
        ("GET", "/v1/files/x", "/v1/files/{id}", None),
        ("POST", "/v1/files", "/v1/files", {}),
        ("GET", "/v1/tasks", "/v1/tasks", None),
        ("GET", "/v1/tasks/x", "/v1/tasks/{id}", None),
        ("GET", "/v1/usage", "/v1/usage", None),
        ("GET", "/v1/credits", "/v1/credits", None),
        ("GET", "/v1/models", "/v1/models", None),
        ("GET", "/v1/models/flux-dev", "/v1/models/{name}", None),
        ("GET", "/v1/models/black-forest-labs/flux-dev", "/v1/models/{owner}/{name}", None),
        ("GET", "/v1/models/black-forest-labs/flux-dev/versions", "/v1/models/{owner}/{name}/versions", None),
        ("GET", "/replicate/v1/models", "/replicate/v1/models", None),
        ("GET", "/replicate/v1/models/black-forest-labs/flux-dev", "/replicate/v1/models/{owner}/{name}", None),
        ("POST", "/v1/deployments/x/y/predictions", "/v1/deployments/{owner}/{name}/predictions", {}),
        ("GET", "/v1/account", "/v1/account", None),
        ("GET", "/v1/webhooks/default/secret", "/v1/webhooks/default/secret", None),
        ("GET", "/v1/finetune_details", "/v1/finetune_details", None),
        ("GET", "/api/models", "/api/models", None),
        ("DELETE", "/api/models", "/api/models", None),
        ("GET", "/errors/x", "/errors/{code}", None),
        ("GET", "/v1/webhooks", "/v1/webhooks", None),
        ("GET", "/v1/webhooks/x", "/v1/webhooks/{id}", None),
        ("POST", "/v1/providers/news/x/0-1/y", "/v1/providers/news/{task}/{order}/{token}", {}),
    ],
)
async def test_answers_are_as_described(studio: Studio, method: str, path: str, described: str, body: dict[str, Any] | None) -> None:
    response = await studio.client.request(method, path, json=body, headers={"authorization": f"Bearer {KEY}", "accept": "application/json"})

    answer = response_of(described, method if method == "POST" else "GET", response.status_code)
    schema = answer["content"][response.headers["content-type"].partition(";")[0]]["schema"]
    Draft202012Validator(resolved(schema)).validate(response.json())
    check_headers(answer, response)


def response_of(path: str, method: str, status: int) -> dict[str, Any]:
    return followed(DOCUMENT["paths"][path][method.lower()]["responses"][str(status)])


def check_headers(answer: dict[str, Any], response: httpx2.Response) -> None:
    """That what must be there is, and that what is there is described, but for what every answer of HTTP has."""
    described = {name.lower(): followed(header) for name, header in answer["headers"].items()}
    of_http = {"content-type", "content-length", "content-encoding", "cache-control", "vary", "date", "server"}

    assert {name for name, header in described.items() if header["required"]} <= set(response.headers)
    assert set(response.headers) - of_http - {"content-security-policy", "x-content-type-options", "referrer-policy"} <= set(described)


@pytest.mark.parametrize("path", ["/flux/v1/get_result", "/v1/get_result"])
async def test_polls_are_as_described_at_every_stage(studio: Studio, path: str) -> None:
    task = (await studio.created())["id"]
    for stage in ("waiting", "begun", "ready"):
        if stage == "begun":
            epoch = await studio.tools.ledger.enlist("test")
            [claim] = await studio.tools.ledger.claim("test", epoch, ["stub"], 1)
            studio.tools.progress.note(Progress(claim.task, claim.attempt, 3, 28))
        elif stage == "ready":
            await studio.tools.ledger.enlist("test")  # what was held is free again
            await studio.paint()

        response = await studio.client.get(path, params={"id": task}, headers={"x-key": KEY})

        answer = response_of(path, "GET", 200)
        Draft202012Validator(resolved(answer["content"]["application/json"]["schema"])).validate(response.json())
        check_headers(answer, response)
        assert {"waiting": "x-mezzotint-waiting", "begun": "x-mezzotint-step", "ready": "x-mezzotint-engine"}[stage] in response.headers


async def test_a_task_and_a_prediction_are_as_described_when_they_have_ended(studio: Studio) -> None:
    task = (await studio.created())["id"]
    await studio.paint()
    for path, described in ((f"/v1/tasks/{task}", "/v1/tasks/{id}"), (f"/v1/predictions/{task}", "/v1/predictions/{id}")):
        response = await studio.client.get(path, headers={"x-key": KEY})

        schema = response_of(described, "GET", 200)["content"]["application/json"]["schema"]
        Draft202012Validator(resolved(schema)).validate(response.json())
        known = followed(schema)["properties"]
        assert set(response.json()) <= set(known), "a field is not described"


# examples


@pytest.mark.parametrize(("path", "operation"), CREATES, ids=[path for path, _ in CREATES])
async def test_the_example_of_a_create_is_taken(studio: Studio, path: str, operation: dict[str, Any]) -> None:
    content = operation["requestBody"]["content"]["application/json"]

    response = await studio.client.post(path, json=content["example"], headers={"x-key": KEY})

    assert response.status_code in (200, 201), response.text
    Draft202012Validator(resolved(content["schema"])).validate(content["example"])
    answer = response_of(path, "POST", response.status_code)
    Draft202012Validator(resolved(answer["content"]["application/json"]["schema"])).validate(response.json())
    check_headers(answer, response)


def test_every_refusal_of_a_surface_is_described_somewhere() -> None:
    """A line in the table of refusals that no operation has would be an answer that nobody is told of."""
    described = {(each["tags"][0], int(status)) for _, _, each in OPERATIONS for status in each["responses"]}

    # CometAPI's 404 is that of paths that are none
    assert {(told.surface, told.status) for told in every() if told.surface in SURFACES} - described == {("CometAPI", 404)}


def test_refusals_are_described_with_their_bodies_and_their_page() -> None:
    for name, response in DOCUMENT["components"]["responses"].items():
        if "content" not in response:
            assert name in ("BflError400", "ReplicateError400")
            continue
        [content] = response["content"].values()
        assert "Link" in response["headers"]
        for code, example in content["examples"].items():
            Draft202012Validator(resolved(content["schema"])).validate(example["value"])
            assert EXPLANATIONS[code].means in response["description"]


def test_nothing_is_described_that_nothing_refers_to() -> None:
    used = set(re.findall(r'"#/components/(\w+/[\w.-]+)"', json.dumps(DOCUMENT)))
    parts = ("schemas", "parameters", "headers", "responses")

    assert {f"{part}/{name}" for part in parts for name in DOCUMENT["components"][part]} - used == set()


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=[f"{method} {path}" for path, method, _ in OPERATIONS])
def test_every_operation_says_what_it_is_and_how_it_is_called(path: str, method: str, operation: dict[str, Any]) -> None:
    assert re.fullmatch(r"[A-Z].*[.]", operation["summary"])
    assert operation["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}
    parameters = [followed(parameter) for parameter in operation["parameters"]]
    assert all(parameter["description"].endswith(".") for parameter in parameters)
    assert {parameter["name"] for parameter in parameters if parameter["in"] == "path"} == set(re.findall(r"\{(\w+)\}", path))
    [sample] = operation["x-codeSamples"]
    assert sample["source"].startswith("curl -s ")
    assert "{" not in sample["source"].partition("-d ")[0]
