"""What a log line looks like, and what never stands in one."""

from __future__ import annotations

import json
import logging as logging_of_libraries
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from mezzotint.core.accounts import new_key
from mezzotint.core.signing import ImageLink, account_webhook_secret, poll_token
from mezzotint.logs import LEVELS, configure_logs, redact, shown
from tests.hostile_words import WORDS

TASK = UUID("01a8d6a0-7e00-7000-8000-000000000001")
SIGNATURE = ImageLink(TASK, 0, 1_800_000_600).signature(b"s" * 32)
TOKEN = poll_token(b"s" * 32, TASK)
SECRETS = {
    "a key": (new_key(bytes(range(24))), "{}"),
    "a webhook's secret": (account_webhook_secret(b"s" * 32, "default"), "{}"),
    "a link's signature": (SIGNATURE, "http://here/images/x/sample.png?expires=1&signature={}"),
    "a polling link's token": (TOKEN, "http://here/flux/v1/get_result?id=x&token={}"),
    "a key of the operator's own": ("hunter2-hunter2", "authorization: Bearer {}"),
    "a key with a small bearer": ("hunter2-hunter2", "authorization: bearer {}"),
}
secret = pytest.mark.parametrize(("hidden", "around"), SECRETS.values(), ids=SECRETS)
Lines = Callable[[], list[str]]
Start = Callable[..., tuple[Any, Lines]]


@pytest.fixture
def logging(capsys: pytest.CaptureFixture[str]) -> Iterator[Start]:
    """Starts a log at a level and in a form; gives it, and what stands in it so far."""

    def start(level: str = "info", form: str = "json") -> tuple[Any, Lines]:
        configure_logs(level, form)
        return structlog.get_logger("a test"), lines

    def lines() -> list[str]:
        return capsys.readouterr().err.splitlines()

    root = logging_of_libraries.getLogger()
    before = root.handlers[:], root.level
    yield start
    structlog.reset_defaults()
    logging_of_libraries.captureWarnings(capture=False)
    root.handlers[:], root.level = before


both_forms = pytest.mark.parametrize("form", ["json", "text"])


@secret
def test_a_secret_is_taken_out_of_text_and_the_rest_stays(hidden: str, around: str) -> None:
    assert redact(f"before {around.format(hidden)} after") == f"before {around.format('[secret]')} after"


@secret
def test_every_one_of_several_is_taken_out(hidden: str, around: str) -> None:
    assert redact(" ".join([around.format(hidden)] * 3)) == " ".join([around.format("[secret]")] * 3)


@pytest.mark.parametrize("text", ["", "a paper boat", "mz_short", "whsec_", str(TASK), "signature=short", "token ring", "the bearer of bad news", "prompt=x"])
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


PLACES: dict[str, Callable[[str], Any]] = {
    "text": str,
    "a list": lambda text: [text],
    "a map": lambda text: {"deep": (text, {"deeper": text})},
    "an error": ValueError,
}


@secret
@both_forms
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_in_no_line_wherever_it_was(logging: Start, form: str, hidden: str, around: str, place: str) -> None:
    log, lines = logging(form=form)
    text = around.format(hidden)

    log.info(text, why=PLACES[place](text), name=text)

    [line] = lines()
    assert hidden not in line
    assert line.count("[secret]") >= 3


@secret
@both_forms
def test_a_secret_that_an_error_quotes_is_in_no_traceback(logging: Start, form: str, hidden: str, around: str) -> None:
    log, lines = logging(form=form)
    try:
        raise ValueError(around.format(hidden))
    except ValueError:
        log.exception("failed")

    told = "\n".join(lines())
    assert hidden not in told
    assert "ValueError" in told
    assert "[secret]" in told


@both_forms
def test_a_traceback_does_not_show_what_variables_hold(logging: Start, form: str) -> None:
    def fails(prompt: str) -> None:
        raise ValueError(len(prompt))

    log, lines = logging(form=form)
    try:
        fails("something " + "private")
    except ValueError:
        log.exception("failed")

    told = "\n".join(lines())
    assert "in fails" in told
    assert "something private" not in told


