"""The catalogue: every model on every surface, declared once. Validation, schemas, flags, types and docs read it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mezzotint.core.catalogue import flux1, flux2, replicate
from mezzotint.core.catalogue.shared import ModelCard, Price, Sizing, Surface

CARDS: tuple[ModelCard, ...] = (*flux1.CARDS, *flux2.CARDS, *replicate.CARDS)


def _by_name(surface: Surface) -> Mapping[str, ModelCard]:
    table: dict[str, ModelCard] = {}
    for card in CARDS:
        if card.surface is surface:
            for name in card.all_names:
                if name in table:
                    raise ValueError(f"two models of {surface.value} are called {name}")
                table[name] = card
    return MappingProxyType(table)


BFL_MODELS = _by_name(Surface.BFL)
REPLICATE_MODELS = _by_name(Surface.REPLICATE)

__all__ = ["BFL_MODELS", "CARDS", "REPLICATE_MODELS", "ModelCard", "Price", "Sizing", "Surface"]
