"""A real `mezzotint serve`: started, found in /proc with all of its processes, killed in any of them, started again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

KEY = "mz_" + "c" * 48
START = 60.0


def children_of(pid: int) -> list[int]:
    """Of every process that is there now, those whose parent is `pid`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry.name))
    return sorted(found)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    until(lambda: not alive(pid), 10, f"process {pid} to be gone")


def until(done: Any, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


class Server:
    """One data folder and the program that serves from it."""

    def __init__(self, folder: Path, port: int = 0, **settings: str) -> None:
        self.folder, self.port = folder, port
        defaults = {
            "MEZZOTINT_ENGINE": "stub",
            "MEZZOTINT_DATA": str(folder),
            "MEZZOTINT_API_KEYS": KEY,
            "MEZZOTINT_LOG_LEVEL": "error",
            "MEZZOTINT_LIMITS": "off",
        }
        self.settings = defaults | settings
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.log: Path | None = None  # where it logs to; where we do, without

    def start(self) -> Server:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MEZZOTINT_")} | self.settings
        command = [sys.executable, "-m", "mezzotint", "serve", "--port", str(self.port), "--json"]
        with contextlib.ExitStack() as files:
            log = None if self.log is None else files.enter_context(self.log.open("ab"))
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=log, env=environment, start_new_session=True)
        line = self.process.stdout.readline() if self.process.stdout else b""
        assert line, f"the server did not start: exit code {self.process.wait()}"
        self.url = json.loads(line)["url"]
        self.port = int(self.url.rpartition(":")[2])
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def worker(self) -> int:
        """The supervisor's pid, once it is there."""
        end = time.monotonic() + START
        while time.monotonic() < end:
            if workers := children_of(self.pid):
                return workers[0]
            time.sleep(0.02)
        raise AssertionError("no worker came up")

    def engine(self) -> int:
        """The engine child's pid, once it is there."""
        end = time.monotonic() + START
        while time.monotonic() < end:
            for worker in children_of(self.pid):
                if engines := children_of(worker):
                    return engines[0]
            time.sleep(0.02)
        raise AssertionError("no engine came up")

    def processes(self) -> list[int]:
        workers = children_of(self.pid)
        return [self.pid, *workers, *(engine for worker in workers for engine in children_of(worker))]

    def kill_all(self) -> None:
        for pid in self.processes():
            kill(pid)
        self.reap()

    def kill_server(self) -> None:
        """Only the API process; the worker below it notices by itself."""
        kill(self.pid)
        self.reap()

    def reap(self) -> None:
        if self.process is not None:
            self.process.wait(20)
            for stream in (self.process.stdin, self.process.stdout):
                if stream is not None:
                    stream.close()

    def stop(self, seconds: float = 30.0) -> int:
        """Drains; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise
        self.reap()
        return code

    def client(self, **details: Any) -> httpx2.Client:
        headers = {"authorization": f"Bearer {KEY}"} | details.pop("headers", {})
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False, **details)


@contextmanager
def ending(server: Server) -> Iterator[Server]:
    """For whoever kills and starts it again: whatever happens, nothing of it is left."""
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill_all()


@contextmanager
def serving(folder: Path, **settings: Any) -> Iterator[Server]:
    server = Server(folder, **settings).start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            processes = server.processes()
            try:
                server.stop()
            finally:
                for pid in processes:
                    kill(pid)


def wait_ready(client: httpx2.Client, task: str, seconds: float = 60.0) -> dict[str, Any]:
    """The poll's body once the task has ended."""
    end = time.monotonic() + seconds
    while True:
        told: dict[str, Any] = client.get("/flux/v1/get_result", params={"id": task}).json()
        if told["status"] != "Pending":
            return told
        if time.monotonic() > end:
            raise AssertionError(f"task {task} is still pending")
        time.sleep(0.03)
