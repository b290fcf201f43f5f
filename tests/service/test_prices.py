"""What pictures cost, against figures that were recorded or published."""

from __future__ import annotations

from typing import Any

import pytest

from mezzotint.core.catalogue import BFL_MODELS, CARDS
from mezzotint.service.prices import Quote, quote
from mezzotint.service.validation import validate


def quoted(model: str, *given: tuple[int, int] | None, **values: Any) -> Quote:
    card = BFL_MODELS[model]
    return quote(card, validate(card, {"prompt": "a cat"} | values), given)


@pytest.mark.parametrize(
    ("model", "width", "height", "cost", "megapixels"),
    [
        ("flux-2-pro", 256, 256, 3.0, 0.06),
        ("flux-2-max", 256, 256, 7.000000000000001, 0.06),
        ("flux-2-flex", 1024, 1024, 5.2, 1.04),
        ("flux-2-klein-4b", 1024, 1024, 1.404, 1.04),
        ("flux-2-pro", 2048, 2048, 7.785, 4.19),
    ],
)
def test_flux_2_is_charged_by_the_megapixel_and_never_less_than_one(model: str, width: int, height: int, cost: float, megapixels: float) -> None:
    told = quoted(model, width=width, height=height)

    assert told.cost == pytest.approx(cost, abs=1e-9)
    assert (told.input_mp, told.output_mp) == (0.0, megapixels)


def test_each_input_picture_counts() -> None:
    one, two = quoted("flux-2-pro", (1000, 1000), width=512, height=512), quoted("flux-2-pro", (1000, 1000), (500, 1000), width=512, height=512)

    assert (one.input_mp, two.input_mp) == (1.0, 1.5)
    assert [one.cost, two.cost] == pytest.approx([4.5, 5.25])


def test_a_picture_that_is_still_to_be_fetched_is_not_counted_yet() -> None:
    assert quoted("flux-2-pro", None, width=512, height=512).input_mp == 0.0


def test_an_automatic_size_follows_the_first_picture() -> None:
    assert quoted("flux-2-pro", (512, 256)).output_mp == 0.13


def test_flux_1_has_one_price_and_shows_no_numbers() -> None:
    told = quoted("flux-dev", width=1440, height=1440)

    assert told == Quote(2.5)


def test_flux_3_is_charged_by_its_resolution() -> None:
    assert [quoted("flux-3-image", resolution=word).credits for word in ("768sq", "1k", "2k", "4k")] == [4.1, 4.8, 10.0, 60.7]


def test_where_no_price_is_known_nothing_is_charged() -> None:
    unpriced = [card for card in CARDS if card.price == type(card.price)()]

    assert unpriced
    assert all(quote(card, {}) == Quote() for card in unpriced)
