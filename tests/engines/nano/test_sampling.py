"""Grid, noise, schedule and the walk from noise to picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mezzotint.core.catalogue import CARDS, ModelCard
from mezzotint.engines.nano.sampling import TRAINED, Grid, alone, denoise, grid_for, mixed, noise, schedule
from mezzotint.ports import Interrupted
from mezzotint.service.sizes import size_of
from mezzotint.service.validation import validate
from tests.probes import minimal

pixels = st.integers(64, 4096)


@given(pixels, pixels)
@settings(max_examples=200, deadline=None)
def test_a_grid_covers_every_ratio_up_to_four_to_one(width: int, height: int) -> None:
    grid = grid_for(width, height)

    long, short = max(grid.columns, grid.rows), min(grid.columns, grid.rows)
    ratio = max(width, height) / min(width, height)
    assert (grid.columns >= grid.rows) if width > height else (grid.rows >= grid.columns)
    assert long in TRAINED
    assert short == TRAINED[0]
    assert long >= min(short * ratio, TRAINED[-1]) - 1e-6


@pytest.mark.parametrize(
    ("size", "grid"),
    [
        ((1024, 1024), Grid(8, 8)),
        ((1024, 768), Grid(11, 8)),
        ((768, 1024), Grid(8, 11)),
        ((1440, 256), Grid(32, 8)),
        ((256, 1440), Grid(8, 32)),
        ((1376, 768), Grid(19, 8)),
    ],
)
def test_grids_of_known_sizes(size: tuple[int, int], grid: Grid) -> None:
    assert grid_for(*size) == grid


def test_a_seed_s_noise_never_changes() -> None:
    drawn = noise(42, (88, 128))

    assert np.allclose(drawn.ravel()[:4], [0.23454992, 0.58429873, -0.42015880, 0.32768187], atol=1e-7)
    assert not np.allclose(drawn, noise(43, (88, 128)))


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**63, 2**64 - 1])
def test_noise_is_standard_normal(seed: int) -> None:
    drawn = noise(seed, (200, 128))

    assert drawn.dtype == np.float32
    assert abs(drawn.mean()) < 0.03
    assert abs(drawn.std() - 1) < 0.03
    assert abs(drawn).max() < 6.5


def test_an_odd_count_of_numbers_can_be_drawn() -> None:
    assert noise(1, (3, 5)).shape == (3, 5)


@given(st.integers(1, 50), st.floats(0.05, 1))
@settings(max_examples=60, deadline=None)
def test_a_schedule_goes_down_from_its_start_to_nothing(steps: int, start: float) -> None:
    levels = schedule(steps, start)

    assert len(levels) == steps + 1
    assert levels[0] == pytest.approx(start)
    assert levels[-1] == 0
    assert (np.diff(levels) < 0).all()


@given(st.integers(1, 20), st.floats(0.1, 1), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_true_velocity_leads_from_noise_to_the_picture(steps: int, start: float, seed: int) -> None:
    chance = np.random.default_rng(seed)
    picture, fresh = (chance.standard_normal((6, 8)).astype(np.float32) for _ in range(2))

    found = denoise(lambda x, level: fresh - picture, mixed(picture, fresh, start), schedule(steps, start), lambda *_: None)

    assert np.abs(found - picture).max() < 1e-4


def test_what_is_alone_has_nothing_beside_it() -> None:
    grid, chance = Grid(8, 6), np.random.default_rng(1)
    ground = np.broadcast_to(chance.standard_normal((6, 1, 4)), (6, 8, 4)).copy()
    busy = chance.standard_normal((6, 8, 4))
    busy[:, [0, -1]] = ground[:, [0, -1]]
    part = (slice(1, 4), slice(2, 5))
    fresh = noise(1, (48, 4))

    found = denoise(alone(lambda x, level: (x - busy.reshape(48, 4)) / level, grid, part), fresh, schedule(5), lambda *_: None).reshape(6, 8, 4)

    expected = ground.copy()
    expected[part] = busy[part]
    assert np.allclose(found, expected, atol=1e-4)


def test_each_step_is_reported_and_a_report_may_stop_the_walk() -> None:
    told: list[tuple[int, int]] = []

    def report(step: int, steps: int) -> None:
        told.append((step, steps))
        if step == 3:
            raise Interrupted

    with pytest.raises(Interrupted):
        denoise(lambda x, level: x, np.zeros((1, 1), np.float32), schedule(10), report)
    assert told == [(1, 10), (2, 10), (3, 10)]


@pytest.mark.parametrize("card", [card for card in CARDS if card.listed], ids=lambda card: card.name)
def test_every_card_s_own_size_has_a_grid(card: ModelCard) -> None:
    width, height = size_of(card, validate(card, minimal(card)), (1024, 768))

    grid = grid_for(width, height)

    assert grid.columns / grid.rows == pytest.approx(width / height, rel=0.4)
