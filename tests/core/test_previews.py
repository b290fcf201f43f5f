"""What may be shown of a picture that is being painted, and when."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint import imaging
from mezzotint.core.images import Pixels
from mezzotint.core.previews import LARGEST, LONGEST, Wish, joined, marks, size_within, sound
from tests.pictures import a_file, a_jpeg


@pytest.mark.parametrize(("steps", "count", "due"), [(28, 2, [10, 19]), (28, 3, [7, 14, 21]), (4, 3, [1, 2, 3]), (2, 3, [1, 2]), (1, 1, [1]), (28, 0, [])])
def test_marks_are_spread_evenly_over_the_steps(steps: int, count: int, due: list[int]) -> None:
    reached = [marks(step, steps, count) for step in range(steps + 1)]

    assert [step for step in range(1, steps + 1) if reached[step] > reached[step - 1]] == due
    assert reached[-1] == count


@pytest.mark.parametrize(("step", "steps"), [(1, 0), (5, 2), (10**30, 1), (-3, 4), (0, -1)])
def test_steps_that_there_are_not_reach_none_or_all(step: int, steps: int) -> None:
    assert marks(step, steps, 3) in (0, 3)


def test_several_wishes_are_fulfilled_together() -> None:
    assert joined([Wish(spread=1), Wish(live=True), Wish(spread=3)]) == Wish(live=True, spread=3)
    assert joined([]) == Wish()


@pytest.mark.parametrize(
    ("width", "height", "small"), [(1024, 768, (256, 192)), (256, 256, (256, 256)), (64, 32, (64, 32)), (1440, 32, (256, 6)), (1, 9000, (1, 256))]
)
def test_a_preview_is_small_and_of_the_pictures_shape(width: int, height: int, small: tuple[int, int]) -> None:
    assert size_within(width, height) == small


@pytest.mark.parametrize("image", [a_jpeg(LONGEST, LONGEST), a_jpeg(1, 1), a_jpeg(256, 6)], ids=len)
def test_what_is_a_small_jpeg_may_be_passed_on(image: bytes) -> None:
    assert sound(image)


@pytest.mark.parametrize(
    "image",
    [b"", b"no picture", a_jpeg()[:20], a_jpeg(LONGEST + 1, 8), a_jpeg(8, LONGEST + 1), a_file("PNG"), a_jpeg(8, 8, bytes(LARGEST))],
    ids=["nothing", "text", "cut short", "wide", "high", "png", "large"],
)
def test_all_else_may_not(image: bytes) -> None:
    assert not sound(image)


def test_no_picture_is_too_wild_for_a_preview() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1024, 1024, 3), dtype=np.uint8)
    checks = np.indices((LONGEST, LONGEST)).sum(0)[..., None].repeat(3, 2).astype(np.uint8) % 2 * 255

    for wild in (noise, noise[:LONGEST, :LONGEST], checks):
        image = imaging.preview(Pixels.of(wild))
        assert sound(image)
