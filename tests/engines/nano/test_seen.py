"""What a picture shows is told by the colours of its rows, with things before it and a hole in it; what is no picture of a known place is none."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mezzotint import imaging
from mezzotint.core.images import Pixels
from mezzotint.engines.nano.canvas import Canvas, enlarged
from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.engines.nano.sealed import Sealed
from mezzotint.engines.nano.seen import Places, rows_of
from tests.engines.nano.test_engine import WEIGHTS, a_request


@pytest.fixture(scope="module")
def nano() -> NanoEngine:
    return NanoEngine(threads=2)


@pytest.fixture(scope="module")
def places() -> Places:
    loaded = Places.load(Sealed(WEIGHTS))
    assert loaded is not None
    return loaded


def pictured(nano: NanoEngine, prompt: str, width: int = 512, height: int = 512) -> Pixels:
    return nano.paint(a_request(prompt, width=width, height=height, seed=5), lambda *_: None).pixels


def holed(picture: Pixels) -> Canvas:
    hole = np.zeros((picture.height, picture.width), bool)
    hole[picture.height // 4 : picture.height * 3 // 4, picture.width // 5 : picture.width * 2 // 3] = True
    return Canvas(picture, hole)


KNOWN = [
    ("a red car in a city by day", "in a city", "by day", ""),
    ("a cat on the beach at sunset", "on the beach", "at sunset", ""),
    ("ein Schloss im Schnee bei Nacht", "in the snow", "at night", ""),
    ("two dogs in the desert at night in the fog", "in the desert", "at night", "in the fog"),
    ("an elephant in a green field at sunrise under a cloudy sky", "in a green field", "at sunrise", "under a cloudy sky"),
    ("a fish underwater", "underwater", "", ""),
    ("a rocket in space", "in space", "", ""),
    ("a banana on a yellow background", "on a yellow background", "", ""),
    ("an apple on a table by day", "on a table", "by day", ""),
]


@pytest.mark.parametrize(("prompt", "place", "time", "weather"), KNOWN)
def test_nano_s_own_pictures_are_recognised_with_a_hole_in_them(nano: NanoEngine, places: Places, prompt: str, place: str, time: str, weather: str) -> None:
    seen = places.of(holed(pictured(nano, prompt)))

    assert seen is not None
    assert (seen.place["en"], seen.time["en"], seen.weather["en"]) == (place, time, weather)


@pytest.mark.parametrize(("width", "height"), [(512, 384), (288, 512), (896, 384)])
def test_so_are_those_that_are_no_squares(nano: NanoEngine, places: Places, width: int, height: int) -> None:
    seen = places.of(holed(pictured(nano, "a horse in a forest at sunset", width, height)))

    assert seen is not None
    assert (seen.place["de"], seen.time["de"]) == ("im Wald", "bei Sonnenuntergang")


def test_of_a_picture_that_is_to_be_made_larger_the_part_is_recognised(nano: NanoEngine, places: Places) -> None:
    small = imaging.resize(pictured(nano, "a cat on the beach at night"), 300, 300)

    seen = places.of(enlarged(small, 180, 40, 200, 210))

    assert seen is not None
    assert (seen.place["tr"], seen.time["tr"]) == ("sahilde", "gece")


def test_what_is_like_none_of_them_is_none(places: Places) -> None:
    chance = np.random.default_rng(3)
    for _ in range(20):  # broad patches of any colours, as photographs have
        patches = Image.fromarray(chance.integers(0, 256, (5, 5, 3), np.uint8)).resize((256, 256), Image.Resampling.BICUBIC)
        assert places.of(holed(Pixels.of(np.asarray(patches)))) is None


def test_of_too_little_nothing_is_told(nano: NanoEngine, places: Places) -> None:
    picture = pictured(nano, "a cat on the beach at night")
    hole = np.ones((512, 512), bool)
    assert places.of(Canvas(picture, hole)) is None

    hole[:60, :60] = False
    assert places.of(Canvas(picture, hole)) is None


def test_a_row_has_its_usual_colour_where_most_of_it_is_hidden_or_a_thing() -> None:
    picture = np.zeros((48, 100, 3), np.float32)
    picture[:16], picture[16:32, :40] = 0.25, 1.0
    hole = np.zeros((48, 100), bool)
    hole[:16, 20:], hole[32:] = True, True

    rows = rows_of(picture, hole)

    assert rows[:2].tolist() == [[0.25] * 3, [0.0] * 3]
    assert np.isnan(rows[2]).all()