def test_a_line_for_machines_is_one_object_of_json(logging: Start) -> None:
    log, lines = logging(form="json")

    log.warning('a "quoted" line\nand another', authorization="Bearer hunter2-hunter2", count=3, prompt="☃", odd={1, 2})

    [line] = lines()
    told = json.loads(line)
    assert (told["level"], told["event"], told["count"], told["prompt"]) == ("warning", 'a "quoted" line\nand another', 3, "☃")
    assert told["authorization"] == "Bearer [secret]"
    assert told["timestamp"].endswith("Z")


# whatever anybody said


@both_forms
def test_hostile_words_stay_in_the_line_that_they_are_told_in(logging: Start, form: str) -> None:
    log, lines = logging(form=form)

    for words in WORDS:
        log.warning(words, why=words, listed=[words], deep={"words": words})

    told = lines()
    assert len(told) == len(WORDS)
    assert all(line.isprintable() for line in told)
    if form == "json":
        assert [json.loads(line)["why"] for line in told] == [redact(words) for words in WORDS]


@both_forms
def test_hostile_words_that_an_error_quotes_begin_no_line(logging: Start, form: str) -> None:
    log, lines = logging(form=form)
    for words in WORDS:
        try:
            raise ValueError(words)
        except ValueError:
            log.exception("failed")

        first, *rest = lines()
        assert "failed" in first
        assert all(line.isprintable() for line in (first, *rest))
        assert all(line.startswith("    ") or not line for line in rest)
        assert rest == [] or form == "text"


@pytest.mark.parametrize("text", ["a boat", "ein Boot, für Æsa ☃", "", "舟", "🛶"])
def test_what_can_be_seen_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@both_forms
def test_what_libraries_log_and_warn_of_is_a_line_like_any_other(logging: Start, form: str) -> None:
    _, lines = logging(form=form)

    logging_of_libraries.getLogger("somebodys").warning("found %r at\n%s", "x", "mz_" + "0" * 48)
    logging_of_libraries.getLogger("somebodys").warning("found %d", "what is no number")
    warnings.showwarning("old\nways", DeprecationWarning, "a_file.py", 7)

    told = lines()
    assert len(told) == 3
    assert all(line.isprintable() for line in told)
    assert "mz_" not in told[0]
    assert "old" in told[2]


@pytest.mark.parametrize("name", ["httpx2", "httpcore2", "asyncio"])
def test_libraries_do_not_tell_what_they_fetch(logging: Start, name: str) -> None:
    _, lines = logging("debug")

    logging_of_libraries.getLogger(name).info("HTTP Request: GET https://somebody:password@example.com/")

    assert lines() == []


def test_lines_for_people_are_plain_where_there_is_no_terminal(logging: Start) -> None:
    log, lines = logging(form="text")

    log.info("engine ready", pid=7)

    [line] = lines()
    assert "\x1b" not in line
    assert "engine ready" in line
    assert "pid=7" in line


@pytest.mark.parametrize("terminal", [True, False])
def test_auto_is_text_on_a_terminal_and_else_json(logging: Start, monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    log, lines = logging(form="auto")

    log.info("engine ready", authorization="Bearer hunter2-hunter2")

    [line] = lines()
    assert line.startswith("{") is not terminal
    assert ("\x1b[" in line) is terminal
    assert "hunter2" not in line


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_less_than_the_level_is_not_said(logging: Start, level: str) -> None:
    log, lines = logging(level)

    for each in LEVELS:
        getattr(log, each)(each)

    assert [json.loads(line)["event"] for line in lines()] == list(LEVELS)[list(LEVELS).index(level) :]


def test_standard_output_is_left_to_what_the_program_prints(logging: Start, capsys: pytest.CaptureFixture[str]) -> None:
    log, _ = logging("debug", "text")

    log.error("failed")

    out, err = capsys.readouterr()
    assert (out, "failed" in err) == ("", True)
