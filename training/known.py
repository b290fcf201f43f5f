"""The words of the vocabulary as the runtime has them: which words are known, and what may be added to a prompt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from mezzotint.engines.nano.text import POOLED_SCALE, TextEncoder
from training.phrases import BACKDROPS, CAMERAS, FILLERS, GENERIC, LOOKS, PLACES, POSITIONS, RELATIONS, SIZES, TIMED, TIMES, WEATHERS, Phrase
from training.vocabulary import COLOURS, NOUNS, Noun

# Words that hold sentences together, beside those of the phrases.
PLAIN = (
    "a", "an", "the", "and", "with", "of", "in", "on", "at", "to", "is", "are", "its", "one", "two", "three", "four", "five", "picture", "image", "photo", "painting",
    "illustration", "render", "background", "standing", "sitting", "floating", "swimming", "flying", "drifting", "alone", "front", "very", "make", "add", "put",
    "remove", "replace", "change", "turn", "into", "instead", "ein", "eine", "einen", "einem", "einer", "der", "die", "das", "und", "mit", "im", "am", "zwei", "drei",
    "vier", "fünf", "bild", "bir", "ve", "ile", "iki", "üç", "dört", "beş", "resim", "resmi", "görsel",
)  # fmt: skip


def _inflected(stem: str) -> list[str]:
    return [stem + ending for ending in ("", "e", "er", "es", "en", "em")]


def _thing(noun: Noun) -> dict[str, list[str]]:
    return {
        "en": [noun.name, noun.plural, *noun.words],
        "de": [noun.german, noun.german_plural],
        "tr": [noun.turkish],
        "home": list(noun.home),
    }


def _phrase(phrase: Phrase) -> dict[str, list[str]]:
    return {"en": list(phrase.english), "de": list(phrase.german), "tr": list(phrase.turkish)}


def table(version: int = 2) -> dict[str, Any]:
    """What `words.json` holds (see `mezzotint.engines.nano.words`) for weights of that version, which knows what was taught until then."""
    said = [form for forms in (*CAMERAS.values(), *POSITIONS.values(), *RELATIONS.values(), *BACKDROPS.values()) for language in forms for form in language]
    said += [form for english, german, turkish in SIZES.values() for form in (*english, *turkish, *(each for stem in german for each in _inflected(stem)))]
    said += [form for colour in COLOURS for form in (colour.name, colour.turkish, *_inflected(colour.german))]
    said += [form for table in (FILLERS, GENERIC) for forms in table.values() for form in forms]
    places = [place.name for place in PLACES if place.since <= version]
    things = {noun.name: _thing(noun) for noun in NOUNS if noun.since <= version}
    kinds = {"places": PLACES, "times": TIMES, "weathers": WEATHERS, "looks": LOOKS}
    return {
        "things": {name: about | {"home": [place for place in about["home"] if place in places]} for name, about in things.items()},
        **{kind: {phrase.name: _phrase(phrase) for phrase in phrases if phrase.since <= version} for kind, phrases in kinds.items()},
        "timed": [place for place in TIMED if place in places],
        "plain": sorted({*PLAIN, *said}),
    }


def write(folder: Path, version: int = 2) -> None:
    """words.json and words.npz beside the weights."""
    words = table(version)
    vectors = TextEncoder().encode(list(words["things"])).pooled / POOLED_SCALE
    (folder / "words.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
    np.savez(folder / "words.npz", things=vectors.astype(np.float16))
