"""The benches of the engine are rehearsed, so that they run when they are wanted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch and diffusers: scripts/test diffusers runs it")

ROOT = Path(__file__).parents[3]


def test_the_bench_for_gpus_runs_to_its_end() -> None:
    command = [sys.executable, "-W", "ignore", "benchmarks/gpu.py", "--tiny", "--size", "64", "--steps", "2", "--rounds", "1", "--busy", "0.1", "3"]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600)

    assert done.returncode == 0, done.stderr[-3000:]
    rows = [row for row in done.stdout.splitlines() if row.startswith("| ")]
    assert len(rows) == 4
    assert "could not run" not in done.stdout
    assert all(float(row.split(" | ")[-1].rstrip(" |")) > 50 for row in rows[2:])  # the engine's picture is plain diffusers'
    assert re.search(r"Busy share with 3 pictures of 0.1 s waiting, 1024 x 1024 as PNG: \d+", done.stdout)


def test_without_a_gpu_the_bench_says_what_there_is_to_do_instead() -> None:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "CUDA_VISIBLE_DEVICES": ""}

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "benchmarks/gpu.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600
    )

    assert done.returncode == 2
    assert "there is no GPU here" in done.stderr
    assert "--tiny" in done.stderr


def test_the_bench_for_backlogs_runs_to_its_end(weights: Path) -> None:
    command = [sys.executable, "benchmarks/backlog.py", "--seconds", "0.1", "--count", "4", "--size", "256", "--weights", str(weights)]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600)

    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith("2 pictures of 0.1 s, 256 x 256, 28 steps, jpeg, noise")
    rows = {row.split(" | ")[0].strip("| "): row for row in done.stdout.splitlines() if row.startswith("| ")}
    assert len(rows) == 8
    assert float(rows["share of the time that the device is held"].split(" | ")[1].rstrip("%")) <= 100
