"""Which GPUs there are, and one engine for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from mezzotint.core.errors import BadSetting
from mezzotint.engines.diffusers.machine import Machine
from mezzotint.settings import read_settings
from mezzotint.wiring.adapters import lanes_of
from mezzotint.wiring.gpus import VISIBLE, driver_version, gpus_of
from mezzotint.wiring.weights import _gpu


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


@pytest.mark.parametrize(("content", "expected"), [
    ('gpus = "0,1,2,3"\ntogether = 2', ["0,1", "2,3"]),
    ('gpus = "3,1"\ntogether = 2', ["3,1"]),
    ('gpus = "0,1"\ntogether = 1', ["0", "1"]),
])  # fmt: skip
def test_gpus_that_paint_together_have_one_engine(tmp_path: Path, content: str, expected: list[str]) -> None:
    (tmp_path / "mezzotint.toml").write_text(f"[diffusers]\n{content}\n")

    assert lanes_of(read_settings({"MEZZOTINT_ENGINE": "diffusers"}, data=tmp_path)) == [{VISIBLE: each} for each in expected]


def test_gpus_that_cannot_be_divided_are_not_guessed_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mezzotint.toml").write_text("[diffusers]\ntogether = 2\n")
    monkeypatch.setenv(VISIBLE, "0,1,2")

    with pytest.raises(BadSetting, match="together = 2: the 3 GPUs here cannot be divided into such groups"):
        lanes_of(read_settings({"MEZZOTINT_ENGINE": "diffusers"}, data=tmp_path))


def test_without_a_gpu_the_processor_paints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mezzotint.toml").write_text("[diffusers]\ntogether = 2\n")
    monkeypatch.setenv(VISIBLE, "")

    assert lanes_of(read_settings({"MEZZOTINT_ENGINE": "diffusers"}, data=tmp_path)) == [{}]


@pytest.mark.parametrize(
    ("gpus", "together", "said"), [(1, 1, ""), (4, 1, ", one engine for each of 4"), (4, 2, ", one engine for each 2 of 4, which paint together")]
)
def test_the_doctor_says_which_gpus_paint(gpus: int, together: int, said: str) -> None:
    look = _gpu(Machine("cuda", 80_000_000_000, (9, 0), "H100"), [str(number) for number in range(gpus)], together)

    assert look.good
    assert look.said.endswith(("attention _native_cudnn" + said, "attention _flash_3" + said))
