"""On a terminal: a bar, and a question on Ctrl-C. In a pipe: neither."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest
from pexpect import fdpexpect

from mezzotint.client.sync import Client
from mezzotint.wiring.locks import is_locked
from tests.acceptance.servers import KEY, Server, until
from tests.cli.conftest import Run

GENERATE = ("generate", "a boat", "--steps", "50", "-o", "boat.png")


@contextmanager
def terminal(server: Server | None, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], fdpexpect.fdspawn[str]]]:
    """A command whose three streams are a terminal, and what one sees there."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "100", "TERM": "xterm"} | ({"MEZZOTINT_BASE_URL": server.url, "MEZZOTINT_API_KEY": KEY} if server else {})
    process = subprocess.Popen([sys.executable, "-m", "mezzotint", *words], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True)
    os.close(theirs)
    screen = fdpexpect.fdspawn(ours, encoding="utf-8", timeout=20)
    try:
        yield process, screen
    finally:
        process.kill()
        process.wait()
        screen.close()


def tasks(server: Server) -> list[dict[str, object]]:
    with Client(server.url, KEY) as client:
        return client.tasks()


def test_a_bar_shows_how_far_it_is_and_goes_away(quick: Server) -> None:
    with terminal(quick, *GENERATE) as (process, screen):
        screen.expect("sending")
        screen.expect(r"\x1b\[2K")  # the bar's line is cleared
        screen.expect(r"\r?boat\.png\r\n")

        assert process.wait(20) == 0


@pytest.mark.parametrize("command", ["generate", "watch"])
def test_ctrl_c_and_yes_cancel_the_task(slow: Server, command: str) -> None:
    with Client(slow.url, KEY) as client:
        words = GENERATE if command == "generate" else ("watch", client.create("flux-dev", prompt="a boat", steps=50).id)
    with terminal(slow, *words) as (process, screen):
        screen.expect(r"painting, step \d+ of 50")
        process.send_signal(signal.SIGINT)
        screen.expect(r"Cancel the task\? \[y/N\]")
        screen.sendline("y")
        screen.expect("canceled")

        assert process.wait(20) == 130
    until(lambda: tasks(slow)[0]["status"] == "canceled", 20, "the cancel")
    assert not Path("boat.png").exists()


@pytest.mark.parametrize("answer", ["n", "", None], ids=["no", "just Enter", "Ctrl-C once more"])
def test_ctrl_c_and_anything_else_leave_the_task_alone(slow: Server, answer: str | None) -> None:
    with terminal(slow, *GENERATE) as (process, screen):
        screen.expect(r"painting|in the queue")
        process.send_signal(signal.SIGINT)
        screen.expect(r"Cancel the task\? \[y/N\]")
        if answer is None:
            process.send_signal(signal.SIGINT)
        else:
            screen.sendline(answer)
        screen.expect(r"the task goes on: mezzotint watch (\S+)")
        task = screen.match[1]  # type: ignore[index]  # it was matched one line above

        assert process.wait(20) == 130
    with Client(slow.url, KEY) as client:
        assert client.cancel(task)["status"] in ("pending", "processing", "canceled")
    until(lambda: {entry["status"] for entry in tasks(slow)} == {"canceled"}, 20, "an empty queue")


def test_in_a_pipe_ctrl_c_asks_nothing_and_the_task_goes_on(slow: Server) -> None:
    environment = os.environ | {"MEZZOTINT_BASE_URL": slow.url, "MEZZOTINT_API_KEY": KEY}
    process = subprocess.Popen([sys.executable, "-m", "mezzotint", *GENERATE], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: any(task["status"] == "processing" for task in tasks(slow)), 20, "a task")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    task = str(tasks(slow)[0]["id"])
    with Client(slow.url, KEY) as client:
        client.cancel(task)

    assert (process.returncode, out, err) == (130, "", f"the task goes on: mezzotint watch {task}\n")


def test_ctrl_c_while_a_commands_own_server_starts_ends_both(run: Run) -> None:
    lock = Path(os.environ["MEZZOTINT_DATA"]) / "serve.lock"
    with terminal(None, *GENERATE) as (process, screen):
        until(lock.exists, 20, "its server to begin")
        process.send_signal(signal.SIGINT)

        assert process.wait(20) == 130
        screen.expect(pexpect.EOF)
        assert "Traceback" not in str(screen.before)
    assert not is_locked(lock.parent)
    assert run("doctor").code == 0
