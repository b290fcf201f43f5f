"""How the program logs: one line per event, JSON for machines or text for people, secrets taken out on the way."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
SECRETS = re.compile(r"mz_[0-9a-f]{48}|whsec_[A-Za-z0-9+/=]{8,}|(?<=signature=)[\w-]{20,}|(?<=token=)[\w-]{20,}|(?i:(?<=bearer )[^\s\x22'\\\x1b]{8,})")


def redact(text: str) -> str:
    return SECRETS.sub("[secret]", text)


def _redact(_logger: Any, _method: str, line: Any) -> str:
    """Last of all, over the whole line: secrets may sit in lists, in tracebacks, in what an error quotes."""
    return redact(str(line))


def configure_logs(level: str, form: str) -> None:
    """To standard error. `auto` is text on a terminal, else JSON."""
    plain = form == "text" or (form == "auto" and sys.stderr.isatty())
    renderer: Any = structlog.processors.JSONRenderer()
    if plain:  # the usual traceback here shows local variables: prompts, keys
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    processors: list[Any] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    processors += [] if plain else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[*processors, renderer, _redact],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
