"""Callers of a server in trouble: what they were promised, what they were told, and what of it should not have been."""

from __future__ import annotations

import hashlib
import http.server
import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.acceptance.servers import KEY, Server
from tests.pictures import a_file, in_base64

PICTURE = in_base64(a_file(width=256, height=256))
PATIENCE = 40.0  # seconds for an answer: longer than a ledger waits for a lock
AHEAD = 3  # tasks that a caller waits for at once, so that none waits behind a crowd
ENDED = ("Ready", "Error")


@dataclass
class Log:
    """What callers know. `wrong` are answers that no fault excuses."""

    tasks: dict[str, str] = field(default_factory=dict)  # by idempotency key: whose create was answered 200
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)  # by idempotency key: what was asked for beside the usual
    refused: int = 0  # 503 with Retry-After
    cut: int = 0  # connections that ended without an answer
    polls: int = 0
    pictures: int = 0
    wrong: list[str] = field(default_factory=list)
    hooks: set[str] = field(default_factory=set)  # webhook-id of every webhook that came
    quiet: threading.Event = field(default_factory=threading.Event)  # while it is set, nothing new is asked for
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note_wrong(self, what: str) -> None:
        with self.lock:
            self.wrong.append(what[:300])


class Caller:
    """Creates under idempotency keys until each is answered, polls what it made, and fetches what is ready."""

    def __init__(self, server: Server, log: Log, hook: str, name: str, chance: random.Random, pause: float = 0.1) -> None:
        self._server, self._log, self._hook, self._name, self._chance, self._pause = server, log, hook, name, chance, pause
        self._client = httpx2.Client(headers={"authorization": f"Bearer {KEY}"}, timeout=PATIENCE, trust_env=False)
        self._number, self._ahead = 0, list[str]()

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. A key that was asked with and not answered by then may or may not have made a task."""
        with closing(self):
            while not stop.is_set():
                self._ahead = [task for task in self._ahead if self.status_of(task) not in ENDED]
                if not self._log.quiet.is_set() and len(self._ahead) < AHEAD:
                    key = self.fresh_key()
                    while not stop.is_set() and self.create(key) is None:
                        time.sleep(0.05)
                    self._ahead += [self._log.tasks[key]] if key in self._log.tasks else []
                if self._log.tasks and self._chance.random() < 0.5:
                    self.look_at(*self._chance.choice(list(self._log.tasks.items())))
                time.sleep(self._chance.uniform(0.5, 1.5) * self._pause)

    def close(self) -> None:
        self._client.close()

    def fresh_key(self) -> str:
        self._number += 1
        return f"{self._name} {self._number}"

    def create(self, key: str, **more: Any) -> str | None:
        """The task; None where it was refused, or not answered. A repeat asks for the same, whoever asked first."""
        more = self._log.asked.setdefault(key, more)
        body = {"prompt": f"boat {key}", "seed": 7, "width": 256, "height": 256, "output_format": "png", "webhook_url": self._hook}
        if key.endswith(("0", "5")):
            body["image_prompt"] = PICTURE
        response = self.asked("POST", "/flux/v1/flux-dev", json=body | more, headers={"idempotency-key": key})
        if response is None or response.status_code != 200:
            return None
        task = str(response.json()["id"])
        with self._log.lock:
            before = self._log.tasks.setdefault(key, task)
        if before != task:
            self._log.note_wrong(f"{key} made {before}, then {task}")
        return task

    def look_at(self, key: str, task: str) -> None:
        if self._chance.random() < 0.2:
            self.create(key)
        if self._chance.random() < 0.3 and (link := self.link_of(task)) is not None:
            self.fetch(link, task)
        else:
            self.status_of(task)

    def status_of(self, task: str) -> str | None:
        told = self.polled(task)
        return None if told is None else str(told["status"])

    def link_of(self, task: str) -> str | None:
        told = self.polled(task)
        return told["result"]["sample"] if told is not None and told["status"] == "Ready" else None

    def polled(self, task: str) -> dict[str, Any] | None:
        self._log.polls += 1
        response = self.asked("GET", "/flux/v1/get_result", params={"id": task})
        if response is None or response.status_code != 200:
            return None
        told: dict[str, Any] = response.json()
        if told["status"] not in ("Pending", *ENDED):
            self._log.note_wrong(f"poll of {task}: {response.text}")
        return told

    def fetch(self, link: str, task: str, *, again: bool = True) -> None:
        """A link that a clock made old is renewed by its poll."""
        path = "/" + link.split("/", 3)[3]
        response = self.asked("GET", path, allowed=(200, 410) if again else (200,))
        if response is None or response.status_code == 503:
            return
        if response.status_code == 410:
            if again and (newer := self.link_of(task)) is not None:
                self.fetch(newer, task, again=False)
            return
        self._log.pictures += 1
        if response.headers["etag"].strip('"') != hashlib.sha256(response.content).hexdigest():
            self._log.note_wrong(f"the picture of {task} is another")

    def asked(self, method: str, path: str, allowed: tuple[int, ...] = (200,), **rest: Any) -> httpx2.Response | None:
        """None where the connection ended. Every other answer is as allowed, or a 503 that says when to come back."""
        try:
            response = self._client.request(method, f"{self._server.url}{path}", **rest)
        except httpx2.TimeoutException as error:
            self._log.note_wrong(f"{method} {path} hung: {type(error).__name__}")
            return None
        except httpx2.HTTPError:
            self._log.cut += 1
            return None
        if response.status_code == 503 and int(response.headers.get("retry-after", "0")) > 0:
            self._log.refused += 1
        elif response.status_code not in allowed:
            self._log.note_wrong(f"{method} {path}: {response.status_code} {response.text}")
        return response


@contextmanager
def hooked(log: Log) -> Iterator[str]:
    """The address of a receiver that notes what it is sent."""

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            with log.lock:
                log.hooks.add(self.headers["webhook-id"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    class Tolerant(http.server.ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """The sender is killed while it waits."""

    with Tolerant(("127.0.0.1", 0), Hook) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{receiver.server_port}/hook"
        receiver.shutdown()


@contextmanager
def under_load(server: Server, log: Log, hook: str, seed: int, callers: int = 3) -> Iterator[None]:
    stop = threading.Event()
    every = [Caller(server, log, hook, f"caller {number}", random.Random(seed + number)) for number in range(callers)]
    threads = [threading.Thread(target=caller.run, args=(stop,)) for caller in every]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
