"""Every code is explained, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mezzotint.core import explanations
from mezzotint.core.errors import EngineFailure, Refusal
from mezzotint.core.explanations import BY_ANY_WORD, EXPLANATIONS, Carrier, Explanation
from mezzotint.http import app
from mezzotint.http.images import LINKS
from mezzotint.settings import TABLE

SOURCE = Path(explanations.__file__).parents[1]
PAINTS = ("core", "ledger", "service", "work", "engines")  # where tasks end


def below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("mezzotint."):
            yield each
            yield from below(each)


def codes_of_tasks() -> set[str]:
    """Every code that is written down where tasks end: `code="…"`, `code: str = "…"`, `"code": "…"`, `code = "…"` beside another name."""
    found = set()
    for folder in PAINTS:
        for path in (SOURCE / folder).rglob("*.py"):
            if path.name in ("errors.py", "explanations.py"):
                continue
            text = ast.unparse(ast.parse(path.read_text("utf-8")))
            found |= set(re.findall(r"""code(?:: str)?'?\s*[=:]\s*'(\w+)'""", text)) | set(re.findall(r"\.code = \(.*, '(\w+)'\)", text))
    return found


def test_every_refusal_is_explained_and_no_explanation_is_left_over() -> None:
    assert app.public_app is not None  # all that can refuse is imported
    explained = {each.code for each in EXPLANATIONS.values() if each.carrier is Carrier.ANSWER}

    assert {kind.code for kind in below(Refusal)} == explained


def test_every_refusal_of_a_link_is_explained_and_no_explanation_is_left_over() -> None:
    assert {denied.code for denied in LINKS.values()} == {each.code for each in EXPLANATIONS.values() if each.carrier is Carrier.LINK}


def test_every_end_of_a_task_is_explained_and_no_explanation_is_left_over() -> None:
    found = codes_of_tasks() | {EngineFailure("x").code}

    assert found == {each.code for each in EXPLANATIONS.values() if each.carrier is Carrier.TASK}


def test_a_word_has_one_explanation() -> None:
    words = [word for each in EXPLANATIONS.values() for word in (each.code, *each.also)]

    assert len(set(words)) == len(words) == len(BY_ANY_WORD)
    assert all(re.fullmatch(r"[a-z_]+", word) for word in words)


@pytest.mark.parametrize("explanation", EXPLANATIONS.values(), ids=lambda explanation: explanation.code)
def test_an_explanation_says_what_why_and_what_to_do_in_sentences(explanation: Explanation) -> None:
    sentences = [explanation.means, *explanation.why, *explanation.then]

    assert explanation.why
    assert explanation.then
    assert all(re.fullmatch(r"[A-Z].*[.]", sentence) for sentence in sentences), sentences
    assert len(set(sentences)) == len(sentences)


def test_settings_that_are_named_are_there() -> None:
    text = " ".join(" ".join((each.means, *each.why, *each.then)) for each in EXPLANATIONS.values())

    assert set(re.findall(r"MEZZOTINT_[A-Z_]+", text)) <= {setting.variable for setting in TABLE}
