"""A worker's program: `python -m mezzotint.cli.worker_process URL SOCKET NAME`. `serve` starts it; `-` for no socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

import structlog

from mezzotint.core.errors import MezzotintError
from mezzotint.logs import configure_logs
from mezzotint.settings import Settings, read_settings
from mezzotint.wiring.adapters import supervisor_of
from mezzotint.wiring.processes import follow_lifeline, run_loop

YIELDING = 10  # niceness beside a server: what paints waits for what answers, where both want the same processor


async def work(settings: Settings, server: str, local_socket: str | None, name: str) -> None:
    """Until SIGTERM, SIGINT or the end of the lifeline."""
    supervisor = supervisor_of(settings, server, local_socket, name)
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGTERM, supervisor.drain)
        loop.add_signal_handler(signal.SIGINT, supervisor.drain if not settings.lifeline else lambda: None)
    if settings.lifeline:
        follow_lifeline(supervisor.abandon)
    await supervisor.run()


def main() -> None:
    server, local_socket, name = sys.argv[1:4]
    settings = read_settings()
    configure_logs(settings.log_level, settings.log_format)
    if local_socket != "-":
        os.nice(YIELDING)
    try:
        run_loop(work(settings, server, None if local_socket == "-" else local_socket, name))
    except MezzotintError as error:
        structlog.get_logger("worker").error("the worker cannot work", why=str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
