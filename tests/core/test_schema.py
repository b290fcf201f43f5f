"""Parameters and models as JSON Schema: schemas that are schemas, and that say what the declaration says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mezzotint.core.catalogue import BFL_MODELS, CARDS, ModelCard
from mezzotint.core.parameters import REQUIRED, Kind, Parameter
from mezzotint.core.schema import model_schema, parameter_schema

CASES: dict[str, tuple[Parameter, dict[str, Any]]] = {
    "a whole number in a range": (
        Parameter("width", Kind.INTEGER, "Pixels.", default=512, minimum=64, maximum=1024, multiple_of=16),
        {"type": "integer", "minimum": 64, "maximum": 1024, "multipleOf": 16, "description": "Pixels.", "default": 512},
    ),
    "a number that may be null": (
        Parameter("guidance", Kind.NUMBER, "How close.", default=3.0, nullable=True, minimum=1.5, maximum=5),
        {"anyOf": [{"type": "number", "minimum": 1.5, "maximum": 5}, {"type": "null"}], "description": "How close.", "default": 3.0},
    ),
    "a number or a word": (
        Parameter("duration", Kind.INTEGER, "Seconds.", minimum=5, also=("auto",)),
        {"anyOf": [{"type": "integer", "minimum": 5}, {"const": "auto"}], "description": "Seconds."},
    ),
    "a switch that is off": (Parameter("raw", Kind.BOOLEAN, "Raw.", default=False), {"type": "boolean", "description": "Raw.", "default": False}),
    "a choice": (
        Parameter("mode", Kind.STRING, "Mode.", default="high", choices=("high", "fast")),
        {"type": "string", "enum": ["high", "fast"], "description": "Mode.", "default": "high"},
    ),
    "text with bounds": (
        Parameter("url", Kind.STRING, "Where.", min_length=1, max_length=9, format="uri"),
        {"type": "string", "minLength": 1, "maxLength": 9, "format": "uri", "description": "Where."},
    ),
    "what is required has no default": (Parameter("prompt", Kind.STRING, "Words.", default=REQUIRED), {"type": "string", "description": "Words."}),
    "an empty default is one": (Parameter("prompt", Kind.STRING, "Words.", default=""), {"type": "string", "description": "Words.", "default": ""}),
    "a note is told": (Parameter("user", Kind.STRING, "Your tag.", note="newer"), {"type": "string", "description": "Your tag. (newer)"}),
    "pictures": (
        Parameter("images", Kind.STRINGS, "Pictures.", default=(), min_items=1, max_items=4),
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 4, "description": "Pictures.", "default": []},
    ),
    "pictures, or one": (
        Parameter("images", Kind.STRINGS, "Pictures.", nullable=True, also=("one string",)),
        {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}, {"type": "null"}], "description": "Pictures."},
    ),
    "anything": (Parameter("keyframes", Kind.ANYTHING, "Frames."), {"description": "Frames."}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_parameter_is_a_schema(case: str) -> None:
    parameter, expected = CASES[case]

    assert parameter_schema(parameter) == expected
    Draft202012Validator.check_schema(expected)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_models_schema_is_valid_and_is_json(card: ModelCard) -> None:
    schema = model_schema(card)

    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert list(schema["properties"]) == list(card.parameters)
    assert schema["title"] == card.name


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_rule_of_a_model_is_told_in_its_schema(card: ModelCard) -> None:
    description = model_schema(card)["description"]

    assert description.startswith(card.about)
    assert all(rule.sentence in description for rule in card.rules)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_model_takes_stray_fields_unless_it_is_strict(card: ModelCard) -> None:
    schema = model_schema(card) | {"required": []}

    assert Draft202012Validator(schema).is_valid({"no_such_field": 1}) is not card.strict


def test_making_a_schema_alters_nothing_that_is_shared() -> None:
    before = json.dumps([model_schema(card) for card in CARDS])
    altered = model_schema(BFL_MODELS["flux-dev"])
    altered["properties"]["width"]["minimum"] = 0
    altered["properties"]["prompt"].clear()

    assert json.dumps([model_schema(card) for card in CARDS]) == before


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ({"prompt": "a boat"}, True),
        ({"prompt": "a boat", "width": 512, "height": 768, "steps": None, "seed": 2**64 - 1}, True),
        ({}, True),
        ({"prompt": "a boat", "width": 511}, False),
        ({"prompt": "a boat", "width": "512"}, False),
        ({"prompt": None}, False),
        ({"prompt": "a boat", "output_format": "gif"}, False),
        ({"prompt": "a boat", "seed": 2**64}, False),
    ],
    ids=str,
)
def test_flux_devs_schema_judges_whole_requests(body: dict[str, Any], valid: bool) -> None:
    assert Draft202012Validator(model_schema(BFL_MODELS["flux-dev"])).is_valid(body) is valid


def test_a_list_of_pictures_may_be_one_picture_where_the_model_says_so() -> None:
    validator = Draft202012Validator(model_schema(BFL_MODELS["flux-3-image"])["properties"]["images"])

    assert all(validator.is_valid(value) for value in ("a", ["a"], ["a"] * 10, None))
    wrong: tuple[Any, ...] = ([], ["a"] * 11, [1], 1, {})
    assert not any(validator.is_valid(value) for value in wrong)
