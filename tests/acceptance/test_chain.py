"""Pictures through a chain of two servers, over every dialect that providers speak: real processes, real sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mezzotint.core.headers import read_header
from tests.acceptance.chains import KINDS, REACHING, Chain, a_chain, a_gateway, operators_file, provider_at, through
from tests.acceptance.servers import KEY, Server, ending, serving, until, wait_ready
from tests.pictures import a_file, in_base64

# a model for each kind of provider, so that one gateway has them all
MODELS = dict(zip(KINDS, ("flux-dev", "flux-pro-1.1", "flux-pro", "flux-2-pro", "flux-kontext-pro"), strict=True))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with a_chain(tmp_path_factory.mktemp("chain"), {model: through(kind) for kind, model in MODELS.items()}, *KINDS) as running:
        yield running


def made(chain: Chain, model: str, **body: Any) -> dict[str, Any]:
    """The poll of a task that was made there."""
    with chain.front.client() as client:
        created = client.post(f"/v1/{model}", json={"prompt": "a paper boat", "seed": 7} | body)
        assert created.status_code == 200, created.text
        assert created.headers["x-mezzotint-engine"] == "upstream"
        return wait_ready(client, created.json()["id"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_comes_through_every_dialect(chain: Chain, kind: str) -> None:
    told = made(chain, MODELS[kind], width=512, height=512, output_format="png")

    assert told["status"] == "Ready", told
    with chain.front.client() as client:
        data = client.get(told["result"]["sample"]).content
    header = read_header(data)
    assert header.format.value == "png"
    assert told["result"]["sample"].startswith(chain.front.url)


def test_the_owner_sees_who_painted_it_and_what_that_cost(chain: Chain) -> None:
    task = made(chain, "flux-dev", width=256, height=256)["id"]
    with chain.front.client() as client, chain.behind.client() as behind:
        told = client.get(f"/v1/tasks/{task}").json()
        [call] = told["upstream"]

        assert told["engine"] == "upstream"
        assert {"provider": "bfl", "model": "flux-dev", "state": "done", "seed": 7, "image": 0, "dropped": []}.items() <= call.items()
        assert behind.get(f"/v1/tasks/{call['id']}").json()["status"] == "ready"


def test_several_pictures_are_several_orders_side_by_side(tmp_path: Path) -> None:
    with a_chain(tmp_path, {"black-forest-labs/*": through("replicate")}, "replicate") as chain, chain.front.client() as client:
        body = {"input": {"prompt": "a paper boat", "num_outputs": 3, "megapixels": "0.25", "seed": 7}}
        created = client.post("/v1/models/black-forest-labs/flux-schnell/predictions", json=body, headers={"prefer": "wait=30"})
        told = client.get(f"/v1/tasks/{created.json()['id']}").json()
        images = {client.get(link).content for link in told["images"]}

    assert told["status"] == "ready", told
    assert [(call["image"], call["state"], call["seed"]) for call in told["upstream"]] == [(0, "done", None), (1, "done", None), (2, "done", None)]
    assert len(told["images"]) == 3
    assert len(images) == 3


def test_a_picture_that_is_given_goes_along(chain: Chain) -> None:
    """The one behind answers with a picture of the size of what it was given, where nothing else is said."""
    picture = in_base64(a_file("PNG", 320, 256))

    told = made(chain, "flux-2-pro", input_image=picture)

    assert told["status"] == "Ready", told
    with chain.front.client() as client:
        header = read_header(client.get(told["result"]["sample"]).content)
    assert (header.width, header.height) == (320, 256)


def test_nano_paints_behind_a_gateway(tmp_path: Path) -> None:
    with a_chain(tmp_path, {"flux-dev": through("mezzotint")}, "mezzotint", engine="nano") as chain:
        told = made(chain, "flux-dev", width=256, height=256, steps=4, output_format="png")
        with chain.front.client() as client:
            data = client.get(told["result"]["sample"]).content

    assert told["status"] == "Ready", told
    assert b"nano" in data  # it says so in its metadata, which came along to the byte


def test_a_gateway_without_its_providers_key_says_which_is_missing(tmp_path: Path) -> None:
    config = operators_file({"flux-dev": through("bfl")}, {"bfl": provider_at("http://127.0.0.1:9", "bfl")})
    with a_gateway(tmp_path, config, BEHIND_KEY="", MEZZOTINT_LIMITS="off") as front, front.client() as client:
        assert client.get("/readyz").status_code == 200  # it goes on serving; its worker says in the log what it lacks


@pytest.mark.parametrize("how", ["stop", "kill_all"])
def test_a_gateway_that_was_stopped_or_killed_goes_on_with_what_it_had_ordered(tmp_path: Path, how: str) -> None:
    with serving(tmp_path / "behind", MEZZOTINT_STUB_SECONDS="4") as behind:
        folder = tmp_path / "front"
        folder.mkdir()
        (folder / "mezzotint.toml").write_text(operators_file({"flux-dev": through("bfl")}, {"bfl": provider_at(behind.url, "bfl")}))
        settings: dict[str, Any] = REACHING | {"BEHIND_KEY": KEY}
        front = Server(folder, **settings)
        with ending(front.start()):
            with front.client() as client:
                task = client.post("/v1/flux-dev", json={"prompt": "a boat", "width": 256, "height": 256}).json()["id"]
                until(lambda: [call["state"] for call in client.get(f"/v1/tasks/{task}").json()["upstream"]] == ["submitted"], 30, "an id")
            began = time.monotonic()
            getattr(front, how)()
            assert time.monotonic() - began < 15  # it does not wait for the provider's picture
            with front.start().client() as client, behind.client() as other:
                assert wait_ready(client, task)["status"] == "Ready"
                told = client.get(f"/v1/tasks/{task}").json()
                assert [call["state"] for call in told["upstream"]] == ["done"]
                assert len(other.get("/v1/tasks").json()["data"]) == 1
            front.stop()
