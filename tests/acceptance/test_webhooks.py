"""Webhooks of a real server: in order, signed as the published libraries expect, and none lost when it dies."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from tests.acceptance.deliveries import deliver
from tests.acceptance.servers import Server, serving, until
from tests.acceptance.test_serving import create, lower, receiver

REACH = "127.0.0.0/8"
DEV = "/v1/models/black-forest-labs/flux-dev/predictions"


@contextmanager
def hanging() -> Iterator[Any]:
    """A receiver that takes a webhook and says nothing, until it is let go."""
    go = threading.Event()

    class Hanging(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.server.received.append((dict(self.headers.items()), self.rfile.read(int(self.headers["content-length"]))))  # type: ignore[attr-defined]  # what the test hangs on the standard server
            go.wait(30)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    class Tolerant(http.server.ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """The sender is killed while it waits."""

    with Tolerant(("127.0.0.1", 0), Hanging) as server:
        server.received, server.go = [], go  # type: ignore[attr-defined]  # what the test hangs on the standard server
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        go.set()
        server.shutdown()


def test_to_receivers_of_which_many_fail_every_webhook_is_delivered_or_given_up_also_over_a_kill(tmp_path: Path) -> None:
    found = deliver(tmp_path / "data", count=60, seed=7, kills=1, delays=(0.1, 0.2))

    assert (found.events, found.kills, found.pending, found.wrongly) == (60, 1, 0, 0), found
    assert (found.wrong_signatures, found.unheard, found.missing, found.early) == (0, 0, 0, 0), found
    assert found.exhausted > 0


@pytest.mark.parametrize("library", [Webhook, SvixWebhook], ids=["standardwebhooks", "svix"])
def test_a_prediction_tells_its_start_and_its_end_and_the_published_libraries_believe_it(tmp_path: Path, library: Any) -> None:
    with receiver() as hook, serving(tmp_path, MEZZOTINT_REACH=REACH) as server, server.client() as client:
        secret = client.get("/v1/webhooks/default/secret").json()["key"]
        asked = {
            "input": {"prompt": "a boat"},
            "webhook": f"http://127.0.0.1:{hook.server_port}/hook",
            "webhook_events_filter": ["start", "output", "completed"],
        }
        made = client.post(DEV, json=asked).json()
        until(lambda: len(hook.received) == 3, 20, "the webhooks")
        until(lambda: client.get("/v1/webhooks", params={"status": "delivered"}).json()["data"][2:], 15, "them to be noted")

    for headers, body in hook.received:
        library(secret).verify(body, lower(headers))  # or it raises
    told = [json.loads(body) for _, body in hook.received]
    assert [(each["id"], each["status"]) for each in told] == [(made["id"], "processing"), (made["id"], "processing"), (made["id"], "succeeded")]
    assert [bool(each["output"]) for each in told] == [False, True, True]
    assert len({lower(headers)["webhook-id"] for headers, _ in hook.received}) == 3


def test_a_webhook_that_was_on_its_way_when_the_server_died_is_still_owed(tmp_path: Path) -> None:
    with hanging() as hook:
        server = Server(tmp_path, MEZZOTINT_REACH=REACH).start()
        with server.client() as client:
            create(client, webhook_url=f"http://127.0.0.1:{hook.server_port}/hook")
            until(lambda: hook.received, 15, "the webhook to be on its way")
        server.kill_all()
        hook.go.set()
        server.start()
        try:
            with server.client() as client:
                [message] = client.get("/v1/webhooks").json()["data"]
                until(lambda: client.get(f"/v1/webhooks/{message['id']}").json()["status"] == "delivered", 15, "it to be delivered")
        finally:
            server.stop()

    assert [lower(headers)["webhook-id"] for headers, _ in hook.received] == [message["id"]] * 2
    assert len({body for _, body in hook.received}) == 1
