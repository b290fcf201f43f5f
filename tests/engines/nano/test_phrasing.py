"""Phrases are found as words of their own, and what is left of a prompt reads as if they had never been there."""

from __future__ import annotations

import pytest

from mezzotint.engines.nano.phrasing import any_of, phrases_of, tidied, which


@pytest.mark.parametrize(
    ("text", "found"),
    [("a Pixel Art cat", "Pixel Art"), ("pixel artist", None), ("art", "art"), ("smart", None), ("pixel, art", "art")],
)
def test_the_longest_phrase_that_is_words_of_its_own_is_found(text: str, found: str | None) -> None:
    match = any_of(["art", "pixel art"]).search(text)

    assert (match and match[0]) == found


def test_of_no_phrases_none_is_anywhere() -> None:
    assert any_of([]).search("anything, or nothing") is None


def test_a_phrase_is_told_by_its_name_whatever_its_case() -> None:
    names = {"cow": any_of(["cow", "inek"]), "cat": any_of(["cat"])}

    assert [which(names, text) for text in ("Cow", "İNEK", "cat", "cats")] == ["cow", "cow", "cat", None]


def test_phrases_are_those_of_all_languages() -> None:
    assert phrases_of({"en": ["cat", "cats"], "de": ["Katze"], "tr": ["kedi"], "home": ["field"]}) == ["cat", "cats", "Katze", "kedi"]


@pytest.mark.parametrize(
    ("rest", "tidy"),
    [
        (", a cat", "a cat"),
        ("a cat,  , in  snow", "a cat, in snow"),
        ("a cat , .", "a cat."),
        ("a cat, ", "a cat"),
        ("  ", ""),
        ("a cat. a dog", "a cat. a dog"),
    ],
)
def test_no_blanks_or_commas_are_left_over(rest: str, tidy: str) -> None:
    assert tidied(rest) == tidy
