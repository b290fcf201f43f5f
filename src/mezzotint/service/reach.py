"""What of a request the provider of its model cannot be told: refused or left out, as the model's card says, and said when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mezzotint.core.catalogue import ModelCard
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Problem
from mezzotint.core.translation import Picture
from mezzotint.routing import Routing
from mezzotint.routing.targets import said_to, target_of

ANY_SIZE = (1024, 1024)


def dropped_of(card: ModelCard, given: Mapping[str, Any], settled: Mapping[str, Any], task: UUID, routing: Routing) -> tuple[str, ...]:
    """Parameters that were given and that the first provider in turn is not told; another may take its place, and be told less.

    Raises InvalidRequest where the card refuses what would be dropped, and where a picture is given that no provider takes.
    """
    route = routing.of(card)
    ways = [(offer, target_of(routing.providers[offer.provider], card, offer)) for offer in route.in_turn(task, 0)]
    size = (settled["width"], settled["height"]) if settled.get("width") and settled.get("height") else ANY_SIZE
    pictures = tuple(_pictures(card, settled))
    said = [said_to(target, card, settled, size, pictures) for _, target in ways if target is not None]
    if not said:
        return ()
    if all(each.lost for each in said):
        raise InvalidRequest([Problem((name,), "No provider of this model takes such a picture") for name in said[0].lost])
    first = next(each for each in said if not each.lost)
    missing = tuple(name for name in first.dropped if given.get(name) is not None)
    if missing and card.strict:
        raise InvalidRequest([Problem((name,), "The provider of this model does not know it", "extra_forbidden") for name in missing])
    return missing


def _pictures(card: ModelCard, settled: Mapping[str, Any]) -> list[Picture]:
    """Those that are given, without their bytes."""
    found = []
    for parameter in card.image_parameters:
        value = settled.get(parameter.meaning)
        found += [(parameter.name, b"") for _ in ([value] if isinstance(value, str) else value or [])]
    return found
