"""A whole server in one process tree: HTTP, ledger, deliveries and sweeper here, the worker and its engine in processes below.

It starts, says when it is ready, watches its worker, and on a signal drains: no new tasks, running ones finished or handed back,
polls answered to the last.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from mezzotint import records
from mezzotint.core.accounts import DEFAULT_ACCOUNT, ApiKey, digest, handle, new_key
from mezzotint.core.errors import BadSetting, MezzotintError
from mezzotint.core.tasks import Inputs, Task
from mezzotint.core.webhooks import Event
from mezzotint.http import flux_task
from mezzotint.http.app import Front, public_app, worker_app
from mezzotint.http.auth import Authenticator
from mezzotint.http.dialects import replicate
from mezzotint.http.health import Door
from mezzotint.http.predictions import PREFIXES
from mezzotint.http.rates import Gate
from mezzotint.http.requests import Origins
from mezzotint.net.guard import Guard
from mezzotint.net.post import GuardedPoster
from mezzotint.ports import Ledger
from mezzotint.routing import read_routing
from mezzotint.service.read import Found, links
from mezzotint.service.tools import Tools
from mezzotint.settings import PREFIX, Settings
from mezzotint.wiring.adapters import SystemClock, blobs_address, blobs_of, ledger_file, ledger_of, tools_of
from mezzotint.wiring.locks import lock_folder, lock_ledger
from mezzotint.wiring.processes import follow_lifeline, run_loop
from mezzotint.wiring.workers import Workers
from mezzotint.work.deliveries import Compose, Deliveries
from mezzotint.work.sweeper import Sweeper
from mezzotint.work.timekeeper import Timekeeper

HEADER_SECONDS = 10  # for a client to send its headers
DOOR = "worker.sock"
LOOPBACK = ("127.0.0.1", "::1", "localhost")

log = structlog.get_logger("serve")


async def first_key(ledger: Ledger, now: float) -> str | None:
    """A key for an installation that has none; None where there is one."""
    if await ledger.keys_of(None):
        return None
    key = new_key(secrets.token_bytes(24))
    await ledger.add_key(ApiKey(handle(digest(key)), DEFAULT_ACCOUNT, "first", now), digest(key))
    return key


def webhook_body(tools: Tools) -> Compose:
    """The polling object and, beside it, the task's id again under the name that older receivers read; Replicate's receivers get a
    prediction. What is sent long after the end, since nobody answered before, carries links that hold then."""

    def compose(task: Task, inputs: Inputs, event: Event) -> bytes:
        if task.surface == replicate.SURFACE:
            output = () if event is Event.START else links(task, inputs.origin, tools, renew=True)
            then = task if event is Event.COMPLETED else replicate.while_it_ran(task)
            return records.encode(replicate.show(then, inputs, output, inputs.origin + PREFIXES[0]))
        found = Found(task, None, lambda origin: links(task, origin, tools, renew=True))
        return records.encode(flux_task.show(found, inputs.origin) | {"task_id": str(task.id)})

    return compose


def new_token() -> str:
    """For workers of a server that was given none."""
    return secrets.token_urlsafe(24)


class Service:
    """One `mezzotint serve`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = asyncio.Event()
        self._door = Door()
        self._clock = SystemClock()
        self._token = settings.worker_token or new_token()
        self._sockets = Path()  # of the workers' door, once it runs
        self.url = ""

    def stop(self) -> None:
        """Begin to drain."""
        self._stop.set()

    async def run(self, ready: Callable[[str, str | None], None]) -> None:
        """Serves until `stop`. `ready` is told the URL, and a key if one was made for it.

        Raises BadSetting, LedgerError; and MezzotintError where a part of the server ended by itself, after draining the rest.
        """
        with self._to_itself(), tempfile.TemporaryDirectory(prefix="mezzotint-", ignore_cleanup_errors=True) as sockets:
            self._sockets = Path(sockets)  # short, since paths of sockets are limited; ours alone
            check_sharing(self._settings)
            port = _free_port(self._settings.host, self._settings.port)
            ledger = ledger_of(self._settings, self._clock)
            try:
                check_exposure(self._settings, bool(await ledger.keys_of(None)))
                made = None if self._settings.api_keys else await first_key(ledger, self._clock.now())
                await self._serve(ledger, port, lambda url: ready(url, made))
            finally:
                await ledger.close()

    @contextlib.contextmanager
    def _to_itself(self) -> Iterator[None]:
        """The data folder and the ledger, wherever it is."""
        with contextlib.closing(lock_folder(self._settings.folder)), contextlib.ExitStack() as also:
            path = ledger_file(self._settings)
            if self._settings.ledger and path is not None:
                also.enter_context(contextlib.closing(lock_ledger(path)))
            yield

    async def _serve(self, ledger: Ledger, port: int, ready: Callable[[str], None]) -> None:
        settings = self._settings
        tools = tools_of(settings, ledger, blobs_of(settings), self._clock, await ledger.secret())
        timekeeper = Timekeeper(self._clock, ledger, tools.final.clear)
        await timekeeper.catch_up()
        shown = "127.0.0.1" if settings.host in ("0.0.0.0", "") else "[::1]" if settings.host == "::" else _bracketed(settings.host)
        self.url = f"http://{shown}:{port}"
        authenticator = Authenticator(ledger, self._clock, settings.api_keys, Gate(tools.policy, tools.clock))
        origins = Origins(settings.public_url, settings.trusted_proxies, self.url)
        remote_workers = bool(settings.worker_token)  # then workers elsewhere know it too
        front = Front(authenticator, origins, self._door, settings.max_body, self._token, settings.lease, remote_workers, settings.body_grace)
        servers = [
            _server(public_app(tools, front), address=settings.host or "0.0.0.0", port=port),
            _server(worker_app(tools, front), uds=self._sockets / DOOR),
        ]
        poster = GuardedPoster(Guard(settings.reach), seconds=settings.webhook_timeout)
        deliveries = Deliveries(tools, poster, webhook_body(tools))
        running = [asyncio.create_task(_run_server(server)) for server in servers]
        loops = [asyncio.create_task(loop) for loop in (deliveries.run(), Sweeper(tools).run(), timekeeper.run())]
        await _listening(servers, running)
        workers = Workers(settings, read_routing(settings), self.url, self._sockets / DOOR, self._token)
        keeper = asyncio.create_task(workers.keep())
        ready(self.url)
        stopping = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait([stopping, *running, *loops, keeper], return_when=asyncio.FIRST_COMPLETED)
            broken = stopping not in done
            if broken:
                log.error("a part of the server ended", exc_info=next(iter(done)).exception())
            await self._drain(keeper, workers)
        finally:
            for loop in (*loops, keeper, stopping):
                loop.cancel()
            await deliveries.close()
            for server in servers:
                server.stop()  # type: ignore[no-untyped-call]  # granian has no types here
            await asyncio.wait(running, timeout=5.0)
            await asyncio.gather(*loops, keeper, stopping, return_exceptions=True)
            await workers.kill()
            await poster.close()
        if broken:
            raise MezzotintError("a part of the server ended by itself; the log says which, and why")

    async def _drain(self, keeper: asyncio.Task[None], workers: Workers) -> None:
        """No new tasks; the workers finish or hand back; polls go on until they have."""
        self._door.open = False
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await workers.drain()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def check_exposure(settings: Settings, has_keys: bool) -> None:
    """Refuses to open a server to others that nobody made a key for. Raises BadSetting."""
    if settings.host in LOOPBACK or settings.api_keys or has_keys:
        return
    raise BadSetting(
        f"serving on {settings.host or 'all addresses'} opens the server to others: first make a key with `mezzotint keys create`, or set {PREFIX}API_KEYS"
    )


