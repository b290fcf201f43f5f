"""A model's parameters as command-line flags: one flag per parameter, its help and its type from the catalogue."""

from __future__ import annotations

import argparse
import base64
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mezzotint.core.catalogue import BFL_MODELS, ModelCard
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Kind, Parameter, Problem

DEFAULT_MODEL = "flux-dev"
LONGEST_PATH = 4096
NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=_\s-]")
OUTPUT_HELP = "Where to write the picture: a file, which is replaced if it is there, or a folder. By default, a name made from the prompt, here."
OWN = ("prompt", "model", "output", "timeout", "json", "help")  # names that the command itself uses


class Parser(argparse.ArgumentParser):
    """Raises instead of printing and leaving, so that errors end like all others."""

    def error(self, message: str) -> Any:
        raise InvalidRequest([Problem((), f"{message} (try mezzotint generate --help -m MODEL)", "usage")])


def flag(parameter: Parameter) -> str:
    return "--" + parameter.name.replace("_", "-")


def limits(parameter: Parameter) -> str:
    """Range, choices and default in brackets."""
    parts = []
    if parameter.choices:
        parts.append(", ".join(parameter.choices))
    if parameter.minimum is not None and parameter.maximum is not None:
        parts.append(f"{parameter.minimum:g} to {parameter.maximum:g}" if parameter.name != "seed" else "0 to 2^64-1")
    elif parameter.minimum is not None:
        parts.append(f"at least {parameter.minimum:g}")
    if parameter.multiple_of:
        parts.append(f"a multiple of {parameter.multiple_of}")
    if parameter.required:
        parts.append("required")
    elif parameter.default not in (None, "", ()):
        parts.append(f"default {str(parameter.default).lower() if isinstance(parameter.default, bool) else parameter.default}")
    return f" [{'; '.join(parts)}]" if parts else ""


def help_of(parameter: Parameter) -> str:
    picture = " A file, a URL, or base64." if parameter.image else ""
    return f"{parameter.about}{picture}{limits(parameter)}"


def add_flag(parser: argparse.ArgumentParser, parameter: Parameter) -> None:
    details: dict[str, Any] = {"dest": parameter.name, "help": help_of(parameter).replace("%", "%%"), "default": argparse.SUPPRESS}
    match parameter.kind:
        case Kind.BOOLEAN:
            details["action"] = argparse.BooleanOptionalAction
        case Kind.STRINGS:
            details |= {"action": "append", "metavar": "PICTURE"}
        case Kind.INTEGER | Kind.NUMBER:
            details |= {"type": _number(parameter), "metavar": "N"}
        case _:
            details["metavar"] = "PICTURE" if parameter.image else parameter.name.upper()
            if parameter.choices:
                details |= {"choices": parameter.choices, "metavar": "{" + ",".join(parameter.choices) + "}"}
    parser.add_argument(flag(parameter), **details)
    if "_" in parameter.name:  # as the API spells it; understood, and left out of the help
        parser.add_argument("--" + parameter.name, **details | {"help": argparse.SUPPRESS})


def _number(parameter: Parameter) -> Any:
    def read(text: str) -> Any:
        if text in parameter.also:
            return text
        return int(text) if parameter.kind is Kind.INTEGER else _finite(text)

    read.__name__ = "whole number" if parameter.kind is Kind.INTEGER else "number"
    return read


