"""One thing that is to be big or seen close up: nano paints it as large as it paints best, and what is shown is the part around it.

Larger than that it was taught too little of, and paints blobs. Words for size are left out of what it is told, then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mezzotint.core.images import Pixels
from mezzotint.engines.nano.layout import base_row, lift
from mezzotint.engines.nano.phrasing import any_of, phrases_of, tidied, which
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.words import WORD

TIMES = 1.5  # as near: a thing of four tokens fills six, as big ones do in what nano was taught
ASIDE = 4  # tokens from the middle to where a thing begins that is at a side
BETWEEN = 40  # characters at most between a word for size and the thing that it belongs to


@dataclass(frozen=True)
class View:
    """The part of a picture that is shown: its `left` and `top` edges and its `share` of either side, in parts of the whole."""

    left: float = 0.0
    top: float = 0.0
    share: float = 1.0

    def of(self, pixels: Pixels) -> Pixels:
        width, height = round(pixels.width * self.share), round(pixels.height * self.share)
        left, top = round(pixels.width * self.left), round(pixels.height * self.top)
        return Pixels.of(pixels.array[top : top + height, left : left + width])


WHOLE = View()


@dataclass(frozen=True)
class Closer:
    """What nano is told in place of a `prompt` that wants one thing big; how many tokens it stands off the ground, and on which `side`."""

    prompt: str
    lift: int = 0
    side: str | None = None

    def view(self, grid: Grid) -> View:
        """What stays where it is: the thing's middle, or its outer edge; its feet go half a token further down than they would be then."""
        ground = base_row(grid.rows) - self.lift
        middle = grid.columns // 2 + {None: 0, "left": -ASIDE, "right": ASIDE}[self.side]
        kept = 1 - 1 / TIMES
        return View(middle * kept / grid.columns, (ground * kept - 1 / TIMES) / grid.rows, 1 / TIMES)


class CloseUps:
    """`table`: as in `KnownWords`, with the words that ask for things to be near, what is said of several, and which things hover."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        near = table["closer"]
        self._big = any_of(near["adjectives"], before=r"(?:(an?)\s+)?(?:(?:very|really|extremely|sehr|çok)\s+)?", after=r",?\s*(?=(\w))")
        self._close = any_of(near["phrases"], before=r"(?:an?\s+|eine\s+)?", after=r"(?:\s+(?:photo|shot|view|picture|image))?(?:\s+(?:of|von))?")
        self._several, self._joining = any_of(near["several"]), frozenset(near["joining"])
        self._hover = {name for name, about in table["things"].items() if about["flies"]}
        names = {name: [phrase for phrase in phrases_of(about) if phrase not in near["joining"]] for name, about in table["things"].items()}
        self._things = {name: any_of(phrases) for name, phrases in names.items()}
        self._thing = any_of(phrase for phrases in names.values() for phrase in phrases)
        self._places = {name: any_of(phrases_of(about)) for name, about in table["places"].items()}
        self._scenery = any_of(phrase for kind in ("places", "times", "weathers", "looks") for about in table[kind].values() for phrase in phrases_of(about))
        self._sides = {name: any_of(phrases_of(about)) for name, about in table["positions"].items()}

    def closer(self, prompt: str) -> Closer | None:
        """None where the prompt does not want one thing, and one only, to be big or close."""
        bare = self._scenery.sub(lambda match: " " * len(match[0]), prompt)
        things = list(self._thing.finditer(bare))
        if len(things) != 1 or self._several.search(bare):
            return None
        told = self._without_sizes(prompt, things[0].start())
        if told == prompt:
            return None
        return Closer(tidied(told), self._lift(things[0][0], prompt), next((side for side, said in self._sides.items() if said.search(prompt)), None))

    def _without_sizes(self, prompt: str, thing: int) -> str:
        """The prompt without what makes the thing big whose name begins there."""
        told = self._big.sub(lambda match: _article(match) if self._belongs(match.end(), thing, prompt) else match[0], prompt)
        return self._close.sub(" ", told)

    def _belongs(self, end: int, thing: int, prompt: str) -> bool:
        """Whether the word that ends there is about the thing that begins there: the big city of a red car is none of the car."""
        if not 0 <= thing - end <= BETWEEN:
            return False
        between = prompt[end:thing]
        return not self._joining.intersection(WORD.findall(between.lower())) and not set(between) & set(".;:!?")

    def _lift(self, named: str, prompt: str) -> int:
        """1 for what hovers where it is, else 0."""
        places = [place for said in self._scenery.findall(prompt) if (place := which(self._places, said))]
        return lift(which(self._things, named) in self._hover, places[0] if places else "plain")


def _article(match: re.Match[str]) -> str:
    """What stays of "a huge " before what follows: "an " before an owl."""
    article, after = match.groups()
    return f"{article[0]}{'n' if after.lower() in 'aeiou' else ''} " if article else ""
