"""Creates and polls, mezzotint beside what one would write instead: see README.md.

python benchmarks/serving.py [--rounds 3] [--seconds 4] [--connections 1,16,64] [PEER …]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parent / ".bench"
TICK = os.sysconf("SC_CLK_TCK")
KEY = "mz_benchmark_key"


@dataclass(frozen=True)
class Peer:
    """How to install, start and speak to one. `commands` are started together; {port} and {redis} are filled in."""

    packages: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]
    create: str = "/create"
    poll: str = "/poll?id={id}"
    health: str = "/healthz"
    task: str = "id"
    ready: str = '"Ready"'
    environment: Mapping[str, str] = field(default_factory=dict)
    durable: str = "no"


PEERS = {
    "mezzotint": Peer(
        (),
        ((sys.executable, "-m", "mezzotint", "serve", "--port", "{port}"),),
        create="/flux/v1/flux-dev",
        poll="/flux/v1/get_result?id={id}",
        environment={"MEZZOTINT_ENGINE": "stub", "MEZZOTINT_API_KEYS": KEY, "MEZZOTINT_LIMITS": "off", "MEZZOTINT_LOG_LEVEL": "error"},
        durable="fsync before the reply",
    ),
    "fastapi-background": Peer(
        ("fastapi", "uvicorn[standard]"), (("uvicorn", "fastapi_background:app", "--port", "{port}", "--no-access-log", "--log-level", "warning"),)
    ),
    "celery-redis": Peer(
        ("fastapi", "uvicorn[standard]", "celery[redis]"),
        (
            ("redis-server", "--port", "{redis}", "--dir", "{folder}", "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            ("uvicorn", "celery_redis:app", "--port", "{port}", "--no-access-log", "--log-level", "warning"),
            ("celery", "-A", "celery_redis:celery", "worker", "--concurrency", "1", "--loglevel", "ERROR", "--without-gossip", "--without-mingle"),
        ),
        environment={"REDIS_PORT": "{redis}"},
        durable="log synced once a second",
    ),
    "bentoml": Peer(
        ("bentoml>=1.4.39",),  # older ones say success
        (("bentoml", "serve", "bentoml_task:Painter", "--port", "{port}"),),
        create="/paint/submit",
        poll="/paint/status?task_id={id}",
        health="/readyz",
        task="task_id",
        ready='"completed"',
        environment={"BENTOML_DO_NOT_TRACK": "1", "BENTOML_HOME": "{folder}"},
        durable="a file that is deleted at every start",
    ),
    "sqlite-floor": Peer(
        ("granian",),
        (("granian", "--interface", "asgi", "--port", "{port}", "--no-access-log", "--log-level", "warning", "sqlite_floor:app"),),
        durable="fsync before the reply",
    ),
}


def environment_of(name: str) -> Path:
    """A virtual environment with the peer's packages; made once."""
    peer, folder = PEERS[name], ENVIRONMENTS / name
    if not peer.packages:
        return folder
    if not (folder / "done").exists():
        print(f"installing {', '.join(peer.packages)} for {name}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", *peer.packages], check=True)
        (folder / "done").touch()
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tree(session: int) -> set[int]:
    """Every process of a session, and every child of one."""
    children: dict[int, list[int]] = {}
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
                if int(fields[3]) == session:
                    found.add(int(entry.name))
    todo = list(found)
    while todo:
        for child in children.get(todo.pop(), ()):
            if child not in found:
                found.add(child)
                todo.append(child)
    return found


