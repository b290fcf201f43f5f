"""Runs tests over sources that have a fault, several at a time. Each run is a fork of a process that has loaded what it can; a run that
hangs is killed."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.acceptance.mutants.elsewhere import Candidate
from tests.acceptance.mutants.found import Fate, Mutant
from tests.acceptance.mutants.plugin import HUNG
from tests.acceptance.mutants.scope import LEDGER_TESTS, OPTIONS, ROOT, WORK, environment

PRELOADED = (
    "anyio.pytest_plugin",
    "hypothesis.stateful",
    "httpx2",
    "jsonschema",
    "msgspec",
    "pytest_httpserver",
    "standardwebhooks",
    "structlog",
    "svix.webhooks",
)
PATIENCE = 300.0  # seconds that a run may take: many times what all of its tests do
NOTHING_FAILED, NO_TESTS = 0, 5
QUIETLY = ["-x", "-q", "-p", "no:cacheprovider", *OPTIONS, "--rootdir=.", "--assert=plain"]  # whose rewriting wants modules that nobody has loaded yet


Make = Callable[[Candidate, Path], None]
"""Puts a candidate in the place of what it was made of, in a child that works in that folder."""


@dataclass
class _Run:
    candidate: Candidate
    folder: Path
    ends: float


class Runs:
    """Runs of which each has a folder of its own."""

    def __init__(self, folders: Sequence[Path], make: Make) -> None:
        self._free, self._make = list(folders), make
        self._runs: dict[int, _Run] = {}

    def try_all(self, candidates: Sequence[Candidate]) -> Iterator[Mutant]:
        """Raises SystemExit where tests fail without a fault: then they would tell nothing of one."""
        for file in {candidate.file: candidate for candidate in candidates}.values():
            sound = replace(file, name="", text=(ROOT / file.file).read_text("utf-8"))
            if [mutant.fate for mutant in self._all([sound])] != [Fate.SURVIVED]:
                raise SystemExit(f"the tests of {file.file} fail without a fault")
        yield from self._all(candidates)

    def _all(self, candidates: Sequence[Candidate]) -> Iterator[Mutant]:
        waiting = list(reversed(candidates))
        try:
            while waiting or self._runs:
                while waiting and self._free:
                    self._begin(waiting.pop(), self._free.pop())
                yield from self._ended()
                time.sleep(0.01)
        finally:
            for pid in self._runs:
                os.killpg(pid, signal.SIGKILL)

    def _begin(self, candidate: Candidate, folder: Path) -> None:
        def work() -> int:
            self._make(candidate, folder)
            return int(pytest.main([*QUIETLY, *candidate.tests]))

        self._runs[fork(folder, work)] = _Run(candidate, folder, time.monotonic() + PATIENCE)

    def _ended(self) -> Iterator[Mutant]:
        for pid, run in list(self._runs.items()):
            late = time.monotonic() > run.ends
            if late:
                os.killpg(pid, signal.SIGKILL)
            found, status = os.waitpid(pid, 0 if late else os.WNOHANG)
            if not found:
                continue
            del self._runs[pid]
            with contextlib.suppress(ProcessLookupError):  # whatever it began and left behind
                os.killpg(pid, signal.SIGKILL)
            self._free.append(run.folder)
            fate = Fate.TIMEOUT if late else _fate(os.waitstatus_to_exitcode(status))
            yield Mutant(run.candidate.where, run.candidate.name, run.candidate.change, fate)


def _fate(status: int) -> Fate:
    if status == HUNG:
        return Fate.TIMEOUT
    return Fate.SURVIVED if status in {NOTHING_FAILED, NO_TESTS} else Fate.KILLED


def in_copies(workers: int) -> Runs:
    """Whole files, each in a copy of the sources and tests, by processes that have loaded everything but those."""
    for name in PRELOADED:
        importlib.import_module(name)
    folders = [WORK / f"copy-{number}" for number in range(workers)]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("src", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
    return Runs(folders, _write)


def _write(candidate: Candidate, folder: Path) -> None:
    for file in (path.relative_to(ROOT) for path in (*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.sql"))):
        if file == candidate.file:
            (folder / file).write_text(candidate.text, "utf-8")
        elif (ROOT / file).stat().st_mtime_ns != (folder / file).stat().st_mtime_ns:  # what was there before
            shutil.copy2(ROOT / file, folder / file)
    for name in [name for name in sys.modules if name.partition(".")[0] in {"mezzotint", "tests"}]:
        del sys.modules[name]
    os.environ.update(environment(folder / "src", folder))
    sys.path[:] = [str(folder / "src"), str(folder), *(entry for entry in sys.path if Path(entry or ".").resolve() not in {ROOT, ROOT / "src"})]


def in_place(workers: int) -> tuple[Runs, dict[str, list[str]]]:
    """Single statements, by processes that have loaded all of our code too; and the tests that run each, the quickest first.

    Raises SystemExit where a test fails without a fault.
    """
    told = WORK / "statements.json"
    if _wait(fork(ROOT, lambda: _observe(told))) != NOTHING_FAILED:
        raise SystemExit(f"the tests fail without a fault: see {_output(ROOT)}")
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(["--collect-only", "-q", *QUIETLY[1:], *LEDGER_TESTS])
    found: dict[str, list[str]] = json.loads(told.read_text("utf-8"))
    return Runs([ROOT] * workers, _exchange), found


def _exchange(candidate: Candidate, _: Path) -> None:
    from mezzotint.ledger import queries

    read = queries._read
    vars(queries)["_read"] = lambda dialect, name: candidate.text if name == candidate.file.name else read(dialect, name)
    queries.load_queries("sqlite").update(queries.load_queries.__wrapped__("sqlite"))


def fork(folder: Path, work: Callable[[], int]) -> int:
    """A child, which leads a group of its own and works in this folder; its id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _work(folder, work)
    return pid


def _output(folder: Path) -> Path:
    return WORK / f"output-{folder.name}"


def _work(folder: Path, work: Callable[[], int]) -> NoReturn:
    status = 70
    try:
        os.setsid()
        os.chdir(folder)
        output = os.open(_output(folder), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        status = work()
    except BaseException:  # noqa: BLE001 - a child goes no further up than this, whatever it is
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _observe(told: Path) -> int:
    """Runs the ledger's tests and notes which of them takes which statement from its file."""
    from mezzotint.ledger import queries

    observer = _Observer()
    statements = _Noting(queries.load_queries("sqlite"), observer.taken)
    vars(queries)["load_queries"] = functools.wraps(queries.load_queries)(lambda dialect: statements)
    status = int(pytest.main([*QUIETLY, *LEDGER_TESTS], plugins=[observer]))
    every = {name: sorted((test for test, names in observer.of_test.items() if name in names), key=observer.seconds.__getitem__) for name in statements}
    told.write_text(json.dumps(every), "utf-8")
    return status


class _Noting(dict[str, str]):
    """Statements by name, which notes those that are taken."""

    def __init__(self, statements: dict[str, str], taken: set[str]) -> None:
        super().__init__(statements)
        self._taken = taken

    def __getitem__(self, name: str) -> str:
        self._taken.add(name)
        return super().__getitem__(name)


class _Observer:
    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.of_test: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.taken.clear()
        self.seconds[nodeid] = 0.0

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.of_test[report.nodeid] = set(self.taken)
        self.seconds[report.nodeid] += report.duration
