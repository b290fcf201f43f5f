"""The command line, in this process: its words in, what it said and its exit code out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mezzotint.cli.main import main
from tests.acceptance.servers import Server, serving

OURS = ("MEZZOTINT_", "COMETAPI_", "BFL_")


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as JSON objects, one a line; fails for anything else."""
        told = [json.loads(line) for line in self.out.splitlines()]
        assert all(isinstance(entry, dict) for entry in told)
        return told


Run = Callable[..., Said]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own, with nothing set but what keeps it there."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)
    for name, value in {"MEZZOTINT_DATA": str(tmp_path / "data"), "MEZZOTINT_ENGINE": "stub", "COLUMNS": "80", "NO_PROXY": "*"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str, **environment: str) -> Said:
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["mezzotint", *words])
            for name, value in environment.items():
                patched.setenv(name, value)
            try:
                main()
            except SystemExit as left:
                return Said(int(left.code or 0), *capsys.readouterr())
        return Said(0, *capsys.readouterr())

    return run


@pytest.fixture(scope="package")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("quick")) as server:
        yield server


@pytest.fixture(scope="package")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that takes longer for a picture than any test."""
    with serving(tmp_path_factory.mktemp("slow"), MEZZOTINT_STUB_SECONDS="15", MEZZOTINT_GRACE="0") as server:
        yield server
