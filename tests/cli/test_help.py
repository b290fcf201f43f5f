"""What each command says of itself, word for word. To accept a change: TESTS_WRITE_HELP=1 scripts/test tests/cli/test_help.py"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from mezzotint.cli import main
from tests.cli.conftest import Run

HELP = Path(__file__).parent / "help"
COMMANDS = [str(command.name) for command in main.app.registered_commands] + [
    *("keys create", "keys credit", "keys list", "keys revoke", "keys rotate"),
    *("webhooks list", "webhooks listen", "webhooks resend", "webhooks show"),
]
PAGES = ["", "keys", "webhooks", "generate -m flux-kontext-max", *COMMANDS]
WRITE = bool(os.environ.get("TESTS_WRITE_HELP"))


def alike(text: str) -> str:
    """As Python 3.13 writes it: argparse had said an option's value twice, and so had no room left on the line."""
    return re.sub(r"(  -\w) [A-Z]+(, --\w+ [A-Z]+)\n +", lambda found: (found[1] + found[2]).ljust(24), text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page or "mezzotint"))
def test_help_is_what_was_agreed(run: Run, page: str) -> None:
    said = run(*page.split(), "--help")

    golden = HELP / f"{'-'.join(page.replace('-m ', '').split()) or 'mezzotint'}.txt"
    if WRITE:
        golden.write_text(alike(said.out), "utf-8")
    assert (said.code, said.err) == (0, "")
    assert alike(said.out) == golden.read_text("utf-8")


def test_there_is_no_page_of_a_command_that_is_gone() -> None:
    assert {path.stem for path in HELP.iterdir()} == {"-".join(page.replace("-m ", "").split()) or "mezzotint" for page in PAGES}


def test_every_command_says_in_a_whole_sentence_what_it_does(run: Run) -> None:
    listed = run("--help").out.partition("Commands:")[2].strip().splitlines()

    assert len(listed) == len(main.app.registered_commands) + len(main.app.registered_groups)
    assert all(re.fullmatch(r"\s*[a-z]+  +[A-Z][^.]*\.", line) for line in listed), listed


@pytest.mark.parametrize("words", [(), ("keys",), ("webhooks",)])
def test_without_a_command_the_help_is_shown(run: Run, words: tuple[str, ...]) -> None:
    said = run(*words)

    assert said.code == 2
    assert "Commands:" in said.out + said.err


def test_every_command_that_ends_takes_json(run: Run) -> None:
    for command in set(COMMANDS) - {"worker"}:
        assert "--json" in run(*command.split(), "--help").out, command
