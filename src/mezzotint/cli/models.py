"""`mezzotint models`: the catalogue, as this program knows it."""

from __future__ import annotations

from mezzotint.cli.console import say, say_json, say_text
from mezzotint.cli.flags import help_of
from mezzotint.core.catalogue import BFL_MODELS, CARDS, REPLICATE_MODELS, ModelCard
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Problem
from mezzotint.core.schema import model_schema


def list_models(as_json: bool) -> None:
    for card in CARDS:
        if not card.listed:
            continue
        if as_json:
            say_json({"id": card.name, "surface": card.surface.value, "family": card.family, "about": card.about, "aliases": list(card.aliases)})
        else:
            say(f"{card.name:<42} {card.about}")


def show_model(name: str, as_json: bool) -> None:
    card = BFL_MODELS.get(name) or REPLICATE_MODELS.get(name)
    if card is None or not card.listed:
        raise InvalidRequest([Problem(("model",), f"there is no model {name}; mezzotint models lists them", "usage")])
    if as_json:
        say_json(model_schema(card))
    else:
        say_text("\n".join(described(card)))


def described(card: ModelCard) -> list[str]:
    lines = [f"{card.name}: {card.about}", ""]
    lines += [f"  {parameter.name:<24} {help_of(parameter)}" for parameter in card.parameters.values()]
    return lines + ([""] + [f"  {rule.sentence}" for rule in card.rules] if card.rules else [])
