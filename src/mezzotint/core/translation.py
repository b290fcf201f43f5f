"""A request for one model said in the words of another card: what a provider is asked for, and what it cannot be told.

Pure: it knows cards, and nothing of who asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Any

from mezzotint.core.catalogue import BFL_MODELS, REPLICATE_MODELS, ModelCard, Surface
from mezzotint.core.parameters import Kind, Parameter
from mezzotint.core.rules import read_ratio

Size = tuple[int, int]
Picture = tuple[str, bytes]  # the parameter that it came as, and the file

OWNER = "black-forest-labs/"
# the same model under both kinds of name
TWINS = MappingProxyType(
    {name: OWNER + name for name in ("flux-dev", "flux-pro", "flux-kontext-pro", "flux-kontext-max", "flux-2-pro", "flux-2-max", "flux-2-flex",
                                     "flux-2-klein-4b", "flux-2-klein-9b")}
    | {"flux-pro-1.1": OWNER + "flux-1.1-pro", "flux-pro-1.1-ultra": OWNER + "flux-1.1-pro-ultra", "flux-pro-1.0-fill": OWNER + "flux-fill-pro",
       "flux-pro-1.0-canny": OWNER + "flux-canny-pro", "flux-pro-1.0-depth": OWNER + "flux-depth-pro"}
)  # fmt: skip
BACK = MappingProxyType({there: here for here, there in TWINS.items()})
FORMATS = {"jpeg": "jpg", "jpg": "jpeg"}  # one format in two spellings
OURS = ("num_outputs", "output_quality", "webhook_url", "webhook_secret")  # what is done here, whoever paints
SIDES = ("width", "height")
NOTHING: tuple[Any, ...] = (None, "", [])
SHAPES = ("aspect_ratio", *SIDES, "resolution", "megapixels", "output_megapixels")  # all of them say how large
REFERENCES = ("input_image", "image", "images", "redux_image", "image_prompt")  # pictures to go by, the likeliest first
NEVER_REFERENCES = ("mask", "control_image", "preprocessed_image")


@dataclass(frozen=True)
class Translation:
    """`values` by the provider's names; `pictures` by its names too, several under one name where that is among `lists`. `dropped` are
    parameters, in our words, that it cannot be told; `lost`, pictures that it has no place for."""

    values: Mapping[str, Any]
    pictures: tuple[Picture, ...] = ()
    dropped: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


def twin(card: ModelCard, surface: Surface) -> ModelCard | None:
    """The same model as the other kind of surface offers it; itself where it is of that kind."""
    if card.surface is surface:
        return card
    names, table = (BACK, BFL_MODELS) if surface is Surface.BFL else (TWINS, REPLICATE_MODELS)
    return table.get(names.get(card.name, ""))


def translate(card: ModelCard, values: Mapping[str, Any], target: ModelCard, size: Size, pictures: Sequence[Picture] = ()) -> Translation:
    """`values` are settled, by our words; `size` is what they come to."""
    told = {parameter.name: said for parameter in target.parameters.values() if (said := _said(parameter, values)) is not None}
    shape = _shape(card, values, target, size)
    told = {name: value for name, value in told.items() if name not in SHAPES} | shape
    placed, lost = _placed(card, target, pictures)
    return Translation(told, placed, _dropped(card, values, target, told), lost, _lists(target))


@cache
def _lists(card: ModelCard) -> tuple[str, ...]:
    """The pictures of which it takes several under one name."""
    return tuple(parameter.name for parameter in card.image_parameters if parameter.kind is Kind.STRINGS)


def _said(parameter: Parameter, values: Mapping[str, Any]) -> Any:
    """The value as that parameter takes it; None where it has none, or one that it cannot take."""
    value = values.get(parameter.meaning)
    if value is None or parameter.image or parameter.meaning in OURS:
        return None
    if parameter.name == "output_format":
        return _format(value, parameter.choices)
    if parameter.choices and value not in parameter.choices:
        return None
    if parameter.kind in (Kind.INTEGER, Kind.NUMBER):
        return _within(value, parameter)
    return value


def _format(value: str, choices: Sequence[str]) -> str | None:
    """In the other spelling where it has that; else whatever loses nothing, since it is made into what was asked for here."""
    found = (word for word in (value, FORMATS.get(value, ""), "png") if word in choices)
    return next(found, None)


def _within(value: float, parameter: Parameter) -> float:
    low = value if parameter.minimum is None else max(value, parameter.minimum)
    bounded = low if parameter.maximum is None else min(low, parameter.maximum)
    return int(bounded) if parameter.kind is Kind.INTEGER else bounded


def _shape(card: ModelCard, values: Mapping[str, Any], target: ModelCard, size: Size) -> dict[str, Any]:
    """How large it is to be, in what words the target has: the same words, else pixels, else the nearest ratio."""
    has = [name for name in SHAPES if name in target.parameters]
    if not has:
        return {}
    own = {name: values[name] for name in has if values.get(name) and _takes(target.parameters[name], values[name])}
    ratio = target.parameters.get("aspect_ratio")
    by_sides = ratio is not None and "custom" in ratio.choices and own.keys() == set(SIDES)
    if card is target or ({name for name in SHAPES if values.get(name)} <= set(own) and not by_sides):
        return own
    if set(SIDES) <= set(has) and (ratio is None or "custom" in ratio.choices):
        custom = {"aspect_ratio": "custom"} if ratio is not None else {}
        return custom | {name: _side(target.parameters[name], pixels) for name, pixels in zip(SIDES, size, strict=True)}
    return {"aspect_ratio": _ratio(ratio, size)} if ratio is not None else {}


def _takes(parameter: Parameter, value: Any) -> bool:
    if parameter.choices:
        return value in parameter.choices
    if parameter.kind is Kind.INTEGER:
        return bool(_within(value, parameter) == value and value % (parameter.multiple_of or 1) == 0)
    return True


def _side(parameter: Parameter, pixels: int) -> int:
    step = parameter.multiple_of or 1
    return int(_within(round(pixels / step) * step, parameter))


def _ratio(parameter: Parameter, size: Size) -> str:
    wished = Fraction(*size)
    choices = {found: word for word in parameter.choices if (found := read_ratio(word)) is not None}
    if not choices:
        return f"{wished.numerator}:{wished.denominator}"
    return choices[min(choices, key=lambda ratio: abs(ratio - wished) / min(ratio, wished))]


def _placed(card: ModelCard, target: ModelCard, pictures: Sequence[Picture]) -> tuple[tuple[Picture, ...], tuple[str, ...]]:
    """Each under its own name where the target has it; others that are gone by, in the order in which it has places for such."""
    taken: dict[str, int] = {}
    placed, lost = [], []
    for name, data in pictures:
        place = name if card is target else _place(name, target, taken)
        if place is None:
            lost.append(name)
        else:
            taken[place] = taken.get(place, 0) + 1
            placed.append((place, data))
    return tuple(placed), tuple(lost)


def _place(name: str, target: ModelCard, taken: Mapping[str, int]) -> str | None:
    places = {parameter.name: _room(parameter) for parameter in target.image_parameters}
    if taken.get(name, 0) < places.get(name, 0):
        return name
    if name in NEVER_REFERENCES:
        return None
    free = [place for place in places if place.startswith(REFERENCES) and taken.get(place, 0) < places[place]]
    return min(free, key=_likelihood, default=None)


def _likelihood(place: str) -> int:
    return next(number for number, word in enumerate(REFERENCES) if place.startswith(word))


def _room(parameter: Parameter) -> int:
    """How many pictures it takes."""
    return (parameter.max_items or 1) if parameter.kind is Kind.STRINGS else 1


def _dropped(card: ModelCard, values: Mapping[str, Any], target: ModelCard, told: Mapping[str, Any]) -> tuple[str, ...]:
    """What is not as it would be anyway and is not told, or not told as it is; pixels also where they are the usual ones, since they
    show."""
    if card is target:
        return ()
    heard = {target.parameters[name].meaning: value for name, value in told.items()}
    sized = any(name in heard for name in SHAPES)
    lost = []
    for name, meaning, usual in _tellable(card):
        value = values.get(meaning)
        if value is None or value == usual or value in NOTHING or heard.get(meaning) == value:
            continue
        if not (sized and meaning in SHAPES and name not in SIDES):
            lost.append(name)
    return tuple(lost)


@cache
def _tellable(card: ModelCard) -> tuple[tuple[str, str, Any], ...]:
    """What may be told to others: its name, its meaning, and the value that goes without saying."""
    told = (each for each in card.parameters.values() if not (each.image or each.meaning in OURS or each.name == "output_format"))
    return tuple((each.name, each.meaning, 0 if each.name in SIDES else each.default) for each in told)
