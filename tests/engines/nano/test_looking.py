"""What the shipped weights do with pictures that they are shown: edits, outlines, two pictures. Of pictures of their own."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.controls import outlines
from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.ports import PaintRequest

SIDE = 512
CAR = (slice(190, 400), slice(120, 400))  # rows and columns that it stands in
HOUSE = (slice(140, 400), slice(120, 390))
RED, GREEN, BLUE = range(3)


@pytest.fixture(scope="module")
def nano() -> NanoEngine:
    return NanoEngine(threads=2)


def painted(nano: NanoEngine, prompt: str, model: str = "flux-dev", seed: int = 3, **pictures: np.ndarray) -> np.ndarray:
    """(512, 512, 3) in 0..1."""
    given = tuple((name, Pixels.of(np.rint(picture * 255).astype(np.uint8))) for name, picture in pictures.items())
    request = PaintRequest(model, prompt, SIDE, SIDE, 8, 3.0, seed, pictures=given)
    array: np.ndarray = nano.paint(request, lambda *_: None).pixels.array.astype(np.float32) / 255
    return array


@pytest.fixture(scope="module")
def car(nano: NanoEngine) -> np.ndarray:
    return painted(nano, "a red car in a city by day", seed=1)


@pytest.fixture(scope="module")
def house(nano: NanoEngine) -> np.ndarray:
    return painted(nano, "a house in a green field", seed=2)


@pytest.fixture(scope="module")
def aside(nano: NanoEngine) -> np.ndarray:
    """Where no house would stand of which that is not said."""
    return painted(nano, "a house on the left in a green field", seed=2)


def share_of(colour: int, part: np.ndarray) -> float:
    """Of pixels in which `colour` is clearly the strongest."""
    others = np.delete(part, colour, axis=2).max(2)
    return float((part[..., colour] > others + 0.25).mean())


def ruddy(part: np.ndarray) -> float:
    """Share of pixels in which red is the strongest by half, however dark they are."""
    return float((part[..., RED] > 1.5 * part[..., GREEN:].max(2)).mean())


def unlike(one: np.ndarray, two: np.ndarray) -> float:
    return float(np.sqrt(np.mean((one - two) ** 2)))


def without(part: tuple[slice, slice], picture: np.ndarray) -> np.ndarray:
    rest: np.ndarray = picture.copy()
    rest[part] = 0
    return rest


def test_day_becomes_night_and_what_stands_there_stays(nano: NanoEngine, car: np.ndarray) -> None:
    night = painted(nano, "make it night", "flux-kontext-pro", input_image=car)

    assert car[:120].mean() > 0.6
    assert night[:120].mean() < 0.3
    assert ruddy(night[CAR]) > 0.5 * ruddy(car[CAR])


def test_snow_falls_before_all_and_from_a_grey_sky(nano: NanoEngine, car: np.ndarray) -> None:
    snowing = painted(nano, "make it snow", "flux-kontext-pro", input_image=car)

    flakes = (snowing.min(2) > 0.9).mean()
    sky = np.median(snowing[:120].reshape(-1, 3), axis=0)
    assert 0.01 < flakes < 0.3
    assert sky.max() - sky.min() < 0.2 < np.ptp(np.median(car[:120].reshape(-1, 3), axis=0)), "no longer blue"
    assert share_of(RED, snowing[CAR]) > 0.5 * share_of(RED, car[CAR])


def test_a_thing_takes_another_colour_and_the_rest_stays(nano: NanoEngine, car: np.ndarray) -> None:
    blue = painted(nano, "make the car blue", "flux-kontext-pro", input_image=car)

    assert share_of(RED, blue[CAR]) < 0.2 * share_of(RED, car[CAR])
    assert share_of(BLUE, blue[CAR]) > 2 * share_of(BLUE, car[CAR])
    assert unlike(without(CAR, blue), without(CAR, car)) < 0.05


def test_a_thing_is_put_elsewhere(nano: NanoEngine, car: np.ndarray) -> None:
    deserts = [painted(nano, "put the car in the desert", "flux-kontext-pro", seed, input_image=car) for seed in range(3, 8)]

    grounds = [desert[420:].mean((0, 1)) for desert in deserts]
    assert all(ground[RED] > ground[GREEN] > ground[BLUE] + 0.15 for ground in grounds), "sand in daylight"
    assert all(share_of(RED, desert[CAR]) > 0.5 * share_of(RED, car[CAR]) for desert in deserts)


def test_a_thing_comes_and_the_rest_stays_to_the_pixel(nano: NanoEngine, car: np.ndarray) -> None:
    balloon = painted(nano, "add a balloon", "flux-kontext-pro", 7, input_image=car)

    box = (slice(32, 160), slice(384, 512))
    assert share_of(RED, car[box]) < 0.01
    assert share_of(RED, balloon[box]) > 0.2
    assert (without(box, balloon) == without(box, car)).all()


def test_a_thing_goes_and_the_rest_stays(nano: NanoEngine, house: np.ndarray) -> None:
    made = painted(nano, "remove the house", "flux-kontext-pro", 7, input_image=house)

    assert share_of(RED, made[HOUSE]) < 0.25 * share_of(RED, house[HOUSE])
    assert unlike(without(HOUSE, made), without(HOUSE, house)) < 0.05


def test_a_thing_becomes_another(nano: NanoEngine, house: np.ndarray) -> None:
    castle = painted(nano, "turn the house into a castle", "flux-kontext-pro", 7, input_image=house)

    middle = (slice(220, 400), slice(200, 320))
    assert unlike(house[middle], castle[middle]) > 0.2
    assert castle[320:400, 230:300].mean((0, 1))[BLUE] > house[320:400, 230:300].mean((0, 1))[BLUE] + 0.1, "its gate"


def test_outlines_are_heeded_in_other_colours(nano: NanoEngine, aside: np.ndarray) -> None:
    winter = painted(nano, "a blue house in the snow", "flux-pro-1.0-canny", control_image=aside)
    apart = painted(nano, "a blue house in the snow")

    shown, followed, free = (outlines(picture) > 0.5 for picture in (aside, winter, apart))
    assert winter[420:].mean((0, 1)).min() > 0.8, "snow"
    assert agreement(shown, followed) > 1.5 * agreement(shown, free)


def test_nearness_is_heeded_in_other_colours(nano: NanoEngine, aside: np.ndarray) -> None:
    winter = painted(nano, "a blue house in the snow", "flux-pro-1.0-depth", control_image=aside)
    apart = painted(nano, "a blue house in the snow")

    shown, followed, free = (outlines(picture) > 0.5 for picture in (aside, winter, apart))
    assert agreement(shown, followed) > agreement(shown, free) + 0.05


def agreement(one: np.ndarray, two: np.ndarray) -> float:
    """Share of the outlines of `one` that `two` has within four pixels."""
    near = np.zeros_like(two)
    for down in range(-4, 5, 2):
        for right in range(-4, 5, 2):
            near |= np.roll(two, (down, right), (0, 1))
    return float(near[one].mean())


def test_two_pictures_come_together(nano: NanoEngine, house: np.ndarray) -> None:
    duck = painted(nano, "a duck on a plain background", seed=5)

    both = painted(nano, "the duck next to the house", "flux-2-pro", input_image=duck, input_image_2=house)

    assert share_of(RED, both[:, 256:]) > 0.02 > share_of(RED, both[:, :200]), "the roof is on the right"
    assert share_of(GREEN, both[200:300, :256]) > 0.02, "the duck's head is on the left"
