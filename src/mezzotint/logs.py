"""How the program logs: one line per event, JSON for machines or text for people, secrets taken out on the way."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
SECRETS = re.compile(r"mz_[0-9a-f]{48}|whsec_[A-Za-z0-9+/=]{8,}|(?<=signature=)[\w-]{20,}|(?<=token=)[\w-]{20,}|(?i:(?<=bearer )\S{8,})")


def redact(text: str) -> str:
    return SECRETS.sub("[secret]", text)


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = redact(value)
    return event


def configure_logs(level: str, form: str) -> None:
    """To standard error. `auto` is text on a terminal, else JSON."""
    plain = form == "text" or (form == "auto" and sys.stderr.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if plain else structlog.processors.JSONRenderer()
    processors: list[Any] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    processors += [] if plain else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[*processors, _redact, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
