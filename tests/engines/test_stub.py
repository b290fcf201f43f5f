"""The engine that paints without a model."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from mezzotint.core.images import Pixels
from mezzotint.engines.stub import DEFAULT_SIDE, KINDS, StubEngine, kind_of, tiles
from mezzotint.ports import Interrupted, Painting, PaintRequest


def a_request(prompt: str = "a paper boat", seed: int = 1, **rest: Any) -> PaintRequest:
    details: dict[str, Any] = {"model": "flux-dev", "width": 256, "height": 192, "steps": 4, "guidance": 3.0} | rest
    return PaintRequest(prompt=prompt, seed=seed, **details)


def painted(request: PaintRequest, engine: StubEngine | None = None) -> Painting:
    return (engine or StubEngine()).paint(request, lambda step, steps: None)


def test_the_same_request_gives_the_same_picture() -> None:
    one, two = painted(a_request()), painted(a_request())

    assert np.array_equal(one.pixels.array, two.pixels.array)
    assert one.pixels.recipe == two.pixels.recipe is not None
    assert one.prompt == "a paper boat"


def test_the_same_request_gives_the_same_picture_in_another_process() -> None:
    program = (
        "import hashlib; from mezzotint.engines.stub import tiles, kind_of;"
        "print(hashlib.sha256(tiles(kind_of('a paper boat', 1), 256, 192).array.tobytes()).hexdigest())"
    )

    digests = {subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60).stdout for _ in range(2)}

    import hashlib

    assert digests == {hashlib.sha256(painted(a_request()).pixels.array.tobytes()).hexdigest() + "\n"}


def test_other_prompts_and_seeds_give_other_pictures() -> None:
    by_prompt = {painted(a_request(f"a boat, number {n}")).pixels.array.tobytes() for n in range(200)}
    by_seed = {painted(a_request(seed=n)).pixels.array.tobytes() for n in range(200)}

    assert len(by_prompt) == len(by_seed) == KINDS


@pytest.mark.parametrize("prompt", ["", "x" * 32_000, "бумага 🛶", "half a pair \ud800", "a\0b"], ids=ascii)
def test_any_prompt_and_any_seed_can_be_painted(prompt: str) -> None:
    for seed in (0, 1, 2**64 - 1):
        assert 0 <= kind_of(prompt, seed) < KINDS
        assert painted(a_request(prompt, seed)).pixels.array.shape == (192, 256, 3)


@pytest.mark.parametrize(("width", "height"), [(256, 256), (32, 1440), (1440, 32), (1, 1), (7, 5), (2048, 2048)])
def test_the_picture_has_the_size_that_was_asked_for(width: int, height: int) -> None:
    pixels = painted(a_request(width=width, height=height)).pixels

    assert (pixels.width, pixels.height) == (width, height)
    assert pixels.array.shape == (height, width, 3)
    assert pixels.array.dtype == np.uint8


def test_without_a_size_it_is_that_of_the_first_picture_else_the_usual_one() -> None:
    given = (("image_prompt", Pixels.of(np.zeros((30, 40, 3), np.uint8))), ("input_image_2", Pixels.of(np.zeros((9, 9, 3), np.uint8))))

    with_picture = painted(a_request(width=None, height=None, pictures=given)).pixels
    without = painted(a_request(width=None, height=None)).pixels

    assert (with_picture.width, with_picture.height) == (40, 30)
    assert (without.width, without.height) == (DEFAULT_SIDE, DEFAULT_SIDE)


def test_a_picture_is_a_board_of_plain_squares() -> None:
    array = tiles(3, 80, 160).array

    assert all(
        (array[20 * row : 20 * row + 20, 10 * column : 10 * column + 10] == array[20 * row, 10 * column]).all() for row in range(8) for column in range(8)
    )
    assert len({tuple(colour) for colour in array.reshape(-1, 3).tolist()}) > 50


def test_a_recipe_names_a_picture_and_its_size() -> None:
    recipes = {tiles(kind, width, 64).recipe for kind in range(3) for width in (64, 128)}

    assert len(recipes) == 6


@pytest.mark.parametrize(("seconds", "steps"), [(2.0, 4), (0.5, 1), (28.0, 28)])
def test_it_takes_the_time_it_is_told_and_reports_every_step(seconds: float, steps: int) -> None:
    events: list[Any] = []
    engine = StubEngine(seconds, sleep=events.append)

    engine.paint(a_request(steps=steps), lambda step, of: events.append((step, of)))

    assert events == [event for step in range(1, steps + 1) for event in (seconds / steps, (step, steps))]


@pytest.mark.parametrize("steps", [0, 1, 28])
def test_without_a_time_it_paints_at_once_and_reports_its_last_step(steps: int) -> None:
    reports: list[tuple[int, int]] = []
    slept: list[float] = []

    StubEngine(0.0, sleep=slept.append).paint(a_request(steps=steps), lambda step, of: reports.append((step, of)))

    assert reports == [(max(1, steps), max(1, steps))]
    assert slept == []


@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_a_report_that_raises_stops_it_between_steps(seconds: float) -> None:
    slept: list[float] = []

    def report(step: int, steps: int) -> None:
        if not seconds or step == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        StubEngine(seconds, sleep=slept.append).paint(a_request(steps=10), report)

    assert slept == [0.1] * (2 if seconds else 0)


def test_a_slow_one_is_encoded_beside_the_next_and_a_quick_one_is_not_worth_it() -> None:
    assert (StubEngine(2.0).overlaps, StubEngine().overlaps) == (True, False)


def test_it_says_its_name() -> None:
    assert StubEngine().name == "stub"


# previews


def test_before_it_paints_there_is_nothing_to_see() -> None:
    assert StubEngine().preview() is None


@pytest.mark.parametrize(("width", "height", "small"), [(256, 192, (256, 192)), (1024, 512, (256, 128))])
def test_its_previews_are_plain_and_come_ever_nearer_to_the_picture(width: int, height: int, small: tuple[int, int]) -> None:
    engine, seen = StubEngine(1.0, sleep=lambda seconds: None), list[np.ndarray]()

    def look(step: int, steps: int) -> None:
        preview = engine.preview()
        assert preview is not None
        assert (preview.width, preview.height) == small
        seen.append(preview.array.astype(float))

    mean = engine.paint(a_request(width=width, height=height, steps=5), look).pixels.array.mean((0, 1))

    away = [float(np.abs(preview - mean).max()) for preview in seen]
    assert all(np.ptp(preview, axis=(0, 1)).max() == 0 for preview in seen)
    assert away == sorted(away, reverse=True)
    assert away[0] > away[-1] + 5
    assert away[-1] <= 0.5
