"""What a picture costs, in credits (0.01 USD), by its card's price."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mezzotint.core.catalogue import ModelCard
from mezzotint.core.catalogue.shared import MEGAPIXEL
from mezzotint.service.sizes import Size, size_of


@dataclass(frozen=True)
class Quote:
    """What a task will cost. `cost` and the megapixels, down to two decimals, are None where the price does not depend on them.

    `credits` is the amount itself: 0 where no price is known.
    """

    credits: float = 0.0
    cost: float | None = None
    input_mp: float | None = None
    output_mp: float | None = None


def quote(card: ModelCard, values: Mapping[str, Any], given: Sequence[Size | None] = ()) -> Quote:
    """`values` are settled; `given` are the sizes of the input pictures, None for one that is still to be fetched."""
    price = card.price
    by_size = dict(price.by_size)
    if by_size:
        return Quote(by_size.get(str(values.get("resolution")), price.first or 0.0))
    if price.first is None:
        return Quote()
    if not price.by_megapixel:
        return Quote(price.first)
    taken = _megapixels(*(size for size in given if size is not None))
    made = _megapixels(size_of(card, dict(values), given[0] if given else None))
    # in dollars first, as the service that is followed here does: its figures carry the rounding of that
    dollars = price.first / 100 + max(0.0, made - 1) * price.further / 100 + taken * price.given / 100
    return Quote(dollars * 100, dollars * 100, taken, made)


def _megapixels(*sizes: Size) -> float:
    """Cut, not rounded: 256 x 256 counts as 0.06."""
    return math.floor(sum(width * height for width, height in sizes) / MEGAPIXEL * 100) / 100
