"""What the weights say of the sides is what the grounds that nano is taught show there."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.engines.nano.latents import PatchCodec
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.sides import FILE
from tests.engines.nano.test_engine import WEIGHTS
from training.phrases import TIMES
from training.sides import BOTH, Sided, hint


@pytest.fixture(scope="module")
def codec() -> PatchCodec:
    with np.load(WEIGHTS / "codec.npz") as tensors:
        return PatchCodec.from_tensors(tensors)


@pytest.mark.parametrize(("name", "place", "time", "kind"), [("table sunset", "table", "sunset", "narrow"), ("space", "space", "night", "wide")])
def test_the_shipped_ones_are_made_by_this_code(codec: PatchCodec, name: str, place: str, time: str, kind: str) -> None:
    shipped = np.load(WEIGHTS / FILE)
    told = shipped[kind][shipped["names"].tolist().index(name)]

    np.testing.assert_allclose(told, hint((place,), time, Grid(told.shape[1], told.shape[0]), codec), atol=2e-3)


def test_all_places_that_have_something_at_a_side_are_in_them() -> None:
    shipped = np.load(WEIGHTS / FILE)

    assert set(shipped["names"].tolist()) == {*(f"{where} {time.name}" for where in ("sky", "table", "room") for time in TIMES), "space"}
    for kind in ("narrow", "wide"):
        np.testing.assert_allclose(np.square(shipped[kind].astype(np.float32)).sum((1, 2, 3)), 1, atol=2e-3)


def test_what_is_by_chance_but_for_the_side_stays() -> None:
    left, right = (Sided(7, side) for side in BOTH)

    assert (left.choice(BOTH), right.choice(BOTH)) == BOTH
    assert [left.choice((1, 2, 3)) for _ in range(9)] == [right.choice((1, 2, 3)) for _ in range(9)]
    assert left.uniform() == right.uniform()