class Running:
    """A peer that has been started."""

    def __init__(self, name: str, settings: Mapping[str, str] | None = None) -> None:
        """`settings` in place of the peer's own."""
        peer, bin_folder = PEERS[name], environment_of(name) / "bin"
        self.peer, self.port = peer, free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=name, dir=DATA.name))
        words = {"port": str(self.port), "redis": str(free_port()), "folder": str(self.folder)}
        environment = (
            os.environ
            | {key: value.format(**words) for key, value in {**peer.environment, **(settings or {})}.items()}
            | {"PYTHONPATH": str(HERE / "peers"), "MEZZOTINT_DATA": str(self.folder)}
        )
        if name == "mezzotint":
            environment.pop("PYTHONPATH")
        environment["PATH"] = f"{bin_folder}:{environment['PATH']}"
        self.began = time.monotonic()
        self.processes: list[subprocess.Popen[bytes]] = []
        for command in peer.commands:
            filled = [word.format(**words) for word in command]
            program = shutil.which(filled[0], path=environment["PATH"])
            if program is None:
                raise SystemExit(f"{filled[0]} is not installed")
            self.processes.append(
                subprocess.Popen(
                    [program, *filled[1:]], env=environment, cwd=HERE / "peers", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
                )
            )
        self._wait(peer.health, lambda text: True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _pids(self) -> set[int]:
        return set().union(*(tree(process.pid) for process in self.processes))

    def cpu(self) -> float:
        """Seconds that the tree has used, ended children included."""
        total = 0
        for pid in self._pids():
            with contextlib.suppress(OSError):
                total += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        return total / TICK

    def memory(self) -> float:
        """Proportional set size of the tree, MB."""
        total = 0
        for pid in self._pids():
            with contextlib.suppress(OSError):
                total += next(int(line.split()[1]) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
        return total / 1024

    def ask(self, path: str, body: Any = None) -> str:
        headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
        request = urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.read().decode()

    def _wait(self, path: str, good: Any, seconds: float = 60) -> str:
        while True:
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                text = self.ask(path)
                if good(text):
                    return text
            if time.monotonic() - self.began > seconds:
                raise SystemExit(f"nothing good came from {self.url}{path}")
            time.sleep(0.02)

    def finished_task(self) -> str:
        """A task that is ready, for polls."""
        task = json.loads(self.ask(self.peer.create, BODY))[self.peer.task]
        self._wait(self.peer.poll.format(id=task), lambda text: self.peer.ready in text)
        return task

    def stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            end = time.monotonic() + 8
            while time.monotonic() < end and any(process.poll() is None for process in self.processes):
                time.sleep(0.1)


# All data lie here until the end: ext4 does not use a deleted file's inode again for minutes, and looks at each of them whenever a file is
# made, so deleting what one run left makes every picture of the next one cost ten times as much.
DATA = tempfile.TemporaryDirectory(prefix="mezzotint-bench-", dir="/var/tmp", ignore_cleanup_errors=True)
BODY = {"prompt": "a paper boat", "width": 1024, "height": 1024}


def load(running: Running, path: str, connections: int, seconds: float, *, creates: bool) -> dict[str, float]:
    """Requests as fast as they are answered; the CPU they cost, with the backlog drained."""
    environment = os.environ | {"METHOD": "POST" if creates else "GET", "BODY": json.dumps(BODY) if creates else "", "KEY": KEY}
    before = running.cpu()
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / "wrk.lua"), running.url + path]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    result = json.loads(next(line for line in said.splitlines() if line.startswith("RESULT "))[7:])
    used = running.cpu()
    while creates:
        time.sleep(0.5)
        now = running.cpu()
        if now - used < 0.03:
            break
        used = now
    good = max(1, result["count"] - result["bad"])
    return {
        "rate": good / (result["us"] / 1e6),
        "p50": result["p50"] / 1e3,
        "p99": result["p99"] / 1e3,
        "cpu": (running.cpu() - before) / good * 1e3,
        "bad": result["bad"],
    }


def turnaround(running: Running, tasks: int = 30) -> float:
    """Median ms from a create to seeing it ready, one at a time."""
    took = []
    for _ in range(tasks):
        began = time.perf_counter()
        task = json.loads(running.ask(running.peer.create, BODY))[running.peer.task]
        while running.peer.ready not in running.ask(running.peer.poll.format(id=task)):
            time.sleep(0.001)
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took)


def measure(name: str, connections: list[int], seconds: float) -> dict[str, Any]:
    running = Running(name)
    try:
        found: dict[str, Any] = {"cold": running.cpu()}
        task = running.finished_task()
        found["idle"] = running.memory()
        found["turnaround"] = turnaround(running)
        for count in connections:
            found[f"poll {count}"] = load(running, running.peer.poll.format(id=task), count, seconds, creates=False)
        for count in connections:
            found[f"create {count}"] = load(running, running.peer.create, count, seconds, creates=True)
        return found
    finally:
        running.stop()


def medians(runs: list[Any]) -> Any:
    if isinstance(runs[0], dict):
        return {key: medians([run[key] for run in runs]) for key in runs[0]}
    return statistics.median(runs)


def table(found: Mapping[str, Any], connections: list[int]) -> Iterator[str]:
    heads = ["peer", "durable", *(f"creates/s at {count}" for count in connections), "p50, p99 ms", *(f"CPU ms a task at {count}" for count in connections)]
    heads += [*(f"CPU ms a poll at {count}" for count in connections), "create to ready ms", "cold CPU s", "idle MB"]
    yield f"| {' | '.join(heads)} |"
    yield "| --- | --- |" + " --: |" * (len(heads) - 2)
    for name, row in found.items():
        last = row[f"create {connections[-1]}"]
        cells = [name, PEERS[name].durable, *(f"{row[f'create {count}']['rate']:.0f}" for count in connections), f"{last['p50']:.0f}, {last['p99']:.0f}"]
        cells += [f"{row[f'create {count}']['cpu']:.2f}" for count in connections] + [f"{row[f'poll {count}']['cpu']:.3f}" for count in connections]
        cells += [f"{row['turnaround']:.1f}", f"{row['cold']:.2f}", f"{row['idle']:.0f}"]
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", help=f"of {', '.join(PEERS)}; all without")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--connections", default="1,16,64")
    arguments = parser.parse_args()
    connections = [int(count) for count in arguments.connections.split(",")]
    names = arguments.peers or list(PEERS)
    for name in names:
        environment_of(name)
    runs: dict[str, list[Any]] = {name: [] for name in names}
    for number in range(arguments.rounds):
        for name in random.sample(names, len(names)):
            runs[name].append(measure(name, connections, int(arguments.seconds)))
            print(f"round {number + 1} of {arguments.rounds}: {name} done", file=sys.stderr)
    print("\n".join(table({name: medians(found) for name, found in runs.items()}, connections)))


if __name__ == "__main__":
    main()
