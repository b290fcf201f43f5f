"""Where two things stand to each other."""

from __future__ import annotations

import pytest

from mezzotint.engines.nano.layout import Body, Box, base_row, lift, together, usual
from training.phrases import RELATIONS
from training.scenes import GRIDS

GROUNDED, FLYING = Body(back=5), Body(flies=True)


def middle(box: Box) -> float:
    return box.column + box.side / 2


def two(relation: str, things: tuple[Body, Body] = (GROUNDED, GROUNDED), place: str = "field", grid: tuple[int, int] = (8, 8)) -> tuple[Box, Box]:
    """The first thing's box and the second's."""
    first, second = sorted(together(relation, things, place, *grid), key=lambda box: box.is_second)
    return first, second


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("relation", sorted(RELATIONS))
def test_both_are_in_the_picture_and_on_one_another_as_little_as_the_relation_has_it(grid: tuple[int, int], relation: str) -> None:
    first, second = two(relation, grid=grid)

    assert {first.is_second, second.is_second} == {False, True}
    for box in (first, second):
        assert 0 <= box.column <= box.column + box.side <= grid[0]
        assert 0 <= box.row - box.side < box.row <= grid[1]
    apart = abs(middle(first) - middle(second)) >= (first.side + second.side) / 2 or abs(first.row - second.row) >= 3
    assert apart == (relation not in ("on", "behind", "in front of"))


def test_the_first_is_where_the_relation_says() -> None:
    assert middle(two("left of")[0]) < middle(two("left of")[1])
    assert middle(two("right of")[0]) > middle(two("right of")[1])
    assert two("on")[0].row == two("on")[1].row - 5 / 2 + 0.5
    assert two("under")[0].row > two("under")[1].row
    assert two("above")[0].row < two("above")[1].row
    assert two("with small")[1].side < two("with small")[0].side


def test_who_is_behind_comes_first_and_stands_further_up() -> None:
    for relation, is_second in (("behind", False), ("in front of", True)):
        far, near = together(relation, (GROUNDED, GROUNDED), "field", 8, 8)

        assert far.is_second == is_second
        assert far.row < near.row


def test_what_flies_hovers_outdoors_and_everything_does_in_space() -> None:
    assert two("beside", (FLYING, GROUNDED))[0].row == two("beside", (FLYING, GROUNDED))[1].row - 1
    assert [lift(flies, place) for flies, place in ((True, "table"), (True, "sky"), (False, "space"), (False, "field"), (True, None))] == [0, 1, 1, 0, 1]


@pytest.mark.parametrize("grid", GRIDS)
def test_one_alone_stands_in_the_middle_on_the_line(grid: tuple[int, int]) -> None:
    box = usual(*grid)

    assert middle(box) == grid[0] // 2
    assert box.row == base_row(grid[1]) == usual(*grid, lifted=1).row + 1
