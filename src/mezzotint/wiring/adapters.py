"""Settings as adapters: which ledger, which store, which engine. Each is imported only where it is chosen."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mezzotint.core.errors import BadSetting, MezzotintError
from mezzotint.ports import BlobStore, Clock, Engine, Ledger, Limits
from mezzotint.routing import Provider, read_routing
from mezzotint.routing.models import DIFFUSERS, UPSTREAM
from mezzotint.settings import PREFIX, Settings

if TYPE_CHECKING:
    from mezzotint.engines.diffusers.crew import Crew
    from mezzotint.engines.diffusers.engine import DiffusersEngine
    from mezzotint.engines.diffusers.weights_library import Library
    from mezzotint.service.tools import Tools
    from mezzotint.work.carrier import Carrier
    from mezzotint.work.link import Link
    from mezzotint.work.supervisor import Supervisor

PAGE = 4096  # bytes of randomness fetched at once


JUMP = 1.0  # seconds from which on a difference is a jump


class SystemClock:
    """See `ports.WallClock`. It counts on from the wall's time by a clock that nobody sets."""

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()
        self._counted_from = _beginning_of_counting()

    def now(self) -> float:
        return time.monotonic() + self._ahead

    def jumped(self) -> float:
        off = time.time() - self.now()
        return off if abs(off) >= JUMP else 0.0

    def follow(self, seconds: float) -> None:
        self._ahead += seconds

    def mark(self, seconds: float = 0.0) -> str:
        return f"{self._counted_from} {self._ahead + seconds!r}"

    def set_since(self, mark: str | None) -> float:
        counted_from, _, ahead = (mark or "").rpartition(" ")
        if not self._counted_from or counted_from != self._counted_from:
            return 0.0
        off = self._ahead - float(ahead)
        return off if abs(off) >= JUMP else 0.0


def _beginning_of_counting() -> str:
    """What tells the clock that nobody sets from another such: the machine's start, and the namespace that may shift it; empty: unknown."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {Path('/proc/self/ns/time').readlink()}"
    except OSError:
        return ""


def ledger_file(settings: Settings) -> Path | None:
    """Where the ledger is kept, None for one in memory. Raises BadSetting for an address that means nothing."""
    address = settings.ledger or f"sqlite:{settings.folder / 'ledger.db'}"
    scheme, _, rest = address.partition(":")
    match scheme:
        case "memory":
            return None
        case "sqlite" if rest and rest != ":memory:":
            return _path("LEDGER", rest)
        case _:
            raise BadSetting(f"{PREFIX}LEDGER={address!r}: expected sqlite:FILE or memory:")


def ledger_of(settings: Settings, clock: Clock) -> Ledger:
    """Raises BadSetting for an address that means nothing, LedgerError for one that cannot be used."""
    from mezzotint.ledger.terms import Terms

    terms = Terms(settings.lease, settings.attempts, settings.keep_images, settings.keep_tasks, settings.webhook_delays)
    path = ledger_file(settings)
    if path is None:
        from mezzotint.ledger.memory import MemoryLedger

        return MemoryLedger(clock, terms)
    from mezzotint.ledger.sqlite import SqliteLedger

    return SqliteLedger(path, clock, terms)


def blobs_of(settings: Settings) -> BlobStore:
    """Raises BadSetting."""
    address = settings.blobs or f"file:{settings.folder / 'images'}"
    scheme, _, rest = address.partition(":")
    match scheme:
        case "memory":
            from mezzotint.blobs.memory import MemoryBlobs

            return MemoryBlobs()
        case "file" if rest:
            from mezzotint.blobs.disk import DiskBlobs

            folder = _path("BLOBS", rest)
            try:
                return DiskBlobs(folder)
            except OSError as error:
                raise BadSetting(f"cannot keep pictures in {folder} ({error.strerror}): give another folder with {PREFIX}BLOBS or --data") from error
        case _:
            raise BadSetting(f"{PREFIX}BLOBS={address!r}: expected file:FOLDER or memory:")


def _path(name: str, text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # ~somebody, of whom the system knows nothing
        raise BadSetting(f"{PREFIX}{name}: the home in {text!r} is not known") from error


def engine_of(settings: Settings) -> Engine:
    """Loaded and ready."""
    match settings.engine:
        case "upstream":
            raise BadSetting("the upstream engine paints nothing by itself: it is the worker that asks providers")
        case "stub":
            from mezzotint.engines.stub import StubEngine

            return StubEngine(settings.stub_seconds)
        case "diffusers":
            return diffusers_engine(settings)
        case _:
            from mezzotint.engines.nano.engine import NanoEngine

            return NanoEngine(settings.threads, runtime=settings.nano_runtime)


def diffusers_engine(settings: Settings) -> Engine:
    """Raises EngineFailure where something is not installed, BadSetting."""
    if (size := read_routing(settings).tuning.together) > 1:
        from mezzotint.engines.diffusers.together import TogetherEngine

        return TogetherEngine(partial(_diffusers_engine, settings), size)
    return _diffusers_engine(settings)


def _diffusers_engine(settings: Settings, join: Callable[[str], Crew] | None = None) -> DiffusersEngine:
    from mezzotint.engines.diffusers.engine import DiffusersEngine

    return DiffusersEngine(library_of(settings), read_routing(settings).tuning, settings.folder / "diffusers", settings.threads, join)


def library_of(settings: Settings) -> Library:
    """The weights of the operator's file, and those that lie in the folder of weights. Raises BadSetting."""
    from mezzotint.engines.diffusers.weights_library import Library, in_folder

    routing = read_routing(settings)
    there = in_folder(settings.weights) if settings.weights else {}
    models = {route.pattern: route.weights for route in routing.routes if route.weights}
    return Library(there | dict(routing.weights), models)


