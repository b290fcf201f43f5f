"""`mezzotint serve` and `mezzotint worker`."""

from __future__ import annotations

import os
import socket
from typing import Any

from mezzotint.cli.connect import announce
from mezzotint.cli.console import note, say, say_json
from mezzotint.core.errors import BadSetting
from mezzotint.settings import PREFIX, read_settings


def serve(*, as_json: bool, **given: Any) -> None:
    from mezzotint.logs import configure_logs
    from mezzotint.wiring.serving import serve as run

    settings = read_settings(**given)
    configure_logs(settings.log_level, settings.log_format)

    def ready(url: str, key: str | None) -> None:
        announce(settings.folder, url, embedded=settings.lifeline)
        if as_json:
            say_json({"url": url} | ({"key": key} if key else {}))
            return
        if key:
            note("This is the first start, and this is your API key. It is not shown again:")
            note(f"  {key}")
        say(f"mezzotint serves on {url}")

    run(settings, ready)


def work(server: str, token: str, name: str) -> None:
    from mezzotint.cli.worker_process import work as run
    from mezzotint.logs import configure_logs
    from mezzotint.wiring.processes import run_loop

    if not token:
        raise BadSetting(f"a worker needs the server's worker token: --token, or {PREFIX}WORKER_TOKEN on both")
    settings = read_settings(worker_token=token)
    configure_logs(settings.log_level, settings.log_format)
    run_loop(run(settings, server.rstrip("/"), None, name or f"{socket.gethostname()}-{os.getpid()}"))
