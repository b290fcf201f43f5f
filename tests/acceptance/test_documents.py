"""Every example of the API's documents runs against us with only host and key changed: curl, requests, axios, fetch."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from mezzotint.core import ids
from mezzotint.core.headers import read_header
from tests.acceptance.servers import KEY, Server, serving, wait_ready

DOCUMENTS = Path(__file__).parent / "documents"
NODE_MODULES = Path(__file__).parents[2] / ".venv" / "npm" / "node_modules"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed, and is not needed to use mezzotint")
needs_axios = pytest.mark.skipif(not (NODE_MODULES / "axios").exists(), reason="npm was not there when scripts/setup dev ran, so axios is not")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("documents")) as running:
        yield running


def example(name: str, server: Server) -> str:
    """The document's own text, with our host and our key in it."""
    text = (DOCUMENTS / name).read_text().replace("https://api.cometapi.com", server.url)
    return (
        text.replace("YOUR_API_KEY_HERE", KEY).replace("<token>", KEY).replace("{model}", "flux-dev")
        if name.endswith(".sh")
        else text.replace("YOUR_API_KEY_HERE", KEY)
    )


def run(command: list[str], server: Server, text: str | None = None) -> str:
    environment = os.environ | {"COMETAPI_KEY": KEY, "NODE_PATH": str(NODE_MODULES), "NO_PROXY": "*"}
    done = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def picture(server: Server, address: str) -> tuple[int, int]:
    """The size of the picture at an address, fetched without any key."""
    data = httpx2.get(address, trust_env=False).content
    header = read_header(data)
    return header.width, header.height


def finished(server: Server, task: str) -> tuple[int, int]:
    with server.client() as client:
        told = wait_ready(client, task)
    assert told["status"] == "Ready"
    return picture(server, told["result"]["sample"])


@pytest.mark.parametrize(("name", "size"), [("quickstart-hello.sh", (1024, 768)), ("reference-create.sh", (512, 512)), ("guide-create.sh", (1024, 768))])
def test_curl(server: Server, name: str, size: tuple[int, int]) -> None:
    told = json.loads(run(["sh", "-s"], server, example(name, server)))

    assert ids.read(told["id"]) is not None
    assert told["status"] == "Pending"
    assert finished(server, told["id"]) == size


def test_curl_polls_an_id_that_is_not_ours(server: Server) -> None:
    told = json.loads(run(["sh", "-s"], server, example("guide-poll.sh", server)))

    assert told["status"] == "Task not found"


def test_requests_creates(server: Server) -> None:
    task = run([sys.executable, "-"], server, example("reference-create.py", server)).strip()

    assert finished(server, task) == (512, 512)


def test_requests_creates_polls_and_gets_an_address(server: Server) -> None:
    said = run([sys.executable, "-"], server, example("guide-workflow.py", server))

    address = re.search(r"Image ready: (\S+)", said)
    assert address is not None, said
    assert picture(server, address[1]) == (1024, 768)


@needs_node
def test_fetch_creates(server: Server, tmp_path: Path) -> None:
    (tmp_path / "create.mjs").write_text(example("reference-create.mjs", server))

    task = run(["node", str(tmp_path / "create.mjs")], server).strip()

    assert finished(server, task) == (512, 512)


@needs_node
@needs_axios
def test_axios_creates_polls_and_gets_an_address(server: Server, tmp_path: Path) -> None:
    (tmp_path / "workflow.cjs").write_text(example("guide-workflow.cjs", server))

    said = run(["node", str(tmp_path / "workflow.cjs")], server)

    address = re.search(r"Image ready: (\S+)", said)
    assert address is not None, said
    assert picture(server, address[1]) == (1024, 768)
