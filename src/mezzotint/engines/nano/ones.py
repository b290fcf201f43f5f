"""One thing in the light of the evening or at night, or in a picture that is no square, which is painted by itself and put where it stands.

There nano paints the place well, and most things less well than before plain grounds: they melt into colours that are near their own, and where it
has seen fewer pictures as wide or as high, they come with a part too many.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mezzotint.engines.nano.apart import ELSEWHERE, Apart, Arrangement, Grounds, ground_of
from mezzotint.engines.nano.clauses import one_thing
from mezzotint.engines.nano.layout import Body, Box, lift, usual
from mezzotint.engines.nano.phrasing import LANGUAGES, any_of, phrases_of, tidied, which
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.words import KnownWords

DIM = ("sunset", "night")  # by day and at sunrise things come out as well in the middle of a square


@dataclass(frozen=True)
class One:
    """One thing: its words and its name, and the `scenery`, which is the rest of the prompt."""

    told: str
    name: str
    scenery: str
    language: str


class Ones:
    """`table`: as in `Pairs`."""

    def __init__(self, table: Mapping[str, Any], known: KnownWords) -> None:
        about, closer, self._known, self._grounds = table["pairs"], table["closer"], known, Grounds(table, known)
        self._outdoors, self._sides = frozenset(table["outdoors"]), table["positions"]
        self._one = {language: re.compile(f"(?P<told>{one_thing(table, language, 'one')})", re.IGNORECASE) for language in LANGUAGES}
        self._names = {name: any_of(forms for language in said.values() for forms in language) for name, said in about["names"].items()}
        self._flying = {name for name, said in table["things"].items() if said["flies"]}
        self._scenery = any_of(phrase for kind in ("places", "times", "weathers", "looks") for said in table[kind].values() for phrase in phrases_of(said))
        self._look = any_of(phrase for said in table["looks"].values() for phrase in phrases_of(said))
        self._as_well = frozenset(about.get("as well", ()))
        others = [phrase for said in table["things"].values() for phrase in phrases_of(said) if phrase not in closer["joining"]]
        sizes = [*closer["several"], *closer["adjectives"], *closer["phrases"], *about["small"]]
        stands = (phrase for said in (*about["relations"].values(), *self._sides.values()) for phrase in phrases_of(said))
        self._other = any_of((*others, *sizes, *stands))
        self._kind = any_of(about["kinds"])

    def of(self, prompt: str, grid: Grid) -> Arrangement | None:
        """None where the prompt does not tell of one thing of usual size in a known place, and of nothing else that is not known; or where that
        is as well painted at once."""
        place, time = self._known.named("places", prompt), self._known.named("times", prompt)
        if place is None or (grid.columns == grid.rows and not (place in self._outdoors and time in DIM)):
            return None
        one = self.said(prompt)
        if one is None or one.name in self._as_well:
            return None
        thing = self.apart(one, usual(grid.columns, grid.rows, lift(self.flies(one), place)), place, grid)
        scenes = tuple(f"{one.told} {self._sides[side][one.language][0]} {one.scenery}" for side in ELSEWHERE)
        return Arrangement(scenes, (thing,), self._grounds.light(one.scenery))

    def said(self, prompt: str) -> One | None:
        """The one thing of usual size of which the prompt tells; None where it tells of none, or of anything else that is not known."""
        bare = self._scenery.sub(lambda match: " " * len(match[0]), prompt)  # which has other things in it: "by moonlight"
        said = [(language, found) for language, one in self._one.items() if (found := one.search(bare))]
        language, found = max(said, key=lambda each: len(each[1]["told"]), default=("", None))
        if found is None or not self._is_all(rest := f"{prompt[: found.start()]} {prompt[found.end() :]}"):
            return None
        return One(found["told"], str(which(self._names, found["one"])), tidied(self._kind.sub(" ", rest)).rstrip("."), language)

    def flies(self, one: One) -> bool:
        return one.name in self._flying

    def apart(self, one: One, box: Box, place: str, grid: Grid) -> Apart:
        """The thing as it is painted apart for that box in that place."""
        look = self._look.search(one.scenery)
        english = one.told if one.language == "en" else self._grounds.in_english(one.told, one.name)
        prompts = self._grounds.apart(english, f", {look[0]}" if look else "")
        return Apart(prompts, (box,), ground_of(box, Body(self.flies(one)), place, grid), self._grounds.lifted(one.name))

    def _is_all(self, rest: str) -> bool:
        """Whether the rest is known, and tells of no other thing, no side, and not how many or how large."""
        return self._other.search(self._scenery.sub(" ", rest)) is None and self._known.all_of(rest)
