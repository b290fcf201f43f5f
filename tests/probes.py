"""Values to try a parameter with, made from its declaration: what it should take, what it should refuse, and a request around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mezzotint.core.catalogue import ModelCard
from mezzotint.core.parameters import Kind, Parameter
from mezzotint.core.rules import MaxPixels, OneOf

PICTURE = "https://pictures.example/a.png"
LONGEST_PROMPT, LONGEST_TEXT, HIGHEST_TOLERANCE = 32_000, 4096, 6
JSON_VALUES: tuple[Any, ...] = (True, False, 0, 1, 7, -1, 0.5, "", "words", "1", "true", [], ["words"], [1], [None], {}, {"a": 1})


@dataclass(frozen=True)
class Probe:
    """A value, whether it should be taken, and whether the JSON schema can say so."""

    value: Any
    good: bool
    in_schema: bool = True

    def __str__(self) -> str:
        return f"{self.value!r:.60}"


def an_ordinary(parameter: Parameter) -> Any:
    """A value that any card takes for it."""
    if parameter.choices:
        return parameter.choices[0]
    match parameter.kind:
        case Kind.STRING:
            words = {"aspect_ratio": "1:1", "webhook_url": "https://example.com/hook"}
            return PICTURE if parameter.image else words.get(parameter.name, "words")
        case Kind.STRINGS:
            return [PICTURE]
        case Kind.BOOLEAN:
            return False
        case Kind.ANYTHING:
            return {}
    return parameter.minimum if parameter.minimum is not None else 0


def minimal(card: ModelCard) -> dict[str, Any]:
    """The least that the card takes as a request."""
    needed = [parameter for parameter in card.parameters.values() if parameter.required]
    needed += [card.parameters[rule.names[0]] for rule in card.rules if isinstance(rule, OneOf)]
    return {parameter.name: an_ordinary(parameter) for parameter in needed}


def around(card: ModelCard, parameter: Parameter, value: Any) -> dict[str, Any]:
    """A request with that value, and with whatever the card's rules ask for beside it."""
    body = minimal(card)
    if parameter.name == "transparent_bg":
        body["output_format"] = "png"
    if value == "custom":
        body |= {"width": 512, "height": 512}
    for rule in card.rules:
        if isinstance(rule, OneOf) and parameter.name in rule.names:
            body |= {name: PICTURE for name in rule.names if name != parameter.name}
    return body | {parameter.name: value}


def probes(card: ModelCard, parameter: Parameter) -> list[Probe]:
    tried = [Probe(None, parameter.nullable and not alone(card, parameter), not alone(card, parameter))]
    tried += [Probe(value, good=True) for value in parameter.also if parameter.kind is not Kind.STRINGS]
    if parameter.choices:
        return tried + list(_of_choices(parameter))
    makers = {Kind.STRING: _of_text, Kind.STRINGS: _of_strings, Kind.BOOLEAN: _of_switch, Kind.INTEGER: _of_integer, Kind.NUMBER: _of_number}
    return tried + list(makers.get(parameter.kind, _of_anything)(card, parameter))


def alone(card: ModelCard, parameter: Parameter) -> bool:
    """Whether a rule needs exactly this parameter, so that it can be left out in name only."""
    return any(isinstance(rule, OneOf) and rule.names == (parameter.name,) for rule in card.rules)


def blamed(card: ModelCard, parameter: Parameter) -> set[str]:
    """The fields that a problem with it may be told of: its own, and the width where an area is too large."""
    area = parameter.name == "height" and any(isinstance(rule, MaxPixels) for rule in card.rules)
    return {parameter.name, "width"} if area else {parameter.name}


def _wrong_types(*right: type, also: tuple[Any, ...] = ()) -> Iterator[Probe]:
    for value in JSON_VALUES:
        if type(value) not in right and not any(type(value) is type(other) and value == other for other in also):
            yield Probe(value, good=False)


def _of_choices(parameter: Parameter) -> Iterator[Probe]:
    yield from (Probe(choice, good=True) for choice in parameter.choices)
    beside = {form(choice) for choice in parameter.choices for form in (str.upper, str.title, "{} ".format, "{}x".format)} - set(parameter.choices)
    yield from (Probe(word, good=False) for word in (*sorted(beside), "", "no such choice"))
    yield from _wrong_types(str)


