"""The generated types say what the catalogue says, and a type checker holds callers to them."""

from __future__ import annotations

import types
import typing
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from mezzotint.client import params
from mezzotint.core.catalogue import CARDS, ModelCard, Surface
from mezzotint.core.parameters import Kind, Parameter
from mezzotint.service.validation import validate

SERVED = [card for card in CARDS if card.surface is Surface.BFL and card.listed]
TYPES = {name: kind for name, kind in vars(params).items() if typing.is_typeddict(kind)}
WORDS: dict[Kind, Any] = {Kind.STRING: str, Kind.INTEGER: int, Kind.NUMBER: float, Kind.BOOLEAN: bool, Kind.STRINGS: list[str]}


def members(kind: Any) -> set[Any]:
    """The types that a union is made of, and the words of a Literal."""
    if get_origin(kind) in (Union, types.UnionType):
        return set().union(*(members(part) for part in get_args(kind)))
    return set(get_args(kind)) if get_origin(kind) is Literal else {kind}


def expected(parameter: Parameter) -> set[Any]:
    found: set[Any] = set(parameter.choices) if parameter.choices else {WORDS[parameter.kind]}
    if parameter.kind is Kind.INTEGER:
        found |= {word for word in parameter.also if isinstance(word, str)}
    if parameter.kind is Kind.STRINGS and parameter.also:
        found.add(str)
    return found | ({types.NoneType} if parameter.nullable else set())


def type_of(card: ModelCard) -> Any:
    """The one whose docstring names the model."""
    (found,) = (kind for kind in TYPES.values() if (kind.__doc__ or "").startswith(f"{card.name}: "))
    return found


def test_there_is_one_for_each_model_and_no_other() -> None:
    assert len(TYPES) == len(SERVED) > 30
    assert {type_of(card).__name__ for card in SERVED} == set(TYPES)
    assert set(get_args(params.ModelName)) == {card.name for card in SERVED}


@pytest.mark.parametrize("card", SERVED, ids=[card.name for card in SERVED])
def test_it_has_the_models_parameters_and_their_types(card: ModelCard) -> None:
    hints = get_type_hints(type_of(card))

    assert list(hints) == list(card.parameters)
    assert {name: members(kind) for name, kind in hints.items()} == {name: expected(parameter) for name, parameter in card.parameters.items()}


def test_what_it_makes_is_taken() -> None:
    given = params.FluxDev(prompt="a red fox", width=512, height=512, steps=4, output_format="png", seed=None)

    settled = validate(next(card for card in SERVED if card.name == "flux-dev"), dict(given))

    assert settled["width"] == 512
