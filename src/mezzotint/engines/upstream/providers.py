"""The providers at work: each with its dialects, its key, its slots and its health; and which of them may paint a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from mezzotint.core.calls import Caps
from mezzotint.core.catalogue import ModelCard, Surface
from mezzotint.core.translation import twin
from mezzotint.engines.upstream import flux, openai, replicate
from mezzotint.engines.upstream.health import Health
from mezzotint.engines.upstream.news import Hearing
from mezzotint.engines.upstream.words import Desk, Dialect
from mezzotint.leash import Slots
from mezzotint.routing import Kind, Offer, Provider, Routing
from mezzotint.routing.targets import OPENAI_CARD, name_of, target_of

DIALECTS: Mapping[tuple[Kind, Surface], Dialect] = {
    (Kind.BFL, Surface.BFL): flux.BFL,
    (Kind.COMETAPI, Surface.BFL): flux.COMETAPI,
    (Kind.COMETAPI, Surface.REPLICATE): replicate.OF_COMETAPI,
    (Kind.REPLICATE, Surface.REPLICATE): replicate.REPLICATE,
    (Kind.MEZZOTINT, Surface.BFL): flux.MEZZOTINT,
    (Kind.MEZZOTINT, Surface.REPLICATE): replicate.OF_MEZZOTINT,
}


@dataclass(frozen=True)
class Way:
    """How a provider is asked for a model: in which dialect, by what name, and by what card its parameters are said."""

    dialect: Dialect
    name: str
    target: ModelCard


def way_to(provider: Provider, card: ModelCard, offer: Offer) -> Way | None:
    """None where the provider has no such model that we know of."""
    target, name = target_of(provider, card, offer), name_of(provider, card, offer)
    if target is None:
        return None
    if target is OPENAI_CARD:
        return Way(openai.OPENAI, name or card.name.rpartition("/")[2], target)
    dialect = DIALECTS.get((provider.kind, target.surface))
    return None if dialect is None else Way(dialect, name or target.name, target)


def expected_price(provider: Provider, card: ModelCard) -> float | None:
    """Credits for a picture: as the operator says, else as the card does, or that of the same model under its other name; None where none
    of them knows."""
    same = [card, *(other for surface in Surface if (other := twin(card, surface)) is not None and other is not card)]
    said = (provider.prices.get(each.name) for each in same)
    return next((price for price in (*said, *(each.price.first for each in same)) if price is not None), None)


class Counter:
    """A provider at work. `slots` are held by calls from before they are made until their picture is there."""

    def __init__(self, provider: Provider, key: str) -> None:
        self.provider, self.desk = provider, Desk(provider, key)
        self.health = Health(provider.name)
        self.hearing = Hearing()
        self.slots = Slots(provider.concurrency)
        self.caps = Caps(provider.per_day, provider.per_month)

    def price_of(self, card: ModelCard) -> float:
        """What a picture is expected to cost, in credits; 0 where nobody knows."""
        return expected_price(self.provider, card) or 0.0


class Counters:
    """All of them, by the operator's file."""

    def __init__(self, routing: Routing, key_of: Callable[[Provider], str]) -> None:
        """Raises BadSetting for a key that is not there."""
        self._routing = routing
        self.all = {name: Counter(provider, key_of(provider)) for name, provider in routing.providers.items()}

    @property
    def slots(self) -> int:
        return sum(provider.concurrency for provider in self._routing.providers.values())

    def for_task(self, card: ModelCard, task: UUID, index: int) -> Iterator[tuple[Counter, Way]]:
        """Those that may paint it, in the order in which they are to be asked."""
        for offer in self._routing.of(card).in_turn(task, index):
            counter = self.all[offer.provider]
            if (way := way_to(counter.provider, card, offer)) is not None:
                yield counter, way

    def way_of(self, card: ModelCard, provider: str) -> tuple[Counter, Way] | None:
        """To one that was asked before; None where the file names it no more."""
        counter = self.all.get(provider)
        if counter is None:
            return None
        offers = (offer for offer in self._routing.of(card).offers if offer.provider == provider)
        way = way_to(counter.provider, card, next(offers, Offer(provider)))
        return None if way is None else (counter, way)
