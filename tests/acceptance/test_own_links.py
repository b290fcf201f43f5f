"""A server on this machine paints from its own pictures by their links, on every surface, though its guard lets nothing reach this machine."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.acceptance.servers import Server, serving, wait_ready
from tests.acceptance.surfaces import painted_from
from tests.pictures import a_file

SURFACES = list(painted_from(""))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("data")) as made:
        yield made


def ended(client: httpx2.Client, response: httpx2.Response) -> str:
    if "data" in response.json():  # OpenAI's answer is the picture
        return "Ready"
    return str(wait_ready(client, response.json()["id"])["status"])


@pytest.fixture(scope="module")
def link(server: Server) -> str:
    with server.client() as client:
        task = client.post("/flux/v1/flux-dev", json={"prompt": "a boat", "width": 256, "height": 256}).json()["id"]
        return str(wait_ready(client, task)["result"]["sample"])


@pytest.mark.parametrize("surface", SURFACES)
def test_a_picture_is_painted_from_one_that_was_painted_here(server: Server, link: str, surface: str) -> None:
    path, body = painted_from(link)[surface]
    with server.client() as client:
        response = client.post(path, json=body)

        assert response.is_success, response.text
        assert ended(client, response) == "Ready"


@pytest.mark.parametrize("surface", SURFACES)
def test_a_picture_is_painted_from_a_file_by_its_link(server: Server, surface: str) -> None:
    with server.client() as client:
        file = client.post("/v1/files", files={"content": ("x.png", a_file())}).json()
        path, body = painted_from(file["urls"]["get"])[surface]
        response = client.post(path, json=body)

        assert response.is_success, response.text
        assert ended(client, response) == "Ready"


@pytest.mark.parametrize("surface", SURFACES)
def test_a_link_that_does_not_hold_is_refused_in_the_surfaces_words(server: Server, link: str, surface: str) -> None:
    path, body = painted_from(link.replace("signature=", "signature=x"))[surface]
    with server.client() as client:
        response = client.post(path, json=body)

        assert response.status_code in (400, 422)
        assert "The signature of this link does not hold" in response.text
