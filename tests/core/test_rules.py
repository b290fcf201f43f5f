"""Rules across parameters: what they let pass, what they refuse, and what they say."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint.core.parameters import Problem
from mezzotint.core.rules import AlphaNeedsFormat, CustomNeedsSize, MaxPixels, OneOf, RatioBetween, Rule, read_ratio

BETWEEN = RatioBetween("9:21", "21:9", ("auto",))
AREA = MaxPixels(2048 * 2048)
EITHER = OneOf(("control_image", "preprocessed_image"))


def where(problem: Problem | None) -> tuple[str | int, ...] | None:
    return problem.where if problem else None


# ratios


@given(st.integers(1, 999_999), st.integers(1, 999_999))
def test_a_ratio_is_read_as_it_was_written(width: int, height: int) -> None:
    assert read_ratio(f"{width}:{height}") == Fraction(width, height)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "16",
        "16:",
        ":9",
        "16x9",
        "16/9",
        "16:9:4",
        "0:9",
        "16:0",
        "-16:9",
        "16:-9",
        "1.5:1",
        " 16:9",
        "16 : 9",
        "16:9\n",
        "１６:9",
        "²:1",
        "1000000:1",
        "1:1000000",
        "match",
    ],
    ids=repr,
)
def test_what_is_no_ratio_is_none(text: str) -> None:
    assert read_ratio(text) is None


@given(st.text())
def test_reading_a_ratio_never_fails(text: str) -> None:
    ratio = read_ratio(text)

    assert ratio is None or ratio > 0


@pytest.mark.parametrize("text", ["9:21", "21:9", "1:1", "3:7", "7:3", "16:9", "042:018", "auto", None], ids=str)
def test_ratios_between_the_bounds_and_the_rules_own_words_pass(text: str | None) -> None:
    assert BETWEEN.check({"aspect_ratio": text}) is None


@pytest.mark.parametrize("text", ["8:21", "21:8", "1:100", "100:1", "9:22", "2101:900", "custom", "", "AUTO"], ids=repr)
def test_ratios_beyond_the_bounds_and_other_words_are_refused(text: str) -> None:
    problem = BETWEEN.check({"aspect_ratio": text})

    assert problem == Problem(("aspect_ratio",), "Aspect ratio should be W:H between 9:21 and 21:9")


def test_no_ratio_at_all_is_no_problem() -> None:
    assert BETWEEN.check({}) is None


def test_a_rule_whose_own_bounds_are_no_ratios_lets_nothing_pass() -> None:
    assert RatioBetween("narrow", "wide").check({"aspect_ratio": "1:1"}) is not None


# areas


@pytest.mark.parametrize(
    "values",
    [
        {"width": 2048, "height": 2048},
        {"width": 4096, "height": 1024},
        {"width": 0, "height": 0},
        {"width": None, "height": None},
        {},
        {"width": 2048},
        {"height": 64},
    ],
    ids=str,
)
def test_an_area_within_the_bound_passes(values: dict[str, Any]) -> None:
    assert AREA.check(values) is None


def test_an_area_beyond_the_bound_is_refused_with_its_number() -> None:
    problem = AREA.check({"width": 2048, "height": 2049})

    assert where(problem) == ("width",)
    assert "2048 x 2049 is 4196352" in str(problem)


@pytest.mark.parametrize(("values", "side"), [({"width": 65_552}, "width"), ({"height": 65_552}, "height"), ({"width": 0, "height": 10**9}, "height")], ids=str)
def test_one_side_alone_is_bounded_too(values: dict[str, Any], side: str) -> None:
    assert where(AREA.check(values)) == (side,)


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_what_passes_is_never_larger_than_the_bound(width: int, height: int) -> None:
    passed = AREA.check({"width": width, "height": height}) is None

    assert passed == (width * height <= 2048 * 2048 and max(width, height) <= 65_536)


# one of several


@pytest.mark.parametrize("values", [{"control_image": "x"}, {"preprocessed_image": "x"}, {"control_image": "x", "preprocessed_image": "y"}], ids=str)
def test_one_of_several_is_enough(values: dict[str, Any]) -> None:
    assert EITHER.check(values) is None


@pytest.mark.parametrize("values", [{}, {"control_image": None}, {"control_image": "", "preprocessed_image": None}, {"image": "x"}], ids=str)
def test_none_of_several_is_a_missing_field(values: dict[str, Any]) -> None:
    problem = EITHER.check(values)

    assert problem == Problem(("control_image",), "Field required: give control_image or preprocessed_image", "missing")


# transparency


@pytest.mark.parametrize(
    "values",
    [
        {"transparent_bg": True, "output_format": "png"},
        {"transparent_bg": True, "output_format": "webp"},
        {"transparent_bg": False, "output_format": "jpeg"},
        {"transparent_bg": None, "output_format": "jpeg"},
        {},
    ],
    ids=str,
)
def test_transparency_passes_where_the_format_has_it(values: dict[str, Any]) -> None:
    assert AlphaNeedsFormat().check(values) is None


@pytest.mark.parametrize("form", ["jpeg", None])
def test_transparency_is_refused_where_the_format_has_none(form: str | None) -> None:
    assert where(AlphaNeedsFormat().check({"transparent_bg": True, "output_format": form})) == ("transparent_bg",)


# custom sizes


@pytest.mark.parametrize(
    "values",
    [{"aspect_ratio": "custom", "width": 512, "height": 256}, {"aspect_ratio": "1:1"}, {"aspect_ratio": "1:1", "width": 512}, {}],
    ids=str,
)
def test_a_size_is_needed_with_custom_only(values: dict[str, Any]) -> None:
    assert CustomNeedsSize().check(values) is None


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"aspect_ratio": "custom"}, "width"),
        ({"aspect_ratio": "custom", "width": 512}, "height"),
        ({"aspect_ratio": "custom", "height": 512}, "width"),
        ({"aspect_ratio": "custom", "width": None, "height": 512}, "width"),
    ],
    ids=str,
)
def test_custom_without_a_side_names_the_side(values: dict[str, Any], missing: str) -> None:
    assert CustomNeedsSize().check(values) == Problem((missing,), "Field required with aspect_ratio custom", "missing")


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (BETWEEN, "aspect_ratio is written W:H, between 9:21 and 21:9, or auto."),
        (RatioBetween("3:7", "7:3"), "aspect_ratio is written W:H, between 3:7 and 7:3."),
        (AREA, "width times height is at most 4194304 pixels."),
        (EITHER, "One of control_image and preprocessed_image is required."),
        (AlphaNeedsFormat(), "transparent_bg needs output_format png or webp."),
        (CustomNeedsSize(), "aspect_ratio custom needs width and height; otherwise they are not used."),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_every_rule_says_itself_in_a_sentence(rule: Rule, sentence: str) -> None:
    assert rule.sentence == sentence
