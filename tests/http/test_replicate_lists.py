"""What Replicate lists beside predictions, and what is truly there to list."""

from __future__ import annotations

from typing import Any

import pytest

from mezzotint.core.catalogue import CARDS, Surface
from tests.studio import KEY, Studio

BEARER = {"authorization": f"Bearer {KEY}"}
NAMES = [card.name for card in CARDS if card.surface is Surface.REPLICATE and card.listed]
PREFIXES = pytest.mark.parametrize("prefix", ["/v1", "/replicate/v1"])
LISTS = ("/collections", "/collections/flux", "/deployments", "/deployments/black-forest-labs/flux-dev", "/hardware", "/trainings", "/search")
OF_MODEL = ("/models/black-forest-labs/flux-dev/readme", "/models/black-forest-labs/flux-dev/examples")


async def get(studio: Studio, path: str) -> Any:
    response = await studio.client.get(path, headers=BEARER)
    assert response.status_code == 200, response.text
    return response.json()


def name_of(model: dict[str, Any]) -> str:
    return f"{model['owner']}/{model['name']}"


@PREFIXES
async def test_the_one_collection_has_every_model(studio: Studio, prefix: str) -> None:
    [listed] = (await get(studio, prefix + "/collections"))["results"]
    told = await get(studio, f"{prefix}/collections/{listed['slug']}")

    assert {name: told[name] for name in listed} == listed
    assert [name_of(model) for model in told["models"]] == NAMES
    assert told["models"][0]["url"] == f"http://testserver{prefix}/models/{NAMES[0]}"


@PREFIXES
async def test_every_deployment_that_is_listed_makes_predictions(studio: Studio, prefix: str) -> None:
    deployments = (await get(studio, prefix + "/deployments"))["results"]

    assert [name_of(each) for each in deployments] == NAMES
    assert deployments[0] == await get(studio, f"{prefix}/deployments/{NAMES[0]}")
    asked = {"input": {"prompt": "a paper boat"}}
    name = "black-forest-labs/flux-dev"
    made = await studio.client.post(f"{prefix}/deployments/{name}/predictions", json=asked, headers=BEARER)
    assert (made.status_code, made.json()["model"]) == (201, name)


async def test_there_is_one_machine_and_no_training(studio: Studio) -> None:
    assert [set(each) for each in await get(studio, "/v1/hardware")] == [{"sku", "name"}]
    assert await get(studio, "/v1/trainings") == {"previous": None, "next": None, "results": []}
    assert await get(studio, "/v1/models/black-forest-labs/flux-dev/examples") == {"previous": None, "next": None, "results": []}


async def test_a_models_readme_names_its_parameters(studio: Studio) -> None:
    response = await studio.client.get("/v1/models/black-forest-labs/flux-dev/readme", headers=BEARER)

    assert response.headers["content-type"].startswith("text/plain")
    assert response.text.startswith("# black-forest-labs/flux-dev\n")
    assert "* `aspect_ratio`: " in response.text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("FILL", {"black-forest-labs/flux-fill-pro", "black-forest-labs/flux-fill-dev"}),
        ("forest schnell", {"black-forest-labs/flux-schnell"}),
        ("no such thing", set()),
    ],
)
async def test_a_search_finds_models_that_have_every_word(studio: Studio, query: str, names: set[str]) -> None:
    told = (await studio.client.get("/v1/search", params={"query": query}, headers=BEARER)).json()

    assert told["query"] == query
    assert {name for each in told["models"] if (name := name_of(each["model"])) in names or not names} == names


async def test_a_search_for_nothing_finds_what_there_is_up_to_a_limit(studio: Studio) -> None:
    assert [name_of(each["model"]) for each in (await get(studio, "/v1/search?limit=3"))["models"]] == NAMES[:3]
    assert len((await get(studio, "/v1/search"))["models"]) == 20


async def test_a_models_name_counts_before_its_description(studio: Studio) -> None:
    found = [name_of(each["model"]) for each in (await get(studio, "/v1/search?query=depth"))["models"]]
    named = [name for name in found if "depth" in name]

    assert named
    assert found[: len(named)] == named


@PREFIXES
async def test_the_older_search_asks_by_its_body(studio: Studio, prefix: str) -> None:
    response = await studio.client.request("QUERY", prefix + "/models", content=b"schnell", headers=BEARER)

    assert response.status_code == 200
    assert "black-forest-labs/flux-schnell" in [name_of(model) for model in response.json()["results"]]
    assert (await studio.client.request("QUERY", prefix + "/models", content=bytes(2000), headers=BEARER)).status_code == 413
    assert (await studio.client.request("QUERY", prefix + "/models", content=b"schnell")).status_code == 401


@pytest.mark.parametrize("limit", ["0", "51", "many", "-1", "٣"])
async def test_a_limit_that_is_none_is_refused(studio: Studio, limit: str) -> None:
    response = await studio.client.get("/v1/search", params={"limit": limit}, headers=BEARER)

    assert (response.status_code, response.json()["invalid_fields"][0]["field"]) == (422, "limit")


@PREFIXES
@pytest.mark.parametrize("path", [*LISTS, *OF_MODEL])
async def test_every_list_needs_a_key(studio: Studio, prefix: str, path: str) -> None:
    response = await studio.client.get(prefix + path)

    assert (response.status_code, response.json()["title"]) == (401, "Unauthenticated")


@PREFIXES
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/collections/nonsense", 404),
        ("GET", "/deployments/nobody/nothing", 404),
        ("GET", "/deployments/nobody", 404),
        ("GET", "/trainings/nonsense", 404),
        ("POST", "/trainings/nonsense/cancel", 404),
        ("POST", "/models/black-forest-labs/flux-dev/versions/x/trainings", 404),
        ("GET", "/models/nobody/nothing/readme", 404),
        ("GET", "/models/nobody/nothing/examples", 404),
        ("GET", "/hardware/gpu", 404),
        ("POST", "/deployments", 405),
        ("PATCH", "/deployments/black-forest-labs/flux-dev", 405),
        ("DELETE", "/deployments/black-forest-labs/flux-dev", 405),
        ("POST", "/hardware", 405),
        ("PUT", "/files", 405),
    ],
)
async def test_what_is_not_there_is_refused_in_replicates_words(studio: Studio, prefix: str, method: str, path: str, status: int) -> None:
    response = await studio.client.request(method, prefix + path, headers=BEARER)

    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert response.json()["status"] == status
