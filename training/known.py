"""The words of the vocabulary as the runtime has them: which words are known, and what may be added to a prompt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mezzotint.engines.nano.phrasing import LANGUAGES
from mezzotint.engines.nano.text import POOLED_SCALE, TextEncoder
from mezzotint.engines.nano.words import WORD
from training.english import KINDS
from training.german import weak
from training.phrases import (
    ADDING,
    AS_WELL,
    BACKDROPS,
    CAMERAS,
    CLEARING,
    CLOSER,
    FILLERS,
    GENERIC,
    LIFTED,
    LOOKS,
    LOOKS_BESIDES,
    OUTDOORS,
    PLACES,
    PLACES_BESIDES,
    POSITIONS,
    RELATIONS,
    RELATIONS_BESIDES,
    SIZES,
    TIMED,
    TIMES,
    TIMES_BESIDES,
    VERBS,
    WEATHERS,
    WEATHERS_BESIDES,
    Phrase,
)
from training.places import tint
from training.turkish import accusative, genitive
from training.vocabulary import COLOURS, NOUNS, Colour, Noun

# Words that hold sentences together, beside those of the phrases.
PLAIN = (
    "a", "an", "the", "and", "with", "of", "in", "on", "at", "to", "is", "are", "its", "one", "two", "three", "four", "five", "picture", "image", "photo", "painting",
    "illustration", "render", "background", "standing", "sitting", "floating", "swimming", "flying", "drifting", "alone", "front", "very", "make", "add", "put",
    "remove", "replace", "change", "turn", "into", "instead", "ein", "eine", "einen", "einem", "einer", "der", "die", "das", "und", "mit", "im", "am", "zwei", "drei",
    "vier", "fünf", "bild", "bir", "ve", "ile", "iki", "üç", "dört", "beş", "resim", "resmi", "görsel",
)  # fmt: skip


# Words of edits, beside those and the names of what is edited.
EDITING = (
    "move", "colour", "color", "smaller", "larger", "bigger", "ändere", "ersetze", "durch", "tausche", "gegen", "färbe", "Tageszeit", "dasselbe", "weg", "größer", "kleiner",
    "yerine", "planı", "değiştir", "renge", "göster", "çıkar", "küçült", "büyüt", "gün", "doğumu", "batımı", "yağmur", "yağmuru", "sis", "sisi", "bulut", "bulutları", "karı",
    "gökkuşağını", "yaprakları", "çiçekleri",
)  # fmt: skip

CUT_FROM = ("white", "green", "blue")  # colours of the grounds before which things are painted that are to be cut out

# Words beside those for colour and size that say nothing of where something is.
BARE = (
    "a", "an", "the", "one", "two", "three", "four", "five", "very", "and", "with", "of", "next", "to", "beside", "left", "right", "picture", "image", "photo",
    "painting", "illustration", "render", "alone", "standing", "sitting", "ein", "eine", "einen", "einem", "einer", "eines", "der", "die", "das", "und", "mit",
    "neben", "links", "rechts", "von", "zwei", "drei", "vier", "fünf", "bild", "bir", "iki", "üç", "dört", "beş", "ve", "ile", "yanında", "solunda", "sağında",
    "resim", "resmi", "görsel",
)  # fmt: skip

# Words of an edit that is about the look of all the picture or what falls before it, beside the name of that.
REDRAWING = (
    "a", "an", "the", "make", "turn", "change", "convert", "transform", "redraw", "draw", "repaint", "paint", "render", "show", "give", "it", "this", "that", "into",
    "to", "as", "like", "in", "of", "style", "look", "effect", "picture", "image", "photo", "scene", "whole", "please", "same", "season", "add", "some", "let", "be", "now", "with",
    "mach", "mache", "daraus", "zeichne", "zeichnen", "male", "verwandle", "wandle", "um", "zeige", "es", "das", "dies", "dieses", "ein", "eine", "einen", "einer",
    "als", "im", "stil", "von", "bild", "foto", "bitte", "füge", "hinzu", "ergänze", "mit", "dieselbe", "szene", "jahreszeit", "yap", "çiz", "olarak", "olsun",
    "bunu", "bu", "resmi", "resim", "görseli", "fotoğrafı", "bir", "tarzında", "çevir", "dönüştür", "lütfen", "ekle", "aynı", "sahne", "mevsimi", "mevsim",
)  # fmt: skip


def _inflected(stem: str) -> list[str]:
    return [stem + ending for ending in ("", "e", "er", "es", "en", "em")]


def _thing(noun: Noun) -> dict[str, Any]:
    return {
        "en": [noun.name, noun.plural, *noun.words],
        "de": [noun.german, noun.german_plural],
        "tr": [noun.turkish],
        "home": list(noun.home),
        "flies": noun.flies,
    }


def _closer(things: Sequence[Noun]) -> dict[str, list[str]]:
    """What asks for one thing to be near, what tells of several, and what joins words, such as Turkish for a horse."""
    one = {word for noun in things for word in (noun.name, *noun.words, noun.german, noun.turkish)}
    plurals = {word for noun in things for word in (noun.plural, noun.german_plural)} - one
    return {
        "adjectives": [*CLOSER["adjectives"], *(each for stem in CLOSER["stems"] for each in _inflected(stem))],
        "phrases": list(CLOSER["phrases"]),
        "several": sorted({*CLOSER["several"], *plurals}),
        "joining": [word for word in PLAIN if word != "bir"],
    }


def _pairs(things: Sequence[Noun], places: Sequence[str]) -> dict[str, Any]:
    """What prompts say of two things, and what they look like together: the names of one thing, what stands how high, in which light."""
    small, german, turkish = SIZES["small"]
    return {
        "names": {noun.name: _one_of(noun) for noun in things},
        "backs": {noun.name: noun.back for noun in things if noun.back is not None},
        "relations": {relation: _relation(relation) for relation in RELATIONS if relation != "with small"},
        "small": [*small, *turkish, *(form for stem in german for form in _inflected(stem))],
        "adjectives": [*(form for colour in COLOURS for form in _forms(colour)), *(form for forms in FILLERS.values() for form in forms if " " not in form)],
        "verbs": list(VERBS),
        "kinds": [*KINDS, *(f"{article}{kind} von" for article in ("ein ", "") for kind in ("Bild", "Foto"))],
        "colours": {colour.name: _forms(colour) for colour in COLOURS},
        "lifted": [noun.name for noun in things if noun.name in LIFTED],
        "as well": [noun.name for noun in things if noun.name in AS_WELL],
        "grounds": [BACKDROPS["colour"][0][0].format(colour) for colour in CUT_FROM],
        "light": {place: {time.name: [round(float(share), 4) for share in tint(place, time.name)] for time in TIMES} for place in places},
    }


def _one_of(noun: Noun) -> dict[str, list[str]]:
    """The names of one such thing; "of": as what another stands in relation to, where that is another form."""
    return {"en": [noun.name, *noun.words], "de": sorted({noun.german, weak(noun.german)}), "tr": [noun.turkish], "of": [genitive(noun.turkish)]}


def _relation(name: str) -> dict[str, list[str]]:
    forms = zip(RELATIONS[name], RELATIONS_BESIDES.get(name, ((), (), ())), strict=True)
    return {language: [*taught, *besides] for language, (taught, besides) in zip(LANGUAGES, forms, strict=True)}


def _forms(colour: Colour) -> list[str]:
    return [colour.name, colour.turkish, *_inflected(colour.german)]


def _phrases_of(known: Sequence[Phrase], besides: Mapping[str, Phrase], version: int) -> dict[str, dict[str, list[str]]]:
    """By name, what is known of it by that version, and what asks for it as well."""
    return {each.name: _phrase(each, *([besides[each.name]] if each.name in besides else [])) for each in known if each.since <= version}


def _phrase(*phrases: Phrase) -> dict[str, list[str]]:
    """Of one thing, by language, what is usual first."""
    forms = {"en": "english", "de": "german", "tr": "turkish"}
    return {language: [said for phrase in phrases for said in getattr(phrase, form)] for language, form in forms.items()}


def table(version: int = 2) -> dict[str, Any]:
    """What `words.json` holds (see `mezzotint.engines.nano.words`) for weights of that version, which knows what was taught until then."""
    said = [form for forms in (*CAMERAS.values(), *POSITIONS.values(), *RELATIONS.values(), *BACKDROPS.values()) for language in forms for form in language]
    like = [form for english, german, turkish in SIZES.values() for form in (*english, *turkish, *(each for stem in german for each in _inflected(stem)))]
    like += [form for colour in COLOURS for form in _forms(colour)]
    like += [form for forms in FILLERS.values() for form in forms]
    said += [*like, *(form for forms in GENERIC.values() for form in forms)]
    nouns = [noun for noun in NOUNS if noun.since <= version]
    places = [place.name for place in PLACES if place.since <= version]
    closer = _closer(nouns)
    said += [*closer["adjectives"], *closer["phrases"], *CLOSER["several"]]
    said += [
        *EDITING,
        *REDRAWING,
        *CLEARING,
        *(accusative(noun.turkish) for noun in nouns),
        *(word for name in ("verbs", "puts", "words", "it", "of it", "pictures") for word in ADDING[name]),
    ]
    things = {noun.name: _thing(noun) for noun in nouns}
    return {
        "things": {name: about | {"home": [place for place in about["home"] if place in places]} for name, about in things.items()},
        "places": _phrases_of(PLACES, PLACES_BESIDES, version),
        "times": _phrases_of(TIMES, TIMES_BESIDES, version),
        "weathers": _phrases_of(WEATHERS, WEATHERS_BESIDES, version),
        "looks": _phrases_of(LOOKS, LOOKS_BESIDES, version),
        "positions": {name: dict(zip(LANGUAGES, map(list, forms), strict=True)) for name, forms in POSITIONS.items()},
        "closer": closer,
        "bare": sorted({*BARE, *(word for form in (*like, *closer["adjectives"], *closer["phrases"]) for word in WORD.findall(form.lower()))}),
        "redrawing": list(REDRAWING),
        "clearing": list(CLEARING),
        "pairs": _pairs(nouns, places),
        "adding": ADDING,
        "outdoors": [place for place in OUTDOORS if place in places],
        "timed": [place for place in TIMED if place in places],
        "plain": sorted({*PLAIN, *said}),
    }


def write(folder: Path, version: int = 2) -> None:
    """words.json and words.npz beside the weights."""
    words = table(version)
    vectors = TextEncoder().encode(list(words["things"])).pooled / POOLED_SCALE
    (folder / "words.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
    np.savez(folder / "words.npz", things=vectors.astype(np.float16))
