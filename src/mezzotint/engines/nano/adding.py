"""Edits by which one thing comes into a picture that is given: it is painted by itself and put there, and all else stays as it is.

Painted with all of the picture, things come in part or with a part of another, and other things change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mezzotint.engines.nano.apart import NOWHERE, Grounds
from mezzotint.engines.nano.clauses import ADJECTIVES, ARTICLES, one_thing
from mezzotint.engines.nano.phrasing import LANGUAGES, any_of, either, phrases_of, tidied, which
from mezzotint.engines.nano.sealed import Sealed
from mezzotint.engines.nano.spots import Wish
from mezzotint.engines.nano.standing import WATER
from mezzotint.engines.nano.words import WORD, KnownWords

AFLOAT = {"water", "underwater"}  # what is at home nowhere else stands in water, whatever is said
GLOWING = "space"  # what flies and is at home there has a light of its own
DEFINITE = {"en": ("the",), "de": ("der", "die", "das", "dem", "den"), "tr": ()}


@dataclass(frozen=True)
class Addition:
    """A thing that is to come: its `prompts`, the `ground` that it stands on, and where it is `lifted`, all as of `Apart`; whether it is `lit`
    by what the picture shows."""

    prompts: tuple[str, ...]
    wish: Wish
    ground: str | None
    lifted: int = 0
    lit: bool = True


class Additions:
    """`table`: as in `KnownWords`, with what is said of things that are to come."""

    def __init__(self, table: Mapping[str, Any], known: KnownWords) -> None:
        about, names = table["adding"], table["pairs"]["names"]
        self._known, self._grounds, self._things = known, Grounds(table, known), table["things"]
        self._names = {name: any_of(forms for language in said.values() for forms in language) for name, said in names.items()}
        self._small, self._large = any_of(table["pairs"]["small"]), any_of(table["closer"]["adjectives"])
        self._article = re.compile(rf"^{either(ARTICLES['en'])}\s+", re.IGNORECASE)
        self._sides = {side: any_of((*said, *phrases_of(table["positions"][side]))) for side, said in about["sides"].items()}
        self._air = any_of((*about["air"], *phrases_of(table["places"]["sky"])))
        self._where = _where(table)
        self._order, self._put = any_of((*about["verbs"], *about["puts"])), any_of(about["puts"])
        self._words = frozenset(about["words"])
        self._one = {language: re.compile(f"(?P<told>{one_thing(table, language, 'two')})", re.IGNORECASE) for language in LANGUAGES}
        self._old = any_of(article for articles in DEFINITE.values() for article in articles)

    @classmethod
    def load(cls, files: Sealed, known: KnownWords | None) -> Additions | None:
        """None where the weights were made before there were any."""
        table = json.loads(files.read("words.json")) if "words.json" in files else {}
        return cls(table, known) if known is not None and "adding" in table else None

    def of(self, prompt: str) -> Addition | None:
        """None where anything else is asked for than one new thing that nano knows, somewhere in the picture or beside what is there."""
        if not self._order.search(prompt):
            return None
        order = self._where.sub(" ", self._large.sub(" ", prompt))
        for language, one in self._one.items():
            found = one.search(order)
            if found is not None and self._is_all(order, found):
                return self._addition(prompt, language, found)
        return None

    def _is_all(self, order: str, found: re.Match[str]) -> bool:
        """Whether the order is about that thing alone, and not about one that is there."""
        rest = f"{order[: found.start()]} {order[found.end() :]}"
        if self._put.search(rest) and self._old.match(found["told"]):
            return False
        return self._words.issuperset(WORD.findall(self._order.sub(" ", rest).lower()))

    def _addition(self, prompt: str, language: str, found: re.Match[str]) -> Addition:
        name, told = str(which(self._names, found["two"])), found["told"]
        about = self._things[name]
        air = about["flies"] or self._air.search(prompt) is not None
        place = WATER if AFLOAT.issuperset(about["home"]) else self._known.named("places", prompt) or NOWHERE
        side = next((side for side, said in self._sides.items() if said.search(prompt)), None)
        prompts = self._grounds.apart(self._without_size(told) if language == "en" else self._grounds.in_english(told, name), "")
        wish = Wish(side, large=self._large.search(prompt) is not None, air=air)
        return Addition(prompts, wish, None if air else place, self._grounds.lifted(name), lit=not (about["flies"] and GLOWING in about["home"]))

    def _without_size(self, told: str) -> str:
        """The English words for a thing of usual size, as of one that is new: it is painted large, and is small where it comes."""
        alone = tidied(self._article.sub(" ", self._small.sub(" ", told)))
        return f"{'an' if alone[0].lower() in 'aeiou' else 'a'} {alone}"


def _where(table: Mapping[str, Any]) -> re.Pattern[str]:
    """All that says where the thing is to come: in the picture or a place of it, at a side, beside what is there."""
    about, pairs = table["adding"], table["pairs"]
    adjectives = rf"(?:{either(pairs['adjectives'])}\s+){{0,{ADJECTIVES}}}"
    names = {form: either(phrase for said in pairs["names"].values() for phrase in said[form]) for form in ("en", "de", "of")}
    there = [rf"{either(DEFINITE[language])}\s+{adjectives}{names[language]}" for language in ("en", "de")]
    beside = [phrase for language in ("en", "de") for phrase in about["beside"][language]]
    sides = [phrase for said in about["sides"].values() for phrase in said]
    scenery = [phrase for kind in ("places", "positions") for said in table[kind].values() for phrase in phrases_of(said)]
    ways = [
        rf"{either((*beside, *sides))}\s+(?:{'|'.join(there)}|{either(about['it'])})",
        rf"{adjectives}(?:{names['of']}|{either(about['of it'])})\s+{either((*about['beside']['tr'], *sides))}",
        either((*about["pictures"], *about["air"], *sides, *scenery)),
    ]
    return re.compile("|".join(ways), re.IGNORECASE)
