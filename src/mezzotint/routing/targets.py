"""By which card a provider is asked for a model: as what it offers it, and what can be said to it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mezzotint.core.catalogue import BFL_MODELS, REPLICATE_MODELS, ModelCard, Surface
from mezzotint.core.catalogue.shared import text
from mezzotint.core.parameters import named
from mezzotint.core.translation import Picture, Size, Translation, translate, twin
from mezzotint.routing.models import Offer
from mezzotint.routing.providers import Kind, Provider

SPEAKS = {Kind.BFL: (Surface.BFL,), Kind.REPLICATE: (Surface.REPLICATE,)}
BOTH = (Surface.BFL, Surface.REPLICATE)
# what every server with OpenAI's routes takes, whatever it is called there
OPENAI_CARD = ModelCard(
    "openai", Surface.BFL, "openai", "A model behind OpenAI's routes.",
    named(text("prompt", "What the picture should show.", default="")), "platform.openai.com",
)  # fmt: skip
REFERENCES, MASK = ("image", "input_image", "images", "redux_image"), "mask"  # what its edits take: pictures to go by, and a mask
SHAPES = ("width", "height", "aspect_ratio", "resolution", "megapixels", "output_megapixels")  # said as a size, whatever they were


def name_of(provider: Provider, card: ModelCard, offer: Offer) -> str:
    """What the operator says that the model is called there; empty where nothing is said."""
    return offer.model or provider.models.get(card.name, "")


def target_of(provider: Provider, card: ModelCard, offer: Offer) -> ModelCard | None:
    """None where the provider has no such model that we know of."""
    if provider.kind is Kind.OPENAI:
        return OPENAI_CARD
    name, surfaces = name_of(provider, card, offer), SPEAKS.get(provider.kind, BOTH)
    known = (table.get(name) for table in (BFL_MODELS, REPLICATE_MODELS))
    target = next((found for found in known if found is not None and found.surface in surfaces), None)
    return target or twin(card, card.surface if card.surface in surfaces else surfaces[0])


def said_to(target: ModelCard, card: ModelCard, values: Mapping[str, Any], size: Size, pictures: Sequence[Picture] = ()) -> Translation:
    """`values` are settled, by our words; `size` is what they come to."""
    said = translate(card, values, target, size, pictures)
    if target is not OPENAI_CARD:
        return said
    kept = tuple((name, data) for name, data in pictures if name == MASK or name.startswith(REFERENCES))
    lost = tuple(name for name, _ in pictures if not (name == MASK or name.startswith(REFERENCES)))
    return Translation(said.values, kept, tuple(name for name in said.dropped if name not in SHAPES), lost)
