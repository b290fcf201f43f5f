"""Creates and polls at a fixed rate, with every check on: see README.md. Ends with 1 where a goal was missed.

python benchmarks/rates.py [--seconds 20] [--creates 800] [--polls 3000]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from serving import BODY, HERE, KEY, Running

CLIENTS = 128  # each waits for its answer, and then for as long as the rate leaves it
SPARE = 1.05  # asked for beyond the rate, since clients wait a little longer than they should
LIMITS = {  # all that a create is checked against, at numbers that these clients do not reach
    "MEZZOTINT_LIMITS": "on",
    "MEZZOTINT_QUEUE_LIMIT": "1000000",
    "MEZZOTINT_ACTIVE_LIMIT": "1000000",
    "MEZZOTINT_CREATE_RATE": "100000/s",
    "MEZZOTINT_POLL_RATE": "100000/s",
}


@dataclass(frozen=True)
class Goal:
    """Answers a second, and how long 99 of 100 of them may take at most."""

    name: str
    rate: float
    milliseconds: float


@dataclass(frozen=True)
class Measured:
    goal: Goal
    rate: float
    p50: float
    p99: float
    bad: int
    cpu: float  # ms of the whole tree for each answer
    drift: float  # of the tree's memory from a tenth of the time to its end, as a share

    @property
    def holds(self) -> bool:
        return self.rate >= self.goal.rate and self.p99 <= self.goal.milliseconds and self.bad == 0


def run(running: Running, goal: Goal, seconds: float, path: str, *, creates: bool) -> Measured:
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds:g}s", "--timeout", "10s", "-s", str(HERE / "wrk.lua"), running.url + path]
    environment = os.environ | {"KEY": KEY, "METHOD": "GET", "PACE": f"{CLIENTS / (goal.rate * SPARE) * 1e3:.3f}"}
    if creates:
        environment |= {"METHOD": "POST", "BODY": json.dumps(BODY), "IDEMPOTENT": "1"}
    used = running.cpu()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    time.sleep(seconds / 10)
    memory = running.memory()
    time.sleep(seconds * 0.88)
    drift = running.memory() / memory - 1
    said, _ = process.communicate()
    used = running.cpu() - used
    result = json.loads(next(line for line in said.splitlines() if line.startswith("RESULT "))[7:])
    good = max(1, result["count"] - result["bad"])
    return Measured(goal, good / result["us"] * 1e6, result["p50"] / 1e3, result["p99"] / 1e3, result["bad"], used / good * 1e3, drift)


def measure(creates: Goal, polls: Goal, seconds: float) -> Iterator[Measured]:
    running = Running("mezzotint", LIMITS)
    try:
        task = running.finished_task()
        yield run(running, polls, seconds, running.peer.poll.format(id=task), creates=False)
        yield run(running, creates, seconds, running.peer.create, creates=True)
    finally:
        running.stop()


def table(found: list[Measured]) -> Iterator[str]:
    yield "| what | asked for a second | answered | p50 ms | p99 ms | goal | CPU ms each | memory's growth | not 2xx |"
    yield "| --- |" + " --: |" * 8
    for row in found:
        cells = [row.goal.name, f"{row.goal.rate:g}", f"{row.rate:.0f}", f"{row.p50:.1f}", f"{row.p99:.1f}", f"{row.goal.milliseconds:g}"]
        yield f"| {' | '.join([*cells, f'{row.cpu:.2f}', f'{row.drift:+.1%}', str(row.bad)])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--creates", type=float, default=800, help="a second")
    parser.add_argument("--polls", type=float, default=3000, help="a second")
    arguments = parser.parse_args()
    found = list(measure(Goal("creates", arguments.creates, 30), Goal("polls", arguments.polls, 15), arguments.seconds))
    print("\n".join(table(found)))
    sys.exit(0 if all(row.holds for row in found) else 1)


if __name__ == "__main__":
    main()
