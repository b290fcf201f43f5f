"""Clients that others wrote and publish, unmodified, against a real server, by address and key alone.

Each program in `programs/` makes a picture and reads its bytes, sees a failure and sees a refusal, and prints what it saw.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.servers import KEY, Server, serving

HOME = Path(__file__).parents[2] / ".bench" / "clients"
PROGRAMS = Path(__file__).parent / "programs"
PYTHON, NODE = HOME / "bin" / "python", HOME / "npm" / "node_modules"
BROKEN = "http://127.0.0.1:9/none.png"  # a picture's address where nobody answers
UNREACHED = "cannot be reached"

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="scripts/test clients installs them")
needs_node = pytest.mark.skipif(shutil.which("node") is None or not NODE.exists(), reason="needs Node.js when scripts/test clients installs them")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("data"), MEZZOTINT_REACH="127.0.0.0/8") as server:
        yield server


def run(server: Server, program: str, *words: str) -> dict[str, Any]:
    """What the program saw."""
    command = [str(PYTHON), "-W", "ignore", str(PROGRAMS / program), *words]
    if program.endswith(".mjs"):
        copy = HOME / "npm" / program  # Node looks for packages beside the program
        copy.write_bytes((PROGRAMS / program).read_bytes())
        command = ["node", str(copy)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MEZZOTINT_", "COMETAPI", "REPLICATE"))}
    done = subprocess.run(
        command, env=environment | {"URL": server.url, "KEY": KEY, "BROKEN": BROKEN}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def test_replicate_from_pypi(server: Server) -> None:
    told = run(server, "replicate_client.py")

    assert min(told["bytes"], told["second"], told["single"]) > 1000
    assert (told["status"], told["listed"], told["version"]) == ("succeeded", True, True)
    assert UNREACHED in told["failure"]
    assert told["refusal"] == "- input.num_outputs: Must be less than or equal to 4\n"
    assert min(told["edited"], told["filled"], *told["streamed"]) > 1000
    assert told["file"] == ["boat.webp", "image/webp", True, {"of": "a boat"}]
    assert (told["files"], told["downloaded"], told["same"], told["deleted"]) == (2, True, True, True)
    assert "no PNG, JPEG or WebP picture" in told["no_picture"]
    assert told["events"] == ["logs", "output", "done"]
    assert (told["pages"], told["hardware"], told["deployed"]) == ([None, None], 1, "black-forest-labs/flux-dev")
    assert min(told["found"], told["collected"]) > 0


def test_blackforest_from_pypi(server: Server) -> None:
    told = run(server, "blackforest_client.py")

    assert told["bytes"] > 1000
    assert (told["seed"], told["polling_url"]) == (7, True)
    assert "image_prompt must be a valid base64" in told["failure"]  # it judges this itself
    assert "403" in told["refusal"]


def test_black_forest_labs_from_pypi(server: Server) -> None:
    told = run(server, "black_forest_labs_client.py")

    assert told["bytes"] > 1000
    assert (told["failure"], told["refusal"]) == ("Error", "Input should be a multiple of 32")


@pytest.mark.parametrize("words", [(), ("cometapi",)], ids=["openai", "cometapi"])
def test_openai_and_cometapi_from_pypi(server: Server, words: tuple[str, ...]) -> None:
    told = run(server, "openai_client.py", *words)

    assert min(told["bytes"], told["edited"]) > 1000
    assert (told["count"], told["events"], told["models"]) == (2, ["image_generation.completed"], True)
    assert UNREACHED in told["failure"]
    assert told["refusal"].startswith("width: ")


def test_openai_from_pypi_sees_nano_paint(tmp_path: Path) -> None:
    with serving(tmp_path, MEZZOTINT_REACH="127.0.0.0/8", MEZZOTINT_ENGINE="nano") as server:
        told = run(server, "openai_client.py")

    assert [(kind, index) for kind, index, _ in told["seen"]] == [
        ("ImageGenPartialImageEvent", 0),
        ("ImageGenPartialImageEvent", 1),
        ("ImageGenCompletedEvent", None),
    ]
    assert all(1000 < size < 8000 for _, _, size in told["seen"][:-1])
    assert told["edits"] == [["ImageEditPartialImageEvent", "image_edit.partial_image"], ["ImageEditCompletedEvent", "image_edit.completed"]]


def test_litellm_from_pypi(server: Server) -> None:
    told = run(server, "litellm_client.py")

    assert told["bytes"] > 1000
    assert UNREACHED in told["failure"]
    assert "multiple of 32" in told["refusal"]


def test_cometapi_cli_from_pypi(server: Server) -> None:
    assert "flux-dev" in run(server, "cometapi_cli.py")["models"]


@needs_node
@pytest.mark.parametrize(
    ("program", "failure", "refusal"),
    [
        ("ai_sdk_black_forest_labs.mjs", "generation failed", "Not authenticated"),
        ("ai_sdk_replicate.mjs", "Invalid JSON response", "aspect_ratio must be one of"),  # it takes no prediction without output
        ("ai_sdk_openai_compatible.mjs", UNREACHED, "multiple of 32"),
        ("openai_npm.mjs", UNREACHED, "multiple of 32"),
    ],
)
def test_clients_from_npm(server: Server, program: str, failure: str, refusal: str) -> None:
    told = run(server, program)

    assert told["bytes"] > 1000
    assert failure in told["failure"]
    assert refusal in told["refusal"]


@needs_node
def test_replicate_from_npm(server: Server) -> None:
    told = run(server, "replicate_npm.mjs")

    assert min(told["bytes"], told["edited"]) > 1000
    assert told["status"] == "succeeded"
    assert (told["file"][:2], told["file"][3]) == (["image/webp", "a boat"], True)
    assert told["events"] == ["logs", True, "done"]  # true: a file came, and was read
    assert UNREACHED in told["failure"]
    assert "less than or equal to 4" in told["refusal"]
