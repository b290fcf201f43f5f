"""What is said of bad requests: by real models, in words that help. What every parameter takes is walked through in tests/test_everywhere.py."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mezzotint.core.catalogue import BFL_MODELS, CARDS, REPLICATE_MODELS, ModelCard
from mezzotint.core.errors import InvalidRequest
from mezzotint.core.parameters import Kind, Problem
from mezzotint.service.validation import validate
from tests.probes import minimal

INTEGER, NUMBER, STRING, BOOLEAN = (f"Input should be a valid {kind}" for kind in ("integer", "number", "string", "boolean"))
FORMATS = "Input should be 'jpeg', 'png' or 'webp'"
NUL = "String should not contain the NUL character"
SEED_TOP = "Input should be less than or equal to 18446744073709551615"


def card_named(model: str) -> ModelCard:
    return {**REPLICATE_MODELS, **BFL_MODELS}[model]


def problems(model: str, **given: Any) -> list[Problem]:
    """Everything that is wrong; nothing where it is taken."""
    card = card_named(model)
    try:
        validate(card, minimal(card) | given)
    except InvalidRequest as refused:
        return list(refused.problems)
    return []


# model, what is given, where and what is wrong
ONE_WRONG: list[tuple[str, dict[str, Any], str, str, str]] = [
    # other types than were declared
    ("flux-dev", {"width": "512"}, "width", INTEGER, "int_type"),
    ("flux-dev", {"width": True}, "width", INTEGER, "int_type"),
    ("flux-dev", {"width": None}, "width", INTEGER, "int_type"),
    ("flux-dev", {"width": 512.5}, "width", INTEGER, "int_type"),
    ("flux-dev", {"width": [512]}, "width", INTEGER, "int_type"),
    ("flux-dev", {"width": {}}, "width", INTEGER, "int_type"),
    ("flux-dev", {"steps": "28"}, "steps", INTEGER, "int_type"),
    ("flux-dev", {"seed": False}, "seed", INTEGER, "int_type"),
    ("flux-dev", {"seed": ""}, "seed", INTEGER, "int_type"),
    ("flux-dev", {"guidance": "3"}, "guidance", NUMBER, "float_type"),
    ("flux-dev", {"guidance": True}, "guidance", NUMBER, "float_type"),
    ("flux-dev", {"prompt": 7}, "prompt", STRING, "string_type"),
    ("flux-dev", {"prompt": None}, "prompt", STRING, "string_type"),
    ("flux-dev", {"prompt": ["a boat"]}, "prompt", STRING, "string_type"),
    ("flux-dev", {"prompt": b"a boat"}, "prompt", STRING, "string_type"),
    ("flux-dev", {"image_prompt": []}, "image_prompt", STRING, "string_type"),
    ("flux-dev", {"prompt_upsampling": "true"}, "prompt_upsampling", BOOLEAN, "bool_type"),
    ("flux-dev", {"prompt_upsampling": 1}, "prompt_upsampling", BOOLEAN, "bool_type"),
    ("flux-pro-1.1-ultra", {"raw": None}, "raw", BOOLEAN, "bool_type"),
    ("flux-3-image", {"images": {"a": 1}}, "images", "Input should be a valid list", "list_type"),
    ("flux-3-image", {"images": ["a", 7]}, "images.1", STRING, "string_type"),
    # numbers that are none
    ("flux-dev", {"width": float("nan")}, "width", INTEGER, "int_type"),
    ("flux-dev", {"width": float("inf")}, "width", INTEGER, "int_type"),
    ("flux-dev", {"seed": float("-inf")}, "seed", INTEGER, "int_type"),
    ("flux-dev", {"guidance": float("nan")}, "guidance", "Input should be a finite number", "finite_number"),
    ("flux-dev", {"guidance": float("inf")}, "guidance", "Input should be a finite number", "finite_number"),
    ("flux-dev", {"guidance": float("-inf")}, "guidance", "Input should be a finite number", "finite_number"),
    # numbers beyond their range
    ("flux-dev", {"width": 224}, "width", "Input should be greater than or equal to 256", "greater_than_equal"),
    ("flux-dev", {"width": 1472}, "width", "Input should be less than or equal to 1440", "less_than_equal"),
    ("flux-dev", {"width": 513}, "width", "Input should be a multiple of 32", "multiple_of"),
    ("flux-dev", {"seed": -1}, "seed", "Input should be greater than or equal to 0", "greater_than_equal"),
    ("flux-dev", {"seed": 2**64}, "seed", SEED_TOP, "less_than_equal"),
    ("flux-dev", {"seed": 10**4000}, "seed", SEED_TOP, "less_than_equal"),
    ("flux-dev", {"seed": 1e300}, "seed", INTEGER, "int_type"),
    ("flux-dev", {"steps": 0}, "steps", "Input should be greater than or equal to 1", "greater_than_equal"),
    ("flux-dev", {"steps": 51}, "steps", "Input should be less than or equal to 50", "less_than_equal"),
    ("flux-pro-1.0-fill", {"steps": 14}, "steps", "Input should be greater than or equal to 15", "greater_than_equal"),
    ("black-forest-labs/flux-schnell", {"num_inference_steps": 5}, "num_inference_steps", "Input should be less than or equal to 4", "less_than_equal"),
    ("flux-dev", {"guidance": 1.4}, "guidance", "Input should be greater than or equal to 1.5", "greater_than_equal"),
    ("flux-dev", {"guidance": 5.1}, "guidance", "Input should be less than or equal to 5", "less_than_equal"),
    ("flux-dev", {"safety_tolerance": 7}, "safety_tolerance", "Input should be less than or equal to 6", "less_than_equal"),
    ("flux-dev", {"safety_tolerance": -1}, "safety_tolerance", "Input should be greater than or equal to 0", "greater_than_equal"),
    # text that cannot be stored, is too long or too short, or none of the choices
    ("flux-dev", {"prompt": "a\0b"}, "prompt", NUL, "string_nul"),
    ("flux-dev", {"image_prompt": "a\0b"}, "image_prompt", NUL, "string_nul"),
    ("flux-dev", {"webhook_secret": "\0"}, "webhook_secret", NUL, "string_nul"),
    ("flux-3-image", {"images": ["a", "b\0"]}, "images.1", NUL, "string_nul"),
    ("flux-dev", {"prompt": "x" * 70_000}, "prompt", "String should have at most 32000 characters", "string_too_long"),
    ("flux-dev", {"webhook_secret": "x" * 70_000}, "webhook_secret", "String should have at most 4096 characters", "string_too_long"),
    ("flux-dev", {"webhook_url": "https://e.example/" + "x" * 70_000}, "webhook_url", "String should have at most 2083 characters", "string_too_long"),
    ("flux-dev", {"webhook_url": ""}, "webhook_url", "String should have at least 1 character", "string_too_short"),
    ("flux-3-image", {"prompt": ""}, "prompt", "String should have at least 1 character", "string_too_short"),
    ("flux-3-image", {"images": []}, "images", "List should have at least 1 item after validation, not 0", "too_short"),
    ("flux-3-image", {"images": ["a"] * 11}, "images", "List should have at most 10 items after validation, not 11", "too_long"),
    ("flux-dev", {"output_format": "gif"}, "output_format", FORMATS, "enum"),
    ("flux-dev", {"output_format": "PNG"}, "output_format", FORMATS, "enum"),
    ("flux-dev", {"output_format": 7}, "output_format", FORMATS, "enum"),
    ("flux-dev", {"output_format": ["png"]}, "output_format", FORMATS, "enum"),
    ("flux-pro-1.0-canny", {"output_format": "webp"}, "output_format", "Input should be 'jpeg' or 'png'", "enum"),
    # ratios
    ("flux-kontext-pro", {"aspect_ratio": "9:1"}, "aspect_ratio", "Aspect ratio should be W:H between 3:7 and 7:3", "value_error"),
    ("flux-kontext-pro", {"aspect_ratio": "16x9"}, "aspect_ratio", "Aspect ratio should be W:H between 3:7 and 7:3", "value_error"),
    ("flux-kontext-pro", {"aspect_ratio": "0:0"}, "aspect_ratio", "Aspect ratio should be W:H between 3:7 and 7:3", "value_error"),
    ("flux-pro-1.1-ultra", {"aspect_ratio": "22:9"}, "aspect_ratio", "Aspect ratio should be W:H between 9:21 and 21:9", "value_error"),
    ("flux-pro-1.1-ultra", {"aspect_ratio": None}, "aspect_ratio", STRING, "string_type"),
    # what parameters ask of each other
    ("flux-pro-1.0-canny", {"control_image": None}, "control_image", "Field required: give control_image or preprocessed_image", "missing"),
    ("flux-pro-1.0-depth", {"control_image": ""}, "control_image", "Field required: give control_image or preprocessed_image", "missing"),
    (
        "flux-2-pro",
        {"width": 4096, "height": 2048},
        "width",
        "Width times height should be at most 4194304 pixels, but 4096 x 2048 is 8388608",
        "value_error",
    ),
    ("flux-2-pro", {"width": 65_552}, "width", "Side should be at most 65536", "value_error"),
    ("flux-2-pro", {"height": 2**40}, "height", "Side should be at most 65536", "value_error"),
    ("flux-2-pro", {"transparent_bg": True}, "transparent_bg", "Transparent background needs output_format png or webp", "value_error"),
    ("black-forest-labs/flux-1.1-pro", {"aspect_ratio": "custom", "width": 512}, "height", "Field required with aspect_ratio custom", "missing"),
    # what is not there
    ("flux-3-image", {"num_images": 1}, "num_images", "Extra inputs are not permitted", "extra_forbidden"),
]


@pytest.mark.parametrize(("model", "given_", "where", "sentence", "kind"), ONE_WRONG, ids=[f"{row[0]} {row[1]!r:.50}" for row in ONE_WRONG])
def test_what_is_wrong_is_said_where_it_is_and_what_would_be_right(model: str, given_: dict[str, Any], where: str, sentence: str, kind: str) -> None:
    [problem] = problems(model, **given_)

    assert (str(problem), problem.kind) == (f"{where}: {sentence}", kind)


SURROGATES = [
    ("flux-dev", {"prompt": "a \ud83d boat"}, "prompt"),
    ("flux-dev", {"image_prompt": "\udc00"}, "image_prompt"),
    ("flux-dev", {"webhook_secret": "\ud800"}, "webhook_secret"),
    ("flux-dev", {"output_format": "\ud800"}, "output_format"),
    ("flux-3-image", {"images": ["a", "\udfff"]}, "images"),
    ("black-forest-labs/flux-2-klein-4b", {"output_megapixels": "\ud800"}, "output_megapixels"),
]


@pytest.mark.parametrize(("model", "given_", "where"), SURROGATES, ids=ascii)
def test_half_a_character_is_refused_wherever_it_stands(model: str, given_: dict[str, Any], where: str) -> None:
    [problem] = problems(model, **given_)

    assert (problem.where[0], problem.kind) == (where, "string_unicode")
    assert problem.sentence.isascii()


@pytest.mark.parametrize("model", ["flux-dev", "flux-kontext-pro", "black-forest-labs/flux-schnell"])
def test_what_is_missing_is_asked_for(model: str) -> None:
    needed = sorted(minimal(card_named(model)))

    with pytest.raises(InvalidRequest) as refused:
        validate(card_named(model), {"unknown": 1} if needed else {"seed": -1})

    assert sorted(problem.where[0] for problem in refused.value.problems) == (needed or ["seed"])
    assert all(problem.kind == "missing" for problem in refused.value.problems if needed)


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_card() -> None:
    found = problems("flux-dev", height="x", seed=-1, width=33, prompt="\0", output_format="gif")

    assert [problem.where[0] for problem in found] == ["prompt", "width", "height", "seed", "output_format"]
    with pytest.raises(InvalidRequest, match=r"^width: .*; height: .*; seed: .*$"):
        validate(BFL_MODELS["flux-dev"], {"height": "x", "seed": -1, "width": 513})


def test_every_rule_that_is_broken_is_said() -> None:
    found = problems("flux-2-pro", width=4096, height=4096, transparent_bg=True)

    assert [problem.where[0] for problem in found] == ["width", "transparent_bg"]


SAID_BACK = [("prompt", "\0private"), ("output_format", "private"), ("width", "private"), ("webhook_url", "private" * 1000), ("image_prompt", "\0private")]


@pytest.mark.parametrize(("name", "value"), SAID_BACK, ids=[name for name, _ in SAID_BACK])
def test_what_was_given_is_not_said_back(name: str, value: str) -> None:
    [problem] = problems("flux-dev", **{name: value})

    assert "private" not in str(problem)


# what is taken, though it looks odd


TAKEN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("flux-dev", {"width": 512.0, "seed": 7.0}, {"width": 512, "seed": 7}),
    ("flux-dev", {"seed": 2**64 - 1}, {"seed": 2**64 - 1}),
    ("flux-dev", {"seed": float(2**53 - 1)}, {"seed": 2**53 - 1}),
    ("flux-dev", {"guidance": 3}, {"guidance": 3.0}),
    ("flux-dev", {"guidance": None, "steps": None, "seed": None, "output_format": None}, {"guidance": 3.0, "steps": 28, "seed": None, "output_format": "jpeg"}),
    ("flux-dev", {"prompt": ""}, {"prompt": ""}),
    ("flux-pro-1.1", {"prompt": None}, {"prompt": ""}),
    ("flux-dev", {"prompt": "x" * 32_000}, {"prompt": "x" * 32_000}),
    ("flux-dev", {"prompt": "\U0001f43b \N{COMBINING ACUTE ACCENT} \u202e \x7f\t\n"}, {"prompt": "\U0001f43b \N{COMBINING ACUTE ACCENT} \u202e \x7f\t\n"}),
    ("flux-dev", {"unknown": 1, "num_images": [4]}, {}),
    ("flux-dev", {"safety_tolerance": 6}, {"safety_tolerance": 6}),
    ("flux-2-pro", {"safety_tolerance": 6}, {"safety_tolerance": 6}),
    ("flux-2-pro", {"width": 0, "height": 0.0}, {"width": 0, "height": 0}),
    ("flux-2-pro", {"width": None, "height": 64.0}, {"width": 0, "height": 64}),
    ("flux-2-pro", {"width": 65_536, "height": 64}, {"width": 65_536, "height": 64}),
    ("flux-2-pro", {"transparent_bg": True, "output_format": "webp"}, {"transparent_bg": True}),
    ("flux-3-image", {"images": "https://pictures.example/a.png"}, {"images": ["https://pictures.example/a.png"]}),
    ("flux-kontext-pro", {"aspect_ratio": "7:3"}, {"aspect_ratio": "7:3"}),
    ("flux-kontext-pro", {"aspect_ratio": None}, {"aspect_ratio": None}),
    ("flux-kontext-pro", {"aspect_ratio": "300:700"}, {"aspect_ratio": "300:700"}),
    ("flux-pro-1.0-canny", {"control_image": None, "preprocessed_image": "a"}, {"control_image": None, "preprocessed_image": "a"}),
    ("black-forest-labs/flux-1.1-pro", {"width": 512}, {"aspect_ratio": "1:1", "width": 512}),
    ("black-forest-labs/flux-2-pro", {}, {"input_images": ()}),
]


@pytest.mark.parametrize(("model", "given_", "settled"), TAKEN, ids=[f"{row[0]} {row[1]!r:.50}" for row in TAKEN])
def test_what_is_taken_means_what_was_meant(model: str, given_: dict[str, Any], settled: dict[str, Any]) -> None:
    card = card_named(model)

    values = validate(card, minimal(card) | given_)

    assert {name: values[name] for name in settled} == settled
    assert {name: type(values[name]) for name in settled} == {name: type(value) for name, value in settled.items()}
    assert list(values) == list(card.parameters)


# anything at all


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.sampled_from([10**4000, -(10**4000), 2**63, 0.0, -0.0]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_anything_is_taken_or_refused_and_nothing_else_happens(data: st.DataObject) -> None:
    card = data.draw(st.sampled_from(CARDS))
    names = st.sampled_from([*card.parameters, "unknown"])

    body = minimal(card) | data.draw(st.dictionaries(names, ANYTHING, max_size=4))
    try:
        values = validate(card, body)
    except InvalidRequest as refused:
        values = {}
        blamed = {problem.where[0] for problem in refused.problems}
    else:
        blamed = set()

    assert bool(values) is not bool(blamed)
    assert blamed <= {*card.parameters, "unknown"}
    for name, value in values.items():
        assert value is None or type(value) in PYTHON[card.parameters[name].kind]


PYTHON: dict[Kind, tuple[type, ...]] = {
    Kind.STRING: (str,),
    Kind.INTEGER: (int, str),  # the str is a word beside the numbers, such as auto
    Kind.NUMBER: (float, int),
    Kind.BOOLEAN: (bool,),
    Kind.STRINGS: (list, tuple),
    Kind.ANYTHING: (bool, int, float, str, list, dict),
}