@dataclass(frozen=True)
class _ImagingDarkroom:
    """See `work.child.Darkroom`."""

    decode: Callable[..., Any]
    decode_mask: Callable[..., Any]
    mask_within: Callable[..., Any]
    encode: Callable[..., Any]
    preview: Callable[..., Any]


def run_engine_child(settings: Settings) -> None:
    """The life of an engine child; returns when its supervisor is gone."""
    from mezzotint import imaging
    from mezzotint.work.child import Child, standard_streams

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that the user started; it tells the rest
    source, sink = standard_streams()
    darkroom = _ImagingDarkroom(imaging.decode, imaging.decode_mask, imaging.mask_within, imaging.encode, imaging.preview)
    try:
        Child(engine_of(settings), darkroom, source, sink).run()
    except MezzotintError as error:  # its supervisor hears only that it ended; people read this
        sys.exit(f"the engine cannot work: {error}")


def supervisor_of(settings: Settings, server: str, local_socket: str | None, name: str) -> Supervisor:
    """A worker with one engine child."""
    from mezzotint.moderation.open import OpenModerator
    from mezzotint.net.fetch import GuardedFetcher
    from mezzotint.net.guard import Guard
    from mezzotint.service.generate import Workshop
    from mezzotint.work.link import Link
    from mezzotint.work.painter import EngineChild
    from mezzotint.work.supervisor import Supervisor

    if blobs_address(settings) == "memory":
        raise BadSetting(f"{PREFIX}BLOBS=memory: cannot be shared with a worker, which is a process of its own: use file:FOLDER")
    link = Link(server, settings.worker_token, local_socket)
    if settings.engine == UPSTREAM:
        carrier = carrier_of(settings, link)
        shop = Workshop(blobs_of(settings), GuardedFetcher(Guard(settings.reach)), OpenModerator(), carrier)
        return Supervisor(name, link, [carrier], [shop], settings.grace)
    command, environment = [sys.executable, "-m", "mezzotint.cli.engine_process"], child_environment(settings)
    lanes = [EngineChild(command, environment | of_its_own, settings.stall) for of_its_own in lanes_of(settings)]
    shops = [Workshop(blobs_of(settings), GuardedFetcher(Guard(settings.reach)), OpenModerator(), lane) for lane in lanes]
    return Supervisor(name, link, lanes, shops, settings.grace)