def _finite(text: str) -> float:
    """JSON has no other numbers."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("no number that can be sent")
    return number


def _seconds(text: str) -> float:
    seconds = _finite(text)
    if seconds < 0:
        raise ValueError("less than nothing")
    return seconds


_seconds.__name__ = "number of seconds"  # in argparse's complaint


def parser_for(card: ModelCard) -> Parser:
    """`mezzotint generate` for one model."""
    parser = _parser(
        card,
        "mezzotint generate PROMPT [-m MODEL] [-o FILE] [--seed N] [any parameter of the model as a flag]",
        "Make a picture from words, and print the path of its file last. Uses MEZZOTINT_BASE_URL if set, else a server of its own for this call.",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help=OUTPUT_HELP)
    parser.add_argument("--timeout", type=_seconds, default=600.0, metavar="SECONDS", help="How long to wait for it.")
    parser.add_argument("--json", action="store_true", help="Print a JSON object instead of the path.")
    return _with_flags(parser, card)


def estimating_parser_for(card: ModelCard) -> Parser:
    """`mezzotint estimate` for one model."""
    parser = _parser(
        card,
        "mezzotint estimate PROMPT [-m MODEL] [any parameter of the model as a flag]",
        "Say what a picture would cost, in credits (0.01 USD), without making it. Takes what generate takes.",
    )
    parser.add_argument("--json", action="store_true", help="Print a JSON object.")
    return _with_flags(parser, card)


def _parser(card: ModelCard, usage: str, description: str) -> Parser:
    parser = Parser(
        prog=" ".join(usage.split()[:2]),
        usage=usage,
        description=description,
        epilog=" ".join((f"Flags of {card.name}: {card.about}", *(rule.sentence for rule in card.rules), "Each model has its own: give -m before --help.")),
        allow_abbrev=False,
    )
    parser.add_argument("prompt", nargs="?", default=argparse.SUPPRESS, help="What the picture should show.")
    parser.add_argument("-m", "--model", default=DEFAULT_MODEL, help="The model (see mezzotint models).")
    return parser


def _with_flags(parser: Parser, card: ModelCard) -> Parser:
    for parameter in card.parameters.values():
        if parameter.name not in OWN:
            add_flag(parser, parameter)
    return parser


def model_in(arguments: Sequence[str]) -> str:
    """The model named among the arguments, before they can be parsed: which flags there are depends on it."""
    model = DEFAULT_MODEL
    for at, word in enumerate(arguments):
        if word == "--":
            break
        if word in ("-m", "--model") and at + 1 < len(arguments):
            model = arguments[at + 1]
        elif word.startswith("--model="):
            model = word.partition("=")[2]
        elif word.startswith("-m") and len(word) > 2:
            model = word[2:].removeprefix("=")
    return model


def card_for(model: str) -> ModelCard:
    card = BFL_MODELS.get(model)
    if card is None or not card.listed:
        raise InvalidRequest([Problem(("model",), f"there is no model {model}; mezzotint models lists them", "usage")])
    return card


def parameters_of(card: ModelCard, parsed: argparse.Namespace) -> dict[str, Any]:
    """What was given, pictures read from files. Raises InvalidRequest for what is no text, or a file that is not there."""
    given = {name: value for name, value in vars(parsed).items() if name in card.parameters}
    for name, value in given.items():
        if any("\ud800" <= letter <= "\udfff" for letter in str(value)):  # how Python shows bytes that are no UTF-8
            raise InvalidRequest([Problem((name,), "this is no text: it holds bytes that are no UTF-8", "usage")])
    for parameter in card.image_parameters:
        if parameter.name in given:
            value = given[parameter.name]
            given[parameter.name] = [as_picture(entry, flag(parameter)) for entry in value] if isinstance(value, list) else as_picture(value, flag(parameter))
    return given


def as_picture(text: str, name: str) -> str:
    """A file's content in base64; an address or base64 as it is. Raises InvalidRequest for what can only be a file and is none."""
    if text.startswith(("http://", "https://", "data:")) or len(text) > LONGEST_PATH:
        return text
    path = Path(text).expanduser()
    if os.path.isfile(path):  # noqa: PTH113 - unlike Path.is_file, no error for base64 that is too long for a name
        return base64.b64encode(path.read_bytes()).decode()
    if NOT_BASE64.search(text):
        raise InvalidRequest([Problem((name,), f"there is no file {text}", "usage")])
    return text
