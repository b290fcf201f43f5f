"""`mezzotint doctor`: looks at everything a server needs, and says what is missing and what to do."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mezzotint._version import __version__
from mezzotint.core.errors import MezzotintError
from mezzotint.settings import Settings, read_settings

if TYPE_CHECKING:
    from mezzotint.routing import Routing

LEAST_FREE = 1024**3


@dataclass(frozen=True)
class Finding:
    what: str
    good: bool
    said: str


def findings() -> Iterator[Finding]:
    """One after the other, each as soon as it is known."""
    yield Finding("version", True, f"mezzotint {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    settings: Settings | None = None
    try:
        settings = read_settings()
        yield Finding("settings", True, f"data in {settings.folder}, engine {settings.engine}")
    except (MezzotintError, ImportError) as error:
        yield Finding("settings", False, str(error))
    if settings is None:
        return
    for what, look in LOOKS:
        try:
            yield Finding(what, True, look(settings))
        except (MezzotintError, OSError, ImportError) as error:
            yield Finding(what, False, _advice(error))
    try:
        yield from _painting(settings)
    except (MezzotintError, OSError, ImportError) as error:
        yield Finding("mezzotint.toml", False, _advice(error))


def _advice(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"{error.name} is not installed: pip install 'mezzotint[server]'"
    return str(error)


def _folder(settings: Settings) -> str:
    settings.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=settings.folder) as file:
        began = time.perf_counter()
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())
        took = (time.perf_counter() - began) * 1000
    free = shutil.disk_usage(settings.folder).free
    if free < LEAST_FREE:
        raise OSError(f"only {free // 1024**2} MiB are free in {settings.folder}: make room, or set MEZZOTINT_DATA")
    return f"writable, {free // 1024**3} GiB free, a sync takes {took:.1f} ms"


def _ledger(settings: Settings) -> str:
    from mezzotint.wiring.adapters import SystemClock, ledger_of

    async def check() -> dict[str, object]:
        ledger = ledger_of(settings, SystemClock())
        try:
            return await ledger.check()
        finally:
            await ledger.close()

    facts = asyncio.run(check())
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def _serving(settings: Settings) -> str:
    from mezzotint.cli.connect import running

    found = running(settings)
    return f"running at {found.url}" if found else "not running (mezzotint serve starts one)"


def _painting(settings: Settings) -> Iterator[Finding]:
    """Every engine that paints something here, and every provider."""
    from mezzotint.routing import read_routing
    from mezzotint.routing.models import DIFFUSERS, UPSTREAM

    routing = read_routing(settings)
    if routing.source:
        yield Finding("mezzotint.toml", True, f"{routing.source}: {len(routing.routes)} entries for models, {len(routing.providers)} providers")
    for engine in routing.engines:
        if engine == DIFFUSERS:
            yield from _of_weights(settings)
        elif engine != UPSTREAM:
            try:
                yield Finding("engine", True, _engine(replace(settings, engine=engine)))
            except (MezzotintError, OSError, ImportError) as error:
                yield Finding("engine", False, _advice(error))
    yield from asyncio.run(_providers(settings, routing))


def _of_weights(settings: Settings) -> Iterator[Finding]:
    from mezzotint.wiring.weights import looks

    return (Finding(each.what, each.good, each.said) for each in looks(settings))


async def _providers(settings: Settings, routing: Routing) -> list[Finding]:
    if not routing.providers:
        return []
    from mezzotint.wiring.providers import looked_at

    return [Finding(f"provider {provider.name}", checked.good, checked.said) async for provider, checked in looked_at(settings, routing)]


def _engine(settings: Settings) -> str:
    """Loads the engine and paints one small picture."""
    from mezzotint.ports import PaintRequest
    from mezzotint.wiring.adapters import engine_of

    began = time.perf_counter()
    engine = engine_of(settings)
    loaded = time.perf_counter()
    engine.paint(PaintRequest("flux-dev", "a paper boat", 256, 256, 4, 3.0, 1), lambda *_: None)
    return f"{engine.name} loads in {loaded - began:.1f} s and painted a picture in {time.perf_counter() - loaded:.1f} s"


LOOKS: tuple[tuple[str, Callable[[Settings], str]], ...] = (
    ("data folder", _folder),
    ("ledger", _ledger),
    ("server", _serving),
)
