"""A request's parameters checked by pydantic models made from the catalogue, so that the complaints are pydantic's own words.

Types are strict: JSON has its own numbers and booleans, and `true` is no 1. A whole float (512.0) is an integer, since some
languages have no other. NaN, infinities, NUL characters and lone surrogates are refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AllowInfNan,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    create_model,
)
from pydantic_core import PydanticCustomError

from mezzotint.core.catalogue import ModelCard
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Kind, Parameter, Problem

LONGEST_PROMPT = 32_000
LONGEST_TEXT = 4096  # of strings that are neither prompt nor picture
HIGHEST_TOLERANCE = 6


def _storable(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("string_nul", "String should not contain the NUL character")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise PydanticCustomError("string_unicode", "String should not contain a lone surrogate, which is half of a character")
    return value


def _whole(value: Any) -> Any:
    """512.0 as 512: a number that is whole, from a language that has no integers."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _unless_one_of(values: tuple[Any, ...]) -> WrapValidator:
    def check(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        whole = _whole(value)
        if any(type(whole) is type(other) and whole == other for other in values):
            return whole
        return handler(value)

    return WrapValidator(check)


def _a_string_is_a_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _text_type(parameter: Parameter) -> Any:
    if parameter.choices:
        return Literal[parameter.choices]
    longest = parameter.max_length
    if longest is None and not parameter.image:
        longest = LONGEST_PROMPT if parameter.name == "prompt" else LONGEST_TEXT
    return Annotated[str, Strict(), Field(min_length=parameter.min_length, max_length=longest), AfterValidator(_storable)]


def _number_type(parameter: Parameter) -> Any:
    maximum = HIGHEST_TOLERANCE if parameter.name == "safety_tolerance" else parameter.maximum
    limits = Field(ge=parameter.minimum, le=maximum, multiple_of=parameter.multiple_of)
    if parameter.kind is Kind.INTEGER:
        return Annotated[int, Strict(), limits, BeforeValidator(_whole)]
    return Annotated[float, Strict(), AllowInfNan(False), limits]


def _list_type(parameter: Parameter) -> Any:
    entry = Annotated[str, Strict(), AfterValidator(_storable)]
    listed: Any = Annotated[list[entry], Strict(), Field(min_length=parameter.min_items, max_length=parameter.max_items)]
    return Annotated[listed, BeforeValidator(_a_string_is_a_list)] if parameter.also else listed


TYPES: dict[Kind, Callable[[Parameter], Any]] = {
    Kind.STRING: _text_type,
    Kind.STRINGS: _list_type,
    Kind.BOOLEAN: lambda _: Annotated[bool, Strict()],
    Kind.ANYTHING: lambda _: Any,
}


def _field(parameter: Parameter) -> tuple[Any, Any]:
    """The type and default of a pydantic field."""
    kind = TYPES.get(parameter.kind, _number_type)(parameter)
    if parameter.also and parameter.kind is not Kind.STRINGS:
        kind = Annotated[kind, _unless_one_of(parameter.also)]
    if parameter.nullable:
        kind = Annotated[kind, _unless_one_of((None,))]
    return kind, (... if parameter.required else parameter.default)


@cache
def model_for(card: ModelCard) -> type[BaseModel]:
    """The pydantic model of a card's parameters."""
    config = ConfigDict(extra="forbid" if card.strict else "ignore", protected_namespaces=(), hide_input_in_errors=True)
    fields: dict[str, Any] = {parameter.name: _field(parameter) for parameter in card.parameters.values()}
    return create_model(card.name, __config__=config, **fields)


def validate(card: ModelCard, given: Mapping[str, Any]) -> dict[str, Any]:
    """Settled values by the names of the card, defaults filled in. Raises InvalidRequest with every problem."""
    try:
        model = model_for(card).model_validate(given)
    except ValidationError as error:
        raise InvalidRequest([_problem(entry) for entry in error.errors(include_url=False, include_input=False)]) from None
    values = dict(model.__dict__)  # the fields, in the card's order
    for name, default in _defaults(card):
        if values[name] is None:
            values[name] = default
    problems = [problem for rule in card.rules if (problem := rule.check(values)) is not None]
    if problems:
        raise InvalidRequest(problems)
    return values


@cache
def _defaults(card: ModelCard) -> tuple[tuple[str, Any], ...]:
    """What null means, where it means anything."""
    return tuple((name, parameter.default) for name, parameter in card.parameters.items() if parameter.default is not None and not parameter.required)


def _problem(entry: Any) -> Problem:
    kind = "enum" if entry["type"] == "literal_error" else entry["type"]  # FastAPI's servers declare choices as enums
    return Problem(tuple(entry["loc"]), entry["msg"], kind, limits=entry.get("ctx", {}))