def lanes_of(settings: Settings) -> list[dict[str, str]]:
    """What each engine child has in its environment beside the others': GPUs of its own, where there are several. Raises BadSetting."""
    if settings.engine != DIFFUSERS:
        return [{}]
    from mezzotint.wiring.gpus import VISIBLE, gpus_of

    tuning = read_routing(settings).tuning
    gpus, together = gpus_of(tuning.gpus), tuning.together
    if len(gpus) % together:
        raise BadSetting(f"[diffusers] together = {together}: the {len(gpus)} GPUs here cannot be divided into such groups; name some by gpus")
    return [{VISIBLE: ",".join(gpus[at : at + together])} for at in range(0, len(gpus), together)] or [{}]


def carrier_of(settings: Settings, link: Link) -> Carrier:
    """A lane to the providers of the operator's file, with their keys. Raises BadSetting."""
    from mezzotint.engines.upstream.engine import UpstreamEngine
    from mezzotint.engines.upstream.providers import Counters
    from mezzotint.net.guard import Guard
    from mezzotint.net.providers import GuardedLine
    from mezzotint.routing.providers import key_of
    from mezzotint.work.carrier import Carrier, Notes

    counters = Counters(read_routing(settings), key_of)
    return Carrier(UpstreamEngine(counters, GuardedLine(Guard(settings.reach)), Notes(link)))


def blobs_address(settings: Settings) -> str:
    return settings.blobs.partition(":")[0]


def child_environment(settings: Settings, providers: Collection[Provider] = (), *, shown: Collection[str] = ()) -> dict[str, str]:
    """For the processes below: ours, with the number of threads, and without keys that they have no use for. `shown` are names of
    variables with keys that they do have one for."""
    hidden = {f"{PREFIX}API_KEYS", f"{PREFIX}API_KEY", f"{PREFIX}WORKER_TOKEN", "COMETAPI_KEY", "BFL_API_KEY"}
    hidden |= {provider.key_env for provider in providers}
    hidden -= set(shown)
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    threads = str(settings.threads or os.cpu_count() or 1)
    return environment | {f"{PREFIX}ENGINE": settings.engine, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Entropy:
    """The system's random bytes, fetched by the page: asking for a few at a time costs more than all else that makes an id."""

    def __init__(self) -> None:
        self._left = b""

    def __call__(self, size: int) -> bytes:
        """Each byte is given out once. For one thread."""
        if len(self._left) < size:
            self._left = secrets.token_bytes(max(PAGE, size))
        given, self._left = self._left[:size], self._left[size:]
        return given


def tools_of(settings: Settings, ledger: Ledger, blobs: BlobStore, clock: Clock, secret: bytes) -> Tools:
    from mezzotint.net.guard import Guard
    from mezzotint.service.hub import Hub
    from mezzotint.service.progress import ProgressBoard
    from mezzotint.service.tools import Policy, Tools

    limits = Limits(settings.queue_limit or None, settings.active_limit or None) if settings.limits else None
    policy = Policy(
        public_url=settings.public_url,
        engine=settings.engine,
        limits=limits,
        link_lifetime=settings.link_lifetime,
        poll_by_anyone=settings.poll_by_id == "anyone",
        echo_secret=settings.webhook_echo_secret,
        create_rate=settings.create_rate,
        poll_rate=settings.poll_rate,
        stranger_rate=settings.stranger_rate,
        keep_files=settings.keep_files,
        files_room=(settings.files_room or None) if settings.limits else None,
        routing=read_routing(settings),
    )
    judge = Guard(settings.reach).wrong_with
    return Tools(ledger, blobs, clock, Entropy(), judge, Hub(), ProgressBoard(), secret, policy)
