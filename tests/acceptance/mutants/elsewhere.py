"""Faults where mutmut makes none: outside functions, in decorated ones, and in SQL. Each is a whole file with one fault in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import libcst as cst
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import get_ignored_lines

from tests.acceptance.mutants.found import change_of
from tests.acceptance.mutants.scope import LEDGER_TESTS, QUERIES, ROOT, Module
from tests.acceptance.mutants.sql import changes


@dataclass(frozen=True)
class Candidate:
    """A whole file with one fault in it."""

    where: str
    name: str
    file: Path
    text: str
    change: str
    tests: tuple[str, ...]  # what pytest is given


class _Everywhere(MutationVisitor):  # type: ignore[misc]  # mutmut is not where mypy looks
    """Also in decorated functions, which mutmut cannot exchange while a program runs."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        return not isinstance(node, cst.FunctionDef | cst.Decorator) and super()._skip_node_and_children(node)


def in_module(module: Module) -> Iterator[Candidate]:
    text = (ROOT / module.path).read_text("utf-8")
    wrapper = cst.MetadataWrapper(cst.parse_module(text))
    visitor = _Everywhere(mutation_operators, get_ignored_lines(module.path, text, wrapper))
    tree = wrapper.visit(visitor)
    for mutation in visitor.mutations:
        if _is_mutmuts(mutation.contained_by_top_level_function):
            continue
        mutated = tree.deep_replace(mutation.original_node, mutation.mutated_node).code
        yield Candidate(module.name, "", Path(module.path), mutated, change_of(text.splitlines(), mutated.splitlines()), module.tests)


def _is_mutmuts(function: Any) -> bool:
    names = [cst.Module([]).code_for_node(decorator.decorator) for decorator in getattr(function, "decorators", ())]
    return isinstance(function, cst.FunctionDef) and names in ([], ["staticmethod"], ["classmethod"])


def in_migrations() -> Iterator[Candidate]:
    for file in sorted((ROOT / QUERIES).parent.glob("[0-9]*.sql")):
        yield from _in_sql(file.relative_to(ROOT), lambda _: ("-k", "sqlite or Sqlite", *LEDGER_TESTS))


def in_queries(runs: Mapping[str, Sequence[str]]) -> Iterator[Candidate]:
    """`runs` are the tests that run each statement."""
    yield from _in_sql(Path(QUERIES), lambda statement: tuple(runs[statement]))


def _in_sql(file: Path, tests: Callable[[str], tuple[str, ...]]) -> Iterator[Candidate]:
    text = (ROOT / file).read_text("utf-8")
    for change in changes(text):
        mutated = change.applied(text)
        told = change_of(text.splitlines(), mutated.splitlines())
        where, name = ("ledger/sql/queries", change.statement) if file == Path(QUERIES) else ("ledger/sql/migrations", file.stem)
        yield Candidate(where, name, file, mutated, told, tests(change.statement))
