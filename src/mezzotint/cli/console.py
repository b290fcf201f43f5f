"""What every command shares: how it prints, and what its exit code says."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, NoReturn

import typer

from mezzotint.client.errors import (
    AuthenticationFailed,
    BadAnswer,
    BadRequest,
    ClientError,
    LimitReached,
    NoSuchThing,
    ServerFailed,
    ServerUnreachable,
    TaskFailed,
    TaskModerated,
    WaitTimeout,
)
from mezzotint.core.errors import BadSetting, InvalidRequest, MezzotintError

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

BLOT = "\N{REPLACEMENT CHARACTER}"  # where a character was that does more than be seen


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    USAGE = 2
    MODERATED = 3
    LIMIT = 4
    UPSTREAM = 5
    TIMEOUT = 6
    INTERRUPTED = 130


CODES: tuple[tuple[type[BaseException], Exit], ...] = (
    (TaskModerated, Exit.MODERATED),
    (LimitReached, Exit.LIMIT),
    (WaitTimeout, Exit.TIMEOUT),
    (ServerUnreachable, Exit.UPSTREAM),
    (ServerFailed, Exit.UPSTREAM),
    (BadAnswer, Exit.UPSTREAM),
    (BadRequest, Exit.USAGE),
    (AuthenticationFailed, Exit.USAGE),
    (NoSuchThing, Exit.USAGE),
    (InvalidRequest, Exit.USAGE),
    (BadSetting, Exit.USAGE),
    (MezzotintError, Exit.FAILED),
    (KeyboardInterrupt, Exit.INTERRUPTED),
)


def code_of(error: BaseException) -> Exit:
    return next((code for kind, code in CODES if isinstance(error, kind)), Exit.FAILED)


def plain(text: str) -> str:
    """Text fit for a terminal: what a prompt or a server says cannot move the cursor or turn the line around."""
    return CONTROL.sub(BLOT, text)


def say(text: str = "") -> None:
    """One line to standard output, for people and pipes alike. Whatever ends lines in it, or leaves gaps, does not."""
    say_text(text.replace("\n", BLOT).replace("\t", BLOT))


def say_text(text: str) -> None:
    """As `say`, for text of ours that has several lines."""
    print(plain(text), flush=True)


def note(text: str) -> None:
    """To standard error: what is not the answer. Further lines are set in, so that none of them seems to be ours."""
    print(plain(text).replace("\n", "\n  "), file=sys.stderr, flush=True)


def say_json(value: Any) -> None:
    """One line, readable where standard output takes all letters, and always JSON."""
    line = json.dumps(value, ensure_ascii=not (sys.stdout.encoding or "").lower().startswith("utf"))
    print(CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", line), flush=True)


def never_stumble() -> None:
    """Letters that the terminal or pipe does not take are written as escapes: no reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def leave(code: Exit) -> NoReturn:
    sys.exit(int(code))


def a_number(given: float | None) -> float | None:
    """For an option's callback: what is "nan" lies in every range, and between no two times."""
    if given is not None and not math.isfinite(given):
        raise typer.BadParameter(f"{given} is no number to count with")
    return given


@contextmanager
def ending_well(*, as_json: bool = False) -> Iterator[None]:
    """Errors become one line for people, or an object for programs, and an exit code."""
    try:
        yield
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):  # nobody reads on: `| head` had enough; what is left to say goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        leave(Exit.OK)
    except (MezzotintError, KeyboardInterrupt, OSError) as error:
        code = code_of(error)
        if as_json:
            told = {"error": type(error).__name__, "message": str(error), "exit": int(code)}
            extra = {name: getattr(error, name) for name in ("task", "request_id", "status", "code") if getattr(error, name, None)}
            say_json(told | extra)
        elif not isinstance(error, KeyboardInterrupt):
            note(f"mezzotint: {error}")
            if isinstance(error, ClientError) and not isinstance(error, TaskFailed) and error.task and error.task not in str(error):
                note(f"the task goes on: mezzotint watch {error.task}")
        leave(code)
