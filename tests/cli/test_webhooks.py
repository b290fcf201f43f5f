"""`mezzotint webhooks`: what became of them, sending them again, and receiving them here."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from mezzotint.cli.console import Exit
from mezzotint.cli.receiver import LARGEST, judge
from mezzotint.client.sync import Client
from mezzotint.core.signing import bfl_signature, standard_signature, webhook_key
from tests.acceptance.servers import KEY, Server, serving, until
from tests.acceptance.test_serving import lower, receiver
from tests.cli.conftest import Run

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps({"id": "t1", "status": "Ready"}).encode()
NOW = 1_800_000_000
SMALL: dict[str, Any] = {"prompt": "a boat", "width": 256, "height": 256}
LINE = r"msg_\w{26}  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that may send webhooks to this machine."""
    with serving(tmp_path_factory.mktemp("hooks"), MEZZOTINT_REACH="127.0.0.0/8") as running:
        yield running


def at(server: Server) -> dict[str, str]:
    return {"MEZZOTINT_BASE_URL": server.url, "MEZZOTINT_API_KEY": KEY}


def dead_letter(server: Server) -> str:
    """The id of a message whose receiver said that it is gone."""
    with receiver(410) as hook, Client(server.url, KEY) as client:
        client.generate("flux-dev", webhook_url=f"http://127.0.0.1:{hook.server_port}/hook", **SMALL)
        until(lambda: hook.received, 15, "the webhook")
        until(lambda: client.webhooks("failed", 1), 15, "it to be noted")
        name: str = client.webhooks("failed", 1)[0]["id"]
        assert name == lower(hook.received[0][0])["webhook-id"]
    return name


# list, show, resend


def test_a_dead_letter_is_listed_shown_and_sent_again(run: Run, server: Server) -> None:
    with receiver(410) as hook, Client(server.url, KEY) as client:
        job = client.create("flux-dev", webhook_url=f"http://127.0.0.1:{hook.server_port}/hook", **SMALL)
        until(lambda: client.webhooks("failed", 1), 15, "the receiver to be gone")
        listed = run("webhooks", "list", "--status", "failed", "--limit", "1", **at(server))
        name = listed.out.split()[0]
        shown = run("webhooks", "show", name, **at(server))

        again = run("webhooks", "resend", name, **at(server))
        until(lambda: client.webhook(name)["status"] == "delivered", 15, "it to be delivered")

    assert re.fullmatch(LINE + r"  completed  failed     tried  1  410 after \d+ ms  the receiver is gone for good, and is not asked again\n", listed.out)
    assert f"task  {job.id}\n  to    http://127.0.0.1:{hook.server_port}/hook\n  why   the receiver answered 410" in shown.out
    assert (again.code, again.out) == (0, f"{name} is sent again\n")
    assert [lower(headers)["webhook-id"] for headers, _ in hook.received] == [name, name]


def test_for_programs_everything_is_json(run: Run, server: Server) -> None:
    name = dead_letter(server)

    [listed] = run("webhooks", "list", "--limit", "1", "--json", **at(server)).objects
    [shown] = run("webhooks", "show", name, "--json", **at(server)).objects
    [again] = run("webhooks", "resend", name, "--json", **at(server)).objects

    assert listed == {key: value for key, value in shown.items() if key not in ("url", "attempts")}
    assert (shown["id"], shown["status"], [attempt["status"] for attempt in shown["attempts"]]) == (name, "failed", [410])
    assert (again["id"], again["status"]) == (name, "pending")


