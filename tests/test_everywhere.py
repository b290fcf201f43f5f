"""A parameter is declared once and works everywhere: every parameter of every card, in everything that reads the catalogue."""

from __future__ import annotations

from functools import cache
from typing import Any

import anyio
import pytest
from jsonschema import Draft202012Validator

from mezzotint.cli.flags import OWN, Parser, flag, help_of, parser_for
from mezzotint.cli.models import described
from mezzotint.core.catalogue import CARDS, ModelCard, Surface
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Kind, Parameter
from mezzotint.core.schema import model_schema
from mezzotint.service.validation import validate
from tests.clocks import HandClock
from tests.probes import Probe, alone, an_ordinary, around, blamed, minimal, probes
from tests.studio import a_studio

EVERY = [(card, parameter) for card in CARDS for parameter in card.parameters.values()]
LISTED = [(card, parameter) for card, parameter in EVERY if card.listed]
ON_THE_COMMAND_LINE = [(card, parameter) for card, parameter in LISTED if card.surface is Surface.BFL]


def ids(pairs: list[tuple[ModelCard, Parameter]]) -> list[str]:
    return [f"{card.name}: {parameter.name}" for card, parameter in pairs]


every = pytest.mark.parametrize(("card", "parameter"), EVERY, ids=ids(EVERY))
listed = pytest.mark.parametrize(("card", "parameter"), LISTED, ids=ids(LISTED))
on_the_command_line = pytest.mark.parametrize(("card", "parameter"), ON_THE_COMMAND_LINE, ids=ids(ON_THE_COMMAND_LINE))


def test_this_walk_leaves_nothing_out() -> None:
    assert len(EVERY) == 709
    assert len(LISTED) == 709 - 12  # flux-3-video is known and not served
    assert len({id(card) for card, _ in EVERY}) == len(CARDS) == 61


# validation


def complaints(card: ModelCard, body: dict[str, Any]) -> list[tuple[str | int, ...]]:
    """Where validation finds something wrong; empty where it takes the request."""
    try:
        validate(card, body)
    except InvalidRequest as refused:
        problems = refused.problems
    else:
        return []
    assert all(problem.sentence for problem in problems)
    return [problem.where for problem in problems]


@every
def test_validation_takes_what_is_declared_and_refuses_what_is_not(card: ModelCard, parameter: Parameter) -> None:
    tried = probes(card, parameter)

    found = [complaints(card, around(card, parameter, probe.value)) for probe in tried]

    for probe, places in zip(tried, found, strict=True):
        assert (not places) is probe.good, f"{probe} of {parameter.name} was {'refused' if probe.good else 'taken'}"
        assert {place[0] for place in places} <= blamed(card, parameter), f"{probe} of {parameter.name} was blamed on {places}"
    assert {probe.good for probe in tried} == {True, False} or parameter.kind is Kind.ANYTHING


@every
def test_a_parameter_may_be_left_out_where_it_has_a_default_and_nowhere_else(card: ModelCard, parameter: Parameter) -> None:
    body = {name: value for name, value in around(card, parameter, None).items() if name != parameter.name}

    if parameter.required or alone(card, parameter):
        assert complaints(card, body) == [(parameter.name,)]
    else:
        assert validate(card, body)[parameter.name] == parameter.default


@every
def test_what_is_given_is_what_comes_out(card: ModelCard, parameter: Parameter) -> None:
    value = an_ordinary(parameter)

    settled = validate(card, around(card, parameter, value))

    assert settled[parameter.name] == value
    assert list(settled) == list(card.parameters)


@every
def test_null_means_the_default(card: ModelCard, parameter: Parameter) -> None:
    if not parameter.nullable or alone(card, parameter):
        assert complaints(card, around(card, parameter, None)) == [(parameter.name,)]
    else:
        assert validate(card, around(card, parameter, None))[parameter.name] == parameter.default


# the schema


@cache
def schema_of(card: ModelCard) -> dict[str, Any]:
    schema = model_schema(card)
    Draft202012Validator.check_schema(schema)
    return schema


def in_schema(card: ModelCard, parameter: Parameter, probe: Probe) -> bool:
    return bool(Draft202012Validator(schema_of(card)["properties"][parameter.name]).is_valid(probe.value))


@every
def test_the_schema_agrees_with_validation(card: ModelCard, parameter: Parameter) -> None:
    """But where it cannot say it, or does not: NUL, rules, our own bounds on text, and tolerances above the model's top."""
    tried = [probe for probe in probes(card, parameter) if probe.in_schema]

    apart = [str(probe) for probe in tried if in_schema(card, parameter, probe) is not probe.good]

    assert apart == []
    assert {probe.good for probe in tried} == {True, False} or parameter.kind is Kind.ANYTHING
    assert (parameter.name in schema_of(card)["required"]) is parameter.required


