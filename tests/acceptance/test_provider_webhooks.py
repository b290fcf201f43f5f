"""Providers that tell when a picture is there, to a whole server on real sockets. They are polled every half minute, so that what is quick is
so for their word alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.acceptance.chains import operators_file, through
from tests.acceptance.servers import Server, ending, until, wait_ready
from tests.providers import KEY, FakeBFL, FakeProvider, FakeReplicate, Reply, Request, serving_providers
from tests.receivers import an_unused_port

MODELS = {"bfl": "flux-dev", "replicate": "flux-pro", "mezzotint": "flux-2-pro"}
QUICK = 15.0  # seconds: far less than POLL
POLL = 40.0


@contextmanager
def a_gateway(folder: Path, fakes: dict[str, FakeProvider]) -> Iterator[Server]:
    folder.mkdir(exist_ok=True)
    common = {"key_env": "PROVIDER_KEY", "poll": POLL, "webhooks": True}
    providers = {name: {"kind": name, "base_url": fake.url} | common for name, fake in fakes.items()}
    (folder / "mezzotint.toml").write_text(operators_file({MODELS[name]: through(name) for name in fakes}, providers))
    port = an_unused_port()
    public = f"http://127.0.0.1:{port}"
    with ending(Server(folder, port, MEZZOTINT_ENGINE="upstream", MEZZOTINT_PUBLIC_URL=public, PROVIDER_KEY=KEY)) as server:
        yield server.start()


def ordered(server: Server, fake: FakeProvider, model: str, prompt: str = "a boat") -> tuple[str, str]:
    """The task, and the address that its provider was given."""
    with server.client() as client:
        created = client.post(f"/v1/{model}", json={"prompt": prompt, "width": 256, "height": 256})
        assert created.status_code == 200, created.text
    until(lambda: fake.made_of[prompt], QUICK, "the order")
    body = next(made.body for made in fake.made.values() if made.prompt == prompt)
    return created.json()["id"], body.get("webhook") or body["webhook_url"]


def say(address: str, body: Any = None) -> int:
    return httpx2.post(address, json=body, trust_env=False).status_code


def status_of(server: Server, task: str) -> str:
    with server.client() as client:
        told: str = client.get(f"/v1/tasks/{task}").json()["status"]
        return told


@pytest.fixture(scope="module")
def fakes() -> Iterator[dict[str, FakeProvider]]:
    made = {"bfl": FakeBFL(), "replicate": FakeReplicate(), "mezzotint": FakeBFL(bearer=True, idempotent=True)}
    with serving_providers(*made.values()):
        yield made


@pytest.fixture(scope="module")
def server(fakes: dict[str, FakeProvider], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_gateway(tmp_path_factory.mktemp("gateway"), fakes) as running:
        yield running


@pytest.mark.parametrize("kind", MODELS)
def test_a_picture_is_there_as_soon_as_its_provider_says_so(server: Server, fakes: dict[str, FakeProvider], kind: str) -> None:
    task, address = ordered(server, fakes[kind], MODELS[kind])

    assert address.startswith(f"{server.url}/v1/providers/news/{task}/0-1/")
    assert say(address, {"id": "x", "status": "Ready", "result": {"sample": "http://evil.example/"}}) == 204
    with server.client() as client:
        assert wait_ready(client, task, QUICK)["status"] == "Ready"
    assert say(address) == 204  # late, and of no consequence


def test_what_is_forged_moves_nothing_and_what_is_said_often_is_one_look(server: Server, fakes: dict[str, FakeProvider]) -> None:
    fake = fakes["bfl"]
    task, address = ordered(server, fake, "flux-dev", "a forged boat")
    [made] = [made for made in fake.made.values() if made.prompt == "a forged boat"]
    other, _ = ordered(server, fake, "flux-dev", "another boat")

    forged = [address[:-3] + "AAA", address.replace("/0-1/", "/0-2/"), address.replace(task, other), address + "/", address.replace(task, "junk")]
    assert {say(each, {"status": "Ready"}) for each in forged} == {404}
    assert made.polls == 0
    assert status_of(server, task) == "processing"

    fake.seconds = 10_000.0  # too early
    assert [say(address) for _ in range(5)] == [204] * 5
    until(lambda: made.polls, QUICK, "a look")
    fake.seconds = 0.0
    assert status_of(server, task) == "processing"
    assert made.polls == 1
    with server.client() as client:
        for each in (task, other):
            client.post(f"/v1/tasks/{each}/cancel")


def test_what_is_said_before_the_order_is_answered_is_not_lost(server: Server, fakes: dict[str, FakeProvider]) -> None:
    fake = fakes["bfl"]

    def create(request: Request) -> Reply:
        """In the providers' thread, while the gateway waits for this answer."""
        answer = fake.route(request)
        assert say(request.json["webhook_url"]) == 204
        return answer

    fake.hooks["/v1/flux-dev"] = create
    try:
        task, _ = ordered(server, fake, "flux-dev", "a hasty boat")
    finally:
        del fake.hooks["/v1/flux-dev"]
    with server.client() as client:
        assert wait_ready(client, task, QUICK)["status"] == "Ready"


def test_an_address_holds_beyond_a_restart(tmp_path: Path) -> None:
    fake = FakeBFL()
    with serving_providers(fake), a_gateway(tmp_path, {"bfl": fake}) as server:
        task, address = ordered(server, fake, "flux-dev")
        with server.client() as client:
            until(lambda: client.get(f"/v1/tasks/{task}").json()["upstream"][0]["id"], QUICK, "the provider's id to be noted")
        server.kill_all()
        server.start()
        assert say(address) == 204
        with server.client() as client:
            assert wait_ready(client, task, QUICK)["status"] == "Ready"

    assert fake.made_of == {"a boat": 1}
