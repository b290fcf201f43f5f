"""Which GPUs there are, and one engine for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from mezzotint.settings import read_settings
from mezzotint.wiring.adapters import lanes_of
from mezzotint.wiring.gpus import driver_version, gpus_of


def a_driver(folder: Path, *gpus: str) -> Path:
    for gpu in gpus:
        (folder / "gpus" / gpu).mkdir(parents=True)
    (folder / "version").write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15  Release Build\nGCC version: 12\n")
    return folder


@pytest.mark.parametrize(("setting", "environment", "expected"), [
    ("auto", {}, ["0", "1"]),
    ("auto", {"CUDA_VISIBLE_DEVICES": "1"}, ["1"]),
    ("auto", {"CUDA_VISIBLE_DEVICES": "GPU-8a, GPU-8b"}, ["GPU-8a", "GPU-8b"]),
    ("auto", {"CUDA_VISIBLE_DEVICES": ""}, []),
    ("auto", {"CUDA_VISIBLE_DEVICES": "-1"}, []),
    ("1, 0", {"CUDA_VISIBLE_DEVICES": "0"}, ["1", "0"]),
])  # fmt: skip
def test_gpus_are_those_that_are_named_seen_or_there(tmp_path: Path, setting: str, environment: dict[str, str], expected: list[str]) -> None:
    assert gpus_of(setting, environment, a_driver(tmp_path, "0000:01:00.0", "0000:02:00.0")) == expected


def test_without_a_driver_there_is_none(tmp_path: Path) -> None:
    assert gpus_of("auto", {}, tmp_path) == []
    assert driver_version(tmp_path) == ""


def test_the_driver_says_its_version(tmp_path: Path) -> None:
    assert driver_version(a_driver(tmp_path)) == "570.86.15"


def test_every_gpu_has_an_engine_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "mezzotint.toml").write_text('[diffusers]\ngpus = "0,2"\n')
    settings = read_settings({"MEZZOTINT_ENGINE": "diffusers"}, data=tmp_path)

    assert lanes_of(settings) == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "2"}]
    assert lanes_of(read_settings({"MEZZOTINT_ENGINE": "nano"}, data=tmp_path)) == [{}]
