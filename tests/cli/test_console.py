"""How every command ends: each exit code caused once, in words for people and as JSON for programs."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from mezzotint.cli import main
from mezzotint.cli.console import CODES, CONTROL, Exit, code_of, note, say, say_json
from mezzotint.client import errors
from mezzotint.core.errors import MezzotintError
from tests.acceptance.servers import KEY, Server
from tests.cli.conftest import Run, Said
from tests.hostile_words import WORDS

CREATE = "/flux/v1/flux-dev"


def answering(server: HTTPServer, status: str, details: Any = None) -> dict[str, str]:
    """The environment of a server whose tasks all stand like this."""
    server.expect_request(CREATE, method="POST").respond_with_json({"id": "t1", "polling_url": server.url_for("/poll")})
    server.expect_request("/poll").respond_with_json({"id": "t1", "status": status, "result": None, "details": details})
    return {"MEZZOTINT_BASE_URL": server.url_for("").rstrip("/"), "MEZZOTINT_API_KEY": KEY}


def refusing(server: HTTPServer, status: int, message: str) -> dict[str, str]:
    server.expect_request(CREATE, method="POST").respond_with_json({"error": {"message": message, "code": "c"}}, status=status, headers={"x-request-id": "r1"})
    return {"MEZZOTINT_BASE_URL": server.url_for("").rstrip("/"), "MEZZOTINT_API_KEY": KEY}


def both(run: Run, *words: str, **environment: str) -> tuple[Said, dict[str, Any]]:
    """What a command says to people, and its last line for programs, which is an object."""
    said, told = run(*words, **environment), run(*words, "--json", **environment)
    assert said.code == told.code
    assert "Traceback" not in said.err + told.err
    return said, told.objects[-1]


def test_0_is_well(run: Run) -> None:
    said, told = both(run, "version")

    assert said.code == Exit.OK
    assert told == {"version": said.out.strip()}


def test_1_is_any_other_failure(run: Run, httpserver: HTTPServer) -> None:
    said, told = both(run, "generate", "a boat", **answering(httpserver, "Error", {"error": "out of paint"}))

    assert said.code == Exit.FAILED
    assert said.err == "mezzotint: the task failed: out of paint\n"
    assert told == {"error": "TaskFailed", "message": "the task failed: out of paint", "exit": 1, "task": "t1"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("generate", "a boat", "-m", "flux-none"), "there is no model flux-none"),
        (("generate", "a boat", "-m=flux-none"), "there is no model flux-none"),
        (("generate", "a boat", "--stepz", "1"), "--stepz"),
        (("generate", "a boat", "--timeout", "soon"), "number of seconds"),
        (("generate", "edit this", "-m", "flux-kontext-max", "--input-image", "none.png"), "there is no file none.png"),
        (("models", "flux-none"), "there is no model flux-none"),
    ],
)
def test_2_is_what_was_asked_for_wrongly(run: Run, words: tuple[str, ...], why: str) -> None:
    said, told = both(run, *words)

    assert said.code == told["exit"] == Exit.USAGE
    assert why in said.err
    assert why in told["message"]
    assert said.out == ""


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "BadRequest"), (401, "AuthenticationFailed"), (404, "NoSuchThing")],
)
def test_2_is_what_the_server_would_not_take(run: Run, httpserver: HTTPServer, status: int, kind: str) -> None:
    said, told = both(run, "generate", "a boat", **refusing(httpserver, status, "not like that"))

    assert said.code == Exit.USAGE
    assert said.err == "mezzotint: not like that\n"
    assert told == {"error": kind, "message": "not like that", "exit": 2, "request_id": "r1", "status": status, "code": "c"}


def test_2_is_a_setting_that_cannot_be_used(run: Run) -> None:
    said, told = both(run, "tasks", MEZZOTINT_PORT="many")

    assert said.code == Exit.USAGE
    assert "MEZZOTINT_PORT='many'" in said.err
    assert told["error"] == "BadSetting"


def test_3_is_moderated(run: Run, httpserver: HTTPServer) -> None:
    said, told = both(run, "generate", "a boat", **answering(httpserver, "Request Moderated", {"Moderation Reasons": ["violence"]}))

    assert said.code == told["exit"] == Exit.MODERATED
    assert said.err == "mezzotint: request moderated: violence\n"


def test_4_is_a_limit(run: Run, httpserver: HTTPServer) -> None:
    said, told = both(run, "generate", "a boat", **refusing(httpserver, 402, "no credit"))

    assert said.code == told["exit"] == Exit.LIMIT


def test_5_is_a_server_that_failed(run: Run, httpserver: HTTPServer) -> None:
    said, told = both(run, "generate", "a boat", **refusing(httpserver, 500, "oh"))

    assert said.code == told["exit"] == Exit.UPSTREAM


def test_6_is_not_done_in_time(run: Run, httpserver: HTTPServer) -> None:
    said, told = both(run, "generate", "a boat", "--timeout", "0", **answering(httpserver, "Pending"))

    assert said.code == told["exit"] == Exit.TIMEOUT
    assert "task t1 was not done after 0 seconds" in said.err
    assert told["task"] == "t1"


def test_what_goes_wrong_while_waiting_says_how_to_come_back(run: Run, httpserver: HTTPServer) -> None:
    environment = answering(httpserver, "Pending")
    httpserver.clear()
    httpserver.expect_request(CREATE, method="POST").respond_with_json({"id": "t1", "polling_url": httpserver.url_for("/poll")})
    httpserver.expect_request("/poll").respond_with_json({"error": "oh"}, status=500)

    said = run("generate", "a boat", **environment)

    assert said.code == Exit.UPSTREAM
    assert said.err.splitlines()[-1] == "the task goes on: mezzotint watch t1"


def test_every_error_has_a_code_and_every_code_an_error() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MezzotintError)]

    assert {code for _, code in CODES} == set(Exit) - {Exit.OK}
    for kind in kinds:
        assert code_of(kind.__new__(kind)) is not Exit.OK
    assert code_of(KeyboardInterrupt()) is Exit.INTERRUPTED
    assert code_of(ZeroDivisionError()) is Exit.FAILED


# what is printed


def test_what_a_server_says_cannot_move_the_cursor(run: Run, httpserver: HTTPServer) -> None:
    said = run("generate", "a boat", **refusing(httpserver, 400, "\x1b[2Jgone\u202e\r"))

    assert said.err == "mezzotint: \ufffd[2Jgone\ufffd\ufffd\n"


@pytest.mark.parametrize("told", [say, note], ids=["say", "note"])
def test_one_line_stays_one_and_all_that_is_in_it_can_be_seen(capsys: pytest.CaptureFixture[str], told: Callable[[str], None]) -> None:
    for words in WORDS:
        told(words)

        read = "".join(capsys.readouterr())
        first, *rest = read.removesuffix("\n").split("\n")
        assert not CONTROL.search(first.replace("\t", "")), repr(words)
        assert rest == [] or (told is note and all(line.startswith("  ") for line in rest)), repr(words)


def test_json_is_one_line_without_control_characters_and_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    for words in WORDS:
        say_json({"prompt": words})

        [line] = capsys.readouterr().out.removesuffix("\n").split("\n")
        assert not CONTROL.search(line), repr(words)
        assert json.loads(line) == {"prompt": words}


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "mezzotint", *words], env=os.environ | environment, capture_output=True, timeout=60, check=False)


def test_letters_that_a_pipe_does_not_take_are_escaped(quick: Server) -> None:
    environment = {"MEZZOTINT_BASE_URL": quick.url, "MEZZOTINT_API_KEY": KEY, "PYTHONIOENCODING": "ascii"}

    done = command("generate", "ein Schiff auf hoher See: ⛵ und größer", "-o", "größer.png", **environment)
    told = command("generate", "größer ⛵", "-o", "a.png", "--json", **environment)

    assert (done.returncode, done.stdout) == (0, b"gr\\xf6\\xdfer.png\n"), done.stderr
    assert Path("größer.png").exists()
    assert json.loads(told.stdout)["prompt"] == "größer ⛵"


def test_whoever_reads_only_the_first_line_of_a_list_is_not_told_of_an_error() -> None:
    script = f"({shlex.quote(sys.executable)} -m mezzotint models; echo $? >code) | head -1"

    first = subprocess.run(["sh", "-c", script], capture_output=True, timeout=60, check=True)

    assert first.stdout.startswith(b"flux-")
    assert (first.stderr, Path("code").read_text()) == (b"", "0\n")


def test_what_the_server_part_lacks_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(**_: object) -> None:
        raise ModuleNotFoundError("No module named 'granian'", name="granian")

    monkeypatch.setattr(main, "app", lacking)

    said = run("serve")

    assert said.code == Exit.USAGE
    assert said.err == "mezzotint: this needs granian, which comes with the server: pip install 'mezzotint[server]'\n"
