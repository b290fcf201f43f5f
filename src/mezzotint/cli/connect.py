"""The server that a command talks to: the one in the environment, the one that runs on this machine, or one of its own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mezzotint.cli.console import note
from mezzotint.client.configuration import URLS
from mezzotint.client.errors import ServerUnreachable
from mezzotint.client.files import write_whole
from mezzotint.client.flow import Answer, Ask
from mezzotint.client.sync import Client
from mezzotint.settings import PREFIX, Settings, read_settings

SERVING = "serving.json"
START = 60.0  # seconds that a server may take until it serves
GLANCE = 0.2  # seconds between looks at a folder that another server has
TEMPORARY_KEY = 3600.0


class FolderTaken(ServerUnreachable):
    """Another server has the data folder: it starts, or stops, or is at work for another command."""


class EmbeddedClient(Client):
    """Of a server that ends with the command; so do the addresses it gives. Where it ends before, there is nothing to wait for."""

    def __init__(self, url: str, key: str, process: subprocess.Popen[bytes]) -> None:
        super().__init__(url, key)
        self._process = process

    def _ask(self, ask: Ask) -> Answer:
        answer = super()._ask(ask)
        if answer.status == 0 and self._process.poll() is not None:
            why = "the server that was started for this call ended by itself; mezzotint doctor looks for the reason"
            return replace(answer, error=why, hopeless=True)
        return answer


@dataclass(frozen=True)
class Announced:
    """The server that has the data folder now. An embedded one ends with the command that started it."""

    url: str
    embedded: bool


@contextmanager
def connected(*, lasting: bool = False) -> Iterator[Client]:
    """A client for as long as it is needed; `lasting` for a call that another command's embedded server might not outlast.

    Raises ServerUnreachable.
    """
    with ExitStack() as stack:
        if any(os.environ.get(name, "").strip() for name in URLS):
            yield stack.enter_context(Client())
        else:
            yield _local(read_settings(), stack, lasting=lasting)


def _local(settings: Settings, stack: ExitStack, *, lasting: bool) -> Client:
    """A client of the data folder's server, or of one of our own where there is none."""
    end, noted = time.monotonic() + START, False
    while True:
        found = running(settings)
        if found is not None and not (found.embedded and lasting):
            return stack.enter_context(Client(found.url, stack.enter_context(_borrowed_key(settings))))
        if found is not None:
            end = time.monotonic() + START
            if not noted:
                note("another mezzotint command is at work here: waiting for it to end")
            noted = True
        elif (own := _embedded_if_free(stack, end)) is not None:
            return own
        time.sleep(GLANCE)


def _embedded_if_free(stack: ExitStack, end: float) -> Client | None:
    """None where another server was quicker to take the folder: it will be there in a moment. Raises FolderTaken after `end`."""
    try:
        return stack.enter_context(EmbeddedClient(*stack.enter_context(_embedded())))
    except FolderTaken:
        if time.monotonic() > end:
            raise
        return None


def running(settings: Settings) -> Announced | None:
    """The server that has the data folder now, once it has said where it is."""
    from mezzotint.wiring.locks import is_locked

    try:
        told = json.loads((settings.folder / SERVING).read_text())
        found, pid = Announced(str(told["url"]), bool(told.get("embedded"))), int(told["pid"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if _lives(pid) and is_locked(settings.folder) else None


def _lives(pid: int) -> bool:
    """Whether the process is there. What a killed server had announced is not the next one's address."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def announce(folder: Path, url: str, *, embedded: bool) -> None:
    """Notes where the folder's server is, for commands on this machine."""
    write_whole(folder / SERVING, json.dumps({"url": url, "pid": os.getpid(), "embedded": embedded}).encode())


@contextmanager
def _borrowed_key(settings: Settings) -> Iterator[str]:
    """A key for this call: whoever may write the ledger may make one. It is revoked afterwards, and expires by itself."""
    given = os.environ.get(f"{PREFIX}API_KEY")
    if given:
        yield given
        return
    from mezzotint.cli.keys import make_key, revoke

    key, key_id = asyncio.run(make_key(settings, "a command's own", time.time() + TEMPORARY_KEY))
    try:
        yield key
    finally:
        asyncio.run(revoke(settings, key_id))


@contextmanager
def _embedded() -> Iterator[tuple[str, str, subprocess.Popen[bytes]]]:
    """A whole server for this one call: the same processes as `mezzotint serve`, on a free port. It ends with us, however we end."""
    key = f"mz_{secrets.token_hex(24)}"
    environment = os.environ | {f"{PREFIX}API_KEYS": key, f"{PREFIX}LIFELINE": "on", f"{PREFIX}LOG_LEVEL": os.environ.get(f"{PREFIX}LOG_LEVEL", "error")}
    environment[f"{PREFIX}GRACE"] = os.environ.get(f"{PREFIX}GRACE", "1")
    environment[f"{PREFIX}PUBLIC_URL"] = ""  # that is where another server is reached
    command = [sys.executable, "-m", "mezzotint", "serve", "--host", "127.0.0.1", "--port", "0", "--json"]
    # a session of its own: Ctrl-C is ours to handle
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True)  # noqa: S603 - our own program
    try:
        yield _ready(process), key, process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _ready(process: subprocess.Popen[bytes]) -> str:
    """Waits for the line that says where it serves, or why it does not."""
    impatience = threading.Timer(START, process.kill)
    impatience.start()
    try:
        line = process.stdout.readline() if process.stdout is not None else b""
    finally:
        impatience.cancel()
    told: dict[str, Any] = json.loads(line) if line else {}
    if "url" in told:
        return str(told["url"])
    why = told.get("message") or f"exit code {process.wait()}; mezzotint doctor looks for the reason"
    raise (FolderTaken if told.get("error") == "AlreadyServing" else ServerUnreachable)(f"the server did not start: {why}")
