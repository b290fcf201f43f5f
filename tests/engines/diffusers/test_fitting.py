"""How weights are held on cards of every size: what changes nothing first, and never more than there is room for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.engines.diffusers.fitting import GB, SPARE, Card, Holding, holding_for, resident
from mezzotint.routing.weights import NONE, OFFLOAD, QUANTIZE

FLUX1 = {"transformer": 24 * GB, "text_encoder": GB // 4, "text_encoder_2": 10 * GB, "vae": GB // 6}
FLUX2 = {"transformer": 64 * GB, "text_encoder": 48 * GB, "vae": GB // 3}
KLEIN = {"transformer": 8 * GB, "text_encoder": 8 * GB, "vae": GB // 3}


def way(sizes: dict[str, int], memory: float, *, fp8: bool = True, nf4: bool = False, quantize: str = "auto", offload: str = "auto") -> tuple[str, str] | None:
    held = holding_for(sizes, Card(int(memory * GB), fp8, nf4), quantize, offload)
    return None if held is None else (held.quantize, held.offload)


@pytest.mark.parametrize(
    ("sizes", "memory", "expected"),
    [
        (FLUX1, 141, (NONE, NONE)),
        (FLUX1, 48, (NONE, NONE)),
        (FLUX1, 38, (NONE, "text")),
        (FLUX1, 32, ("fp8", NONE)),
        (FLUX1, 24, ("fp8", "model")),
        (FLUX1, 16, (NONE, "blocks")),
        (FLUX1, 4, None),
        (FLUX2, 141, (NONE, NONE)),
        (FLUX2, 96, ("fp8", "text")),
        (FLUX2, 80, ("fp8", "model")),
        (KLEIN, 24, (NONE, NONE)),
        (KLEIN, 16, ("fp8", "text")),
    ],
)
def test_the_first_way_that_fits_is_taken(sizes: dict[str, int], memory: float, expected: tuple[str, str] | None) -> None:
    assert way(sizes, memory) == expected


def test_a_card_that_does_not_multiply_in_fp8_takes_int8() -> None:
    assert way(FLUX1, 32, fp8=False) == ("int8", NONE)


def test_four_bits_come_only_where_the_library_is_there() -> None:
    assert way(FLUX1, 17, nf4=True) == ("nf4", "model")
    assert way(FLUX1, 17, nf4=False) == (NONE, "blocks")


def test_what_the_operator_names_is_taken() -> None:
    assert way(FLUX1, 141, quantize="fp8") == ("fp8", NONE)
    assert way(FLUX1, 141, offload="model") == (NONE, "model")
    assert way(FLUX1, 1, quantize="int8", offload=NONE) == ("int8", NONE)
    assert way(FLUX1, 24, quantize=NONE) == (NONE, "blocks")


def test_without_a_card_everything_stays_whole() -> None:
    assert holding_for(FLUX1, Card(None)) == Holding(NONE, NONE, resident(FLUX1, NONE, NONE))


def test_larger_pictures_need_more() -> None:
    assert holding_for(FLUX1, Card(40 * GB), megapixels=1.0) != holding_for(FLUX1, Card(40 * GB), megapixels=4.0)


sizes_of_parts = st.dictionaries(st.sampled_from(["transformer", "text_encoder", "text_encoder_2", "vae"]), st.integers(0, 200 * GB), min_size=1)


@given(sizes_of_parts, st.integers(GB, 200 * GB), st.booleans(), st.booleans(), st.sampled_from(QUANTIZE), st.sampled_from(OFFLOAD))
def test_what_is_chosen_fits_and_is_what_was_allowed(sizes: dict[str, int], memory: int, fp8: bool, nf4: bool, quantize: str, offload: str) -> None:
    held = holding_for(sizes, Card(memory, fp8, nf4), quantize, offload)

    if held is None:
        return
    assert quantize in ("auto", held.quantize)
    assert offload in ("auto", held.offload)
    assert held.resident == resident(sizes, held.quantize, held.offload)
    if "auto" in (quantize, offload):
        assert held.resident <= memory * (1 - SPARE)


@given(sizes_of_parts, st.integers(GB, 150 * GB), st.integers(0, 50 * GB))
def test_a_larger_card_never_holds_less_well(sizes: dict[str, int], memory: int, more: int) -> None:
    small, large = holding_for(sizes, Card(memory, True)), holding_for(sizes, Card(memory + more, True))

    if small is not None:
        assert large is not None
        assert large.resident >= small.resident or (large.quantize, large.offload) == (NONE, NONE)
