"""The catalogue as a whole: how much there is, that names are names, that defaults hold, that prices are prices."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mezzotint.core.catalogue import BFL_MODELS, CARDS, REPLICATE_MODELS, ModelCard, Sizing, Surface
from mezzotint.core.parameters import Kind, Parameter
from mezzotint.core.rules import CustomNeedsSize, MaxPixels, OneOf, RatioBetween, read_ratio
from mezzotint.service.validation import validate
from tests.probes import around, minimal

every_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
DEFAULTS = [
    (card, parameter)
    for card in CARDS
    for parameter in card.parameters.values()
    if not parameter.required and (parameter.default is not None or parameter.nullable)
]


# how much there is


def test_there_are_61_cards_with_709_parameters_of_72_names() -> None:
    parameters = [parameter for card in CARDS for parameter in card.parameters.values()]

    assert len(CARDS) == 61
    assert len(parameters) == 709
    assert len({parameter.name for parameter in parameters}) == 72


def test_most_are_replicates_or_bfls_and_one_is_not_served() -> None:
    assert Counter(card.surface for card in CARDS) == {Surface.BFL: 35, Surface.REPLICATE: 26}
    assert [card.name for card in CARDS if not card.listed] == ["flux-3-video"]


# names


@pytest.mark.parametrize(("surface", "table"), [(Surface.BFL, BFL_MODELS), (Surface.REPLICATE, REPLICATE_MODELS)], ids=["bfl", "replicate"])
def test_names_and_aliases_are_unique_on_a_surface(surface: Surface, table: dict[str, ModelCard]) -> None:
    names = [name for card in CARDS if card.surface is surface for name in card.all_names]

    assert sorted(table) == sorted(names) == sorted(set(names))


def test_a_model_is_found_by_its_name_and_by_each_alias() -> None:
    for card in CARDS:
        table = BFL_MODELS if card.surface is Surface.BFL else REPLICATE_MODELS
        assert [table[name] for name in card.all_names] == [card] * (1 + len(card.aliases))


@pytest.mark.parametrize(
    ("name", "same"),
    [("flux-pro-1.0", "flux-pro"), ("flux-kontext", "flux-kontext-pro"), ("flux-fill", "flux-pro-1.0-fill"), ("flux-pro-1.1-raw", "flux-pro-1.1-ultra")],
)
def test_models_of_bfl_have_their_usual_aliases(name: str, same: str) -> None:
    assert BFL_MODELS[name] is BFL_MODELS[same]


def test_replicates_models_go_by_their_short_name_too() -> None:
    for card in CARDS:
        if card.surface is Surface.REPLICATE:
            assert card.aliases == (card.name.removeprefix("black-forest-labs/"),)
            assert card.name.startswith("black-forest-labs/")


def test_the_two_surfaces_share_short_names_for_different_models() -> None:
    assert BFL_MODELS["flux-dev"] is not REPLICATE_MODELS["flux-dev"]
    assert list(BFL_MODELS["flux-dev"].parameters) != list(REPLICATE_MODELS["flux-dev"].parameters)


def test_the_tables_cannot_be_altered() -> None:
    with pytest.raises(TypeError):
        BFL_MODELS["mine"] = CARDS[0]  # type: ignore[index]  # that it cannot be set is what is tested


@every_card
def test_a_card_says_what_it_is_and_where_its_numbers_come_from(card: ModelCard) -> None:
    assert card.about.endswith(".")
    assert card.source
    assert card.family in {"flux-1", "flux-1-tools", "flux-1-kontext", "finetuned", "flux-2", "flux-2-klein", "flux-tools", "flux-3"}
    assert card.output in ("one", "list")
    assert card.retired in ("", "2025-10-31")


# parameters


@every_card
def test_parameters_are_under_their_own_names_and_say_what_they_are(card: ModelCard) -> None:
    for name, parameter in card.parameters.items():
        assert name == parameter.name
        assert name.isidentifier()
        assert name == name.lower()
        assert parameter.about.endswith(".")


@every_card
def test_no_two_parameters_of_a_card_mean_the_same(card: ModelCard) -> None:
    meanings = [parameter.meaning for parameter in card.parameters.values()]

    assert sorted(meanings) == sorted(set(meanings))


@every_card
def test_bounds_are_in_order_and_on_their_own_grid(card: ModelCard) -> None:
    for parameter in card.parameters.values():
        low, high, step = parameter.minimum, parameter.maximum, parameter.multiple_of
        assert low is None or high is None or low < high
        assert (low is None and high is None) or parameter.kind in (Kind.INTEGER, Kind.NUMBER)
        assert not step or (low or 0) % step == (high or 0) % step == 0
        assert parameter.min_items is None or parameter.min_items <= (parameter.max_items or 0)
        assert parameter.min_length is None or parameter.max_length is None or parameter.min_length <= parameter.max_length
        assert len(set(parameter.choices)) == len(parameter.choices)
        assert not parameter.choices or parameter.kind is Kind.STRING


@every_card
def test_pictures_are_text_or_lists_of_it(card: ModelCard) -> None:
    assert all(parameter.kind in (Kind.STRING, Kind.STRINGS) for parameter in card.image_parameters)
    assert card.needs_picture is any(parameter.required for parameter in card.image_parameters)


@every_card
def test_every_card_takes_a_tolerance_or_a_switch_for_moderation_but_replicates_few(card: ModelCard) -> None:
    assert {"safety_tolerance", "disable_safety_checker"} & set(card.parameters)


@pytest.mark.parametrize(("card", "parameter"), DEFAULTS, ids=lambda value: value.name)
def test_every_default_is_valid_itself(card: ModelCard, parameter: Parameter) -> None:
    default: Any = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    body = minimal(card) | ({parameter.name: default} if parameter.name not in minimal(card) else {})

    assert validate(card, body)[parameter.name] in (default, body.get(parameter.name))


@every_card
def test_all_defaults_together_are_valid_and_given_back_as_they_are(card: ModelCard) -> None:
    once = validate(card, minimal(card))

    again = validate(card, {name: list(value) if isinstance(value, tuple) else value for name, value in once.items() if value is not None})

    assert {name: tuple(value) if isinstance(value, list) else value for name, value in again.items()} == {
        name: tuple(value) if isinstance(value, list) else value for name, value in once.items()
    }


# rules and sizes


@every_card
def test_rules_speak_of_parameters_that_the_card_has(card: ModelCard) -> None:
    needs = {RatioBetween: {"aspect_ratio"}, MaxPixels: {"width", "height"}, CustomNeedsSize: {"aspect_ratio", "width", "height"}}
    for rule in card.rules:
        assert set(rule.names if isinstance(rule, OneOf) else needs.get(type(rule), set())) <= set(card.parameters)


@every_card
def test_every_ratio_to_choose_is_a_ratio_or_a_known_word(card: ModelCard) -> None:
    parameter = card.parameters.get("aspect_ratio")
    for choice in parameter.choices if parameter else ():
        assert choice in ("auto", "custom", "match_input_image") or read_ratio(choice) is not None
    if parameter is not None and "custom" in parameter.choices:
        assert any(isinstance(rule, CustomNeedsSize) for rule in card.rules)


@every_card
def test_what_a_cards_size_is_made_of_is_there(card: ModelCard) -> None:
    needed = {
        Sizing.PIXELS: {"width", "height"},
        Sizing.AUTOMATIC: {"width", "height"},
        Sizing.RATIO: {"aspect_ratio"},
        Sizing.EXPANDED: {"left", "right", "top", "bottom"},
        Sizing.FORMAT: {"aspect_ratio"},
        Sizing.INPUT: set[str](),
    }

    assert needed[card.sizing] <= set(card.parameters)
    assert card.sizing is not Sizing.INPUT or card.image_parameters


def test_only_cards_by_ratio_have_an_area_of_their_own() -> None:
    large = {card.name for card in CARDS if card.pixels != 1_000_000}

    assert large == {"flux-pro-1.1-ultra", "flux-pro-1.1-ultra-finetuned", "black-forest-labs/flux-1.1-pro-ultra"}


# prices


@every_card
def test_every_price_is_sane(card: ModelCard) -> None:
    price = card.price

    assert price.first is None or 0 < price.first < 100
    assert 0 <= price.further <= (price.first or 0)
    assert 0 <= price.given <= (price.first or 0)
    assert price.by_megapixel is (price.further > 0)
    assert not price.by_size or card.parameters["resolution"].choices


def test_prices_by_size_rise_with_the_size_and_name_sizes_that_there_are() -> None:
    card = BFL_MODELS["flux-3-image"]
    words = [word for word, _ in card.price.by_size]
    credits_asked = [price for _, price in card.price.by_size]

    assert credits_asked == sorted(credits_asked)
    assert set(words) <= set(card.parameters["resolution"].choices)
    assert dict(card.price.by_size)[card.parameters["resolution"].default] == card.price.first


def test_the_original_prices_are_kept() -> None:
    known = {
        "flux-dev": 2.5,
        "flux-pro": 5,
        "flux-pro-1.1": 4,
        "flux-pro-1.1-ultra": 6,
        "flux-kontext-pro": 4,
        "flux-kontext-max": 8,
        "flux-2-pro": 3,
        "flux-2-max": 7,
    }

    assert {name: BFL_MODELS[name].price.first for name in known} == known


# versions


def test_replicates_versions_are_hexadecimal_and_differ() -> None:
    versions = [card.version for card in CARDS if card.version]

    assert len(versions) == len(set(versions)) >= 15
    assert all(set(version) <= set("0123456789abcdef") and len(version) in (8, 63, 64) for version in versions)
    assert all(card.surface is Surface.REPLICATE for card in CARDS if card.version)


def test_requests_with_a_word_of_the_rules_are_taken() -> None:
    ratios = [(card, card.parameters["aspect_ratio"]) for card in CARDS if "aspect_ratio" in card.parameters]

    for card, parameter in ratios:
        for choice in parameter.choices:
            assert validate(card, around(card, parameter, choice))["aspect_ratio"] == choice
