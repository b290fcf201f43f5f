"""Faults in SQL: what mutmut does to Python, done to statements, which no library does.

Operators are exchanged, conditions, assignments, orders and limits dropped, constants moved by one, values left out. Where a
statement is not a query but makes the schema, only the constants of its defaults are touched: its indexes make nothing but speed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

TOKEN = re.compile(r"'(?:[^']|'')*'|:\w+|\d+(?:\.\d+)?|\w+|<=|>=|<>|[^\s\w]")
COMMENT = re.compile(r"--[^\n]*")
NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
CLAUSES = {"SELECT", "FROM", "WHERE", "ON", "ORDER", "LIMIT", "RETURNING", "SET", "VALUES", "GROUP", "DO", "JOIN", "LEFT"}
EXCHANGED = {
    "=": "<>", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "+": "-", "-": "+", "*": "/", "/": "*", "AND": "OR", "OR": "AND", "min": "max", "max": "min",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    text: str
    start: int
    end: int
    depth: int  # of parentheses; those themselves lie outside
    clause: str  # the word that began the clause that it lies in, at its depth


@dataclass(frozen=True)
class Change:
    """Of a file's text from `start` to `end`."""

    statement: str
    start: int
    end: int
    new: str

    def applied(self, text: str) -> str:
        return text[: self.start] + self.new + text[self.end :]


def changes(text: str) -> Iterator[Change]:
    """Every single fault of a file of statements, each of which ends with a semicolon."""
    names = [(match.start(), match[1]) for match in NAME.finditer(text)]
    bare = COMMENT.sub(lambda match: " " * len(match[0]), text)
    begin = 0
    for end in (match.start() for match in re.finditer(";", bare)):
        name = next((name for start, name in reversed(names) if start < end), "")
        made = {change.applied(text): replace(change, statement=name) for change in _of_statement(_tokens(bare, begin, end), bare)}
        made.pop(text, None)  # what assigns a column to itself already
        yield from made.values()
        begin = end + 1


def _tokens(text: str, begin: int, end: int) -> list[Token]:
    found: list[Token] = []
    clauses = [""]
    for match in TOKEN.finditer(text, begin, end):
        if match[0] == ")":
            clauses.pop()
        if match[0].upper() in CLAUSES and match[0].isupper():
            clauses[-1] = match[0]
        found.append(Token(match[0], match.start(), match.end(), len(clauses) - 1, clauses[-1]))
        if match[0] == "(":
            clauses.append(clauses[-1] if clauses[-1] == "VALUES" else "")
    return found


def _of_statement(tokens: Sequence[Token], text: str) -> Iterator[Change]:
    if not tokens:
        return
    if tokens[0].text in {"CREATE", "ALTER"}:
        yield from _defaults(tokens)
        return
    yield from _exchanges(tokens)
    yield from _constants(tokens)
    yield from _conditions(tokens)
    yield from _lists(tokens, text)
    yield from _values(tokens)
    yield from _either(tokens, text)


def _over(tokens: Sequence[Token], new: str) -> Change:
    return Change("", tokens[0].start, tokens[-1].end, new)


def _defaults(tokens: Sequence[Token]) -> Iterator[Change]:
    if "INDEX" in {token.text for token in tokens[:3]}:
        return
    for word, token in itertools.pairwise(tokens):
        if word.text == "DEFAULT" and token.text.isdigit():
            yield from _moved(token)
        elif word.text == "DEFAULT":
            yield _over([token], "'other'")


def _moved(token: Token) -> Iterator[Change]:
    yield _over([token], str(int(token.text) + 1))
    yield _over([token], str(int(token.text) - 1))


def _exchanges(tokens: Sequence[Token]) -> Iterator[Change]:
    for index, token in enumerate(tokens):
        before, after = (tokens[place].text if 0 <= place < len(tokens) else "" for place in (index - 1, index + 1))
        assigns = token.text == "=" and token.clause == "SET"
        everything = token.text == "*" and before in {"SELECT", "("}
        called = token.text not in {"min", "max"} or after == "("
        if token.text in EXCHANGED and called and not assigns and not everything:
            yield _over([token], EXCHANGED[token.text])
        elif token.text == "IS":
            yield _over(tokens[index : index + 2], "IS") if after == "NOT" else _over([token], "IS NOT")
        elif (token.text, after) == ("NOT", "EXISTS"):
            yield _over(tokens[index : index + 2], "EXISTS")
        elif token.text == "IN":
            yield _over(tokens[index - 1 : index + 1], "IN") if before == "NOT" else _over([token], "NOT IN")
        elif token.text == "LEFT":
            yield _over([token], "")


def _constants(tokens: Sequence[Token]) -> Iterator[Change]:
    for before, token in itertools.pairwise(tokens):
        if token.text.isdigit() and before.text != "SELECT":  # which number it selects is nothing to EXISTS and count
            yield from _moved(token)


def _region(tokens: Sequence[Token], begin: int) -> list[Token]:
    """From there to the end of its clause or of its parentheses."""
    first = tokens[begin]
    taken = []
    for token in tokens[begin:]:
        if token.depth < first.depth or (token.depth == first.depth and token.clause != first.clause):
            break
        taken.append(token)
    return taken


def _split(region: Sequence[Token], words: set[str]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in region:
        if token.depth == region[0].depth and token.text in words:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _conditions(tokens: Sequence[Token]) -> Iterator[Change]:
    """Each part of a condition taken for settled, so that the others decide; and, of what writes, nothing found at all."""
    for index, token in enumerate(tokens[:-1]):
        after = tokens[index + 1].text
        whole = token.text == "WHERE" or (token.text == "ON" and after != "CONFLICT")
        inner = token.text == "(" and after != "SELECT"
        if not (whole or inner):
            continue
        region = _region(tokens, index + 1)
        joined = {part.text for part in region if part.depth == region[0].depth} & {"AND", "OR"}
        if joined or whole:
            yield from (_over(part, "0" if "OR" in joined else "1") for part in _split(region, {"AND", "OR"}))
        if token.text == "WHERE" and token.depth == 0 and tokens[0].text in {"UPDATE", "DELETE"}:
            yield _over(region, "0")


def _lists(tokens: Sequence[Token], text: str) -> Iterator[Change]:
    """Assignments that assign nothing, orders and limits that are not there."""
    for index, token in enumerate(tokens):
        if token.text == "SET":
            for part in _split(_region(tokens, index + 1), {","}):
                yield _over(part, f"{part[0].text} = {part[0].text}")
        elif token.text == "ORDER":
            region = _region(tokens, index)
            yield _over(region, "")
            terms = _split(region[2:], {","})
            for number, term in enumerate(terms):
                yield _over([term[-1]], "") if term[-1].text == "DESC" else _over(term, text[term[0].start : term[-1].end] + " DESC")
                if len(terms) > 1:
                    kept = [text[other[0].start : other[-1].end] for other in terms[:number] + terms[number + 1 :]]
                    yield _over(region[2:], ", ".join(kept))
        elif token.text == "LIMIT":
            yield _over(_region(tokens, index), "")


def _values(tokens: Sequence[Token]) -> Iterator[Change]:
    for token in tokens:
        if token.text.startswith(":") and token.clause == "VALUES":
            yield _over([token], "NULL")


def _either(tokens: Sequence[Token], text: str) -> Iterator[Change]:
    """Only one of what coalesce chooses from."""
    for index, token in enumerate(tokens):
        if token.text == "coalesce":
            region = _region(tokens, index + 2)
            for part in _split(region, {","}):
                yield Change("", token.start, region[-1].end + 1, text[part[0].start : part[-1].end])
