"""What is done to a picture when it is painted: things are put into it, something falls, it gets a look that is made from pictures, or is
seen from nearer.

All of these are better made than painted: of falling leaves nano paints smears, of line drawings scribbles, of big things blobs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mezzotint import imaging
from mezzotint.core.images import Pixels
from mezzotint.engines.nano.closer import WHOLE, CloseUps, View
from mezzotint.engines.nano.colours import colours, eight_bits
from mezzotint.engines.nano.cutting import resized
from mezzotint.engines.nano.falling import ARRANGEMENTS, FALLING, fallen
from mezzotint.engines.nano.layout import Box
from mezzotint.engines.nano.looks import FILTERS
from mezzotint.engines.nano.phrasing import LANGUAGES, any_of, phrases_of, tidied, which
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.sealed import Sealed
from mezzotint.engines.nano.standing import stand
from mezzotint.engines.nano.words import WORD

BY_NIGHT = "night photo"  # of what is painted by night, where no other time is said
# What goes with a look's name: "in a ... style", "a ... of".
LEADING = r"(?:(?:as|in|als|im)\s+)?(?:(?:the|an?|eine?|bir)\s+)?(?:style\s+of\s+)?(?:an?\s+)?"
AMONG = r"(?:(?:with|amid|among|and|in|mit|im|und)\s+)?(?:the\s+)?"  # the same of what falls
FOLLOWING = r"(?:[\s-]*(?:style|stil|tarzı|tarzında))?(?:\s+(?:of|von))?"


@dataclass(frozen=True)
class Put:
    """A `thing`, as `cutting.cut_out` gives it, in its box; `ground` as in `standing.stand`."""

    thing: np.ndarray
    box: Box
    ground: str | None


@dataclass(frozen=True)
class Finish:
    """The things that are `put` into the picture, those behind first; what falls (one of FALLING, where the `seed` has it), the part of the picture that is shown, and the `look` (one of FILTERS) that it is given."""

    view: View = WHOLE
    look: str | None = None
    weather: str | None = None
    seed: int = 0
    put: tuple[Put, ...] = field(default=(), compare=False)

    def of(self, pixels: Pixels, grid: Grid) -> Pixels:
        """`pixels` are those of the grid, at any number of pixels per token. Without a look, what is shown may be smaller."""
        unit = pixels.width // grid.columns
        part = self.view.of(self._in_weather(self._with_things(pixels, unit), unit))
        return part if self.look is None else self._in_look(imaging.resize(part, pixels.width, pixels.height), unit)

    def over(self, pixels: Pixels, unit: int) -> Pixels:
        """All of a picture of any size; `unit` as in `looks`, at least and best a multiple of BLOCKS."""
        high, wide = (-side % unit for side in (pixels.height, pixels.width))
        whole = self._with_things(Pixels.of(np.pad(pixels.array, ((0, high), (0, wide), (0, 0)), mode="edge")), unit)
        return Pixels.of(self._in_look(self._in_weather(whole, unit), unit).array[: pixels.height, : pixels.width])

    def notes(self) -> list[tuple[str, str]]:
        """For the picture's metadata: the look and the weather that were put over it."""
        return [(name, made) for name, made in (("look", self.look), ("weather", self.weather)) if made is not None]

    def _with_things(self, pixels: Pixels, unit: int) -> Pixels:
        if not self.put:
            return pixels
        picture = colours(pixels)
        for each in self.put:
            picture = stand(picture, resized(each.thing, max(1, round(each.box.side * unit))), each.box, unit, each.ground)
        return eight_bits(picture)

    def _in_weather(self, pixels: Pixels, unit: int) -> Pixels:
        if self.weather is None:
            return pixels
        return eight_bits(fallen(colours(pixels), unit, self.weather, np.random.default_rng([self.seed % ARRANGEMENTS, 2])))

    def _in_look(self, pixels: Pixels, unit: int) -> Pixels:
        return pixels if self.look is None else eight_bits(FILTERS[self.look](colours(pixels), unit))


PLAIN = Finish()


class Finishing:
    """Reads prompts for what is to be done when the picture is painted. `table`: as in `KnownWords`."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        looks = {name: table["looks"][name] for name in FILTERS if name in table["looks"]}
        said = [phrase for about in looks.values() for phrase in phrases_of(about)]
        self._looks = {name: any_of(phrases_of(about)) for name, about in looks.items()}
        self._look, self._with_all = any_of(said), any_of(said, before=LEADING, after=FOLLOWING)
        self._at_night = {language: any_of(looks[BY_NIGHT][language]) for language in LANGUAGES} if BY_NIGHT in looks else {}
        self._time, self._night = any_of(phrase for about in table["times"].values() for phrase in phrases_of(about)), table["times"]["night"]
        self._falling = {name: any_of(phrases_of(table["weathers"][name]), before=AMONG) for name in FALLING if name in table["weathers"]}
        self._clearing = any_of(table.get("clearing", ()))
        self._close_ups = CloseUps(table) if "closer" in table else None
        self._redrawing = frozenset(table.get("redrawing", ()))

    @classmethod
    def load(cls, files: Sealed) -> Finishing | None:
        """None where the weights come without words: made before there were any."""
        return cls(json.loads(files.read("words.json"))) if "words.json" in files else None

    def of(self, prompt: str, seed: int, grid: Grid) -> tuple[str, Finish]:
        """What nano is told in place of the prompt, and what is made of what it paints then."""
        told, look = self._without_look(prompt)
        told, weather = self._without_leaves(told)
        closer = self._close_ups.closer(told) if self._close_ups is not None else None
        view = WHOLE if closer is None else closer.view(grid)
        return told if closer is None else closer.prompt, Finish(view, look, weather, seed)

    def of_edit(self, prompt: str, seed: int) -> tuple[str, Finish]:
        """The same for a picture that is given: all of it is shown, and painted in the look that it has."""
        told, weather = self._without_leaves(prompt)
        return told, Finish(weather=weather, seed=seed)

    def drawn(self, prompt: str, seed: int) -> Finish | None:
        """What a given picture is to get where that is all that is asked for and nothing needs to be painted: snow falls from another sky."""
        weather = self._weather_of(prompt)
        rest = prompt if weather is None else self._falling[weather].sub(" ", prompt)
        found = self._look.search(rest)
        if (found is None and weather is None) or weather == "snowfall":
            return None
        if not self._redrawing.issuperset(WORD.findall(self._with_all.sub(" ", rest).lower())):
            return None
        return Finish(look=which(self._looks, found[0]) if found is not None else None, weather=weather, seed=seed)

    def _without_look(self, prompt: str) -> tuple[str, str | None]:
        found = self._look.search(prompt)
        told = tidied(self._with_all.sub(" ", prompt))
        if found is None or not told:
            return prompt, None
        language = which(self._at_night, found[0])
        return told if language is None or self._time.search(told) else f"{told} {self._night[language][0]}", which(self._looks, found[0])

    def _weather_of(self, prompt: str) -> str | None:
        """What is to fall; nothing where something is to go."""
        if self._clearing.search(prompt):
            return None
        return next((name for name, said in self._falling.items() if said.search(prompt)), None)

    def _without_leaves(self, prompt: str) -> tuple[str, str | None]:
        """Snow comes with a sky that nano paints well, so it is told of it; leaves and blossoms come with none."""
        weather = self._weather_of(prompt)
        if weather is None or weather == "snowfall":
            return prompt, weather
        return tidied(self._falling[weather].sub(" ", prompt)) or prompt, weather
