"""The colours by which places are recognised are those of the grounds that nano is taught."""

from __future__ import annotations

import numpy as np
import pytest

from mezzotint.engines.nano.seen import FILE
from tests.engines.nano.test_engine import WEIGHTS
from training.phrases import OUTDOORS, PLACES, TIMES, WEATHERS
from training.seen import places, usual_rows


@pytest.mark.parametrize("number", [0, 40, 170, 300, 308])
def test_the_shipped_ones_are_made_by_this_code(number: int) -> None:
    shipped = np.load(WEIGHTS / FILE)
    place, time, sort, said = list(places())[number]

    np.testing.assert_allclose(shipped["rows"][number] / 255, np.clip(usual_rows(place, time, sort), 0, 1), atol=4e-3)
    assert shipped["said"][number].tolist() == [list(forms) for forms in said]


def test_all_places_are_in_them_outdoors_in_every_weather_at_every_time() -> None:
    told = list(places())

    assert len(told) == len(np.load(WEIGHTS / FILE)["rows"])
    assert {place for place, *_ in told} == {place.name for place in PLACES}
    assert sum(place in OUTDOORS for place, *_ in told) == len(OUTDOORS) * len(TIMES) * (len(WEATHERS) + 1)


def test_backdrops_are_said_as_one_says_them() -> None:
    said = {said[0] for place, _, sort, said in places() if place == "plain" and sort is not None}

    assert ("on an orange background", "vor orangefarbenem Hintergrund", "turuncu arka planda") in said
    assert ("on a pink background", "vor rosa Hintergrund", "pembe arka planda") in said
