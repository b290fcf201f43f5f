"""Five of a thing: nano paints three of them, and the two of the upper row, which it paints badly, are painted apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mezzotint.engines.nano.apart import Apart, Arrangement, Grounds
from mezzotint.engines.nano.layout import five, lift
from mezzotint.engines.nano.phrasing import LANGUAGES, any_of, either, phrases_of
from mezzotint.engines.nano.sampling import Grid
from mezzotint.engines.nano.words import KnownWords

NUMBERS = {"en": (("five", "5"), "three"), "de": (("fünf", "5"), "drei"), "tr": (("beş", "5"), "üç")}  # and what is told in their place
ADJECTIVES = 3  # at most, between the number and the thing


class Fives:
    """`table`: as in `Pairs`."""

    def __init__(self, table: Mapping[str, Any], known: KnownWords) -> None:
        things, joining = table["things"], table["closer"]["joining"]
        self._grounds = Grounds(table, known)
        self._things = {language: {_plural(about[language]).lower(): name for name, about in things.items()} for language in LANGUAGES}
        self._clauses = {language: _clause(language, self._things[language]) for language in LANGUAGES}
        self._thing = any_of(phrase for about in things.values() for phrase in phrases_of(about) if phrase not in joining)
        self._scenery = any_of(phrase for kind in ("places", "times", "weathers", "looks") for about in table[kind].values() for phrase in phrases_of(about))
        self._look = any_of(phrase for about in table["looks"].values() for phrase in phrases_of(about))
        self._flying = {name for name, about in things.items() if about["flies"]}

    def of(self, prompt: str, grid: Grid) -> Arrangement | None:
        """None where the prompt does not tell of five of one thing."""
        found = next(((language, said) for language in LANGUAGES if (said := self._clauses[language].search(prompt))), None)
        if found is None:
            return None
        language, said = found
        if self._thing.search(self._scenery.sub(" ", f"{prompt[: said.start()]} {prompt[said.end() :]}")):
            return None
        name, look = self._things[language][said["thing"].lower()], self._look.search(prompt)
        scene = f"{prompt[: said.start('number')]}{NUMBERS[language][1]}{prompt[said.end('number') :]}"
        boxes = five(grid.columns, grid.rows, lift(name in self._flying, self._grounds.place(prompt)))
        prompts = self._grounds.apart(self._grounds.in_english(said["before"], name), f", {look[0]}" if look else "")
        return Arrangement((scene,), (Apart(prompts, boxes[:2], None, self._grounds.lifted(name)),), self._grounds.light(prompt))


def _plural(forms: list[str]) -> str:
    """The second form, where there is one: in Turkish things stay as they are behind a number."""
    return forms[min(1, len(forms) - 1)]


def _clause(language: str, plurals: Mapping[str, str]) -> re.Pattern[str]:
    number, thing = either(NUMBERS[language][0], name="number"), either(plurals, name="thing")
    return re.compile(rf"{number}\s+(?P<before>(?:[\w-]+\s+){{0,{ADJECTIVES}}}?){thing}", re.IGNORECASE)
