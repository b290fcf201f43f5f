"""Every setting: name, default, how it is read, one sentence. An unknown MEZZOTINT_ variable is an error: it is a typo."""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mezzotint.core.accounts import Rate, read_rate
from mezzotint.core.errors import BadSetting
from mezzotint.core.webhooks import DELAYS

PREFIX = "MEZZOTINT_"
MOST_DELAYS = 49  # a webhook has one attempt more, and as many are remembered
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def default_data_folder() -> Path:
    """The platform's folder for a user's program data."""
    import platformdirs

    return Path(platformdirs.user_data_dir("mezzotint"))


def _text(value: str) -> str:
    return value


def _flag(value: str) -> bool:
    words = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False, "no": False}
    if value.lower() not in words:
        raise ValueError("expected on or off")
    return words[value.lower()]


def _whole(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", value):
        raise ValueError("expected a whole number, such as 100")
    return int(value)


def _positive(value: str) -> int:
    number = _whole(value)
    if number < 1:
        raise ValueError("expected at least 1")
    return number


def _port(value: str) -> int:
    number = _whole(value)
    if number > 65535:
        raise ValueError("expected a port, 0 to 65535")
    return number


UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def read_seconds(value: str) -> float:
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*([smhd]?)", value.strip())
    if match is None:
        raise ValueError("expected seconds, such as 30 or 0.5, or 10m, 24h, 7d")
    return float(match[1]) * UNITS[match[2]]


def _a_while(value: str) -> float:
    seconds = read_seconds(value)
    if seconds < 1:
        raise ValueError("expected at least a second")
    return seconds


def _up_to_a_minute(value: str) -> float:
    """What a sender has is offered to no other for a while, which is longer than this."""
    seconds = _a_while(value)
    if seconds > 60:
        raise ValueError("expected 60 seconds at most")
    return seconds


def _durations(value: str) -> tuple[float, ...]:
    delays = tuple(read_seconds(part) for part in _names(value))
    if not 1 <= len(delays) <= MOST_DELAYS:
        raise ValueError(f"expected up to {MOST_DELAYS} durations, such as 5s,30s,2m")
    return delays


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _networks(value: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part, strict=False) for part in _names(value))


