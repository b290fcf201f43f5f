"""The server that a command finds: the environment's, the data folder's, or one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mezzotint.cli.connect import SERVING, announce, running
from mezzotint.cli.console import Exit
from mezzotint.settings import read_settings
from tests.acceptance.servers import KEY, Server, alive, serving, until
from tests.cli.conftest import Run

SMALL = ("--width", "256", "--height", "256")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """The server of this test's data folder."""
    with serving(tmp_path / "data") as server:
        yield server


def test_the_environments_server_is_asked_although_the_folder_has_one(run: Run, own: Server, quick: Server) -> None:
    said = run("generate", "a boat", "--json", *SMALL, MEZZOTINT_BASE_URL=quick.url, MEZZOTINT_API_KEY=KEY)

    assert said.objects[0]["url"].startswith(quick.url + "/")
    assert run("tasks", MEZZOTINT_BASE_URL=own.url, MEZZOTINT_API_KEY=KEY).out == ""


@pytest.mark.parametrize("name", ["MEZZOTINT_BASE_URL", "COMETAPI_BASE_URL"])
def test_either_name_of_the_address_does(run: Run, quick: Server, name: str) -> None:
    assert run("tasks", **{name: quick.url, "COMETAPI_KEY": KEY}).code == 0
    assert not Path(os.environ["MEZZOTINT_DATA"]).exists()


def test_the_folders_server_is_asked_with_a_key_that_is_borrowed_for_the_call(run: Run, own: Server) -> None:
    said = run("generate", "a boat", "--json", *SMALL)

    assert said.objects[0]["url"].startswith(own.url + "/")
    (key,) = run("keys", "list", "--json").objects
    assert key["name"] == "a command's own"
    assert key["revoked"] is True


def test_a_key_that_was_given_is_shown_to_the_folders_server(run: Run, own: Server) -> None:
    assert run("tasks", MEZZOTINT_API_KEY=KEY).code == 0
    assert run("keys", "list").out == ""
    assert run("tasks", MEZZOTINT_API_KEY="mz_another").code == Exit.USAGE


def test_where_there_is_no_server_a_command_brings_its_own_and_takes_it_along(run: Run) -> None:
    told = run("generate", "a boat", "--json", *SMALL).objects[0]

    assert Path(told["path"]).exists()
    announced = json.loads((read_settings().folder / SERVING).read_text())
    assert not alive(announced["pid"])
    assert running(read_settings()) is None
    assert [entry["id"] for entry in run("tasks", "--json").objects] == [told["task"]]  # kept in the folder, for the next


def test_a_command_does_not_wait_for_an_engine_that_cannot_start(run: Run) -> None:
    Path("elsewhere").mkdir()
    Path("elsewhere/onnxruntime.py").write_text("raise ImportError('no such runtime')\n")

    said = run("generate", "a boat", *SMALL, MEZZOTINT_ENGINE="nano", PYTHONPATH="elsewhere")

    assert said.code == Exit.UPSTREAM
    assert "ended by itself; mezzotint doctor looks for the reason" in said.err


def test_what_its_own_server_complains_of_is_said(run: Run) -> None:
    Path("file").write_text("")

    said = run("tasks", MEZZOTINT_DATA="file")

    assert said.code != Exit.OK
    assert said.err.startswith("mezzotint: ")
    assert "file" in said.err
    assert "Traceback" not in said.err


def test_commands_at_the_same_time_share_a_folder(tmp_path: Path) -> None:
    commands = [
        subprocess.Popen([sys.executable, "-m", "mezzotint", "generate", f"boat {number}", *SMALL], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for number in range(2)
    ]
    said = [command.communicate(timeout=60) for command in commands]

    assert [command.returncode for command in commands] == [0, 0], said
    assert {Path(out.decode().strip()).exists() for out, _ in said} == {True}
    assert b"waiting for it to end" in b"".join(err for _, err in said)


def test_its_own_server_ends_with_a_command_that_is_killed() -> None:
    command = [sys.executable, "-m", "mezzotint", "generate", "a boat"]
    process = subprocess.Popen(command, env=os.environ | {"MEZZOTINT_STUB_SECONDS": "30"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    place = Path(os.environ["MEZZOTINT_DATA"]) / SERVING
    until(place.exists, 30, "its server")
    server = int(json.loads(place.read_text())["pid"])
    process.kill()
    process.communicate(timeout=30)

    until(lambda: not alive(server), 20, "its server to be gone")


@pytest.mark.parametrize("told", ["", "{", "[]", '{"url": "x"}', '{"url": "http://127.0.0.1:9", "pid": "many"}', '{"url": "http://127.0.0.1:9", "pid": 1}'])
def test_an_announcement_that_cannot_be_is_none(tmp_path: Path, told: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / SERVING).write_text(told)

    assert running(read_settings()) is None


def test_an_announcement_without_the_folders_lock_is_of_a_server_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    announce(tmp_path / "data", "http://127.0.0.1:9", embedded=False)

    assert running(read_settings()) is None
