"""What a declaration of a parameter says."""

from __future__ import annotations

import dataclasses

import pytest

from mezzotint.core.parameters import REQUIRED, Kind, Parameter, Problem, named

WIDTH = Parameter("width", Kind.INTEGER, "Pixels across.", default=512, minimum=64, maximum=1024, multiple_of=16)


def test_a_parameter_without_more_is_optional_and_means_its_name() -> None:
    plain = Parameter("seed", Kind.INTEGER, "A number.")

    assert not plain.required
    assert plain.default is None
    assert plain.meaning == "seed"
    assert not plain.nullable
    assert not plain.image


def test_a_parameter_with_the_default_required_is_required() -> None:
    assert Parameter("prompt", Kind.STRING, "Words.", default=REQUIRED).required
    assert repr(REQUIRED) == "REQUIRED"


@pytest.mark.parametrize("default", [None, 0, False, "", ()])
def test_an_empty_default_is_still_a_default(default: object) -> None:
    assert not Parameter("x", Kind.ANYTHING, "Anything.", default=default).required


def test_a_surface_with_a_word_of_its_own_keeps_the_meaning() -> None:
    steps = Parameter("num_inference_steps", Kind.INTEGER, "Steps.", means="steps")

    assert (steps.name, steps.meaning) == ("num_inference_steps", "steps")


def test_but_changes_what_is_named_and_nothing_else() -> None:
    height = WIDTH.but(name="height", default=768)

    assert (height.name, height.default, height.minimum, height.maximum, height.multiple_of) == ("height", 768, 64, 1024, 16)
    assert (WIDTH.name, WIDTH.default) == ("width", 512)


def test_a_declaration_cannot_be_altered() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        WIDTH.minimum = 0  # type: ignore[misc]  # that it cannot be set is what is tested


def test_but_refuses_a_property_that_there_is_not() -> None:
    with pytest.raises(TypeError):
        WIDTH.but(smallest=1)


def test_named_keeps_the_order_and_counts_groups_as_their_members() -> None:
    seed, steps = Parameter("seed", Kind.INTEGER, "A number."), Parameter("steps", Kind.INTEGER, "Steps.")

    table = named(seed, (WIDTH, WIDTH.but(name="height")), steps)

    assert list(table) == ["seed", "width", "height", "steps"]
    assert table["width"] is WIDTH


def test_named_refuses_a_name_that_is_declared_twice() -> None:
    with pytest.raises(ValueError, match="width is declared twice"):
        named(WIDTH, (WIDTH.but(default=1),))


def test_a_table_of_parameters_cannot_be_altered() -> None:
    table = named(WIDTH)

    with pytest.raises(TypeError):
        table["height"] = WIDTH  # type: ignore[index]  # the same of a table


@pytest.mark.parametrize(
    ("where", "said"),
    [(("width",), "width: Too wide"), (("images", 3), "images.3: Too wide"), ((), "Too wide")],
    ids=["a field", "a place in a list", "nowhere in particular"],
)
def test_a_problem_says_where_it_is(where: tuple[str | int, ...], said: str) -> None:
    problem = Problem(where, "Too wide")

    assert str(problem) == said
    assert problem.kind == "value_error"