def check_sharing(settings: Settings) -> None:
    """Refuses pictures that the worker, a process of its own, could not see. Raises BadSetting."""
    if blobs_address(settings) == "memory":
        raise BadSetting(f"{PREFIX}BLOBS=memory: cannot be shared with the worker, which is a process of its own: use file:FOLDER")


def _free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises BadSetting for one that is taken: granian alone would share it silently."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise BadSetting(f"cannot serve on {host} port {port} ({error.strerror or error}): give another with --port, or 0 for a free one") from error
    except (TypeError, UnicodeError) as error:  # what a host that can be no name is to Python
        raise BadSetting(f"{PREFIX}HOST={host!r}: expected an address or a host's name") from error


def _server(app: Any, **where: Any) -> Server:
    return Server(
        app,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=2048,
        backpressure=8192,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        log_enabled=False,
        **where,
    )


async def _run_server(server: Server) -> None:
    logging.getLogger("_granian").disabled = True
    await server.serve()


async def _listening(servers: list[Server], running: list[asyncio.Task[None]]) -> None:
    """Until every server accepts; raises what ended one of them."""
    for _ in range(500):
        for task in running:
            if task.done():
                task.result()
                raise MezzotintError("the HTTP server ended while it started")
        if all(getattr(server, "wrks", None) for server in servers):
            return
        await asyncio.sleep(0.005)
    raise MezzotintError("the HTTP server did not start")


def serve(settings: Settings, ready: Callable[[str, str | None], None]) -> None:
    """Runs a server until SIGINT or SIGTERM, or until the lifeline closes. Raises BadSetting, LedgerError."""
    run_loop(_serving(settings, ready))


async def _serving(settings: Settings, ready: Callable[[str, str | None], None]) -> None:
    service = Service(settings)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers; there Ctrl-C ends the loop
            loop.add_signal_handler(name, service.stop)
    if settings.lifeline:
        follow_lifeline(service.stop)
    await service.run(ready)
