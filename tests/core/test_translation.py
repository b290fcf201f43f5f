"""A request said in the words of another card: nothing that it can say is lost, and what it cannot is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.core.catalogue import BFL_MODELS, CARDS, REPLICATE_MODELS, ModelCard, Surface
from mezzotint.core.parameters import Kind, Parameter
from mezzotint.core.translation import BACK, TWINS, translate, twin

B, R = BFL_MODELS, REPLICATE_MODELS
PAIRS = [(card, found) for card in CARDS for surface in Surface if (found := twin(card, surface)) is not None]


def replicated(name: str) -> ModelCard:
    return R[f"black-forest-labs/{name}"]


def test_twins_are_models_of_both_kinds_and_lead_back() -> None:
    assert set(TWINS) <= set(B)
    assert set(TWINS.values()) <= set(R)
    assert {BACK[TWINS[name]] for name in TWINS} == set(TWINS)
    assert twin(replicated("flux-schnell"), Surface.BFL) is None


def test_a_card_says_to_itself_what_is_said_to_it() -> None:
    values = {"prompt": "a boat", "width": 512, "height": 768, "steps": 20, "seed": 7, "output_format": "webp"}
    said = translate(B["flux-dev"], values, B["flux-dev"], (512, 768), [("image_prompt", b"x")])

    assert (said.values, said.pictures, said.dropped, said.lost) == (values, (("image_prompt", b"x"),), (), ())


def test_automatic_sizes_stay_unsaid() -> None:
    said = translate(B["flux-2-pro"], {"prompt": "a", "width": 0, "height": 0, "seed": 1}, B["flux-2-pro"], (1024, 1024))

    assert said.values == {"prompt": "a", "seed": 1}


def test_words_formats_and_sizes_become_the_other_cards() -> None:
    values = {"prompt": "a", "width": 1024, "height": 768, "steps": 40, "guidance": 3.0, "seed": 5, "safety_tolerance": 2, "output_format": "jpeg"}
    said = translate(B["flux-dev"], values, replicated("flux-dev"), (1024, 768))

    assert said.values == {"prompt": "a", "num_inference_steps": 40, "guidance": 3.0, "seed": 5, "output_format": "jpg", "aspect_ratio": "4:3"}
    assert said.dropped == ("width", "height")


def test_pixels_are_said_where_the_other_card_takes_them() -> None:
    values = {"prompt": "a", "width": 1024, "height": 768, "seed": 5, "prompt_upsampling": True, "output_format": "webp", "safety_tolerance": 6}
    said = translate(B["flux-pro-1.1"], values, replicated("flux-1.1-pro"), (1024, 768))
    assert {"aspect_ratio": "custom", "width": 1024, "height": 768}.items() <= said.values.items()
    assert said.dropped == ()

    ratio = {"prompt": "a", "aspect_ratio": "16:9", "resolution": "1 MP", "seed": 5, "output_format": "webp", "output_quality": 80}
    said = translate(replicated("flux-2-pro"), ratio, B["flux-2-pro"], (1344, 768))
    assert said.values == {"prompt": "a", "seed": 5, "output_format": "webp", "width": 1344, "height": 768}


def test_what_the_other_card_lacks_is_named_unless_it_is_as_it_would_be_anyway() -> None:
    values = {"prompt": "a", "width": 1024, "height": 768, "seed": 5, "interval": 3.0, "guidance": 2.5, "steps": 40}
    said = translate(B["flux-pro"], values, B["flux-pro-1.1"], (1024, 768))

    assert said.dropped == ("interval",)


def test_a_number_beyond_what_the_other_card_takes_is_cut_and_named() -> None:
    said = translate(B["flux-dev"], {"prompt": "a", "steps": 40, "seed": 1}, replicated("flux-schnell"), (1024, 768))

    assert said.values["num_inference_steps"] == 4
    assert "steps" in said.dropped


def test_a_format_that_the_other_lacks_becomes_one_that_loses_nothing() -> None:
    assert translate(B["flux-dev"], {"prompt": "a", "output_format": "webp"}, replicated("flux-1.1-pro-ultra"), (64, 64)).values["output_format"] == "png"


def test_pictures_find_their_places() -> None:
    given_ = [("input_images", b"1"), ("input_images", b"2"), ("input_images", b"3")]
    said = translate(replicated("flux-2-pro"), {"prompt": "a"}, B["flux-2-pro"], (64, 64), given_)
    assert said.pictures == (("input_image", b"1"), ("input_image_2", b"2"), ("input_image_3", b"3"))

    back = translate(B["flux-2-pro"], {"prompt": "a"}, replicated("flux-2-pro"), (64, 64), said.pictures)
    assert back.pictures == tuple(("input_images", data) for _, data in given_)
    assert back.lists == ("input_images",)

    dev = translate(B["flux-dev"], {"prompt": "a"}, replicated("flux-dev"), (64, 64), [("image_prompt", b"x")])
    assert dev.pictures == (("image", b"x"),)


def test_a_picture_without_a_place_is_not_put_into_another() -> None:
    said = translate(B["flux-pro-1.0-fill"], {"prompt": "a"}, B["flux-dev"], (64, 64), [("image", b"1"), ("mask", b"2")])

    assert (said.pictures, said.lost) == ((("image_prompt", b"1"),), ("mask",))


def a_value(parameter: Parameter) -> st.SearchStrategy[Any]:
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    match parameter.kind:
        case Kind.INTEGER:
            low, high = int(parameter.minimum or 0), int(parameter.maximum or 4096)
            step = parameter.multiple_of or 1
            return st.integers(-(-low // step), high // step).map(lambda number: number * step)
        case Kind.NUMBER:
            return st.floats(parameter.minimum or 0, parameter.maximum or 100, allow_nan=False)
        case Kind.BOOLEAN:
            return st.booleans()
    return st.sampled_from(["16:9", "1:1", "9:21"]) if parameter.name == "aspect_ratio" else st.text(min_size=1, max_size=20)


@st.composite
def a_request(draw: st.DrawFn) -> tuple[ModelCard, dict[str, Any], ModelCard, tuple[int, int]]:
    card, target = draw(st.sampled_from(PAIRS))
    chosen = [parameter for parameter in card.parameters.values() if not parameter.image and parameter.kind not in (Kind.STRINGS, Kind.ANYTHING)]
    values = {parameter.meaning: draw(a_value(parameter)) for parameter in chosen if draw(st.booleans())}
    return card, values, target, (draw(st.integers(64, 2048)), draw(st.integers(64, 2048)))


@given(a_request())
def test_whatever_is_said_the_other_card_takes(request: tuple[ModelCard, dict[str, Any], ModelCard, tuple[int, int]]) -> None:
    """Every value is within what its parameter takes, and nothing is both told as it is and named as dropped."""
    card, values, target, size = request
    said = translate(card, values, target, size)

    assert set(said.values) <= set(target.parameters)
    for name, value in said.values.items():
        parameter = target.parameters[name]
        assert not parameter.choices or value in parameter.choices
        if parameter.kind in (Kind.INTEGER, Kind.NUMBER) and value not in parameter.also:
            assert (parameter.minimum or value) <= value <= (value if parameter.maximum is None else parameter.maximum)
    told = {target.parameters[name].meaning: value for name, value in said.values.items()}
    assert [name for name in said.dropped if told.get(card.parameters[name].meaning) == values[card.parameters[name].meaning]] == []
    assert card is not target or said.dropped == ()


@pytest.mark.parametrize("size", [(1344, 768), (64, 2048), (1024, 1024)])
def test_the_nearest_ratio_is_chosen(size: tuple[int, int]) -> None:
    said = translate(B["flux-dev"], {"prompt": "a", "width": size[0], "height": size[1]}, replicated("flux-dev"), size)

    assert said.values["aspect_ratio"] == {(1344, 768): "16:9", (64, 2048): "9:21", (1024, 1024): "1:1"}[size]
