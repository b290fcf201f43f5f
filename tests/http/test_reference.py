"""The API's reference: every operation, with all that the document says of it."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest

from mezzotint.core.catalogue import CARDS
from mezzotint.http.openapi import document, operations
from mezzotint.http.reference import reference, shape
from tests.webpages import Reader

DOCUMENT = document()
OPERATIONS = list(operations(DOCUMENT["paths"]))


def told_of(path: str, method: str) -> str:
    """The part of the page that is about an operation, as text."""
    anchor = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in f"{method} {path}").strip("-").lower()
    _, found, rest = reference().partition(f'<details id="{anchor}" class="operation">')
    assert found, anchor
    page = Reader(f"<!DOCTYPE html>\n<details>{rest.partition('</details>')[0]}</details>")
    return page.text


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=[f"{method} {path}" for path, method, _ in OPERATIONS])
def test_an_operation_is_told_with_its_parameters_answers_errors_and_an_example(path: str, method: str, operation: dict[str, Any]) -> None:
    told = told_of(path, method)

    assert operation["summary"] in told
    assert operation.get("description", "").replace("`", "") in told
    assert operation["x-codeSamples"][0]["source"] in told
    for parameter in operation["parameters"]:
        assert parameter.get("name", "") in told
    for status in operation["responses"]:
        assert status in told


def test_a_model_is_told_with_every_parameter_its_limits_and_its_default() -> None:
    told = told_of("/v1/flux-dev", "post")

    for words in (
        "Pixels across.",
        "integer; at least 256; at most 1440; a multiple of 32; default 1024",
        'one of "jpeg", "png", "webp" or null',
        "invalid_request",
    ):
        assert words in told


@pytest.mark.parametrize("card", [card for card in CARDS if card.listed], ids=lambda card: card.name)
def test_every_parameter_of_every_model_is_told(card: Any) -> None:
    path = f"/v1/models/{card.name}/predictions" if "replicate" in card.surface.value else f"/flux/v1/{card.name}"
    told = told_of(path, "post")

    for parameter in card.parameters.values():
        assert parameter.name in told
        assert parameter.about in told


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"enum": ["a", None]}, 'one of "a", null'),
        ({"const": True}, "true"),
        ({"type": "array", "items": {"type": "integer"}}, "array of integer"),
        ({"anyOf": [{"type": "integer", "minimum": 64}, {"const": 0}, {"type": "null"}]}, "integer (at least 64) or 0 or null"),
        ({"$ref": "#/components/schemas/Task"}, "Task"),
        ({}, "anything"),
    ],
)
def test_a_schema_is_told_in_words(schema: dict[str, Any], words: str) -> None:
    assert shape(schema) == words


def test_what_the_document_says_cannot_become_html(monkeypatch: pytest.MonkeyPatch) -> None:
    nasty = "<script>alert(1)</script>&\"'"
    spoilt = json.loads(json.dumps(DOCUMENT).replace(json.dumps("Read a task.")[1:-1], json.dumps(nasty)[1:-1]))
    monkeypatch.setattr("mezzotint.http.reference.document", lambda: spoilt)

    text = reference.__wrapped__()

    assert html.escape(nasty) in text
    assert len(Reader(text).all("script")) == 1
