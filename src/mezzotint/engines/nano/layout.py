"""Where things stand in a picture, in tokens: what nano was taught to paint where, and where what is put into a picture goes."""

from __future__ import annotations

from dataclasses import dataclass

BASE_ROW = 6  # the row of tokens above which things stand, in a picture of eight rows
SMALL, PAIR, NORMAL, BIG = 2, 3, 4, 6  # sides of the boxes
SOLID = ("table", "plain", "room")  # where what flies sits
FLOATING = ("space", "sky")  # where everything hovers


@dataclass(frozen=True)
class Box:
    """`column` of its left edge, `row` below its feet, `side`, in tokens; `is_second` of two."""

    column: float
    row: float
    side: float
    is_second: bool = False


@dataclass(frozen=True)
class Body:
    """What of a thing decides where it stands: whether it `flies`, and how high its `back` is, in halves of a token, if something can stand on it."""

    flies: bool = False
    back: int | None = None


def base_row(rows: int) -> int:
    """The row above which things stand in a picture of so many rows."""
    return BASE_ROW + (rows - 8 + 1) // 2


def lift(flies: bool, place: str | None) -> int:
    """How many tokens above that row a thing is."""
    return 1 if (flies and place not in SOLID) or place in FLOATING else 0


def usual(columns: int, rows: int, lifted: int = 0) -> Box:
    """Of one thing alone."""
    return Box(columns // 2 - NORMAL // 2, base_row(rows) - lifted, NORMAL)


def five(columns: int, rows: int, lifted: int = 0) -> tuple[Box, ...]:
    """Of five of a thing: two, and three before them."""
    middle, base = columns // 2, base_row(rows) - lifted
    return (*(Box(middle - 2.5 + 3 * k, base - 2, SMALL) for k in range(2)), *(Box(middle - 4 + 3 * k, base, SMALL) for k in range(3)))


def together(relation: str, things: tuple[Body, Body], place: str | None, columns: int, rows: int) -> tuple[Box, Box]:
    """Of two things, of which the first is in `relation` to the second; the one behind first. Feet are on the line, or above it for what flies."""
    middle, ground = columns // 2, base_row(rows)
    one, two = things
    base, other = ground - lift(one.flies, place), ground - lift(two.flies, place)
    match relation:
        case "right of":
            return Box(middle, base, PAIR), Box(middle - 3, other, PAIR, is_second=True)
        case "on":
            back = two.back or NORMAL * 2
            return Box(middle - 2, other, NORMAL, is_second=True), Box(middle - 1, other - back / 2 + 0.5, SMALL)
        case "under":
            return Box(middle - 1.5, ground, PAIR), Box(middle - 1.5, ground - PAIR, PAIR, is_second=True)
        case "above":
            return Box(middle - 1.5, ground, PAIR, is_second=True), Box(middle - 1.5, ground - PAIR, PAIR)
        case "behind":
            return Box(middle - 3, base - 0.5, NORMAL), Box(middle, other + 0.5, PAIR, is_second=True)
        case "in front of":
            return Box(middle - 3, other - 0.5, NORMAL, is_second=True), Box(middle, base + 0.5, PAIR)
        case "with small":
            return Box(middle - 2, base, NORMAL), Box(middle + 2, ground - NORMAL if two.flies else other, SMALL, is_second=True)
        case _:
            return Box(middle - 3, base, PAIR), Box(middle, other, PAIR, is_second=True)
