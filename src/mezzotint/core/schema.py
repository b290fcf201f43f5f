"""A parameter, and a model, as JSON Schema (2020-12)."""

from __future__ import annotations

from typing import Any

from mezzotint.core.catalogue import ModelCard
from mezzotint.core.parameters import Kind, Parameter

Schema = dict[str, Any]


def parameter_schema(parameter: Parameter) -> Schema:
    """The values a sender may give for it."""
    shapes = [_shape(parameter), *_others(parameter)]
    schema: Schema = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
    schema["description"] = f"{parameter.about} ({parameter.note})" if parameter.note else parameter.about
    if not parameter.required and parameter.default is not None:
        schema["default"] = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    return schema


def _shape(parameter: Parameter) -> Schema:
    match parameter.kind:
        case Kind.STRING:
            return _text(parameter)
        case Kind.STRINGS:
            return {"type": "array", "items": {"type": "string"}} | _present(minItems=parameter.min_items, maxItems=parameter.max_items)
        case Kind.ANYTHING:
            return {}
        case Kind.BOOLEAN:
            return {"type": "boolean"}
    limits = _present(minimum=parameter.minimum, maximum=parameter.maximum, multipleOf=parameter.multiple_of)
    return {"type": parameter.kind.value} | limits


def _text(parameter: Parameter) -> Schema:
    if parameter.choices:
        return {"type": "string", "enum": list(parameter.choices)}
    return {"type": "string"} | _present(minLength=parameter.min_length, maxLength=parameter.max_length, format=parameter.format)


def _others(parameter: Parameter) -> list[Schema]:
    """Shapes beside the first: single values, one string in place of a list, null."""
    others: list[Schema] = []
    for value in parameter.also:
        others.append({"type": "string"} if parameter.kind is Kind.STRINGS else {"const": value})
    if parameter.nullable:
        others.append({"type": "null"})
    return others


def _present(**limits: Any) -> Schema:
    return {name: limit for name, limit in limits.items() if limit is not None}


def model_schema(card: ModelCard) -> Schema:
    """The body of a create request for the model."""
    schema: Schema = {
        "title": card.name,
        "description": " ".join((card.about, *(rule.sentence for rule in card.rules))),
        "type": "object",
        "properties": {parameter.name: parameter_schema(parameter) for parameter in card.parameters.values()},
        "required": [parameter.name for parameter in card.parameters.values() if parameter.required],
    }
    if card.strict:
        schema["additionalProperties"] = False
    return schema
