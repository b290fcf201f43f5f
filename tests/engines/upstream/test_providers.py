"""What a picture is expected to cost before its provider says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from mezzotint.core.catalogue import BFL_MODELS, REPLICATE_MODELS
from mezzotint.engines.upstream.providers import Counter, expected_price
from mezzotint.routing import Kind, Provider

PROVIDER = Provider("someone", Kind.REPLICATE, "http://127.0.0.1:1")
THERE, HERE, UNKNOWN = "black-forest-labs/flux-dev", "flux-dev", "black-forest-labs/flux-schnell"
PRICES: dict[str, tuple[str, Mapping[str, float], float | None]] = {
    "the card's": (HERE, {}, 2.5),
    "that of the same model under its other name": (THERE, {}, 2.5),
    "the operator's": (HERE, {HERE: 1.0}, 1.0),
    "the operator's for this name before the one for the other": (THERE, {HERE: 1.0, THERE: 2.0}, 2.0),
    "the operator's for the other name before the card's": (THERE, {HERE: 1.0}, 1.0),
    "nothing, where the operator says so": (HERE, {HERE: 0.0}, 0.0),
    "its own card's before the other's": ("black-forest-labs/flux-2-flex", {}, 19.2),
    "nobody's": (UNKNOWN, {}, None),
}


@pytest.mark.parametrize("which", PRICES)
def test_the_price_that_is_expected_is(which: str) -> None:
    model, said, price = PRICES[which]
    card = {**BFL_MODELS, **REPLICATE_MODELS}[model]
    provider = replace(PROVIDER, prices=said)

    assert expected_price(provider, card) == price
    assert Counter(provider, "").price_of(card) == (price or 0.0)
