"""Requests that no client library would send, byte by byte: each is answered with what is wrong, never with a fault of ours, and the
server answers on."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.servers import KEY, Server, serving, wait_ready

PATIENCE = 20.0
BODY = b'{"prompt": "x"}'
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
POST = b"POST /flux/v1/flux-dev HTTP/1.1\r\n"
END = b"Connection: close\r\n"


def post(*headers: bytes, body: bytes = BODY, line: bytes = POST, host: bytes = b"Host: x\r\n") -> bytes:
    return line + host + b"Authorization: Bearer " + KEY.encode() + b"\r\n" + END + b"".join(headers) + b"\r\n" + body


def get(target: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    return method + b" " + target + b" HTTP/1.1\r\nHost: x\r\n" + END + b"".join(headers) + b"\r\n"


REFUSED: dict[str, tuple[bytes, set[int]]] = {
    "two lengths": (post(LENGTH, b"Content-Length: 7\r\n"), {400}),
    "a negative length": (post(b"Content-Length: -1\r\n"), {400}),
    "a length with a sign": (post(b"Content-Length: +15\r\n"), {400}),
    "a list of lengths": (post(b"Content-Length: 15, 15\r\n"), {400}),
    "a length beyond all numbers": (post(b"Content-Length: " + b"9" * 40 + b"\r\n"), {400}),
    "a length beyond what is taken": (post(b"Content-Length: 99999999999\r\n"), {413}),
    "an unknown transfer encoding": (post(b"Transfer-Encoding: xchunked\r\n"), {400}),
    "chunked, and then something": (post(b"Transfer-Encoding: chunked, identity\r\n", body=CHUNKED), {400}),
    "a space before the colon": (post(b"Transfer-Encoding : chunked\r\n", body=CHUNKED), {400}),
    "chunks in HTTP/1.0": (post(b"Transfer-Encoding: chunked\r\n", body=CHUNKED, line=POST.replace(b"1.1", b"1.0")), {400}),
    "a chunk of no length": (post(b"Transfer-Encoding: chunked\r\n", body=b"zz\r\n" + BODY), {400}),
    "a chunk beyond all numbers": (post(b"Transfer-Encoding: chunked\r\n", body=b"f" * 20 + b"\r\n" + BODY), {400}),
    "a bare carriage return": (post(b"X: a\rb\r\n", LENGTH), {400}),
    "a zero byte in a header": (post(b"X: a\0b\r\n", LENGTH), {400}),
    "a folded header": (post(b"X: a\r\n b\r\n", LENGTH), {400}),
    "a header of 100 kB": (post(b"X: " + b"a" * 100_000 + b"\r\n", LENGTH), {431}),
    "a header of 1 MB": (post(b"X: " + b"a" * 1_000_000 + b"\r\n", LENGTH), {431}),
    "2000 headers": (post(b"".join(b"X%d: a\r\n" % number for number in range(2000)), LENGTH), {431}),
    "no host": (post(LENGTH, host=b""), {400}),
    "two hosts": (post(LENGTH, b"Host: y\r\n"), {400}),
    "HTTP/3.0": (post(LENGTH, line=POST.replace(b"1.1", b"3.0")), {400}),
    "no version": (b"GET /healthz\r\n\r\n", {400}),
    "a greeting in TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100, {400}),
    "a path of 70 kB": (get(b"/" + b"a" * 70_000), {400, 414, 431}),
    "a method with a zero byte": (get(b"/healthz", method=b"G\0T"), {400}),
    "TRACE": (get(b"/healthz", method=b"TRACE"), {405}),
    "CONNECT": (get(b"evil:80", method=b"CONNECT"), {400, 404}),
    "a way out of the folder": (get(b"/images/../../etc/passwd"), {404}),
    "a hidden way out": (get(b"/images/%2e%2e/%2e%2e%2fetc%2fpasswd"), {404}),
    "a packed body": (post(b"Content-Encoding: gzip\r\n", LENGTH), {415}),
    "a body of zeros": (post(LENGTH, body=b"\0" * len(BODY)), {400}),
}
TAKEN: dict[str, bytes] = {
    "the same length twice": post(LENGTH, LENGTH),
    "ninety headers": post(b"".join(b"X%d: a\r\n" % number for number in range(90)), LENGTH),
    "chunks with a trailer": post(b"Transfer-Encoding: chunked\r\n", body=CHUNKED[:-2] + b"Authorization: nobody\r\n\r\n"),
    "a host that is none": post(LENGTH, host=b"Host: a b/<x>\r\n"),
    "an expectation": post(b"Expect: 100-continue\r\n", LENGTH),
    "a wish for a web socket": get(b"/healthz", b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"),
    "an absolute address": get(b"http://evil.example/healthz"),
    "percent signs that mean nothing": get(b"/flux/v1/get_result?id=%zz%00", b"Authorization: Bearer " + KEY.encode() + b"\r\n"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("data")) as made:
        yield made


def answers(server: Server, sent: bytes) -> list[int]:
    """The statuses of all answers, 1xx left out."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
        heard = b""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it was refused while we were still sending
            line.sendall(sent)
        with contextlib.suppress(ConnectionResetError):
            while part := line.recv(65536):
                heard += part
    found = [int(part[:3]) for part in heard.split(b"HTTP/1.1 ")[1:]]
    return [status for status in found if status >= 200]


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_client_would_send_is_refused(server: Server, name: str) -> None:
    sent, expected = REFUSED[name]

    [status] = answers(server, sent)

    assert status in expected
    with server.client() as client:
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_odd_and_clear_is_taken(server: Server, name: str) -> None:
    assert answers(server, TAKEN[name]) == [200]


