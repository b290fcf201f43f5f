"""Reads prompts for two things and their relation, in the three languages that nano was taught."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mezzotint.engines.nano.phrasing import LANGUAGES, any_of, either, phrases_of, tidied, which
from mezzotint.engines.nano.words import KnownWords

ADJECTIVES = 3  # at most, before a thing: without an end, prompts could be made that take minutes to read
ARTICLES = {"en": ("a", "an", "the", "one"), "de": ("ein", "eine", "einen", "einem", "einer", "der", "die", "das", "dem", "den")}
TURKISH = (("first", "tr", "one"), ("second", "tr", "two"), ("second", "of", "two"))  # what of a clause is in which form


@dataclass(frozen=True)
class Said:
    """What a prompt says: the `relation` of two things, each as its words and its name, and the `rest`."""

    relation: str
    told: tuple[str, str]
    names: tuple[str, str]
    rest: str
    language: str


class Clauses:
    """`table`: as in `KnownWords`, with what is said of two things."""

    def __init__(self, table: Mapping[str, Any], known: KnownWords) -> None:
        about, closer, self._known = table["pairs"], table["closer"], known
        self._scenery = any_of(phrase for kind in ("places", "times", "weathers", "looks") for said in table[kind].values() for phrase in phrases_of(said))
        self._thing = any_of(phrase for said in table["things"].values() for phrase in phrases_of(said) if phrase not in closer["joining"])
        self._several = any_of((*closer["several"], *closer["adjectives"], *closer["phrases"], *about["small"]))
        self._kind, self._small = any_of(about["kinds"]), any_of(about["small"])
        self._names = {name: any_of(forms for language in said.values() for forms in language) for name, said in about["names"].items()}
        self._nominative = {said["of"][0]: said["tr"][0] for said in about["names"].values()}
        self._relations = {name: any_of(phrases_of(said)) for name, said in about["relations"].items()}
        self._clauses = {language: _clauses(table, language) for language in LANGUAGES}

    def said(self, prompt: str) -> Said | None:
        """None where the prompt does not tell of two things, one of each, and of nothing else that is not known."""
        return next((said for language in LANGUAGES if (said := self._said_in(language, prompt)) is not None), None)

    def _said_in(self, language: str, prompt: str) -> Said | None:
        found = next((found for clause in self._clauses[language] if (found := clause.search(prompt))), None)
        if found is None:
            return None
        rest = f"{prompt[: found.start()]} {prompt[found.end() :]}"
        others = self._scenery.sub(" ", rest)
        if self._thing.search(others) or self._several.search(others) or not self._known.all_of(rest):
            return None
        relation, one, two = which(self._relations, found["relation"]), which(self._names, found["one"]), which(self._names, found["two"])
        if relation is None or one is None or two is None:
            return None
        if relation == "beside" and self._small.search(found["second"]):
            relation = "with small"
        return Said(relation, (found["first"], self._second(found)), (one, two), tidied(self._kind.sub(" ", rest)), language)

    def _second(self, found: re.Match[str]) -> str:
        """Its words without its size, and as one would say it alone."""
        told = tidied(self._small.sub(" ", found["second"]))
        alone = self._nominative.get(found["two"].lower())
        return told if alone is None else told[: -len(found["two"])] + alone


def _clauses(table: Mapping[str, Any], language: str) -> list[re.Pattern[str]]:
    """Two things and their relation, in the orders that the language has: "first", "relation", "second", and the things' names "one" and "two"."""
    about = table["pairs"]
    said = [phrase for relation in about["relations"].values() for phrase in relation[language]]
    verbs, relation = rf"(?:{either(about['verbs'])}\s+){{0,{ADJECTIVES}}}", either(said, name="relation")
    if language == "tr":
        one, two, of_two = (f"(?P<{group}>{_turkish(about, form, name)})" for group, form, name in TURKISH)
        orders = [rf"{of_two}\s+{relation}\s+{verbs}{one}", rf"{one}\s+{relation}\s+{two}"]
    else:
        one, two = (f"(?P<{group}>{one_thing(table, language, name)})" for group, name in (("first", "one"), ("second", "two")))
        orders = [rf"{one},?\s+{verbs}{relation}\s+{two}"]
    return [re.compile(order, re.IGNORECASE) for order in orders]


def one_thing(table: Mapping[str, Any], language: str, name: str) -> str:
    """One thing with what it is like; its name is the group `name`. A small one where that is "two"."""
    return _turkish(table["pairs"], "tr", name) if language == "tr" else _germanic(table, language, name)


def _germanic(table: Mapping[str, Any], language: str, name: str) -> str:
    """A thing with its article and any adjectives but those of size, or with adjectives that are known, or alone."""
    about = table["pairs"]
    names = either((phrase for said in about["names"].values() for phrase in said[language]), name=name)
    no_adjective = either((*table["closer"]["joining"], *table["closer"]["adjectives"], *table["closer"]["several"]))
    small = rf"(?:{either(about['small'])}\s+)?" if name == "two" else ""
    if name == "one":
        no_adjective = rf"(?:{no_adjective}|{either(about['small'])})"
    after_article = rf"{either(ARTICLES[language])}\s+{small}(?:(?!{no_adjective})[\w-]+\s+){{0,{ADJECTIVES}}}?"
    return rf"(?:{after_article}|{small}(?:{either(about['adjectives'])}\s+){{0,{ADJECTIVES}}}){names}"


def _turkish(about: Mapping[str, Any], form: str, name: str) -> str:
    names = either((phrase for said in about["names"].values() for phrase in said[form]), name=name)
    adjectives = rf"(?:{either((*about['adjectives'], *(about['small'] if name == 'two' else ())))}\s+){{0,{ADJECTIVES}}}"
    return rf"{adjectives}(?:{either(('bir',))}\s+{adjectives})?{names}"
