"""Which attention a card gets."""

from __future__ import annotations

import pytest

from mezzotint.engines.diffusers.fitting import Card
from mezzotint.engines.diffusers.machine import Machine, attention_for


@pytest.mark.parametrize(
    ("capability", "installed", "expected"),
    [
        (None, {"flash_attn", "kernels"}, "native"),
        ((7, 5), {"flash_attn"}, "native"),
        ((8, 6), {"flash_attn"}, "flash"),
        ((8, 9), set(), "native"),
        ((9, 0), {"flash_attn_interface", "kernels"}, "_flash_3"),
        ((9, 0), {"kernels"}, "_native_cudnn"),
        ((9, 0), set(), "_native_cudnn"),
        ((10, 0), {"flash_attn_interface"}, "_native_cudnn"),
        ((12, 0), set(), "_native_cudnn"),
    ],
)
def test_the_fastest_that_is_there_is_taken(capability: tuple[int, int] | None, installed: set[str], expected: str) -> None:
    assert attention_for(capability, lambda module: not module or module in installed) == expected


def test_where_several_paint_together_it_is_one_that_can_be_shared_out() -> None:
    assert attention_for((9, 0), lambda _: True) == "_flash_3"
    assert attention_for((9, 0), lambda _: True, together=True) == "_native_cudnn"
    assert attention_for((8, 6), lambda _: True, together=True) == "flash"


@pytest.mark.parametrize(("capability", "fp8"), [((8, 0), False), ((8, 9), True), ((9, 0), True)])
def test_a_card_multiplies_in_fp8_from_ada_on(capability: tuple[int, int], fp8: bool) -> None:
    assert Machine("cuda", 24_000, capability).card.fp8 is fp8
    assert Machine("cuda", 24_000, capability).card.memory == 24_000


def test_the_processor_has_no_card() -> None:
    assert Machine("cpu", 24_000).card == Card(None)