def _of_text(card: ModelCard, parameter: Parameter) -> Iterator[Probe]:
    yield Probe(an_ordinary(parameter), good=True)
    yield from _wrong_types(str)
    yield Probe("a\0b", good=False, in_schema=False)
    if parameter.name == "aspect_ratio":
        yield from (Probe(ratio, good=True) for ratio in ("16:9", "7:3", "3:7", "1:1"))
        yield from (Probe(ratio, good=False, in_schema=False) for ratio in ("1:9", "9:1", "wide", "16x9", "0:0", ""))
        return
    least, own = parameter.min_length or int(alone(card, parameter)), parameter.max_length
    yield from (Probe("x" * length, good=True) for length in {least, least + 1})
    if least:
        yield Probe("x" * (least - 1), good=False, in_schema=parameter.min_length is not None)
    if own is not None:
        yield from (Probe("x" * own, good=True), Probe("x" * (own + 1), good=False), Probe("é" * own, good=True))
    elif parameter.image:
        yield Probe("x" * 100_000, good=True)  # base64 is as long as it is
    else:
        longest = LONGEST_PROMPT if parameter.name == "prompt" else LONGEST_TEXT
        yield from (Probe("x" * longest, good=True), Probe("x" * (longest + 1), good=False, in_schema=False))


def _of_strings(card: ModelCard, parameter: Parameter) -> Iterator[Probe]:
    least, most = parameter.min_items or 0, parameter.max_items or 0
    yield from (Probe([PICTURE] * count, good=True) for count in range(least, most + 1))
    yield from (Probe([PICTURE] * count, good=False) for count in (most + 1, 2 * most))
    if least:
        yield Probe([], good=False)
    yield Probe(PICTURE, good=bool(parameter.also))
    yield Probe([PICTURE, "a\0b"], good=False, in_schema=False)
    wrong: tuple[Any, ...] = (True, 7, 0.5, {}, {"a": 1}, [1], [None], [[]], [PICTURE, 1])
    yield from (Probe(value, good=False) for value in wrong)


def _of_switch(card: ModelCard, parameter: Parameter) -> Iterator[Probe]:
    yield from (Probe(True, good=True), Probe(False, good=True))
    yield from _wrong_types(bool)


def _of_integer(card: ModelCard, parameter: Parameter) -> Iterator[Probe]:
    step, least, most = parameter.multiple_of or 1, parameter.minimum, _most(card, parameter)
    numbers = [-1000, 0, 1000] if least is None else [least, least + step, *([most, most - step] if most is not None else [])]
    for number in numbers:
        shown = parameter.maximum is None or number <= parameter.maximum  # a tolerance above the model's top is taken, and counts as its top
        yield Probe(int(number), good=True, in_schema=shown)
        if abs(number) < 2**53:
            yield Probe(float(number), good=True, in_schema=shown)
    beyond = [] if least is None else [least - step, least - 1, -(2**63), *([most + step, 2**64] if most is not None else [])]
    for number in beyond:
        if number in parameter.also:
            continue
        shown = parameter.maximum is not None or number < (least or 0)  # what only a rule bounds, the schema does not
        yield Probe(int(number), good=False, in_schema=shown)
    if step > 1:
        yield from (Probe(int((least or 0) + off), good=False) for off in (1, step - 1, step + 1))
    yield from (Probe((least or 0) + 0.5, good=False), Probe("7", good=False))
    yield from _wrong_types(int, float, also=parameter.also)


def _most(card: ModelCard, parameter: Parameter) -> float | None:
    """The largest value: its own, or, where it has none, what a rule of the card leaves."""
    if parameter.name == "safety_tolerance":
        return HIGHEST_TOLERANCE
    if parameter.maximum is not None:
        return parameter.maximum
    return next((rule.pixels // 64 for rule in card.rules if isinstance(rule, MaxPixels) and parameter.name in ("width", "height")), None)


def _of_number(card: ModelCard, parameter: Parameter) -> Iterator[Probe]:
    least, most = parameter.minimum, parameter.maximum
    if least is None or most is None:
        raise AssertionError(f"{card.name} has a number without bounds: {parameter.name}")
    yield from (Probe(float(number), good=True) for number in (least, most, (least + most) / 2))
    yield Probe(int(most), good=True)
    yield from (Probe(number, good=False) for number in (least - 0.001, most + 0.001, least - 1, most + 1, -1e300, 1e300, 10**400))
    yield from (Probe(number, good=False, in_schema=False) for number in (float("nan"), float("inf"), float("-inf")))
    yield from _wrong_types(int, float)


def _of_anything(card: ModelCard, parameter: Parameter) -> Iterator[Probe]:
    yield from (Probe(value, good=True) for value in JSON_VALUES)