def _folder(value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError as error:  # ~somebody, of whom the system knows nothing
        raise ValueError("expected a folder, and this home is not known") from error


def _url(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", value):
        raise ValueError("expected an http or https address without query")
    return value.rstrip("/")


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in words:
            raise ValueError(f"expected one of {', '.join(words)}")
        return value

    return read


@dataclass(frozen=True)
class Setting:
    """A row: the variable is PREFIX and the name in capitals."""

    name: str
    default: Any
    read: Callable[[str], Any]
    about: str

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


TABLE = (
    Setting("host", "127.0.0.1", _text, "Address to serve on. A public one needs MEZZOTINT_API_KEYS or a key in the ledger."),
    Setting("port", 8000, _port, "Port to serve on; 0 takes a free one."),
    Setting("data", None, _folder, "Folder of the ledger and the pictures; by default the platform's data folder."),
    Setting("ledger", "", _text, "Where tasks are kept: sqlite:FILE or memory:. By default a file in the data folder."),
    Setting("blobs", "", _text, "Where pictures are kept: file:FOLDER or memory:. By default a folder in the data folder."),
    Setting("bus", "none", _one_of("none"), "What carries offers between machines. One machine needs none."),
    Setting("engine", "nano", _one_of("nano", "stub", "upstream", "diffusers"), "What paints the models that the operator's file does not name."),
    Setting("config", None, _folder, "The operator's file; by default mezzotint.toml in the data folder, if it is there."),
    Setting("weights", None, _folder, "A folder of weights for the diffusers engine: in it a folder for each, by the name that it was published under."),
    Setting("stub_seconds", 0.0, read_seconds, "How long the stub engine takes for a picture."),
    Setting("threads", 0, _whole, "CPU threads of the engine; 0 is one per core."),
    Setting("nano_runtime", "onnxruntime", _one_of("onnxruntime", "openvino"), "What runs nano's decoder; openvino is quicker on some processors, and needs mezzotint[openvino]."),
    Setting("public_url", "", _url, "The address that links are made on; by default the one that the client called."),
    Setting("trusted_proxies", (), _networks, "Networks of proxies whose X-Forwarded-Host and X-Forwarded-Proto are believed."),
    Setting("api_keys", (), _names, "Keys that are valid from the start, separated by commas; at least 8 characters each."),
    Setting("reach", (), _networks, "Private networks that may be reached for pictures and webhooks all the same."),
    Setting("limits", True, _flag, "Off lifts the limits on the queue and on each key, and charges nothing."),
    Setting("queue_limit", 10_000, _whole, "Tasks that may wait before creates are answered 429; 0 is no limit."),
    Setting("active_limit", 0, _whole, "Tasks of one key that may wait or run at once, unless the key says otherwise; 0 is no limit."),
    Setting("create_rate", None, read_rate, "How often a key may make tasks, such as 10/s or 600/m, unless the key says otherwise; none is no limit."),
    Setting("poll_rate", None, read_rate, "The same for all else that a key asks, polls above all."),
    Setting("stranger_rate", Rate(100, 1), read_rate, "How often an address may come without a key that holds, before it is answered 429."),
    Setting("poll_by_id", "owner", _one_of("owner", "anyone"), "Who may read a task by its bare id. anyone is BFL's laxer rule."),
    Setting("keep_images", 86400.0, read_seconds, "How long pictures are kept after they are ready; 0 is for ever."),
    Setting("keep_files", 86400.0, _a_while, "How long uploaded files are kept."),
    Setting("files_room", 1024**3, _whole, "Bytes that an account's uploaded files may take; 0 is no limit."),
    Setting("keep_tasks", 30 * 86400.0, read_seconds, "How long finished tasks are remembered; 0 is for ever."),
    Setting("link_lifetime", 600.0, _a_while, "How long a picture's link holds after it is ready."),
    Setting("webhook_delays", DELAYS, _durations, "How long after each failed attempt a webhook is sent again; after one more it has failed."),
    Setting("webhook_timeout", 15.0, _up_to_a_minute, "How long a receiver of webhooks may take for its answer."),
    Setting("webhook_echo_secret", False, _flag, "On sends a webhook's secret back in X-Webhook-Secret, as BFL does."),
    Setting("max_body", 32 * 1024 * 1024, _positive, "Largest request body in bytes."),
    Setting("body_grace", 60.0, _a_while, "How long a request's body may take, however small; beyond that it must come at 8 KiB a second."),
    Setting("attempts", 5, _positive, "How often a task is tried before it fails."),
    Setting("lease", 15.0, _a_while, "How long a silent worker keeps its tasks."),
    Setting("stall", 120.0, _a_while, "How long an engine may go without a step before it is killed."),
    Setting("grace", 20.0, read_seconds, "How long a stopping server lets running tasks finish."),
    Setting("log_level", "info", _one_of("debug", "info", "warning", "error"), "What is logged."),
    Setting("log_format", "auto", _one_of("auto", "text", "json"), "How it is logged; auto is text on a terminal, else json."),
    Setting("worker_token", "", _text, "What a worker shows the server; made by serve for its own worker."),
    Setting("lifeline", False, _flag, "On ends the program when its standard input closes; set for the processes that serve starts."),
    Setting("base_url", "", _url, "The server that the client and the CLI talk to."),
    Setting("api_key", "", _text, "The key that the client and the CLI show."),
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """All settings, read and checked."""

    host: str
    port: int
    data: Path | None
    ledger: str
    blobs: str
    bus: str
    engine: str
    config: Path | None
    weights: Path | None
    stub_seconds: float
    threads: int
    nano_runtime: str
    public_url: str
    trusted_proxies: tuple[Network, ...]
    api_keys: tuple[str, ...] = field(repr=False)
    reach: tuple[Network, ...]
    limits: bool
    queue_limit: int
    active_limit: int
    create_rate: Rate | None
    poll_rate: Rate | None
    stranger_rate: Rate
    poll_by_id: str
    keep_images: float
    keep_files: float
    files_room: int
    keep_tasks: float
    link_lifetime: float
    webhook_delays: tuple[float, ...]
    webhook_timeout: float
    webhook_echo_secret: bool
    max_body: int
    body_grace: float
    attempts: int
    lease: float
    stall: float
    grace: float
    log_level: str
    log_format: str
    worker_token: str = field(repr=False)
    lifeline: bool
    base_url: str
    api_key: str = field(repr=False)

    @property
    def folder(self) -> Path:
        """Where the ledger and the pictures are, unless they have addresses of their own."""
        return self.data or default_data_folder()


def _read(setting: Setting, text: str) -> Any:
    try:
        return setting.read(text)
    except ValueError as error:
        shown = "…" if setting.name in ("api_keys", "api_key", "worker_token") else repr(text)
        raise BadSetting(f"{setting.variable}={shown}: {error}. {setting.about}") from error


def _check(settings: Settings) -> Settings:
    short = [key for key in settings.api_keys if len(key) < 8]
    if short:
        raise BadSetting(f"{PREFIX}API_KEYS: a key of fewer than 8 characters is too easily guessed")
    return settings


def _no_such(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name.upper(), sorted(known), 1, cutoff=0.85)
    return f"{name}: no such setting. " + (f"Did you mean {near[0]}?" if near else f"Settings: {', '.join(sorted(known))}")


def read_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from the environment, `given` (from flags) winning over it. Raises BadSetting."""
    environment = os.environ if environment is None else environment
    known = {setting.variable for setting in TABLE}
    for stray in sorted(name for name in environment if name.startswith(PREFIX) and name not in known):
        raise BadSetting(_no_such(stray, known))
    values = {}
    for setting in TABLE:
        if given.get(setting.name) is not None:
            value = given[setting.name]
            values[setting.name] = _read(setting, value) if isinstance(value, str) else value
        elif text := environment.get(setting.variable, ""):
            values[setting.name] = _read(setting, text)
        else:
            values[setting.name] = setting.default
    return _check(Settings(**values))
