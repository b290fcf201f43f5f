"""The examples of the API's reference, each run as it stands on the page, against a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mezzotint.http.openapi import document, operations
from tests.acceptance.servers import KEY, Server, serving, wait_ready
from tests.pictures import a_file

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
OPERATIONS = [(path, method) for path, method, _ in operations(document()["paths"])]
NOTHING_THERE = (
    "/v1/finetune_details", "/v1/delete_finetune",  # no server of ours has finetunes
    "/v1/providers/news/{task}/{order}/{token}",  # and none that asks no provider hears of one
)  # fmt: skip


@dataclass
class Place:
    """A server, its own description, and what the examples read."""

    server: Server
    document: dict[str, Any]
    page: str
    folder: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("examples")
    (folder / "picture.png").write_bytes(a_file())
    with serving(folder / "data") as server, server.client() as client:
        task = client.post("/flux/v1/flux-dev", json={"prompt": "a boat"}).json()["id"]
        link = wait_ready(client, task)["result"]["sample"]
        webhook = a_webhook(client)
        told, page = client.get("/openapi.json").json(), client.get("/docs").text
        yield Place(server, told, page, folder, {"MEZZOTINT_API_KEY": KEY, "TASK_ID": task, "WEBHOOK_ID": webhook, "PICTURE_URL": link})


def a_webhook(client: httpx2.Client) -> str:
    """Of one that cannot be delivered, as its address is nobody's."""
    wait_ready(client, client.post("/flux/v1/flux-dev", json={"prompt": "a boat", "webhook_url": "https://nobody.invalid/"}).json()["id"])
    webhook: str = client.get("/v1/webhooks").json()["data"][0]["id"]
    return webhook


def a_file_there(place: Place) -> dict[str, str]:
    """One for each example, as one of them deletes it."""
    with place.server.client() as client:
        told = client.post("/v1/files", files={"content": ("boat.png", a_file())}).json()
    return {"FILE_ID": told["id"], "FILE_URL": told["urls"]["download"]}


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS])
def test_an_example_does_what_it_says(place: Place, path: str, method: str) -> None:
    operation = place.document["paths"][path][method]
    command = operation["x-codeSamples"][0]["source"]
    assert escape(command) in place.page
    assert set(re.findall(r"\$(\w+)", command)) <= {*place.environment, "FILE_ID", "FILE_URL"}

    counted = command.replace("curl -s", "curl -s -w '\\n%{http_code}'", 1)
    environment = {"PATH": os.environ["PATH"], "no_proxy": "*"} | place.environment | (a_file_there(place) if "$FILE_" in command else {})
    done = subprocess.run(["sh", "-euc", counted], cwd=place.folder, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    assert int(status) in ((404,) if path in NOTHING_THERE else (200, 201, 204)), body
    assert status in operation["responses"]
