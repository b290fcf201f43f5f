"""How large a picture becomes: for every card, from whatever it may be asked for and whatever picture is given with it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mezzotint.core.catalogue import BFL_MODELS, CARDS, REPLICATE_MODELS, ModelCard, Sizing
from mezzotint.core.catalogue.shared import FOUR_MEGAPIXELS
from mezzotint.core.errors import BadPicture, InvalidRequest
from mezzotint.core.headers import MAX_PIXELS
from mezzotint.core.parameters import Parameter
from mezzotint.core.rules import read_ratio
from mezzotint.service.sizes import GRID, LEAST, MOST, ONE_MEGAPIXEL, OPEN_SIZES, Size, from_picture, from_ratio, margins_of, size_of
from mezzotint.service.validation import validate
from tests.probes import minimal

LISTED = [card for card in CARDS if card.listed]
SIZES = ("width", "height", "aspect_ratio", "megapixels", "output_megapixels", "resolution", "top", "bottom", "left", "right")
SLACK = 1.04  # what ratios on a grid may add to "about" so many pixels
every = pytest.mark.parametrize("card", LISTED, ids=lambda card: card.name)


@st.composite
def pictures(draw: st.DrawFn) -> Size:
    """Any size that a picture may have which we read."""
    width = draw(st.integers(1, MAX_PIXELS) | st.integers(1, 5000))
    return width, draw(st.integers(1, MAX_PIXELS // width))


def allowed(parameter: Parameter) -> st.SearchStrategy[Any]:
    """Any value that the parameter may have."""
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    if parameter.name == "aspect_ratio":
        return st.tuples(st.integers(1, 50), st.integers(1, 50)).map(lambda sides: f"{sides[0]}:{sides[1]}")
    if parameter.name == "output_megapixels":
        return st.sampled_from(["1", "0.25", "2 MP", "4mp"]) | st.text(max_size=8).filter(lambda text: "\0" not in text)
    step, least = parameter.multiple_of or 1, int(parameter.minimum or 0)
    most = int(parameter.maximum) if parameter.maximum is not None else FOUR_MEGAPIXELS // LEAST
    return st.integers(0, (most - least) // step).map(lambda n: least + n * step) | st.sampled_from(parameter.also or (least,))


@st.composite
def requests(draw: st.DrawFn, card: ModelCard) -> dict[str, Any]:
    """Values that the card takes, as validation settles them."""
    body = minimal(card)
    for name in SIZES:
        if name in card.parameters and draw(st.booleans()):
            body[name] = draw(allowed(card.parameters[name]))
    try:
        return validate(card, body)
    except InvalidRequest:  # together they break a rule of the card
        assume(False)
        raise


def most_of(card: ModelCard) -> float:
    return 4 * FOUR_MEGAPIXELS if card.name == "flux-3-image" else FOUR_MEGAPIXELS


@every
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_whatever_is_asked_for_the_picture_is_of_a_size_that_can_be_painted(card: ModelCard, data: st.DataObject) -> None:
    values = data.draw(requests(card))

    width, height = size_of(card, values, data.draw(st.none() | pictures()))

    assert type(width) is type(height) is int
    assert min(width, height) >= LEAST
    assert width * height <= most_of(card) * SLACK
    if card.sizing is Sizing.PIXELS or (card.sizing is Sizing.AUTOMATIC and values["width"] and values["height"]):
        assert (width, height) == (values["width"], values["height"])
    else:
        assert width % GRID == height % GRID == 0


@pytest.mark.parametrize("card", [card for card in LISTED if card.name != "flux-tools/outpainting-v1"], ids=lambda card: card.name)
def test_what_is_asked_for_by_itself_gives_the_models_usual_size(card: ModelCard) -> None:
    width, height = size_of(card, validate(card, minimal(card)), None)

    usual = FOUR_MEGAPIXELS if "ultra" in card.name else 1024 * 768 if card.sizing is Sizing.PIXELS else ONE_MEGAPIXEL
    assert usual / SLACK <= width * height <= usual * SLACK


@pytest.mark.parametrize("card", [card for card in LISTED if "aspect_ratio" in card.parameters], ids=lambda card: card.name)
@given(st.data())
@settings(max_examples=15, deadline=None)
def test_a_ratio_that_is_asked_for_is_the_ratio_of_the_picture(card: ModelCard, data: st.DataObject) -> None:
    values = data.draw(requests(card))
    ratio = read_ratio(values["aspect_ratio"] or "")
    assume(ratio)

    width, height = size_of(card, values, data.draw(st.none() | pictures()))

    assert width / height == pytest.approx(float(ratio or 0), rel=0.12 if width * height < ONE_MEGAPIXEL / 2 else 0.06)


def test_a_ratio_holds_for_the_smallest_of_pictures() -> None:
    values = {"aspect_ratio": "16:9", "resolution": "match_input_image"}

    assert size_of(REPLICATE_MODELS["flux-2-pro"], values, (1, 1)) == (112, 64)


def follows_the_picture(card: ModelCard) -> bool:
    """Whether it does so without being told to."""
    word = validate(card, minimal(card)).get("aspect_ratio", "1:1")
    return card.sizing in (Sizing.INPUT, Sizing.AUTOMATIC, Sizing.EXPANDED) or word in (None, "auto", "match_input_image")


@pytest.mark.parametrize("card", [card for card in LISTED if follows_the_picture(card)], ids=lambda card: card.name)
@given(st.data())
@settings(max_examples=15, deadline=None)
def test_a_picture_that_gives_the_size_keeps_its_ratio(card: ModelCard, data: st.DataObject) -> None:
    """Where it is neither tiny nor a strip."""
    shorter = data.draw(st.integers(400, 3000))
    longer = data.draw(st.integers(shorter, min(3 * shorter, MAX_PIXELS // shorter)))
    size = (shorter, longer) if data.draw(st.booleans()) else (longer, shorter)

    width, height = size_of(card, validate(card, minimal(card)), size)

    assert width / height == pytest.approx(size[0] / size[1], rel=0.06)


@given(pictures(), st.sampled_from([ONE_MEGAPIXEL, FOUR_MEGAPIXELS]))
def test_a_picture_is_made_smaller_and_never_larger(size: Size, most: int) -> None:
    width, height = from_picture(size, most)

    assert width <= max(size[0], LEAST)
    assert height <= max(size[1], LEAST)
    assert width * height <= most
    assert max(width, height) <= MOST


@given(st.fractions(min_value="1/4", max_value=4, max_denominator=64), st.sampled_from([ONE_MEGAPIXEL // 4, ONE_MEGAPIXEL, FOUR_MEGAPIXELS]))
def test_a_ratio_turned_round_gives_the_size_turned_round(ratio: Any, pixels: int) -> None:
    assert from_ratio(ratio, pixels) == from_ratio(1 / ratio, pixels)[::-1]


# known sizes


KNOWN: list[tuple[str, dict[str, Any], Size | None, Size]] = [
    ("flux-dev", {}, None, (1024, 768)),
    ("flux-dev", {"width": 256, "height": 1440}, (640, 480), (256, 1440)),
    ("flux-2-pro", {}, None, (1024, 1024)),
    ("flux-2-pro", {}, (1600, 1200), (1600, 1200)),
    ("flux-2-pro", {}, (4000, 3000), (2352, 1760)),
    ("flux-2-pro", {"width": 512}, (1600, 1200), (512, 384)),
    ("flux-2-pro", {"height": 512}, (1600, 1200), (688, 512)),
    ("flux-2-pro", {"height": 512}, None, (512, 512)),
    ("flux-2-pro", {"width": 0, "height": 0}, None, (1024, 1024)),
    ("flux-2-pro", {"width": 4096}, None, (4096, 1024)),
    ("flux-2-pro", {"width": 65_536}, None, (65_536, 64)),
    ("flux-pro-1.1-ultra", {}, None, (2720, 1536)),
    ("flux-pro-1.1-ultra", {"aspect_ratio": "1:1"}, None, (2048, 2048)),
    ("flux-kontext-pro", {}, None, (1024, 1024)),
    ("flux-kontext-pro", {}, (3000, 2000), (1248, 832)),
    ("flux-kontext-pro", {"aspect_ratio": "16:9"}, (3000, 2000), (1376, 768)),
    ("flux-pro-1.0-fill", {}, (1000, 500), (992, 496)),
    ("flux-pro-1.0-fill", {}, (10, 10), (64, 64)),
    ("flux-pro-1.0-expand", {"left": 512, "bottom": 256}, (512, 512), (1024, 768)),
    ("flux-3-image", {"resolution": "4k"}, None, (4096, 4096)),
    ("flux-3-image", {"resolution": "4k", "aspect_ratio": "21:9"}, None, (4096, 1760)),
    ("flux-3-image", {"resolution": "2k"}, (1600, 1200), (2368, 1776)),
    ("flux-3-image", {"resolution": "768sq"}, None, (768, 768)),
    ("black-forest-labs/flux-schnell", {"aspect_ratio": "16:9"}, None, (1344, 768)),
    ("black-forest-labs/flux-schnell", {"aspect_ratio": "16:9", "megapixels": "0.25"}, None, (672, 384)),
    ("black-forest-labs/flux-1.1-pro-ultra", {}, None, (2048, 2048)),
    ("black-forest-labs/flux-1.1-pro", {"aspect_ratio": "custom", "width": 500, "height": 1000}, None, (496, 992)),
    ("black-forest-labs/flux-kontext-pro", {}, (1600, 1200), (1600, 1200)),
    ("black-forest-labs/flux-2-pro", {"aspect_ratio": "match_input_image"}, (1600, 1200), (1184, 880)),
    ("black-forest-labs/flux-2-pro", {"aspect_ratio": "match_input_image", "resolution": "match_input_image"}, (1600, 1200), (1600, 1200)),
    ("black-forest-labs/flux-2-pro", {"resolution": "match_input_image"}, (1600, 1200), (1392, 1392)),
    ("black-forest-labs/flux-2-pro", {"resolution": "4 MP"}, None, (2048, 2048)),
    ("black-forest-labs/flux-2-klein-4b", {"output_megapixels": "0.25"}, None, (512, 512)),
    ("black-forest-labs/flux-2-klein-4b", {"output_megapixels": "lots"}, None, (1024, 1024)),
    ("black-forest-labs/flux-2-klein-4b", {"output_megapixels": "999"}, None, (2048, 2048)),
    ("black-forest-labs/flux-2-klein-4b", {"output_megapixels": "0"}, None, (64, 64)),
    ("black-forest-labs/flux-2-klein-4b", {"output_megapixels": "inf"}, None, (1024, 1024)),
]


@pytest.mark.parametrize(("model", "asked", "picture", "size"), KNOWN, ids=str)
def test_sizes_that_are_known(model: str, asked: dict[str, Any], picture: Size | None, size: Size) -> None:
    card = {**REPLICATE_MODELS, **BFL_MODELS}[model]

    assert size_of(card, validate(card, minimal(card) | asked), picture) == size


def test_the_open_models_sizes_are_about_a_megapixel_in_their_ratio() -> None:
    for word, (width, height) in OPEN_SIZES.items():
        ratio = read_ratio(word)
        assert ratio is not None
        assert width / height == pytest.approx(float(ratio), rel=0.04)
        assert width * height == pytest.approx(ONE_MEGAPIXEL, rel=0.08)
        assert width % 64 == height % 64 == 0


# what is painted around a picture


@pytest.mark.parametrize(("model", "asked", "margins", "size"), [
    ("flux-pro-1.0-expand", {"left": 20, "top": 4}, (20, 4, 0, 0), (112, 96)),
    ("flux-tools/outpainting-v1", {"width": 200, "height": 160}, (50, 30, 50, 30), (200, 160)),
    ("flux-tools/outpainting-v1", {"width": 200, "height": 160, "reference_offset_x": 0, "reference_offset_y": 60}, (0, 60, 100, 0), (200, 160)),
    ("flux-tools/outpainting-v1", {"width": 64, "height": 160, "auto_crop": True}, (-18, 30, -18, 30), (64, 160)),
    ("flux-fill-pro", {"outpaint": "Zoom out 2x"}, (50, 50, 50, 50), (192, 192)),
    ("flux-fill-pro", {"outpaint": "Zoom out 1.5x"}, (25, 25, 25, 25), (144, 144)),
    ("flux-fill-pro", {"outpaint": "Make square"}, (0, 0, 0, 0), (96, 96)),
    ("flux-fill-pro", {"outpaint": "Left outpaint"}, (50, 0, 0, 0), (144, 96)),
    ("flux-fill-pro", {"outpaint": "Bottom outpaint"}, (0, 0, 0, 50), (96, 144)),
    ("flux-fill-pro", {"outpaint": "None"}, None, (96, 96)),
    ("flux-dev", {}, None, (1024, 768)),
])  # fmt: skip
def test_what_is_asked_for_around_a_picture_of_100_by_100(model: str, asked: dict[str, Any], margins: Any, size: Size) -> None:
    card = BFL_MODELS.get(model) or REPLICATE_MODELS[model]
    values = validate(card, minimal(card) | asked)

    assert margins_of(values, (100, 100)) == margins
    assert size_of(card, values, (100, 100)) == size


@pytest.mark.parametrize(("given", "square"), [((30, 10), (0, 10, 0, 10)), ((10, 31), (10, 0, 11, 0))])
def test_a_square_is_made_by_the_shorter_side(given: Size, square: tuple[int, ...]) -> None:
    assert margins_of({"outpaint": "Make square"}, given) == square


@pytest.mark.parametrize(("asked", "complaint"), [
    ({"width": 64, "height": 200}, "lies beyond the canvas of 64 by 200"),
    ({"width": 200, "height": 200, "reference_offset_x": 101}, "lies beyond the canvas"),
    ({"width": 200, "height": 200, "reference_offset_x": 300, "auto_crop": True}, "outside its canvas altogether"),
])  # fmt: skip
def test_a_picture_beyond_its_canvas_is_refused_unless_it_may_be_cut(asked: dict[str, Any], complaint: str) -> None:
    card = BFL_MODELS["flux-tools/outpainting-v1"]

    with pytest.raises(BadPicture, match=complaint):
        margins_of(validate(card, minimal(card) | asked), (100, 100))
