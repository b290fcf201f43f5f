"""What falls in front of a scene."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.engines.nano.falling import FALLING, PER_COLUMN, fallen

GREY = 0.3


def a_picture(columns: int, rows: int, unit: int) -> np.ndarray:
    return np.full((rows * unit, columns * unit, 3), GREY, np.float32)


@pytest.mark.parametrize("grid", [(8, 8), (11, 8), (8, 19)])
@pytest.mark.parametrize("weather", sorted(FALLING))
def test_it_falls_everywhere_and_hides_little(weather: str, grid: tuple[int, int]) -> None:
    picture = fallen(a_picture(*grid, 32), 32, weather, np.random.default_rng(1))

    hidden = np.abs(picture - GREY).max(-1) > 0.1
    assert 0.2 < hidden.mean() * grid[1] / (PER_COLUMN * np.pi * FALLING[weather][1] ** 2) < 1.6
    halves = (hidden[: len(hidden) // 2], hidden[len(hidden) // 2 :], *np.array_split(hidden, 2, axis=1))
    assert min(half.sum() for half in halves) > 0.2 * hidden.sum()


def test_the_same_chance_lets_fall_the_same_at_any_fineness() -> None:
    coarse, fine = (fallen(a_picture(8, 8, unit), unit, "autumn", np.random.default_rng(3)) for unit in (16, 64))

    averaged = fine.reshape(128, 4, 128, 4, 3).mean((1, 3))
    assert np.abs(averaged - coarse).mean() < 0.01


def test_each_is_of_the_weather_s_tones() -> None:
    picture = fallen(np.zeros((256, 256, 3), np.float32), 32, "snowfall", np.random.default_rng(1))

    assert picture.max() == pytest.approx(0.99, abs=0.1)
    assert picture.std(-1).max() < 1e-6
