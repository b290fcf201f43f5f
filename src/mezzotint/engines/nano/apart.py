"""Things that are painted by themselves and put into a scene, since nano paints each alone better than where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mezzotint.engines.nano.layout import Body, Box, base_row, usual
from mezzotint.engines.nano.phrasing import any_of
from mezzotint.engines.nano.sampling import TRAINED, Grid
from mezzotint.engines.nano.words import KnownWords

ALONE = Grid(TRAINED[0], TRAINED[0])  # on which they are painted
NOWHERE = "plain"  # the place where none is known
# Of a prompt without a thing nano paints something in the middle. So each half is painted as where a thing stands on the other side.
ELSEWHERE = ("right", "left")


@dataclass(frozen=True)
class Apart:
    """A thing to be painted apart: the `prompts` show it before plain grounds of several colours. It goes into the `boxes`. `ground`: the
    place on whose ground it stands, None where it hovers or stands on something. It is painted `lifted` tokens above where others are."""

    prompts: tuple[str, ...]
    boxes: tuple[Box, ...]
    ground: str | None
    lifted: int = 0


@dataclass(frozen=True)
class Arrangement:
    """`scenes` are the prompts for all that is not painted apart: one, or one for each half of the picture. `light` are three factors for
    the colours of the `things` that are painted apart, those behind first."""

    scenes: tuple[str, ...]
    things: tuple[Apart, ...] = ()
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def number(self) -> int:
        """Of pictures of things that are painted."""
        return sum(len(thing.prompts) for thing in self.things)

    @property
    def told(self) -> str:
        """All that nano is told, for people."""
        return "; ".join(filter(None, (*self.scenes, *(thing.prompts[0] for thing in self.things))))


class Grounds:
    """`table`: as in `KnownWords`, with the plain grounds to paint things before, and the light in each place and at each time."""

    def __init__(self, table: Mapping[str, Any], known: KnownWords) -> None:
        about, self._known = table["pairs"], known
        self._colours = {name: any_of(forms) for name, forms in about["colours"].items()}
        self._grounds, self._light = about["grounds"], about["light"]
        self._lifted = frozenset(about["lifted"])

    def place(self, scenery: str) -> str:
        return self._known.named("places", scenery) or NOWHERE

    def light(self, scenery: str) -> tuple[float, float, float]:
        red, green, blue = self._light[self.place(scenery)][self._known.named("times", scenery) or "day"]
        return red, green, blue

    def apart(self, told: str, style: str) -> tuple[str, ...]:
        """Prompts for a thing of which that is `told`, in English: in other languages things take on the ground's colour."""
        return tuple(f"{told} {ground}{style}" for ground in self._grounds)

    def lifted(self, name: str) -> int:
        """How many tokens higher than others nano paints such a thing best before plain grounds: of what flies it knows several heights."""
        return int(name in self._lifted)

    def in_english(self, told: str, name: str) -> str:
        """One thing of that name, in the colour that it is told to have."""
        colour = next((colour for colour, forms in self._colours.items() if forms.search(told)), None)
        english = f"{colour} {name}" if colour else name
        return f"{'an' if english[0] in 'aeiou' else 'a'} {english}"


def ground_of(box: Box, body: Body, place: str, grid: Grid) -> str | None:
    """The place on whose ground the thing of the box stands, None where it does not."""
    return place if box.row >= base_row(grid.rows) and not (body.flies and place != "table") else None


def box_alone(unit: int, lifted: int = 0) -> tuple[int, int, int]:
    """Where the thing of a picture on ALONE is, in pixels of which `unit` are a token's side: top, left, side."""
    box = usual(ALONE.columns, ALONE.rows, lifted)
    return round((box.row - box.side) * unit), round(box.column * unit), round(box.side * unit)


def part_alone(lifted: int) -> tuple[slice, slice]:
    """In which rows and columns of ALONE the thing is, and below it, where it is not lifted, its shadow."""
    top, left, side = box_alone(1, lifted)
    return slice(top, top + side + (not lifted)), slice(left, left + side)
