"""Which engine paints which model, and with what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from types import MappingProxyType
from typing import Any
from uuid import UUID

from mezzotint.core.catalogue import CARDS, ModelCard
from mezzotint.core.errors import BadSetting
from mezzotint.routing.providers import Provider, in_order
from mezzotint.routing.table import Table, amount, listed, one_of, text
from mezzotint.routing.weights import Tuning, Weights

UPSTREAM, DIFFUSERS = "upstream", "diffusers"
# the engines, and what a model's entry may say for them beside `engine`
ENGINES: Mapping[str, tuple[str, ...]] = {"nano": (), "stub": (), UPSTREAM: ("providers",), DIFFUSERS: ("weights",)}


@dataclass(frozen=True)
class Offer:
    """A provider that may paint a model. `model` is its name there, where that differs; a `weight` spreads work by it."""

    provider: str
    model: str = ""
    weight: float | None = None


@dataclass(frozen=True)
class Route:
    """One entry of [models]: the models that `pattern` names go to `engine`. `offers` are in the order in which they are tried,
    and `weights` in that in which they are preferred; none: those that the engine prefers itself."""

    pattern: str
    engine: str
    offers: tuple[Offer, ...] = ()
    weights: tuple[str, ...] = ()

    def covers(self, card: ModelCard) -> bool:
        return any(fnmatchcase(name, self.pattern) for name in card.all_names)

    def in_turn(self, task: UUID, index: int) -> list[Offer]:
        """For one picture of a task: those with weights first, drawn by them, the others as listed. The draw is the same whenever it is
        made."""
        weighted, drawn = [offer for offer in self.offers if offer.weight is not None], list[Offer]()
        while weighted:
            seed = f"{task.hex} {index} {len(drawn)}".encode()
            at = int.from_bytes(hashlib.sha256(seed).digest()[:8], "big") / 2**64 * sum(offer.weight or 0.0 for offer in weighted)
            drawn.append(weighted.pop(_at(weighted, at)))
        return drawn + [offer for offer in self.offers if offer.weight is None]


def _at(offers: Sequence[Offer], at: float) -> int:
    """Which of them, laid side by side as wide as they weigh, lies there."""
    for place, offer in enumerate(offers):
        at -= offer.weight or 0.0
        if at < 0:
            return place
    return len(offers) - 1


@dataclass(frozen=True)
class Routing:
    """The whole file. `otherwise` is the engine of models that no entry covers; `source` is where the file lies, if there is one."""

    otherwise: str = "nano"
    routes: tuple[Route, ...] = ()
    providers: Mapping[str, Provider] = field(default_factory=lambda: MappingProxyType({}))
    source: str = ""
    weights: Mapping[str, Weights] = field(default_factory=lambda: MappingProxyType({}))
    tuning: Tuning = field(default_factory=Tuning)

    @cached_property
    def _by_card(self) -> dict[ModelCard, Route]:
        return {card: self._find(card) for card in CARDS}

    def _find(self, card: ModelCard) -> Route:
        """By its own name before by another that it goes by, and by that before by pattern; of patterns the first."""
        named = (route for name in card.all_names for route in self.routes if route.pattern == name)
        matching = (route for route in self.routes if route.covers(card))
        return next(named, None) or next(matching, None) or self._default

    @cached_property
    def _default(self) -> Route:
        offers = tuple(Offer(name) for name in self.providers) if self.otherwise == UPSTREAM else ()
        return Route("*", self.otherwise, offers)

    def of(self, card: ModelCard) -> Route:
        return self._by_card[card]

    @cached_property
    def engines(self) -> tuple[str, ...]:
        """Those that paint something, the default one first."""
        used = {self.of(card).engine for card in CARDS if card.listed}
        return tuple(sorted(used, key=lambda engine: (engine != self.otherwise, engine)))


def read_route(place: str, pattern: str, value: Any, providers: Mapping[str, Provider]) -> Route:
    """From `"flux-dev" = "nano"`, or a table with an `engine` and what that engine takes. Raises BadSetting."""
    where = f"{place}: [models] {pattern!r}:"
    table = Table(where, {"engine": value} if isinstance(value, str) else value)
    engine = table.need("engine", one_of(*ENGINES))
    offers: tuple[Offer, ...] = ()
    if engine == UPSTREAM:
        offers = tuple(_offer(where, entry, providers) for entry in table.take("providers", listed, list(providers)))
        if not offers:
            raise table.wrong("there is no provider to ask: add a [providers.NAME] table")
    weights: tuple[str, ...] = table.take("weights", _weights, ()) if engine == DIFFUSERS else ()
    table.end(("engine", *ENGINES[engine]))
    route = Route(pattern, engine, offers, weights)
    if not any(route.covers(card) for card in CARDS):
        raise table.wrong("no model is called so; `mezzotint models` lists them")
    return route


def _weights(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(text(name) for name in listed(value))


def _offer(where: str, entry: Any, providers: Mapping[str, Provider]) -> Offer:
    table = Table(where + " providers:", {"name": entry} if isinstance(entry, str) else entry)
    offer = Offer(table.need("name", text), table.take("model", text, ""), table.take("weight", _weight, None))
    table.end(("name", "model", "weight"))
    if offer.provider not in providers:
        raise table.wrong(f"there is no [providers.{offer.provider}]; there is: {in_order(providers)}")
    return offer


def _weight(value: Any) -> float:
    weight = amount(value)
    if not weight:
        raise ValueError("expected a number above 0")
    return weight


def check_default(routing: Routing) -> Routing:
    """Raises BadSetting where everything is to go upstream and nobody is there."""
    if UPSTREAM in routing.engines and not routing.providers:
        raise BadSetting(f"the engine is {UPSTREAM}, but {routing.source or 'there is no mezzotint.toml, which'} names no provider: see docs/providers.md")
    return routing
