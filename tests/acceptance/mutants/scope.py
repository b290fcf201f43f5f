"""Which modules are mutated, by which tests they are judged, and where the work is done."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
WORK = ROOT / ".bench" / "mutants"  # mutmut's folder, and what is known from the last run
MEMORY = Path("/dev/shm")  # where there is one, the files of the tests are quicker there
ENOUGH = 85.0  # percent of the mutants that are no equivalents

LEDGER_TESTS = ("tests/ledger", "tests/contracts")
CORE_TESTS = ("tests/core/test_signing.py", "tests/core/test_tasks.py")
NET_TESTS = ("tests/net",)
LINES_TESTS = ("tests/test_lines.py",)
TESTS = (*CORE_TESTS, *NET_TESTS, *LINES_TESTS, *LEDGER_TESTS)
OPTIONS = ("--hypothesis-seed=0", "-p", "tests.acceptance.mutants.plugin")
QUERIES = "src/mezzotint/ledger/sql/sqlite/queries.sql"


@dataclass(frozen=True)
class Module:
    """A file under src/mezzotint, named without its ending."""

    name: str

    @property
    def path(self) -> str:
        return f"src/mezzotint/{self.name}.py"

    @property
    def tests(self) -> tuple[str, ...]:
        """Those that may notice a fault in it."""
        if self.name.startswith("net/"):
            return NET_TESTS
        if self.name == "lines":
            return LINES_TESTS
        return ("tests/core/test_signing.py",) if self.name == "core/signing" else ("tests/core/test_tasks.py", *LEDGER_TESTS)


def modules() -> list[Module]:
    package = ROOT / "src" / "mezzotint"
    judging = [package / f"net/{name}.py" for name in ("fetch", "guard", "post", "providers", "transport")]  # direct goes where the operator says
    found = [*sorted(package.glob("ledger/*.py")), *judging, package / "lines.py", package / "core/signing.py", package / "core/tasks.py"]
    return [Module(str(path.relative_to(package).with_suffix(""))) for path in found if path.name != "__init__.py"]


def environment(*folders: Path) -> dict[str, str]:
    """Of a process that imports mezzotint and its tests from these folders, which have to be there when it begins."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONDONTWRITEBYTECODE": "1"}
