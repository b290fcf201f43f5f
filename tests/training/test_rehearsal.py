"""Making nano in small: every step once, on a few scenes. What comes out paints, badly. `scripts/rehearse` runs this."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mezzotint.engines.nano.engine import NanoEngine
from mezzotint.ports import PaintRequest

torch = pytest.importorskip("torch", reason="needs PyTorch: scripts/rehearse runs it")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nano")


def step(home: Path, module: str, *arguments: str) -> str:
    environment = os.environ | {"NANO_TRAINING_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([sys.executable, "-m", f"training.{module}", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def progress(home: Path, run: str) -> tuple[int, int]:
    saved = torch.load(home / run / "checkpoint.pt", map_location="cpu", weights_only=True)
    return saved["step"], saved["samples"]


def test_every_step_of_training_leads_to_the_next(home: Path, tmp_path: Path) -> None:
    step(home, "fit_latents", "--scenes", "30")
    step(home, "make_scenes", "--scenes", "120", "--shard", "6", "--workers", "1")
    shards = [path.name.split("-")[1] for path in (home / "examples").iterdir()]
    assert set(shards) == {"text", "edit", "fill", "edges", "depth", "combine"}
    assert len(shards) == 20

    step(home, "train_flow", "--steps", "3", "--cooldown", "2", "--start", str(ROOT / "weights" / "nano" / "transformer"))
    first = progress(home, "flow")
    step(home, "train_flow", "--steps", "5", "--cooldown", "2")
    assert (first[0], progress(home, "flow")[0]) == (3, 5)
    assert progress(home, "flow")[1] > first[1]
    begun = json.loads((home / "flow" / "log.jsonl").read_text().splitlines()[0])
    assert set(begun["validation"]) == set(shards)
    assert len((home / "flow" / "commands.txt").read_text().splitlines()) == 2

    step(home, "distil", "--steps", "2")
    assert progress(home, "distilled")[0] == 2
    assert progress(home, "distilled")[1] > progress(home, "flow")[1]
    step(home, "train_flow", "--run", "more", "--steps", "2", "--cooldown", "1", "--start", str(home / "flow" / "checkpoint.pt"))
    step(home, "average", "--runs", "flow", "more", "--run", "mean")
    assert progress(home, "mean") == (0, progress(home, "more")[1])
    step(home, "distil", "--teacher", "mean", "--start", "distilled", "--run", "guided", "--steps", "1")
    assert progress(home, "guided")[1] > progress(home, "distilled")[1]
    step(home, "distil", "--teacher", "distilled", "--run", "quick", "--ahead", "8", "--steps", "2")
    assert progress(home, "quick")[0] == 2
    step(home, "paint_examples")
    painted = [path.name.removesuffix("-painted") for path in (home / "examples").glob("*-painted")]
    assert sorted(painted) == sorted(path.name for path in (home / "examples").iterdir() if "edit" in path.name and "painted" not in path.name)
    step(home, "distil", "--teacher", "distilled", "--run", "quick", "--ahead", "8", "--steps", "4")
    assert progress(home, "quick")[0] == 4

    step(home, "make_pairs", "--scenes", "4", "--workers", "1")
    step(home, "train_decoder", "--steps", "2")
    step(home, "export", "--flow", "quick", "--shipped", str(tmp_path / "weights"), "--no-master")
    step(home, "sampling", "--run", "flow", "--steps", "1", "--out", str(tmp_path / "grid.png"))
    assert (tmp_path / "grid.png").stat().st_size > 10_000

    engine = NanoEngine(weights=tmp_path / "weights")
    picture = engine.paint(PaintRequest("flux-dev", "a cat", 512, 384, 2, 3.0, 1), lambda *_: None).pixels.array
    assert picture.shape == (384, 512, 3)
    assert np.isfinite(picture).all()

    step(home, "judge_pictures", "--renders", "20", "--steps", "2", "--workers", "1")
    step(home, "judge_boxes", "--renders", "20", "--steps", "2", "--workers", "1", "--single")
    step(home, "evaluate", "--pictures", "2", "--weights", str(tmp_path / "weights"), "--out", str(tmp_path / "figures"))
    figures = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "figures").glob("*.json")}
    assert set(figures) == {"text", "steps-4", "steps-8", "steps-28", "modes", "languages"}
    assert set(figures["text"]["sets"]["known, English"]) >= {"object", "place", "time", "colour", "box_psnr_db", "box_likest"}
    assert set(figures["text"]["judge"]) >= {"object", "place", "time", "colour"}
    modes = figures["modes"]["modes"]
    assert modes["fill"]["outside_least_db"] > 40
    assert set(modes) >= {"edit", "fill", "edges", "depth", "combine", "reconstruction_db", "diversity"}
    languages = figures["languages"]["languages"]
    assert len(languages) == 16
    assert all(set(each) == {"pictures", "object", "place", "time", "colour"} for each in languages.values())
    for sheet in ("sheet", "failures"):  # after two steps of training something is not as it was asked for
        assert (tmp_path / "figures" / f"{sheet}.webp").stat().st_size > 1000
    step(home, "curve", "--pictures", "2", "--out", str(tmp_path / "curve.jsonl"))
    assert [json.loads(line)["file"] for line in (tmp_path / "curve.jsonl").read_text().splitlines()] == [
        "average-000003.safetensors",
        "average-000005.safetensors",
    ]


def test_a_run_that_is_told_to_end_keeps_what_it_has(home: Path) -> None:
    """SIGTERM: a checkpoint is written, from which the next run goes on."""
    environment = os.environ | {"NANO_TRAINING_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "training.train_flow", "--run", "stopped", "--steps", "100000", "--cooldown", "1"]
    with subprocess.Popen(command, env=environment) as running:
        while not (home / "stopped" / "log.jsonl").exists():  # its first line is written when it is ready to train
            assert running.poll() is None
            time.sleep(0.1)
        running.send_signal(signal.SIGTERM)
        assert running.wait(120) == 0

    assert progress(home, "stopped")[0] < 100_000
