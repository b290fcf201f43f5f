"""How the program logs: one line per event, JSON for machines or text for people, secrets taken out on the way.

What is logged may be whatever a client or another server said: it can end no line, move no cursor and turn no text around. Libraries'
own logs and warnings go the same way.
"""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
SECRETS = re.compile(r"mz_[0-9a-f]{48}|whsec_[A-Za-z0-9+/=]{8,}|(?<=signature=)[\w-]{20,}|(?<=token=)[\w-]{20,}|(?i:(?<=bearer )[^\s\x22'\\\x1b]{8,})")


def redact(text: str) -> str:
    return SECRETS.sub("[secret]", text)


def _redact(_logger: Any, _method: str, line: Any) -> str:
    """Last of all, over the whole line: secrets may sit in lists, in tracebacks, in what an error quotes."""
    return redact(str(line))


def shown(text: str) -> str:
    """As it is, but for what cannot be seen, which is written as an escape."""
    return text if text.isprintable() else "".join(each if each.isprintable() else each.encode("unicode_escape", "surrogatepass").decode() for each in text)


def _show(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: shown(value) if isinstance(value, str) else value for name, value in event.items()}


def _escape_delete(_logger: Any, _method: str, line: str) -> str:
    """JSON leaves this one control character as it is."""
    return line.replace("\x7f", "\\u007f")


def _indented_traceback(to: Any, error: Any) -> None:
    """The usual one shows local variables: prompts, keys. Nothing that an error quotes begins a line."""
    told = io.StringIO()
    structlog.dev.plain_traceback(told, error)
    to.write("\n".join(shown(f"    {line}") if line else "" for line in told.getvalue().split("\n")))


class _Libraries(logging.Handler):
    """What libraries log, in our form. `warnings` come this way as well."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            told = record.getMessage()
        except (TypeError, ValueError):  # arguments that do not fit: theirs to mend
            told = str(record.msg)
        structlog.get_logger(record.name).log(record.levelno, told, exc_info=record.exc_info or None)


def configure_logs(level: str, form: str) -> None:
    """To standard error. `auto` is text on a terminal, else JSON."""
    plain = form == "text" or (form == "auto" and sys.stderr.isatty())
    rendering: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(), _escape_delete]
    if plain:
        rendering = [_show, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_indented_traceback)]
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), *rendering, _redact],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Libraries()], level=max(LEVELS[level], logging.WARNING), force=True)  # below that they tell URLs and headers
    logging.getLogger("mezzotint").setLevel(LEVELS[level])  # of adapters that log as their libraries do
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # what is wrong with a form is told to whoever sent it
    logging.captureWarnings(capture=True)