def test_a_second_request_in_a_body_is_no_request(server: Server) -> None:
    """The body is as long as it says it is, so what follows is one of its own, without a key of the first one's."""
    inner = b"POST /flux/v1/flux-dev HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 15\r\n\r\n" + BODY

    assert answers(server, post(LENGTH).replace(END, b"") + inner) == [200, 401]
    assert answers(server, post(b"Content-Length: %d\r\n" % len(inner), body=inner)) == [400]


def test_where_two_kinds_of_length_come_the_chunks_count_and_nothing_after_them_is_read(server: Server) -> None:
    """As RFC 9112 has it, so that what a proxy before us may have taken for part of the body is no request."""
    both = post(b"Content-Length: 4\r\n", b"Transfer-Encoding: chunked\r\n", body=CHUNKED).replace(END, b"")

    assert answers(server, both + get(b"/healthz")) == [200]


def test_a_body_that_is_shorter_than_it_says_makes_no_task(server: Server) -> None:
    with server.client() as client:
        before = len(client.get("/v1/tasks?limit=100").json()["data"])
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as line:
            line.sendall(post(b"Content-Length: 99\r\n"))
            line.shutdown(socket.SHUT_WR)
            heard = line.recv(65536)

        assert heard == b"" or heard.startswith(b"HTTP/1.1 400 ")
        assert len(client.get("/v1/tasks?limit=100").json()["data"]) == before


SURFACES: dict[str, tuple[bytes, bytes]] = {
    "comet": (b"/flux/v1/flux-dev", b'"code":"body_too_slow"'),
    "bfl": (b"/v1/flux-dev", b'{"detail":"of the request'),
    "replicate": (b"/v1/models/black-forest-labs/flux-dev/predictions", b'"status":408'),
    "openai": (b"/v1/images/generations", b'"type":"invalid_request_error"'),
}


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("data"), MEZZOTINT_BODY_GRACE="1") as made:
        yield made


@pytest.mark.parametrize("surface", SURFACES)
def test_a_body_that_drips_is_refused_in_the_surfaces_words_however_long_it_goes_on(impatient: Server, surface: str) -> None:
    path, words = SURFACES[surface]
    sent = post(b"Content-Length: 99\r\n", body=b"{", line=b"POST " + path + b" HTTP/1.1\r\n").replace(END, b"")
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=0.1) as line:
        line.sendall(sent)
        heard, began = b"", time.monotonic()
        while not heard and time.monotonic() < began + PATIENCE:
            line.sendall(b" ")
            with contextlib.suppress(TimeoutError):
                heard = line.recv(65536)

    assert heard.startswith(b"HTTP/1.1 408 ")
    assert words in heard


def test_after_all_of_it_a_picture_is_painted(server: Server, tmp_path: Path) -> None:
    with server.client() as client:
        task = client.post("/flux/v1/flux-dev", json={"prompt": "a paper boat", "width": 256, "height": 256}).json()["id"]

        assert wait_ready(client, task)["status"] == "Ready"