@every
def test_the_schema_describes_it_and_its_default_is_one_that_it_allows(card: ModelCard, parameter: Parameter) -> None:
    schema = schema_of(card)["properties"][parameter.name]

    assert schema["description"].startswith(parameter.about)
    assert parameter.note in schema["description"]
    assert ("default" in schema) is (not parameter.required and parameter.default is not None)
    if "default" in schema:
        assert Draft202012Validator(schema).is_valid(schema["default"])


# the command line


@cache
def parser_of(card: ModelCard) -> tuple[Parser, str]:
    """The parser, and its help without a space, since help is wrapped."""
    parser = parser_for(card)
    return parser, "".join(parser.format_help().split())


def spelled(parameter: Parameter) -> list[tuple[list[str], Any]]:
    """Words of a command line, and the value that they should give."""
    name = flag(parameter)
    match parameter.kind:
        case Kind.BOOLEAN:
            return [([name], True), ([f"--no-{name[2:]}"], False)]
        case Kind.STRINGS:
            return [([name, "a"], ["a"]), ([name, "a", f"{name}=b"], ["a", "b"])]
        case Kind.INTEGER:
            numbers = [number for number in (parameter.minimum, parameter.maximum, 64) if number is not None]
            return [([name, str(int(number))], int(number)) for number in numbers]
        case Kind.NUMBER:
            return [([name, str(number)], float(number)) for number in (parameter.minimum or 0, 2.5, parameter.maximum or 0)]
    words = parameter.choices or ("words", "several words", "https://pictures.example/a.png?b=c", "=", "ünïcode ☃")
    return [([name, word], word) for word in words]


@on_the_command_line
def test_there_is_a_flag_that_says_what_it_is_and_gives_its_value(card: ModelCard, parameter: Parameter) -> None:
    parser, help_text = parser_of(card)

    if parameter.name in OWN:
        assert parameter.name == "prompt"
        assert parser.parse_args(["a paper boat"]).prompt == "a paper boat"
    else:
        assert flag(parameter) in help_text
        assert "".join(help_of(parameter).split()) in help_text
        for words, value in spelled(parameter):
            given = vars(parser.parse_args(words))
            assert (type(given[parameter.name]), given[parameter.name]) == (type(value), value)
            underscored = [word.replace(flag(parameter)[2:], parameter.name, 1) if word.startswith("--") else word for word in words]
            assert vars(parser.parse_args(underscored))[parameter.name] == value
    assert "".join(parameter.about.split()) in help_text
    assert parameter.name not in vars(parser.parse_args([]))


@on_the_command_line
def test_a_flag_that_is_spelled_wrong_is_an_error(card: ModelCard, parameter: Parameter) -> None:
    parser, _ = parser_of(card)
    wrong = [[f"{flag(parameter)}x", "1"], [flag(parameter)[:-1], "1"]]
    if parameter.choices:
        wrong.append([flag(parameter), "no such choice"])
    if parameter.kind in (Kind.INTEGER, Kind.NUMBER):
        wrong += [[flag(parameter), "many"], [flag(parameter)]]
    if parameter.kind is Kind.INTEGER:
        wrong.append([flag(parameter), "1.5"])

    for words in wrong:
        with pytest.raises(InvalidRequest, match="mezzotint generate --help"):
            parser.parse_args(words)


@every
def test_mezzotint_models_shows_it(card: ModelCard, parameter: Parameter) -> None:
    line = described(card)[2 + list(card.parameters).index(parameter.name)]

    assert line.split()[0] == parameter.name
    assert parameter.about in line
    assert all(choice in line for choice in parameter.choices)
    assert ("required" in line) or not parameter.required


# over HTTP


@pytest.fixture(scope="module")
def pages() -> dict[str, Any]:
    """Every model's page, asked for once."""

    async def ask() -> dict[str, Any]:
        async with a_studio(HandClock()).client as client:
            return {card.name: (await client.get(f"/v1/models/{card.name}")).json() for card in CARDS if card.listed}

    return anyio.run(ask)


@listed
def test_the_models_page_shows_it(pages: dict[str, Any], card: ModelCard, parameter: Parameter) -> None:
    page = pages[card.name]

    assert page["id"] == card.name
    assert page["surface"] == card.surface.value
    assert parameter.name in page["parameters"]
    assert page["schema"]["properties"][parameter.name] == schema_of(card)["properties"][parameter.name]
    assert (parameter.name in page["schema"]["required"]) is parameter.required


# together


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_the_least_request_is_taken_by_validation_and_by_the_schema(card: ModelCard) -> None:
    body = minimal(card)

    assert complaints(card, body) == []
    assert Draft202012Validator(schema_of(card)).is_valid(body)
    assert bool(complaints(card, {})) is bool(body)
    assert set(complaints(card, {})) <= {(name,) for name in body}
