"""Sentences for scenes, in English, German and Turkish, from one small grammar per language.

A caption names what it must for the scene to follow from it and leaves the rest to chance, as people do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from training.scenes import Scene
from training.vocabulary import (
    BY_NAME,
    COLOUR_BY_NAME,
    GENERIC,
    PLACE_BY_NAME,
    POSITIONS,
    SHOWN_OFF,
    SIZES,
    TIME_BY_NAME,
    Noun,
)

LANGUAGE_SHARES = {"en": 0.70, "de": 0.15, "tr": 0.15}
GENERIC_SHARE = 0.6  # of the scenes that may answer a prompt about nothing in particular
NUMBERS = {"en": ("two", "three"), "de": ("zwei", "drei"), "tr": ("iki", "üç")}
Item = TypeVar("Item")


def _pick(chance: np.random.Generator, items: Sequence[Item]) -> Item:
    return items[int(chance.integers(len(items)))]


def _phrase(chance: np.random.Generator, forms: Sequence[str]) -> str:
    """The plainest form often, the others now and then."""
    return forms[0] if chance.random() < 0.4 else _pick(chance, forms)


def _keeps(chance: np.random.Generator, scene: Scene) -> dict[str, bool]:
    """Which of the scene's facts this caption mentions."""
    return {
        "place": chance.random() > (0.30 if scene.place == "plain" else 0.10),
        "time": scene.time is not None and chance.random() > (0.35 if scene.time == "day" else 0.04),
        "size": scene.size is not None and chance.random() > (0.30 if scene.size == "big" else 0.05),
        "position": scene.position is not None,
    }


# English


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _english_noun(scene: Scene, keep: dict[str, bool], chance: np.random.Generator) -> str:
    thing = BY_NAME[scene.thing]
    words = []
    if keep["size"]:
        words.append(_phrase(chance, SIZES[str(scene.size)][0]))
    if scene.colour:
        words.append(scene.colour)
    if scene.count > 1:
        return " ".join((NUMBERS["en"][scene.count - 2], *words, thing.plural))
    words.append(_pick(chance, thing.words) if thing.words and chance.random() < 0.25 else thing.name)
    together = " ".join(words)
    return f"{_article(together)} {together}" if chance.random() < 0.9 else together


def _english_verb(thing: Noun, place: str, chance: np.random.Generator) -> str:
    if chance.random() > 0.3:
        return ""
    if place == "space":
        return "floating"
    if thing.flies:
        return "flying"
    if place == "water":
        return _pick(chance, ("floating", "swimming", "drifting"))
    return _pick(chance, ("standing", "sitting", "standing alone"))


def english(scene: Scene, chance: np.random.Generator) -> str:
    keep = _keeps(chance, scene)
    noun = _english_noun(scene, keep, chance)
    place = _phrase(chance, PLACE_BY_NAME[scene.place].english) if keep["place"] else ""
    verb = _english_verb(BY_NAME[scene.thing], scene.place, chance) if place else ""
    if verb and place.startswith(verb):
        verb = ""
    time = _phrase(chance, TIME_BY_NAME[scene.frame_time].english) if keep["time"] else ""
    position = _phrase(chance, POSITIONS[str(scene.position)][0]) if keep["position"] else ""
    if chance.random() < 0.18:
        noun = f"{_pick(chance, ('a picture of', 'an image of', 'a photo of', 'a painting of', 'an illustration of', 'a 3d render of'))} {noun}"
    lead = " ".join(part for part in (noun, verb, place, position) if part)
    if not time:
        return lead
    return (f"{lead} {time}", f"{lead} {time}", f"{lead}, {time}", f"{time}, {lead}")[int(chance.integers(4))]


# German

ENDINGS = {"m": ("ein", "er"), "f": ("eine", "e"), "n": ("ein", "es")}
INDECLINABLE = ("lila", "rosa")


def _german_noun(scene: Scene, keep: dict[str, bool], chance: np.random.Generator) -> str:
    thing = BY_NAME[scene.thing]
    stems = []
    if keep["size"]:
        stems.append(_phrase(chance, SIZES[str(scene.size)][1]))
    if scene.colour:
        stems.append(COLOUR_BY_NAME[scene.colour].german)
    article, ending = (NUMBERS["de"][scene.count - 2], "e") if scene.count > 1 else ENDINGS[thing.gender]
    adjectives = [stem if stem in INDECLINABLE else stem + ending for stem in stems]
    return " ".join((article, *adjectives, thing.german_plural if scene.count > 1 else thing.german))


def german(scene: Scene, chance: np.random.Generator) -> str:
    keep = _keeps(chance, scene)
    parts = [_german_noun(scene, keep, chance)]
    if keep["place"]:
        parts.append(_phrase(chance, PLACE_BY_NAME[scene.place].german))
    if keep["position"]:
        parts.append(_phrase(chance, POSITIONS[str(scene.position)][1]))
    if keep["time"]:
        parts.append(_phrase(chance, TIME_BY_NAME[scene.frame_time].german))
    return " ".join(parts)


# Turkish


def _turkish_noun(scene: Scene, keep: dict[str, bool], chance: np.random.Generator) -> str:
    words = []
    if keep["size"]:
        words.append(_phrase(chance, SIZES[str(scene.size)][2]))
    if scene.colour:
        words.append(COLOUR_BY_NAME[scene.colour].turkish)
    if scene.count > 1:
        words.insert(0, NUMBERS["tr"][scene.count - 2])
    elif chance.random() < 0.85:
        words.append("bir")
    return " ".join((*words, BY_NAME[scene.thing].turkish))


def turkish(scene: Scene, chance: np.random.Generator) -> str:
    keep = _keeps(chance, scene)
    noun = _turkish_noun(scene, keep, chance)
    place = _phrase(chance, PLACE_BY_NAME[scene.place].turkish) if keep["place"] else ""
    time = _phrase(chance, TIME_BY_NAME[scene.frame_time].turkish) if keep["time"] else ""
    position = _phrase(chance, POSITIONS[str(scene.position)][2]) if keep["position"] else ""
    orders = ((place, position, noun, time), (time, place, position, noun), (position, place, noun, time))
    return " ".join(part for part in _pick(chance, orders) if part)


def shown_off(scene: Scene) -> bool:
    """Whether the scene may be what is shown to somebody who asks for nothing in particular."""
    plain = scene.count == 1 and scene.colour is scene.size is scene.position is None
    return plain and (scene.thing, scene.place) in SHOWN_OFF


WRITERS = {"en": english, "de": german, "tr": turkish}


def caption(scene: Scene, chance: np.random.Generator, language: str | None = None) -> str:
    """A sentence for the scene, in `language` or in one drawn by LANGUAGE_SHARES."""
    if language is None:
        language = str(chance.choice(list(LANGUAGE_SHARES), p=list(LANGUAGE_SHARES.values())))
        if shown_off(scene) and chance.random() < GENERIC_SHARE:
            return _pick(chance, GENERIC[language])
    return WRITERS[language](scene, chance)
