"""Branch coverage of the mutated modules, by their own tests alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from tests.acceptance.mutants.scope import ROOT, TESTS, WORK, Module, environment


def coverage_of(scope: Sequence[Module]) -> dict[str, float]:
    """Percent of statements and branches, by module. Raises SystemExit where a test fails."""
    WORK.mkdir(parents=True, exist_ok=True)
    python = [sys.executable, "-m", "coverage"]
    files = ",".join(str(ROOT / module.path) for module in scope)
    where = environment(ROOT / "src", ROOT) | {"COVERAGE_FILE": os.fspath(WORK / "branches")}
    tests = list(TESTS)
    run = [*python, "run", "--branch", f"--include={files}", "-m", "pytest", "-q", "--hypothesis-seed=0", *tests]
    with (WORK / "covered.log").open("wb") as log:
        if subprocess.run(run, cwd=ROOT, env=where, stdout=log, check=False).returncode:
            raise SystemExit(f"the tests fail without a fault: see {log.name}")
    report = WORK / "covered.json"
    subprocess.run([*python, "json", "-q", "-o", os.fspath(report)], cwd=ROOT, env=where, check=True)
    subprocess.run([*python, "report", "-m", "--skip-covered"], cwd=ROOT, env=where, check=True)
    files_told = json.loads(report.read_text("utf-8"))["files"]
    return {module.name: float(files_told[module.path]["summary"]["percent_covered"]) for module in scope if module.path in files_told}
