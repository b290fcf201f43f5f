"""Faults in functions: mutmut makes them, and runs of each function's tests those that reach it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.utils.file_utils import change_cwd
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

from tests.acceptance.mutants.found import Fate, Mutant
from tests.acceptance.mutants.scope import OPTIONS, ROOT, TESTS, WORK, Module, environment

MUTATED = WORK / "mutants"  # where mutmut keeps its copy; the name is its own
KILLED, TIMED_OUT = {1, 2, 3, 4, -11}, {-9, -24, 24, 36, 152, 255}  # exit statuses of the tests' process; 0: none of them noticed
WORKERS = str(min(4, os.cpu_count() or 1))


def try_functions(scope: Sequence[Module], *, again: bool) -> list[Mutant]:
    """All mutants of these modules' functions, or `again` only those that survived the last run."""
    if not again:
        shutil.rmtree(MUTATED, ignore_errors=True)
    for folder in (MUTATED / "src", MUTATED / "tests"):
        folder.mkdir(parents=True, exist_ok=True)
    for name in ("src", "tests"):
        with contextlib.suppress(FileExistsError):
            (WORK / name).symlink_to(ROOT / name)
    (WORK / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8") + _settings(scope))
    shutil.copytree(ROOT / "src/mezzotint/ledger/sql", MUTATED / "src/mezzotint/ledger/sql", dirs_exist_ok=True)
    _mutmut()
    if again and (left := [name for name, status in _statuses(scope).items() if status not in KILLED | TIMED_OUT]):
        _mutmut(*left)
    return list(_results(scope))


def _settings(scope: Sequence[Module]) -> str:
    settings = {
        "source_paths": ["src"],
        "only_mutate": [module.path for module in scope],
        "pytest_add_cli_args_test_selection": list(TESTS),
        "pytest_add_cli_args": list(OPTIONS),
        "timeout_multiplier": 4,
        "timeout_constant": 4,
        "use_git_change_detection": False,
    }
    return "\n[tool.mutmut]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())


def _mutmut(*names: str) -> None:
    command = [os.fspath(Path(sys.executable).with_name("mutmut")), "run", "--max-children", WORKERS, *names]
    with (WORK / "mutmut.log").open("ab") as log:
        done = subprocess.run(command, cwd=WORK, env=environment(MUTATED / "src", MUTATED), stdout=log, stderr=log, check=False)
    if done.returncode:
        raise SystemExit(f"mutmut could not run: see {log.name}")


def _statuses(scope: Sequence[Module]) -> dict[str, int | None]:
    every: dict[str, int | None] = {}
    for module in scope:
        with contextlib.suppress(FileNotFoundError):
            every |= json.loads((MUTATED / f"{module.path}.meta").read_text("utf-8"))["exit_code_by_key"]
    return every


def _results(scope: Sequence[Module]) -> Iterator[Mutant]:
    with change_cwd(WORK):
        for module in scope:
            for name, status in _statuses([module]).items():
                function, owner = orig_function_and_class_names_from_key(name)
                fate = Fate.KILLED if status in KILLED else Fate.TIMEOUT if status in TIMED_OUT else Fate.SURVIVED
                change = _change(get_diff_for_mutant(name, path=module.path)) if fate is Fate.SURVIVED else ""
                yield Mutant(module.name, f"{owner}.{function}" if owner else function, change, fate)


def _change(diff: str) -> str:
    lines = diff.splitlines()[3:]
    gone, come = ([line[1:].strip() for line in lines if line.startswith(sign)] for sign in "-+")
    return f"{' '.join(gone)} -> {' '.join(come)}"
