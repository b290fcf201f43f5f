"""What is told beside the weights of how they came to be."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from training import provenance
from training.shares import DATA_SEED, PAINTED


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(provenance, "HOME", tmp_path)
    return tmp_path


def a_run(home: Path, name: str, *entries: dict[str, object]) -> Path:
    (home / name).mkdir()
    (home / name / "log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return home / name


def a_shard(home: Path, name: str, mode: str, count: int) -> None:
    (home / "examples" / name).mkdir(parents=True)
    (home / "examples" / name / "shard.json").write_text(json.dumps({"mode": mode, "captions": ["a cat"] * count}))


def test_a_command_is_told_as_one_would_type_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(home, "flow", {"step": 9, "seconds": 3600})
    monkeypatch.setattr(sys, "argv", ["/here/it/lies/training/train_flow.py", "--steps", "9", "--start", "/large/files/old/checkpoint.pt"])
    provenance.note_command(run, "step 0, 0 samples")
    monkeypatch.setattr(sys, "argv", ["/moved/training/train_flow.py", "--steps", "20"])
    provenance.note_command(run, "step 9, 18 samples")
    assert provenance.history(run)["commands"] == [
        f"step 0, 0 samples, {provenance.revision()}: python -m training.train_flow --steps 9 --start old/checkpoint.pt",
        f"step 9, 18 samples, {provenance.revision()}: python -m training.train_flow --steps 20",
    ]


def test_a_run_is_told_with_its_end_its_time_and_its_last_judgement(home: Path) -> None:
    run = a_run(
        home,
        "flow",
        {"step": 500, "samples": 10, "seconds": 1800, "processor": 3600, "validation": {"text": 0.4}},
        {"step": 1000, "samples": 20, "seconds": 3600, "processor": 7200, "validation": {"text": 0.3}},
        {"step": 1050, "samples": 21, "seconds": 5400, "processor": 9000, "loss": 0.31},
    )
    assert provenance.history(run) == {
        "step": 1050,
        "samples": 21,
        "hours_in_all": 1.5,
        "processor_hours": 2.5,
        "commands": [],
        "held_out_loss": [{"step": 1000, "text": 0.3}],
    }


def test_examples_are_told_by_mode_with_the_commands_and_the_seed_that_drew_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_shard(home, "0000-text-8x8", "text", 5)
    a_shard(home, "0001-edit-8x8", "edit", 3)
    a_shard(home, f"0001-edit-8x8{PAINTED}", "edit", 3)
    a_shard(home, "0002-text-8x8", "text", 5)
    (home / provenance.DRAWING).mkdir()
    monkeypatch.setattr(sys, "argv", ["/here/training/make_scenes.py", "--scenes", "13"])
    provenance.note_command(home / provenance.DRAWING, "0 of 3 shards")

    told = provenance.examples()

    assert told["commands"] == [f"0 of 3 shards, {provenance.revision()}: python -m training.make_scenes --scenes 13"]
    assert (told["seed"], told["text"], told["edit"], told["edit of painted pictures"]) == (DATA_SEED, 10, 3, 3)


def test_where_there_is_no_checkout_the_revision_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "provenance.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert provenance.revision() == "revision unknown"


def test_everything_goes_into_one_file(home: Path, tmp_path: Path) -> None:
    a_run(home, "flow", {"step": 9, "seconds": 36})
    a_run(home, "decoder", {"step": 4, "seconds": 72, "psnr": 31.5})
    provenance.write(tmp_path, ["flow", "decoder"])
    told = json.loads((tmp_path / "training.json").read_text())
    assert list(told["runs"]) == ["flow", "decoder"]
    assert told["runs"]["decoder"]["psnr"] == 31.5
    assert told["runs"]["flow"]["hours_in_all"] == 0.01


def test_what_a_run_began_with_is_told_and_counted_with_it(home: Path, tmp_path: Path) -> None:
    master = tmp_path / "master"
    (master / "transformer").mkdir(parents=True)
    a_run(home, "old", {"step": 9, "seconds": 7200, "samples": 50})
    a_run(home, "decoder", {"step": 4, "seconds": 72, "psnr": 31.5})
    provenance.write(master, ["old", "decoder"])
    flow = a_run(home, "flow", {"step": 3, "seconds": 9000, "samples": 70})

    assert provenance.begin_with(flow, master / "transformer") == (50, 7200)

    provenance.write(tmp_path, ["flow", "never"])
    told = json.loads((tmp_path / "training.json").read_text())
    assert list(told["runs"]) == ["flow"]
    assert list(told["before"]["runs"]) == ["old", "decoder"]


def test_weights_that_nothing_is_told_of_count_as_nothing(home: Path, tmp_path: Path) -> None:
    assert provenance.begin_with(a_run(home, "flow"), tmp_path / "transformer") == (0, 0)
