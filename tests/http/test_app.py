"""Routes and layers: what is where, and in whose words it says no."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from mezzotint.http.app import Worded, public_app, wording_for
from mezzotint.http.dialects import bfl, comet, replicate
from mezzotint.http.problems import NATIVE, Wording
from mezzotint.http.requests import Origins
from mezzotint.wiring.serving import _listening, _run_server, _server
from tests.http.test_worker import front
from tests.studio import KEY, ORIGIN, OTHER_KEY, Studio

BEARER = {"authorization": f"Bearer {KEY}"}


@pytest.mark.parametrize(
    ("path", "wording"),
    [
        ("/flux/v1/flux-dev", comet.WORDING),
        ("/flux/", comet.WORDING),
        ("/flux/anything/else", comet.WORDING),
        ("/v1/flux-dev", bfl.WORDING),
        ("/v1/get_result", bfl.WORDING),
        ("/v1/predictions", replicate.WORDING),
        ("/v1/predictions/x/cancel", replicate.WORDING),
        ("/v1/models/black-forest-labs/flux-dev/predictions", replicate.WORDING),
        ("/v1/account", replicate.WORDING),
        ("/v1/files", replicate.WORDING),
        ("/v1/files/a\nb", replicate.WORDING),
        ("/v1/collections", replicate.WORDING),
        ("/v1/models/black-forest-labs/flux-dev/readme", replicate.WORDING),
        ("/replicate/v1/anything", replicate.WORDING),
        ("/v1/webhooks/default/secret", replicate.WORDING),
        ("/v1/webhooks", NATIVE),
        ("/v1/webhooks/msg_x", NATIVE),
        ("/v1/webhooks/msg_x/resend", NATIVE),
        ("/v1/providers/news/x/0-1/y", NATIVE),
        ("/v1/predictions/a\nb", replicate.WORDING),
        ("/v1/models/a\nb/c/versions/d", replicate.WORDING),
        ("/v1/tasks", NATIVE),
        ("/v1/tasks/x/cancel", NATIVE),
        ("/v1/models/flux-dev", NATIVE),
        ("/v1/worker/pull", NATIVE),
        ("/flux", NATIVE),
        ("/", NATIVE),
        ("", NATIVE),
        ("*", NATIVE),
    ],
)
def test_each_surface_says_no_in_its_own_words(path: str, wording: Wording) -> None:
    assert wording_for(path) is wording


@pytest.mark.parametrize(
    "path",
    [
        "/flux",
        "/flux/v1",
        "/docs/",
        "/docs/x.css",
        "/errors/",
        "/llms.txt/",
        "/flux/v2/flux-dev",
        "/FLUX/v1/flux-dev",
        "/images",
        "/healthz/",
        "/favicon.ico",
    ],
)
async def test_what_is_not_there_is_not_found_and_leads_nowhere_else(studio: Studio, path: str) -> None:
    response = await studio.client.get(path, headers=BEARER)

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"
    assert "location" not in response.headers


async def test_a_path_of_any_length_is_answered_in_few_words(studio: Studio) -> None:
    for start in ("/", "/flux/", "/flux/v1/", "/v1/", "/images/", "/v1/tasks/"):
        for method in ("GET", "DELETE"):
            response = await studio.client.request(method, start + "x" * 50_000, headers=BEARER)
            assert 400 <= response.status_code < 500
            assert len(response.content) < 1000


async def told_by(app: Any, message: Message, path: str = "/flux/v1/flux-dev") -> list[Message]:
    """What an app sends for a POST whose body comes as that message."""
    sent: list[Message] = []

    async def receive() -> Message:
        return message

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"x"), (b"x-key", OTHER_KEY.encode())]
    await app(
        {"type": "http", "http_version": "1.1", "method": "POST", "path": path, "scheme": "http", "headers": headers, "query_string": b"", "client": None},
        receive,
        send,
    )
    return sent


async def test_nothing_is_made_for_a_body_that_broke_off_and_it_is_no_fault(studio: Studio) -> None:
    """Who sent it may be gone, or may have sent chunks that are none: then they hear why."""
    app = public_app(studio.tools, front(studio))

    sent = await told_by(app, {"type": "http.disconnect"})

    assert sent[0]["status"] == 400
    assert await studio.tools.ledger.waiting() == 0


async def test_leaving_in_the_middle_of_an_answer_is_no_fault() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise ClientDisconnect

    assert await told_by(Worded(app, Origins("", (), ORIGIN)), {"type": "http.disconnect"}) == []


async def test_a_fault_of_ours_is_not_worded_here() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("ours")

    with pytest.raises(KeyError):
        await told_by(Worded(app, Origins("", (), ORIGIN)), {"type": "http.disconnect"})


# over a real server, on a socket


@pytest.fixture
async def socket(studio: Studio) -> AsyncIterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mz-"))  # short, as paths of sockets must be
    server = _server(public_app(studio.tools, front(studio)), uds=folder / "public.sock")
    running = asyncio.create_task(_run_server(server))
    await _listening([server], [running])
    yield folder / "public.sock"
    server.stop()  # type: ignore[no-untyped-call]  # granian has no types here
    await running
    shutil.rmtree(folder)


async def answer_to(socket: Path, raw: bytes) -> tuple[int, bytes]:
    """Status and body of what comes back, until the other side closes."""
    reader, writer = await asyncio.open_unix_connection(socket)
    writer.write(raw)
    head, _, body = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split(b" ", 2)[1]), body


def asking(line: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{line} HTTP/1.1", "host: here", f"x-key: {OTHER_KEY}", "connection: close", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


async def test_a_body_may_come_in_chunks(socket: Path) -> None:
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in b'{"prompt": "a boat"}') + b"0\r\n\r\n"

    status, body = await answer_to(socket, asking("POST /flux/v1/flux-dev", "transfer-encoding: chunked", body=chunks))

    assert (status, json.loads(body)["status"]) == (200, "Pending")


async def test_head_has_no_body(socket: Path) -> None:
    for path in ("/healthz", "/v1/models", "/nothing"):
        assert (await answer_to(socket, asking(f"HEAD {path}")))[1] == b""
        assert (await answer_to(socket, asking(f"GET {path}")))[1]


@pytest.mark.parametrize(
    "line",
    [
        f"{method} {path}"
        for method in ("GET", "POST", "BREW")
        for path in ("*", "/%ff", "/flux/%00", "/flux/v1/get_result?id=%ff%fe", "/v1/tasks/%ed%a0%80", "/images/%ff/%00", "/\xff", "/%", "/?%")
    ],
)
async def test_no_address_breaks_the_server(socket: Path, line: str) -> None:
    status, _ = await answer_to(socket, asking(line, "content-length: 0"))

    assert status < 500


@pytest.mark.parametrize(
    "header",
    [
        "content-length: -1",
        "content-length: 1e3",
        "content-length: 99999999999999999999",
        "transfer-encoding: nonsense",
        "host: \xff",
        "idempotency-key: \xff",
        "x-forwarded-host: \xff",
        "if-none-match: \xff",
    ],
)
async def test_no_header_breaks_the_server(socket: Path, header: str) -> None:
    raw = asking("POST /flux/v1/flux-dev", header, *([] if header.startswith(("content", "transfer")) else ["content-length: 2"]), body=b"{}")

    assert 400 <= (await answer_to(socket, raw))[0] < 500
