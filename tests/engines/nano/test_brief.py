"""What a request's pictures are for, by the names that the cards give them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mezzotint.core.catalogue import CARDS
from mezzotint.core.images import Pixels
from mezzotint.engines.nano.brief import DEBLUR, HOLD, Brief, brief_of
from mezzotint.engines.nano.colours import colours
from mezzotint.ports import PaintRequest


def a_picture(width: int = 64, height: int = 64, seed: int = 1) -> Pixels:
    return Pixels.of(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def a_mask(width: int = 64, height: int = 64) -> Pixels:
    mask = np.zeros((height, width, 3), np.uint8)
    mask[: height // 2] = 255
    return Pixels.of(mask)


def brief(model: str, *pictures: tuple[str, Pixels], size: tuple[int, int] = (64, 64), **rest: Any) -> Brief:
    return brief_of(PaintRequest(model, "a cat", *size, 4, 3.0, 1, pictures=pictures, **rest), size)


def kind(found: Brief) -> str:
    if found.canvas is not None:
        return "fill"
    if found.shown:
        return "show"
    return "nothing" if found.start is None else "start"


@pytest.mark.parametrize(
    ("model", "names", "extras", "wanted"),
    [
        ("flux-dev", [], {}, "nothing"),
        ("flux-dev", ["image_prompt"], {}, "start"),
        ("flux-dev", ["image"], {}, "start"),
        ("flux-redux-dev", ["redux_image"], {}, "start"),
        ("flux-tools/deblur-v1", ["image"], {}, "start"),
        ("flux-pro-1.0-fill", ["image", "mask"], {}, "fill"),
        ("flux-pro-1.0-fill", ["image"], {}, "start"),
        ("flux-pro-1.0-expand", ["image"], {"margins": (32, 0, 0, 0)}, "fill"),
        ("flux-fill-pro", ["image", "mask"], {}, "fill"),
        ("flux-tools/outpainting-v1", ["input_image"], {"margins": (8, 8, 8, 8)}, "fill"),
        ("flux-tools/erase-v1", ["image", "mask"], {"dilate_pixels": 4}, "fill"),
        ("flux-pro-1.0-canny", ["control_image"], {}, "show"),
        ("flux-pro-1.0-depth", ["preprocessed_image"], {}, "show"),
        ("flux-kontext-pro", ["input_image"], {}, "show"),
        ("flux-2-pro", ["input_image", "input_image_2", "input_image_3"], {}, "show"),
        ("flux-2-dev", ["input_images", "input_images"], {}, "show"),
        ("flux-3-image", ["images"], {}, "show"),
        ("flux-tools/vto-v1", ["person", "garment"], {}, "show"),
    ],
)
def test_a_picture_s_name_says_what_it_is_for(model: str, names: list[str], extras: dict[str, Any], wanted: str) -> None:
    pictures = [(name, a_mask() if name == "mask" else a_picture()) for name in names]

    found = brief(model, *pictures, extras=tuple(extras.items()))

    assert kind(found) == wanted
    assert found.from_nothing == (wanted == "nothing")
    if wanted == "show":
        assert len(found.shown) == len(names)


@pytest.mark.parametrize("card", [card for card in CARDS if card.listed and card.image_parameters], ids=lambda card: card.name)
def test_every_card_s_pictures_are_for_something(card: Any) -> None:
    pictures = [(parameter.name, a_picture()) for parameter in card.image_parameters]

    assert kind(brief(card.name, *pictures)) != "nothing"


def test_the_hole_is_where_the_mask_is_white_and_may_be_grown() -> None:
    found = brief("flux-tools/erase-v1", ("image", a_picture()), ("mask", a_mask()), extras=(("dilate_pixels", 3),)).canvas

    assert found is not None
    assert found.hole[:35].all()
    assert not found.hole[35:].any()


def test_a_canvas_has_the_size_that_is_asked_for() -> None:
    found = brief("flux-pro-1.0-expand", ("image", a_picture(60, 40)), size=(128, 48), extras=(("margins", (0, 0, 60, 5)),)).canvas

    assert found is not None
    assert (found.picture.width, found.picture.height) == (128, 48)
    assert found.hole.shape == (48, 128)
    assert not found.hole[20, 20]
    assert found.hole[20, 100]


def seen(model: str, name: str, picture: Pixels, **extras: Any) -> np.ndarray:
    pixels, show = brief(model, (name, picture), extras=tuple(extras.items())).shown[0]
    return show(pixels)


def test_what_is_shown_of_a_control_picture_depends_on_the_model() -> None:
    square = np.full((64, 64, 3), 40, np.uint8)
    square[30:50, 20:44] = 220
    picture = Pixels.of(square)

    lines, near, edit = (seen(model, name, picture) for model, name in (
        ("flux-pro-1.0-canny", "control_image"), ("flux-pro-1.0-depth", "control_image"), ("flux-kontext-pro", "input_image")))  # fmt: skip

    assert lines[40, 32, 0] == 0  # within the square nothing changes
    assert lines[29:31, 32, 0].max() > 0.5
    assert near[40, 32, 0] > near[40, 5, 0] > near[2, 5, 0]
    assert np.array_equal(edit, colours(picture))


def test_a_control_picture_that_is_ready_is_used_as_it_is() -> None:
    ramp = np.repeat(np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1))[..., None], 3, -1)

    assert np.allclose(seen("flux-pro-1.0-depth", "preprocessed_image", Pixels.of(ramp)), ramp / 255, atol=1e-6)


def test_thresholds_say_how_much_is_an_outline() -> None:
    picture = Pixels.of(np.asarray(np.random.default_rng(3).normal(128, 14, (64, 64, 3)).clip(0, 255), np.uint8))

    few, many = (
        seen("flux-pro-1.0-canny", "control_image", picture, canny_low_threshold=low, canny_high_threshold=high).sum() for low, high in ((300, 500), (5, 20))
    )

    assert few < many


@pytest.mark.parametrize(
    ("model", "rest", "hold"),
    [
        ("flux-dev", {}, HOLD),
        ("flux-dev", {"strength": 0.6}, 0.6),
        ("flux-dev", {"strength": 1.0}, 0.95),
        ("flux-dev", {"strength": 0.2, "extras": (("leaves", True),)}, 0.8),
        ("flux-tools/deblur-v1", {}, DEBLUR),
    ],
)
def test_how_much_of_a_picture_stays(model: str, rest: dict[str, Any], hold: float) -> None:
    assert brief(model, ("image", a_picture()), **rest).hold == pytest.approx(hold)
