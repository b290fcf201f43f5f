"""The words that nano was taught: what of a prompt it does not know, and what it could be told besides."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mezzotint.engines.nano.phrasing import LANGUAGES, any_of, phrases_of, which
from mezzotint.engines.nano.sealed import Sealed

Array = np.ndarray
Encode = Callable[[str], Array]
"""A word to its unit vector (512,)."""

LIKE = 0.72  # cosine to a thing's name from which a word counts as another word for it: languages that were never taught, synonyms
NEAR = 0.5  # cosine below which the nearest name is no nearer than chance would have it
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
SHORTEST = 3  # letters of a word that is asked about
KINDS = ("things", "places", "times", "weathers", "looks")
MOST, ASKED = 5, 12  # words that are told of, and that are asked about


@dataclass(frozen=True)
class Unknown:
    """A word nano was not taught, and the thing whose name is the nearest to it; None where none is near."""

    word: str
    nearest: str | None

    def __str__(self) -> str:
        return self.word if self.nearest is None else f"{self.word} (nearest: {self.nearest})"


class KnownWords:
    """`table`: kinds (things, places, times, weathers, looks) of names with their phrases by language, and `plain` words; `vectors`
    (n, 512) are those of the things' English names, in the table's order."""

    def __init__(self, table: Mapping[str, Any], vectors: Array) -> None:
        self._table, self._vectors = table, vectors.astype(np.float32)
        self._things = list(table["things"])
        said = {kind: [phrase for about in table[kind].values() for phrase in phrases_of(about)] for kind in KINDS}
        self._joining = {word for phrase in table["plain"] for word in WORD.findall(phrase.lower())}
        self._words = {word for phrases in (*said.values(), table["plain"]) for phrase in phrases for word in WORD.findall(phrase.lower())}
        self._bare = frozenset(table.get("bare", ()))
        self._said = {kind: any_of(phrases) for kind, phrases in said.items()}
        self._said_apart = any_of(phrase for kind in ("things", "times", "weathers", "looks") for phrase in said[kind])
        self._scenery = any_of(phrase for kind in KINDS if kind != "things" for phrase in said[kind])
        self._named = {kind: {name: any_of(phrases_of(about)) for name, about in table[kind].items()} for kind in KINDS}
        self._thing_said = {
            language: any_of(phrase for about in table["things"].values() for phrase in about[language] if phrase not in self._joining)
            for language in LANGUAGES
        }

    @classmethod
    def load(cls, files: Sealed) -> KnownWords | None:
        """None where the weights come without the files: made before there were any."""
        if "words.json" not in files:
            return None
        with np.load(io.BytesIO(files.read("words.npz")), allow_pickle=False) as tensors:
            return cls(json.loads(files.read("words.json")), tensors["things"])

    def unknown(self, prompt: str, encode: Encode) -> list[Unknown]:
        """Words of the prompt that were not taught and are not another word for something that was; at most MOST."""
        strange = self._strange(prompt, encode)
        return [Unknown(word, self._things[nearest] if like >= NEAR else None) for word, nearest, like in strange if like < LIKE][:MOST]

    def nearest(self, prompt: str, encode: Encode) -> str:
        """The prompt with the nearest thing that nano knows in place of one that it does not; as it is where it names a thing, or none is near."""
        if self.thing_in(prompt)[1] is not None:
            return prompt
        word, thing, like = max(self._strange(prompt, encode), key=lambda each: each[2], default=("", 0, 0.0))
        if like < NEAR:
            return prompt
        return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", self._things[thing], prompt, count=1, flags=re.IGNORECASE)

    def _strange(self, prompt: str, encode: Encode) -> list[tuple[str, int, float]]:
        """The first words that were not taught, each with the number of the thing whose name is the nearest, and how like it is."""
        words = dict.fromkeys(word for word in WORD.findall(prompt.lower()) if len(word) >= SHORTEST and not self._knows(word))
        found = []
        for word in list(words)[:ASKED]:
            likeness = self._vectors @ encode(word)
            found.append((word, int(likeness.argmax()), float(likeness.max())))
        return found

    def _knows(self, word: str) -> bool:
        """Taught, or taught but for a plural's ending."""
        return word in self._words or any(word.endswith(ending) and word[: -len(ending)] in self._words for ending in ("s", "es", "en", "lar", "ler"))

    def all_of(self, text: str) -> bool:
        """Whether all of its words were taught."""
        return all(map(self._knows, WORD.findall(text.lower())))

    def names_thing(self, prompt: str) -> bool:
        """Whether it does in any language, apart from what it says of place and time."""
        return self._said["things"].search(self._scenery.sub(" ", prompt)) is not None

    def enriched(self, prompt: str, seed: int) -> str:
        """The prompt with a place, a time of day and a look that nano knows, where it names a thing and leaves them open."""
        language, thing = self.thing_in(prompt)
        if thing is None:
            return prompt
        said = {kind: self.named(kind, prompt) for kind in ("places", "times", "weathers", "looks")}
        added = []
        place = said["places"] or self._home(thing, prompt, seed)
        if not said["places"]:
            added.append(self._say("places", place, language))
        if not said["times"] and not said["weathers"] and place in self._table["timed"]:
            times = list(self._table["times"])
            added.append(self._say("times", times[seed // 7 % len(times)], language))
        lead = " ".join((prompt.strip().rstrip("."), *added))
        return lead if said["looks"] else f"{lead}, {self._say('looks', '3d', language)}"

    def at_home(self, prompt: str, seed: int) -> str:
        """The prompt with a place where its thing is at home, if it says no more of it than what it is like, how many there are, when it is,
        and in which weather.

        Of what is nowhere nano paints a mixture of many places. Where any other word is said, it may be about the place.
        """
        language, thing = self.thing_in(prompt)
        if thing is None or self.named("places", prompt):
            return prompt
        if not self._bare.issuperset(WORD.findall(self._said_apart.sub(" ", prompt).lower())):
            return prompt
        return f"{prompt.strip().rstrip('.')} {self._say('places', self._home(thing, prompt, seed), language)}"

    def scenery(self, prompt: str) -> str:
        """What it says of place, time, weather and look; all of it where it names no place."""
        return " ".join(self._scenery.findall(prompt)) if self.named("places", prompt) else prompt

    def said_of(self, prompt: str) -> list[str]:
        """The place, the time, the weather and the look that it names, each in the usual English words."""
        named = {kind: self.named(kind, prompt) for kind in KINDS if kind != "things"}
        return [self._say(kind, name, "en") for kind, name in named.items() if name is not None]

    def _home(self, thing: str, prompt: str, seed: int) -> str:
        """A place where the thing is at home, and the weather is that the prompt tells of, or it shows what time it is that is told; if it has one."""
        homes: list[str] = self._table["things"][thing]["home"]
        kind = "outdoors" if self.named("weathers", prompt) else "timed" if self.named("times", prompt) else None
        homes = [place for place in homes if kind is None or place in self._table.get(kind, ())] or homes
        return homes[seed % len(homes)]

    def _say(self, kind: str, name: str, language: str) -> str:
        phrase: str = self._table[kind][name][language][0]
        return phrase

    def thing_in(self, prompt: str) -> tuple[str, str | None]:
        """The language in which the prompt names a thing, and the thing; of several names the longest, of several languages the first.

        What also joins words in another language does not count, nor what is said of place and time: "at" is Turkish for a horse, and
        "under the stars" is by night.
        """
        bare = self._scenery.sub(" ", prompt)
        longest = {language: max(self._thing_said[language].findall(bare), key=len, default="") for language in LANGUAGES}
        language = max(LANGUAGES, key=lambda each: len(longest[each]))
        return language, which(self._named["things"], longest[language])

    def named(self, kind: str, prompt: str) -> str | None:
        """What of a kind the prompt names, by its longest phrase; None where it names nothing of it."""
        return which(self._named[kind], max(self._said[kind].findall(prompt), key=len, default=""))
