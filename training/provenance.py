"""How weights came to be: which commands, on which data, from which seeds, for how long. Goes beside the master copy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from training.home import HOME
from training.shares import DATA_SEED, PAINTED

DRAWING = "drawing"  # where the commands are noted that drew the examples
COMMANDS, LOG = "commands.txt", "log.jsonl"
TOLD, BEFORE = "training.json", "before.json"  # beside a master copy; and that of the one a run began with, beside its checkpoint
SPENT = {"seconds": "hours_in_all", "processor": "processor_hours"}  # as logged, and as told; the first counts what a run began with


def note_command(home: Path, begun: str) -> None:
    """Adds to the commands of a run the one that goes on with it now, from where it `begun`, and the revision of this code."""
    with (home / COMMANDS).open("a") as commands:
        commands.write(f"{begun}, {revision()}: {' '.join(sys.argv)}\n")


def revision() -> str:
    """Of the checkout that this file is in: the same seed draws something else by other code."""
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return f"revision {asked.stdout.strip() or 'unknown'}"


def as_typed(command: str) -> str:
    """`command` of a log without the folders of the machine that it ran on."""
    module, *arguments = command.split(" ")
    return " ".join(["python -m", f"training.{Path(module).stem}", *(_short(argument) for argument in arguments)])


def _short(argument: str) -> str:
    return "/".join(Path(argument).parts[-2:]) if argument.startswith("/") else argument


def commands_of(home: Path) -> list[str]:
    lines = (home / COMMANDS).read_text().splitlines() if (home / COMMANDS).exists() else []
    return [f"{begun}: {as_typed(command)}" for begun, command in (line.split(": ", 1) for line in lines)]


def history(home: Path) -> dict[str, Any]:
    """What a run logged: its commands, where it ended, and the last loss by mode on what it was never taught."""
    entries = [json.loads(line) for line in (home / LOG).read_text().splitlines()]
    judged = [{"step": entry["step"], **entry["validation"]} for entry in entries if "validation" in entry]
    end = {name: entries[-1][name] for name in ("step", "samples", "psnr") if name in entries[-1]}
    spent = {hours: round(entries[-1][seconds] / 3600, 2) for seconds, hours in SPENT.items() if seconds in entries[-1]}
    return {**end, **spent, "commands": commands_of(home), "held_out_loss": judged[-1:]}


def begin_with(home: Path, transformer: Path) -> tuple[int, float]:
    """Notes in a run's folder what made the weights that it begins with; the samples and the seconds that went into those."""
    beside = transformer.parent / TOLD
    if not beside.exists():
        return 0, 0.0
    told = beside.read_text()
    (home / BEFORE).write_text(told)
    runs = [run for run in json.loads(told)["runs"].values() if "samples" in run]
    return max(run["samples"] for run in runs), 3600.0 * max(run["hours_in_all"] for run in runs)


def examples() -> dict[str, Any]:
    """How many examples there were of each mode, and the seed and the commands that drew them."""
    modes: Counter[str] = Counter()
    for shard in sorted((HOME / "examples").glob("*/shard.json")):
        about = json.loads(shard.read_text())
        modes[about["mode"] + (" of painted pictures" if shard.parent.name.endswith(PAINTED) else "")] += len(about["captions"])
    return {"commands": commands_of(HOME / DRAWING), "seed": DATA_SEED, **modes}


def write(target: Path, runs: list[str]) -> None:
    """`runs` in their order, as training.json, and what the first of them began with; a part that came with that is told there."""
    told = {"examples": examples(), "runs": {run: history(HOME / run) for run in runs if (HOME / run / LOG).exists()}}
    before = HOME / runs[0] / BEFORE
    if before.exists():
        told["before"] = json.loads(before.read_text())
    (target / TOLD).write_text(json.dumps(told, indent=2) + "\n")
