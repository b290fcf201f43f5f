"""The server that a command talks to: the one in the environment, the one that runs on this machine, or one of its own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mezzotint.cli.console import note
from mezzotint.client.configuration import URLS
from mezzotint.client.errors import ServerUnreachable
from mezzotint.client.sync import Client
from mezzotint.settings import PREFIX, Settings, read_settings

SERVING = "serving.json"
START = 60.0
TEMPORARY_KEY = 3600.0


@contextmanager
def connected() -> Iterator[Client]:
    """A client for as long as it is needed. Raises ServerUnreachable."""
    if any(os.environ.get(name) for name in URLS):
        with Client() as client:
            yield client
        return
    settings = read_settings()
    if (url := running(settings)) is not None:
        with _borrowed_key(settings) as key, Client(url, key) as client:
            yield client
    else:
        with _embedded() as (url, key), Client(url, key) as client:
            yield client


def running(settings: Settings) -> str | None:
    """The address of the server that has the data folder now."""
    from mezzotint.wiring.locks import is_locked

    try:
        told = json.loads((settings.folder / SERVING).read_text())
    except (OSError, ValueError):
        return None
    return str(told["url"]) if is_locked(settings.folder) else None


def announce(folder: Path, url: str) -> None:
    """Notes where the folder's server is, for commands on this machine."""
    (folder / SERVING).write_text(json.dumps({"url": url, "pid": os.getpid()}))


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
def _embedded() -> Iterator[tuple[str, str]]:
    """A whole server for this one call: the same processes as `mezzotint serve`, on a free port. It ends with us, however we end."""
    key = f"mz_{secrets.token_hex(24)}"
    environment = os.environ | {f"{PREFIX}API_KEYS": key, f"{PREFIX}LIFELINE": "on", f"{PREFIX}LOG_LEVEL": os.environ.get(f"{PREFIX}LOG_LEVEL", "error")}
    environment[f"{PREFIX}GRACE"] = os.environ.get(f"{PREFIX}GRACE", "1")
    command = [sys.executable, "-m", "mezzotint", "serve", "--host", "127.0.0.1", "--port", "0", "--json"]
    # a session of its own: Ctrl-C is ours to handle
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, start_new_session=True)  # noqa: S603 - our own program
    try:
        yield _ready(process), key
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
    """Waits for the line that says where it serves."""
    line = process.stdout.readline() if process.stdout is not None else b""
    if not line:
        code = process.wait()
        raise ServerUnreachable(f"the server did not start (exit code {code}); mezzotint doctor looks for the reason")
    told: dict[str, Any] = json.loads(line)
    return str(told["url"])


def explain_embedded() -> None:
    note("no MEZZOTINT_BASE_URL is set: a server of our own is started for this call")
