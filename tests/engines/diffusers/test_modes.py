"""Which mode a request is, and that every model of the API has one that published weights can do."""

from __future__ import annotations

import pytest

from mezzotint.core.catalogue import CARDS, ModelCard
from mezzotint.core.rules import OneOf
from mezzotint.engines.diffusers.calls import CALLS
from mezzotint.engines.diffusers.modes import FAMILIES, Mode, task_of
from mezzotint.engines.diffusers.published import PUBLISHED, preferred

LISTED = [card for card in CARDS if card.listed]
R = "black-forest-labs/"


@pytest.mark.parametrize(
    ("model", "pictures", "mode"),
    [
        ("flux-dev", [], Mode.TEXT),
        ("flux-dev", ["image_prompt"], Mode.PROMPTED),
        (R + "flux-dev", ["image"], Mode.IMAGE),
        (R + "flux-redux-dev", ["redux_image"], Mode.VARIATION),
        ("flux-pro-1.0-fill", ["image", "mask"], Mode.FILL),
        ("flux-pro-1.0-fill", ["image"], Mode.FILL),
        ("flux-pro-1.0-fill-finetuned", ["image", "mask"], Mode.FILL),
        (R + "flux-fill-dev", ["image", "mask"], Mode.FILL),
        ("flux-pro-1.0-expand", ["image"], Mode.EXPAND),
        ("flux-pro-1.0-canny", ["control_image"], Mode.CANNY),
        ("flux-pro-1.0-canny", ["preprocessed_image"], Mode.CANNY),
        (R + "flux-depth-pro", ["control_image"], Mode.DEPTH),
        ("flux-kontext-pro", [], Mode.TEXT),
        ("flux-kontext-pro", ["input_image"], Mode.EDIT),
        ("flux-2-pro", ["input_image", "input_image_2"], Mode.EDIT),
        (R + "flux-2-pro", ["input_images", "input_images"], Mode.EDIT),
        (R + "flux-2-klein-4b", ["images"], Mode.EDIT),
        ("flux-3-image", ["images"], Mode.EDIT),
        ("flux-tools/erase-v1", ["image", "mask"], Mode.FILL),
        ("flux-tools/outpainting-v1", ["input_image"], Mode.EXPAND),
        ("flux-tools/deblur-v1", ["image"], Mode.EDIT),
        ("flux-tools/vto-v2", ["person", "garment"], Mode.EDIT),
    ],
)
def test_a_request_is_of_the_mode_that_its_model_and_pictures_say(model: str, pictures: list[str], mode: Mode) -> None:
    assert task_of(model, pictures).mode is mode


def test_a_fill_with_something_to_add_around_it_expands() -> None:
    assert task_of(R + "flux-fill-pro", ["image"], margins=True).mode is Mode.EXPAND


def wishes(card: ModelCard) -> set[Mode]:
    """The modes that a card can ask for: with each of its pictures, and without any, where it needs none."""
    names = [parameter.name for parameter in card.image_parameters]
    needed = card.needs_picture or any(isinstance(rule, OneOf) and set(rule.names) <= set(names) for rule in card.rules)
    return {task_of(card.name, pictures).mode for pictures in ([[name] for name in names] + ([] if needed else [[]]))}


@pytest.mark.parametrize("card", LISTED, ids=lambda card: card.name)
def test_every_model_has_weights_that_can_do_what_it_can_ask_for(card: ModelCard) -> None:
    kinds = {
        "Fill": "FluxFillPipeline", "Canny": "FluxControlPipeline", "Depth": "FluxControlPipeline", "Kontext": "FluxKontextPipeline", "FLUX.2-dev": "Flux2Pipeline",
        "kv": "Flux2KleinKVPipeline", "klein": "Flux2KleinPipeline", "FLUX.1": "FluxPipeline",
    }  # fmt: skip
    weights = preferred(card.name)
    able = {mode for name in weights for mode in FAMILIES[next(kind for word, kind in kinds.items() if word in name)].pipelines}

    assert weights
    assert set(weights) <= set(PUBLISHED)
    assert wishes(card) <= able


def test_every_pipeline_has_a_way_to_be_called() -> None:
    assert {pipeline for family in FAMILIES.values() for pipeline in family.pipelines.values()} == set(CALLS)


def test_the_closest_weights_come_first() -> None:
    assert preferred("black-forest-labs/flux-schnell")[0] == "FLUX.1-schnell"
    assert preferred("flux-kontext-max")[0] == "FLUX.1-Kontext-dev"
    assert preferred("flux-2-klein-base-9b-finetuned") == ("FLUX.2-klein-base-9B",)
    assert preferred("something-else") == ()
