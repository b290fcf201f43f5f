"""`mezzotint serve` as it is: real processes, sockets, signals and files."""

from __future__ import annotations

import base64
import http.server
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook

from mezzotint.core.headers import read_header
from mezzotint.core.signing import bfl_signature
from tests.acceptance.servers import KEY, Server, alive, kill, serving, until, wait_ready

REACH = "127.0.0.0/8"


def create(client: httpx2.Client, **body: Any) -> str:
    response = client.post("/flux/v1/flux-dev", json={"prompt": "a boat", "width": 256, "height": 256} | body)
    assert response.status_code == 200, response.text
    task: str = response.json()["id"]
    return task


def run_serve(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`mezzotint serve` that is expected to give up at once."""
    environment = (
        {name: value for name, value in os.environ.items() if not name.startswith("MEZZOTINT_")}
        | {"MEZZOTINT_DATA": str(folder), "MEZZOTINT_ENGINE": "stub"}
        | settings
    )
    return subprocess.run([sys.executable, "-m", "mezzotint", "serve", *arguments], env=environment, capture_output=True, text=True, timeout=30, check=False)


# starting


def test_the_first_start_makes_a_key_and_shows_it_once(tmp_path: Path) -> None:
    server = Server(tmp_path, MEZZOTINT_API_KEYS="")
    environment = os.environ | server.settings
    said = []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "mezzotint", "serve", "--port", "0", "--json"], env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        assert process.stdout is not None
        said.append(json.loads(process.stdout.readline()))
        if "key" in said[-1]:
            answer = httpx2.post(f"{said[-1]['url']}/flux/v1/flux-dev", json={"prompt": "x"}, headers={"authorization": said[-1]["key"]}, trust_env=False)
            assert answer.status_code == 200
        process.terminate()
        process.wait(30)
        process.stdout.close()

    assert "key" in said[0]
    assert "key" not in said[1]
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert said[0]["key"].encode() not in everything


def test_a_public_address_without_keys_is_refused(tmp_path: Path) -> None:
    done = run_serve(tmp_path, "--host", "0.0.0.0", "--port", "0")

    assert done.returncode == 2
    assert "mezzotint keys create" in done.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_serve(tmp_path, "--port", str(taken.getsockname()[1]))

    assert done.returncode == 2
    assert "give another with --port" in done.stderr


def test_two_servers_cannot_have_one_folder(tmp_path: Path) -> None:
    with serving(tmp_path):
        done = run_serve(tmp_path, "--port", "0")

    assert done.returncode == 2
    assert "another mezzotint serves from" in done.stderr


@pytest.mark.parametrize(
    "settings",
    [{"MEZZOTINT_ENGIN": "stub"}, {"MEZZOTINT_QUEUE_LIMIT": "many"}, {"MEZZOTINT_LEDGER": "carrier pigeon"}, {"MEZZOTINT_API_KEYS": "short"}],
    ids=str,
)
def test_a_setting_that_cannot_be_used_is_named_and_nothing_starts(tmp_path: Path, settings: dict[str, str]) -> None:
    done = run_serve(tmp_path, "--port", "0", **settings)

    assert done.returncode == 2
    assert next(iter(settings)) in done.stderr
    assert "Traceback" not in done.stderr


# ending


def test_a_server_that_is_told_to_stop_finishes_what_it_paints_and_keeps_what_waits(tmp_path: Path) -> None:
    server = Server(tmp_path, MEZZOTINT_STUB_SECONDS="0.8").start()
    with server.client() as client:
        tasks = [create(client) for _ in range(3)]
        until(lambda: client.get(f"/v1/tasks/{tasks[0]}").json()["status"] == "processing", 10, "the first to be painted")

        assert server.stop() == 0

    server.start()
    with server.client() as client:
        statuses = [client.get(f"/v1/tasks/{task}").json()["status"] for task in tasks]
        assert statuses[0] == "ready"
        assert all(wait_ready(client, task)["status"] == "Ready" for task in tasks)
        assert all(client.get(f"/v1/tasks/{task}").json()["attempt"] <= 2 for task in tasks)
    assert server.stop() == 0


def test_while_it_drains_polls_are_answered_and_creates_are_not(tmp_path: Path) -> None:
    server = Server(tmp_path, MEZZOTINT_STUB_SECONDS="1.5").start()
    with server.client() as client:
        task = create(client)
        until(lambda: client.get(f"/v1/tasks/{task}").json()["status"] == "processing", 10, "it to be painted")
        assert server.process is not None
        server.process.terminate()
        until(lambda: client.get("/readyz").status_code == 503, 5, "the drain to begin")

        refused = client.post("/flux/v1/flux-dev", json={"prompt": "x"})
        poll = client.get("/flux/v1/get_result", params={"id": task})

        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert poll.json()["status"] in ("Pending", "Ready")
    assert server.stop() == 0


def test_nothing_of_it_is_left_when_it_is_killed(tmp_path: Path) -> None:
    server = Server(tmp_path).start()
    server.engine()
    below = server.processes()[1:]

    server.kill_server()

    until(lambda: not any(alive(pid) for pid in below), 10, "worker and engine to notice and end")


def test_nothing_of_it_is_left_when_whoever_started_it_goes_away(tmp_path: Path) -> None:
    server = Server(tmp_path, MEZZOTINT_LIFELINE="on").start()
    server.engine()
    processes = server.processes()
    ended = server.process
    assert ended is not None
    assert ended.stdin is not None

    ended.stdin.close()

    until(lambda: ended.poll() is not None, 15, "the server to end")
    server.reap()
    until(lambda: not any(alive(pid) for pid in processes), 10, "all of it to end")


# the worker and its engine


def test_an_engine_that_is_killed_is_replaced_and_its_task_painted_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, MEZZOTINT_STUB_SECONDS="1") as server, server.client() as client:
        task = create(client)
        until(lambda: client.get(f"/v1/tasks/{task}").json()["status"] == "processing", 10, "it to be painted")
        began = time.monotonic()

        kill(server.engine())

        assert wait_ready(client, task)["status"] == "Ready"
        assert time.monotonic() - began < 8  # far less than the lease of 15 seconds, on a busy machine too
        assert client.get(f"/v1/tasks/{task}").json()["attempt"] == 2


def test_a_worker_that_is_killed_is_replaced_and_its_task_painted_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, MEZZOTINT_STUB_SECONDS="1") as server, server.client() as client:
        task = create(client)
        until(lambda: client.get(f"/v1/tasks/{task}").json()["status"] == "processing", 10, "it to be painted")
        began = time.monotonic()

        kill(server.worker())

        assert wait_ready(client, task)["status"] == "Ready"
        assert time.monotonic() - began < 10


def test_what_paints_yields_to_what_answers(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        worker, engine = server.worker(), server.engine()

        niceness = [os.getpriority(os.PRIO_PROCESS, pid) for pid in (server.pid, worker, engine)]

    assert niceness[0] < niceness[1] == niceness[2]


def test_a_stuck_engine_is_ended_and_its_task_tried_again(tmp_path: Path) -> None:
    with serving(tmp_path, MEZZOTINT_STUB_SECONDS="0.5", MEZZOTINT_STALL="1") as server, server.client() as client:
        task = create(client)
        until(lambda: client.get(f"/v1/tasks/{task}").json()["status"] == "processing", 10, "it to be painted")

        os.kill(server.engine(), signal.SIGSTOP)

        assert wait_ready(client, task)["status"] == "Ready"
        assert client.get(f"/v1/tasks/{task}").json()["attempt"] == 2


def test_a_cancel_stops_the_painting_between_steps(tmp_path: Path) -> None:
    with serving(tmp_path, MEZZOTINT_STUB_SECONDS="30") as server, server.client() as client:
        task = create(client, steps=50)
        until(lambda: client.get("/flux/v1/get_result", params={"id": task}).headers.get("x-mezzotint-step"), 10, "a step")
        began = time.monotonic()

        answer = client.post(f"/v1/tasks/{task}/cancel")

        assert answer.json()["status"] == "processing"
        told = wait_ready(client, task)
        assert (told["status"], told["details"]) == ("Error", {"error": "canceled"})
        assert time.monotonic() - began < 5


def test_progress_is_seen_while_it_is_painted(tmp_path: Path) -> None:
    with serving(tmp_path, MEZZOTINT_STUB_SECONDS="1.5") as server, server.client() as client:
        task = create(client, steps=10)
        seen = set()
        while (told := client.get("/flux/v1/get_result", params={"id": task})).json()["status"] == "Pending":
            seen.add(told.json()["progress"])
            time.sleep(0.05)

    steps = sorted(value for value in seen if value is not None)
    assert len(steps) >= 3
    assert all(0 < value <= 1 for value in steps)


# watching


def test_who_watches_sees_nano_paint_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    server = Server(tmp_path, MEZZOTINT_ENGINE="nano").start()
    with server.client() as client:
        wait_ready(client, create(client))  # the model is loaded
        task = create(client, steps=50, width=1024, height=1024)
        with client.stream("GET", f"/v1/tasks/{task}/events", params={"previews": "true"}) as stream:
            blocks = "".join(stream.iter_text()).strip().split("\n\n")
        events = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
        previews = [json.loads(event["data"]) for event in events if event["event"] == "preview"]
        ended = client.get(f"/v1/tasks/{task}").json()
    assert server.stop() == 0

    assert events[-1]["event"] == "ready"
    assert previews
    for preview in previews:
        kind, _, data = preview["preview"].partition(",")
        header = read_header(base64.b64decode(data))
        assert (kind, header.width, header.height, preview["steps"]) == ("data:image/jpeg;base64", 256, 256, 50)
    assert all("id" not in event for event in events if event["event"] == "preview")
    assert ended["status"] == "ready"
    small = base64.b64decode(previews[0]["preview"].partition(",")[2])
    assert not any(small in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


# webhooks


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what came; fails as often as it is told to."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((dict(self.headers.items()), body))  # type: ignore[attr-defined]  # what the test hangs on the standard server
        failures: list[int] = self.server.failures  # type: ignore[attr-defined]  # what the test hangs on the standard server
        self.send_response(failures.pop(0) if failures else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def receiver(*failures: int) -> Iterator[Any]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.received, server.failures = [], list(failures)  # type: ignore[attr-defined]  # what the test hangs on the standard server
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_a_webhook_brings_the_polling_object_with_both_families_of_signatures(tmp_path: Path) -> None:
    with receiver() as hook, serving(tmp_path, MEZZOTINT_REACH=REACH) as server, server.client() as client:
        secret = "whsec_" + "c2VjcmV0IG9mIG1pbmU="
        task = create(client, webhook_url=f"http://127.0.0.1:{hook.server_port}/hook", webhook_secret=secret)
        until(lambda: hook.received, 15, "the webhook")
        headers, body = hook.received[0]

        told = Webhook(secret).verify(body, lower(headers))
        polled = client.get("/flux/v1/get_result", params={"id": task}).json()

    assert told == polled | {"task_id": task}
    assert lower(headers)["x-bfl-signature"] == bfl_signature(secret, body)
    assert "x-webhook-secret" not in lower(headers)
    assert secret not in body.decode()


def test_a_webhook_that_fails_is_tried_again_after_a_restart_too(tmp_path: Path) -> None:
    with receiver(500) as hook:
        server = Server(tmp_path, MEZZOTINT_REACH=REACH).start()
        with server.client() as client:
            create(client, webhook_url=f"http://127.0.0.1:{hook.server_port}/hook")
            until(lambda: hook.received, 15, "the first attempt")
        server.kill_all()
        server.start()
        until(lambda: len(hook.received) >= 2, 20, "the second attempt")  # five seconds and a fifth of jitter after the first
        server.stop()

    first, second = (lower(headers) for headers, _ in hook.received[:2])
    assert first["webhook-id"] == second["webhook-id"]
    assert hook.received[0][1] == hook.received[1][1]


# hostile clients


def test_a_client_that_trickles_its_headers_is_cut_off(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as slow:
            slow.sendall(b"POST /flux/v1/flux-dev HTTP/1.1\r\nHost: x\r\n")
            began = time.monotonic()
            slow.settimeout(15)
            assert slow.recv(1000) == b"" or time.monotonic() - began < 14
        with server.client() as client:
            assert client.get("/healthz").status_code == 200


def test_a_64_mb_body_is_refused_and_the_server_answers_on(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.client() as client:
        big = b'{"prompt": "' + b"x" * (64 * 1024 * 1024) + b'"}'
        try:
            status = client.post("/flux/v1/flux-dev", content=big).status_code
        except (httpx2.WriteError, httpx2.ReadError):  # it was answered and closed while we were still sending
            status = 413

        assert status == 413
        assert wait_ready(client, create(client))["status"] == "Ready"


def test_a_picture_that_hangs_fails_its_task_and_harms_nobody(tmp_path: Path) -> None:
    with socket.socket() as silent, serving(tmp_path, MEZZOTINT_REACH=REACH) as server, server.client() as client:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        stuck = create(client, image_prompt=f"http://127.0.0.1:{silent.getsockname()[1]}/x.png")
        told = wait_ready(client, stuck, 40)

        assert told["status"] == "Error"
        assert "did not answer within 15 seconds" in told["details"]["error"]
        assert wait_ready(client, create(client))["status"] == "Ready"


# a full disk


def test_a_full_disk_is_503_nothing_is_half_done_and_it_recovers_by_itself(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk: the ledger's log cannot grow any more."""
    with serving(tmp_path) as server, server.client() as client:
        before = wait_ready(client, create(client))
        size = max(path.stat().st_size for path in tmp_path.glob("ledger.db*"))
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        refused, accepted = None, []
        for _ in range(200):
            response = client.post("/flux/v1/flux-dev", json={"prompt": "x" * 5000, "width": 256, "height": 256})
            if response.status_code != 200:
                refused = response
                break
            accepted.append(response.json()["id"])

        assert refused is not None
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "unavailable"
        assert int(refused.headers["retry-after"]) > 0
        assert client.get("/flux/v1/get_result", params={"id": before["id"]}).json()["status"] == "Ready"

        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        accepted.append(create(client))
        assert all(wait_ready(client, task)["status"] == "Ready" for task in accepted)


# secrets


def test_keys_and_secrets_are_in_no_file_and_no_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    server = Server(tmp_path / "data", MEZZOTINT_LOG_LEVEL="debug", MEZZOTINT_REACH=REACH)
    with log.open("wb") as sink, receiver() as hook:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MEZZOTINT_")} | server.settings
        server.process = subprocess.Popen(
            [sys.executable, "-m", "mezzotint", "serve", "--port", "0", "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            env=environment,
            start_new_session=True,
        )
        assert server.process.stdout is not None
        server.url = json.loads(server.process.stdout.readline())["url"]
        with server.client() as client:
            task = create(client, webhook_url=f"http://127.0.0.1:{hook.server_port}/hook?password=hunter22", webhook_secret="my-webhook-secret")
            until(lambda: hook.received, 15, "the webhook")
            client.get("/flux/v1/get_result", params={"id": task}, headers={"authorization": "Bearer wrong-but-secret"})
        server.stop()

    logged = log.read_text()
    assert logged
    for secret in (KEY, "hunter22", "my-webhook-secret", "wrong-but-secret"):
        assert secret not in logged, secret
    assert KEY.encode() not in b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
