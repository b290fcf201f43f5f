"""Make faults and see which the tests notice: `scripts/mutate [MODULE ...] [--again]`. Ends with 1 below the score that is enough."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tests.acceptance.mutants.covered import coverage_of
from tests.acceptance.mutants.elsewhere import Candidate, in_migrations, in_module, in_queries
from tests.acceptance.mutants.equivalent import EQUIVALENT
from tests.acceptance.mutants.found import Fate, Mutant
from tests.acceptance.mutants.functions import WORKERS, try_functions
from tests.acceptance.mutants.runs import Runs, in_copies, in_place
from tests.acceptance.mutants.scope import ENOUGH, MEMORY, WORK, Module, modules

SQL = "ledger/sql"
KNOWN = WORK / "elsewhere.jsonl"  # which of those outside functions were noticed in the last run


def main() -> None:
    every = {module.name: module for module in modules()}
    parser = argparse.ArgumentParser(prog="scripts/mutate", description=__doc__, epilog=f"modules: {SQL} {' '.join(every)}")
    parser.add_argument("module", nargs="*", help="such as ledger/memory; all of them without")
    parser.add_argument("--again", action="store_true", help="only what is new or survived the last run, which was of the same modules")
    asked = parser.parse_args()
    if unknown := set(asked.module) - {SQL, *every}:
        parser.error(f"no such module: {', '.join(sorted(unknown))}")
    chosen = [every[name] for name in asked.module if name != SQL] or ([] if asked.module else list(every.values()))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing is left running
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=MEMORY if MEMORY.is_dir() else None) as files:
        os.environ["TMPDIR"] = tempfile.tempdir = files
        covered = coverage_of(chosen) if chosen else {}
        found = try_functions(chosen, again=asked.again) if chosen else []
        found += _try_elsewhere(chosen, sql=not asked.module or SQL in asked.module, again=asked.again)
    sys.exit(_report([_judged(mutant) for mutant in found], covered, every=not asked.module))


def _try_elsewhere(chosen: Sequence[Module], *, sql: bool, again: bool) -> list[Mutant]:
    WORK.mkdir(parents=True, exist_ok=True)
    noticed = {tuple(json.loads(line)) for line in KNOWN.read_text("utf-8").splitlines()} if again and KNOWN.exists() else set()
    found: list[Mutant] = []

    def try_all(runs: Runs, candidates: Sequence[Candidate]) -> None:
        found.extend(Mutant(*_key(each), Fate.KILLED) for each in candidates if _key(each) in noticed)
        left = [each for each in candidates if _key(each) not in noticed]
        with KNOWN.open("a") as known:
            for number, mutant in enumerate(runs.try_all(left)):
                found.append(mutant)
                print(f"{number + 1} of {len(left)}: {mutant.where} {mutant.fate.value} {mutant.change}", file=sys.stderr)
                if mutant.fate is not Fate.SURVIVED:
                    print(json.dumps(_key(mutant)), file=known, flush=True)

    if not again:
        KNOWN.unlink(missing_ok=True)
    if sql:
        runs, tests = in_place(int(WORKERS))
        try_all(runs, list(in_queries(tests)))
    try_all(in_copies(int(WORKERS)), [*(each for module in chosen for each in in_module(module)), *(in_migrations() if sql else ())])
    return found


def _key(each: Candidate | Mutant) -> tuple[str, str, str]:
    return each.where, each.name, each.change


def _judged(mutant: Mutant) -> Mutant:
    same = mutant.fate is Fate.SURVIVED and any(each.covers(mutant) for each in EQUIVALENT)
    return replace(mutant, fate=Fate.EQUIVALENT) if same else mutant


def _report(found: Iterable[Mutant], covered: Mapping[str, float], *, every: bool) -> int:
    """Prints what survived, then the scores; the exit status."""
    found = list(found)
    by_module: dict[str, Counter[Fate]] = defaultdict(Counter)
    for mutant in found:
        by_module[mutant.where][mutant.fate] += 1
        if mutant.fate is Fate.SURVIVED:
            print(f"{mutant.where} {mutant.name}: {mutant.change}")
    print(f"\n{'':22} {' '.join(f'{fate.value:>10}' for fate in Fate)}      score   branches")
    for name, counts in sorted(by_module.items()):
        print(f"{name:22} {_counts(counts)} {_score(counts):8.1f} %{f'{covered[name]:9.1f} %' if name in covered else ''}")
    total = sum(by_module.values(), Counter[Fate]())
    print(f"{'together':22} {_counts(total)} {_score(total):8.1f} %")
    wrong = [f"{name} is below {ENOUGH:g} %" for name, counts in by_module.items() if _score(counts) < ENOUGH]
    wrong += [f"{name} has branches that no test takes" for name, percent in covered.items() if percent < 100]
    if every:
        survivors = [mutant for mutant in found if mutant.fate is Fate.EQUIVALENT]
        stale = [each for each in EQUIVALENT if not any(each.covers(mutant) for mutant in survivors)]
        wrong += [f"no mutant that survives is equivalent by {each.where}: {each.pattern}" for each in stale]
    print("\n".join(wrong))
    return int(bool(wrong))


def _counts(counts: Counter[Fate]) -> str:
    return " ".join(f"{counts[fate]:>10}" for fate in Fate)


def _score(counts: Counter[Fate]) -> float:
    """Percent noticed, of those that can be."""
    noticed = counts[Fate.KILLED] + counts[Fate.TIMEOUT]
    return 100.0 * noticed / ((noticed + counts[Fate.SURVIVED]) or 1)


if __name__ == "__main__":
    main()
