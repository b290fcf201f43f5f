"""The workers that a server starts beside itself: one for every engine that paints something here."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

import structlog

from mezzotint.core.errors import MezzotintError
from mezzotint.routing import Routing
from mezzotint.routing.models import UPSTREAM
from mezzotint.settings import PREFIX, Settings
from mezzotint.wiring.adapters import child_environment

LOCAL_WORKER = "local"
RESTARTS = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds before a worker that ended is started again
WELL = 5.0  # seconds after which a worker ran well: what ended it is no fault of its start
HOPELESS = 3  # ends in a row after which a command does not wait for a worker any longer
PATIENCE = 8.0  # seconds beyond the grace that a worker has to end

log = structlog.get_logger("serve")


class Workers:
    """`socket` is the workers' door."""

    def __init__(self, settings: Settings, routing: Routing, server: str, socket: Path, token: str) -> None:
        self._settings, self._routing, self._server, self._socket, self._token = settings, routing, server, socket, token
        self._running: dict[str, asyncio.subprocess.Process] = {}  # by engine

    async def keep(self) -> None:
        """A worker that ends is started again: at once the first time, more slowly if it goes on ending.

        Raises MezzotintError where the server is there for one command, and no worker can be started for it.
        """
        keepers = [asyncio.create_task(self._keep(engine)) for engine in self._routing.engines]
        try:
            await asyncio.gather(*keepers)
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _keep(self, engine: str) -> None:
        ended = 0
        while True:
            began = asyncio.get_running_loop().time()
            code = await self._run(engine)
            lasted = asyncio.get_running_loop().time() - began
            ended = 0 if lasted > WELL else ended + 1
            log.warning("the worker ended", engine=engine, code=code, lasted=round(lasted, 1))
            if self._settings.lifeline and ended >= HOPELESS:
                raise MezzotintError(f"no worker can be started: it ended {ended} times in a row, the last time with {code}")
            await asyncio.sleep(RESTARTS[min(ended, len(RESTARTS) - 1)])

    async def _run(self, engine: str) -> int | str:
        """One life of it: its exit code, or why it could not be started."""
        name = LOCAL_WORKER if engine == self._routing.engines[0] else f"{LOCAL_WORKER}-{engine}"
        command = [sys.executable, "-m", "mezzotint.cli.worker_process", self._server, str(self._socket), name]
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, env=self._environment(engine))
        except OSError as error:  # too many processes, or no memory, just now
            return str(error)
        self._running[engine] = process
        return await process.wait()

    def _environment(self, engine: str) -> dict[str, str]:
        """Keys of providers go to the worker that speaks to them, and to no other."""
        settings, providers = self._settings, self._routing.providers.values()
        shown = {provider.key_env for provider in providers} if engine == UPSTREAM else set()
        return child_environment(settings, providers, shown=shown) | {
            f"{PREFIX}ENGINE": engine,
            f"{PREFIX}WORKER_TOKEN": self._token,
            f"{PREFIX}DATA": str(settings.folder),
            f"{PREFIX}GRACE": str(settings.grace),
            f"{PREFIX}LIFELINE": "on",
        }

    async def drain(self) -> None:
        """They finish or hand back what they have, then end."""
        left = [process for process in self._running.values() if process.returncode is None]
        if not left:
            return
        log.info("draining", grace=self._settings.grace)
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        await asyncio.wait([asyncio.create_task(process.wait()) for process in left], timeout=self._settings.grace + PATIENCE)

    async def kill(self) -> None:
        for process in self._running.values():
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
