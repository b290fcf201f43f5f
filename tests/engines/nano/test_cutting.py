"""Things cut out of plain grounds."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.engines.nano.cutting import cut_out, resized

SIDE, BOX = 128, (32, 32, 64)
WHITE, GREEN, BLUE = (0.97, 0.97, 0.98), (0.22, 0.70, 0.32), (0.16, 0.45, 0.92)
DISC = np.hypot(*np.mgrid[-32:32, -32:32]) < 24


def a_picture(ground: tuple[float, float, float], tone: tuple[float, float, float], *flaws: tuple[slice, slice], seed: int = 1) -> np.ndarray:
    """A disc of that tone on the ground, which is a little uneven, with flaws in another colour."""
    picture = np.ones((SIDE, SIDE, 3)) * ground + np.random.default_rng(seed).normal(0, 0.01, (SIDE, SIDE, 3))
    picture[32:96, 32:96][DISC] = tone
    for flaw in flaws:
        picture[flaw] = (0.9, 0.3, 0.7)
    return np.clip(picture, 0, 1).astype(np.float32)


@pytest.mark.parametrize("tone", [(0.9, 0.1, 0.1), (0.05, 0.05, 0.05), WHITE, GREEN, BLUE])
def test_a_thing_of_any_colour_is_found_before_grounds_of_three(tone: tuple[float, float, float]) -> None:
    thing = cut_out([a_picture(ground, tone) for ground in (WHITE, GREEN, BLUE)], *BOX)

    assert thing.shape == (64, 64, 4)
    assert ((thing[..., 3] > 0.5) == DISC).mean() > 0.995
    assert np.abs(thing[DISC][:, :3] - tone).max() < 0.05
    assert (thing[..., :3] <= thing[..., 3:] + 1e-6).all()


def test_what_one_picture_shows_and_the_others_do_not_is_no_part_of_it() -> None:
    flaw = (slice(34, 44), slice(34, 44))

    thing = cut_out([a_picture(WHITE, (0.9, 0.1, 0.1), flaw), a_picture(GREEN, (0.9, 0.1, 0.1)), a_picture(BLUE, (0.9, 0.1, 0.1))], *BOX)

    assert thing[2:12, 2:12, 3].max() < 0.1


def test_its_shadow_is_left_behind() -> None:
    pictures = [a_picture(ground, (0.9, 0.1, 0.1)) for ground in (WHITE, GREEN, BLUE)]
    for picture in pictures:
        picture[90:96, 34:94] *= 0.75

    thing = cut_out(pictures, *BOX)

    assert thing[58:, :, 3].max() < 0.1


def test_soft_edges_keep_nothing_of_the_ground() -> None:
    pictures = [a_picture(ground, (0.9, 0.1, 0.1)) for ground in (WHITE, GREEN, BLUE)]
    for picture, ground in zip(pictures, (WHITE, GREEN, BLUE), strict=True):
        picture[60:70, 40:90] = 0.9 * np.array(ground) + 0.1 * np.array((0.9, 0.1, 0.1))

    edge = cut_out(pictures, *BOX)[28:38, 8:58]

    assert (edge[..., 1] <= 0.5 * edge[..., 3] + 1e-6).all(), "no green"


def test_it_can_be_had_at_another_size() -> None:
    thing = cut_out([a_picture(WHITE, (0.9, 0.1, 0.1))], *BOX)

    small = resized(thing, 16)

    assert resized(thing, 64) is thing
    assert small.shape == (16, 16, 4)
    assert np.abs(small - thing.reshape(16, 4, 16, 4, 4).mean((1, 3))).mean() < 0.03
    assert (small[..., :3] <= small[..., 3:]).all()
