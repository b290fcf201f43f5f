"""Two things in a relation to each other: each is painted by itself, and put where it stands.

Of two things at once nano paints well what stands apart, and what overlaps melts into one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mezzotint.engines.nano.apart import ELSEWHERE, Apart, Arrangement, Grounds, ground_of
from mezzotint.engines.nano.clauses import Clauses, Said
from mezzotint.engines.nano.layout import Body, Box, lift, together, usual
from mezzotint.engines.nano.phrasing import any_of, phrases_of, tidied
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.words import KnownWords


class Pairs:
    """`table`: as in `KnownWords`, with what is said of two things and how they stand."""

    def __init__(self, table: Mapping[str, Any], known: KnownWords) -> None:
        self._known, self._clauses, self._grounds = known, Clauses(table, known), Grounds(table, known)
        self._look = any_of(phrase for said in table["looks"].values() for phrase in phrases_of(said))
        self._sides = table["positions"]
        self._bodies = {name: Body(said["flies"], table["pairs"]["backs"].get(name)) for name, said in table["things"].items()}

    def of(self, prompt: str, seed: int, grid: Grid) -> Arrangement | None:
        """None where the prompt does not tell of two things, one of each, and of nothing else that is not known."""
        said = self._clauses.said(prompt)
        if said is None:
            return None
        look, besides = self._look.search(said.rest), tidied(self._look.sub(" ", said.rest))
        scenery = self._known.at_home(f"{said.told[1]} {besides}".strip(), seed).removeprefix(said.told[1]).strip()
        return self._arranged(said, scenery, f", {look[0]}" if look else "", grid) if scenery else None

    def _arranged(self, said: Said, scenery: str, style: str, grid: Grid) -> Arrangement:
        place, bodies = self._grounds.place(scenery), (self._bodies[said.names[0]], self._bodies[said.names[1]])
        boxes = together(said.relation, bodies, place, grid.columns, grid.rows)
        standing = next((box for box in boxes if box == _alone(box, bodies, place, grid)), None)
        things = [
            Apart(
                self._grounds.apart(self._told(said, box), style),
                (box,),
                ground_of(box, bodies[box.is_second], place, grid),
                self._grounds.lifted(said.names[box.is_second]),
            )
            for box in boxes
            if box is not standing
        ]
        return Arrangement(self._scenes(said, standing, scenery + style), tuple(things), self._grounds.light(scenery))

    def _scenes(self, said: Said, standing: Box | None, scenery: str) -> tuple[str, ...]:
        """Of the thing that stands as it would alone, or of none."""
        if standing is not None:
            return (f"{said.told[standing.is_second]} {scenery}",)
        return tuple(f"{said.told[1]} {self._sides[side][said.language][0]} {scenery}" for side in ELSEWHERE)

    def _told(self, said: Said, box: Box) -> str:
        told = said.told[box.is_second]
        return told if said.language == "en" else self._grounds.in_english(told, said.names[box.is_second])


def _alone(box: Box, bodies: tuple[Body, Body], place: str, grid: Grid) -> Box:
    """Where the thing of the box would stand by itself."""
    alone = usual(grid.columns, grid.rows, lift(bodies[box.is_second].flies, place))
    return Box(alone.column, alone.row, alone.side, box.is_second)