def test_all_that_failed_are_sent_again_page_by_page(run: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mezzotint.cli.webhooks.PAGE", 2)
    names = [dead_letter(server) for _ in range(3)]

    said = run("webhooks", "resend", "--failed", **at(server))

    assert [line.split()[0] for line in said.out.splitlines()][:3] == names[::-1]
    assert run("webhooks", "resend", "--failed", **at(server)).code == 0


def test_a_list_goes_on_after_the_last_of_the_one_before(run: Run, server: Server) -> None:
    names = [dead_letter(server) for _ in range(2)]

    assert run("webhooks", "list", "--limit", "1", "--before", names[1], **at(server)).out.split()[0] == names[0]


@pytest.mark.parametrize("command", ["show", "resend"])
def test_a_webhook_that_is_not_there_is_an_error(run: Run, server: Server, command: str) -> None:
    said = run("webhooks", command, "msg_" + "0" * 26, **at(server))

    assert (said.code, said.out) == (Exit.USAGE, "")
    assert "there is no webhook" in said.err


@pytest.mark.parametrize("words", [(), ("msg_x", "--failed")], ids=["nothing", "both"])
def test_what_is_to_be_sent_again_is_said_in_one_way(run: Run, words: tuple[str, ...]) -> None:
    said = run("webhooks", "resend", *words)

    assert (said.code, said.out) == (Exit.USAGE, "")
    assert "--failed" in said.err


# judging


def signed(body: bytes = BODY, secret: str = SECRET, at: int = NOW, **changed: str) -> dict[str, str]:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": standard_signature(webhook_key(secret), "msg_1", at, body)}
    return headers | {name.replace("_", "-"): value for name, value in changed.items()}


def test_what_both_families_sign_is_taken() -> None:
    heard = judge(BODY, signed(x_bfl_signature=bfl_signature(SECRET, BODY)), SECRET, NOW)

    assert (heard.why, heard.body, heard.signatures) == ("", {"id": "t1", "status": "Ready"}, ("Standard Webhooks", "X-BFL-Signature"))


@pytest.mark.parametrize("library", [Webhook, SvixWebhook])
def test_what_the_published_libraries_sign_is_taken(library: Any) -> None:
    now = datetime.now(timezone.utc)
    headers = {"webhook-id": "m1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": library(SECRET).sign("m1", now, BODY.decode())}

    assert judge(BODY, headers, SECRET, time.time()).why == ""


@pytest.mark.parametrize(
    ("body", "headers", "why"),
    [
        (BODY + b" ", signed(), "the webhook's signature does not hold"),
        (BODY, signed(secret="another"), "the webhook's signature does not hold"),
        (BODY, signed(x_bfl_signature=bfl_signature("another", BODY)), "the webhook's X-BFL-Signature does not hold"),
        (BODY, signed(x_bfl_signature=""), "the webhook's X-BFL-Signature does not hold"),
        (BODY, {"x-bfl-signature": bfl_signature(SECRET, BODY)}, "the webhook has no id or no time"),
        (BODY, signed(webhook_timestamp="1"), "the webhook's time is more than 300 seconds off"),
    ],
    ids=["altered", "another secret", "another secret of theirs", "no signature of theirs", "theirs alone", "old"],
)
def test_whatever_does_not_hold_is_refused_and_not_shown(body: bytes, headers: dict[str, str], why: str) -> None:
    heard = judge(body, headers, SECRET, NOW)

    assert (heard.why, heard.body) == (why, None)
    assert "REFUSED" in heard.sentence


# listening


@dataclass
class Listening:
    """`mezzotint webhooks listen` as a process of its own."""

    process: subprocess.Popen[str]
    url: str = ""
    lines: list[str] = field(default_factory=list)

    def next(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(15)


@contextmanager
def listening(*words: str, **environment: str) -> Iterator[Listening]:
    command = [sys.executable, "-m", "mezzotint", "webhooks", "listen", "--port", "0", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment)
    made = Listening(process)
    try:
        first = made.next()
        made.url = json.loads(first)["url"] if "--json" in words else first.split()[2]
        yield made
    finally:
        process.kill()
        process.communicate(timeout=15)


def test_what_a_server_sends_is_verified_and_told(server: Server) -> None:
    with listening(**at(server)) as here, Client(server.url, KEY) as client:
        job = client.create("flux-dev", webhook_url=here.url, **SMALL)
        said = here.next()
        until(lambda: client.webhooks(limit=1)[0]["status"] == "delivered", 15, "it to be noted")
        [attempt] = client.webhook(client.webhooks(limit=1)[0]["id"])["attempts"]

        assert here.interrupt() == 0

    assert re.fullmatch(rf"\d\d:\d\d:\d\d  msg_\w{{26}}  Ready  {job.id}  verified: Standard Webhooks", said)
    assert attempt["status"] == 204


def test_with_a_secret_of_ones_own_both_signatures_are_verified(server: Server) -> None:
    with listening("--secret", SECRET, "--json") as here, Client(server.url, KEY) as client:
        job = client.create("flux-dev", webhook_url=here.url, webhook_secret=SECRET, **SMALL)
        told = json.loads(here.next())

    assert (told["verified"], told["why"], told["body"]["id"], told["body"]["status"]) == (True, None, job.id, "Ready")


def test_what_is_signed_with_another_secret_is_refused(server: Server) -> None:
    with listening("--secret", "another") as here, Client(server.url, KEY) as client:
        client.create("flux-dev", webhook_url=here.url, webhook_secret=SECRET, **SMALL)
        said = here.next()
        until(lambda: client.webhooks(limit=1)[0]["tried"], 15, "it to be noted")
        [attempt] = client.webhook(client.webhooks(limit=1)[0]["id"])["attempts"]

    assert said.endswith("REFUSED: the webhook's signature does not hold")
    assert attempt["status"] == 401


def sent_raw(port: int, data: bytes) -> bytes:
    """What is answered to those bytes, and the end after them."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sender:
        sender.sendall(data)
        sender.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sender.recv(65_536), b""))


def test_whatever_comes_it_listens_on() -> None:
    posts = {
        b"GET / HTTP/1.1\r\n\r\n": 501,
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n": 411,
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n": 411,
        b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % (LARGEST + 1): 413,
        b"POST / HTTP/1.1\r\ncontent-length: " + b"1" * 5000 + b"\r\n\r\n": 413,
    }
    refused = {
        b"POST / HTTP/1.1\r\ncontent-length: 100\r\n\r\nshort": 401,
        b"POST / HTTP/1.1\r\ncontent-length: 1\r\nwebhook-id: \xff\x1b[2J\r\n\r\n\xff": 401,
    }
    with listening("--secret", SECRET) as here:
        port = int(here.url.rstrip("/").rpartition(":")[2])
        assert {data: int(sent_raw(port, data).split()[1]) for data in posts} == posts
        assert sent_raw(port, b"") == b""
        for data, status in refused.items():
            assert int(sent_raw(port, data).split()[1]) == status
            said = here.next()
            assert said.isprintable()
            assert "REFUSED" in said
        with httpx2.Client(trust_env=False) as client:
            assert client.post(here.url, content=BODY, headers=signed(at=int(time.time()))).status_code == 204
        assert "  Ready  t1  verified: " in here.next()
        here.interrupt()
        assert here.process.stderr is not None
        assert here.process.stderr.read() == "a server sends here if it was started with MEZZOTINT_REACH=127.0.0.0/8\n"


def test_a_port_that_is_taken_is_said_to_be(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        said = run("webhooks", "listen", "--secret", SECRET, "--port", str(taken.getsockname()[1]))

    assert said.code == Exit.USAGE
    assert "give another with --port" in said.err


def test_without_a_server_there_is_no_secret_to_ask_for(run: Run, tmp_path: Path) -> None:
    said = run("webhooks", "listen", "--port", "0", MEZZOTINT_BASE_URL="http://127.0.0.1:1", MEZZOTINT_API_KEY=KEY)

    assert said.code == Exit.UPSTREAM
    assert "cannot be reached" in said.err
