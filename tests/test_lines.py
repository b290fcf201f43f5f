"""Lines of HTTP, over real sockets on either event loop: what is an answer, what is none, and which connection is used again."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mezzotint.lines import Answer, Broken, Lines, TooLarge, Unsent, read_within
from tests.receivers import an_unused_port, receiving, sending, silent

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
async def lines() -> AsyncIterator[Lines]:
    made = Lines(ssl.create_default_context, 5.0)
    yield made
    await made.close()


async def ask(lines: Lines, url: str, body: bytes | None = b"{}", most: int = 1000, seconds: float = 5.0) -> Answer:
    return await lines.ask("POST", url, {"x-key": "k"}, body, most, seconds)


ANSWERS = {
    "with a length": (OK, 200, b"ok"),
    "in chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1;x=1\r\nk\r\n0\r\nx-after: 1\r\n\r\n", 200, b"ok"),
    "up to the end": (b"HTTP/1.1 200 OK\r\n\r\nok", 200, b"ok"),
    "of the old kind": (b"HTTP/1.0 200 OK\r\n\r\nok", 200, b"ok"),
    "without a body": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    "after others that are none": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK, 200, b"ok"),
    "that refuses": (b"HTTP/1.1 503 No\r\ncontent-length: 2\r\nretry-after: 3\r\n\r\nno", 503, b"no"),
}


@pytest.mark.parametrize(("raw", "status", "body"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_an_answer(lines: Lines, raw: bytes, status: int, body: bytes) -> None:
    async with receiving(sending(raw)) as receiver:
        answer = await ask(lines, f"{receiver.url}/a%20b?c=d")

    assert (answer.status, answer.body) == (status, body)
    assert receiver.heard[0].target == "/a%20b?c=d"
    assert answer.headers.get("retry-after") == ("3" if status == 503 else None)
    assert "x-after" not in answer.headers


NONE = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\ncontent-le",
    "half a body": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nok",
    "half a chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    "no last chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!",
    "a length and chunks": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "another language": b"SSH-2.0-OpenSSH\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
    "a head without end": b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000,
    "only what is no answer": b"HTTP/1.1 100 Continue\r\n\r\n",
}


@pytest.mark.parametrize("raw", NONE.values(), ids=NONE.keys())
async def test_what_is_no_whole_answer_is_none(lines: Lines, raw: bytes) -> None:
    async with receiving(sending(raw)) as receiver:
        with pytest.raises(Broken):
            await ask(lines, receiver.url)

    assert len(receiver.heard) == 1


CHUNK = b"1\r\nx\r\n"


@pytest.mark.parametrize(
    "rest",
    [b"content-length: 50\r\n\r\n", b"content-length: " + b"9" * 19 + b"\r\n\r\n", b"\r\n" + b"x" * 50, b"transfer-encoding: chunked\r\n\r\n" + CHUNK * 50],
    ids=["said", "said as very much", "not said", "in chunks"],
)
async def test_an_answer_that_is_too_long_is_given_up(lines: Lines, rest: bytes) -> None:
    async with receiving(sending(b"HTTP/1.1 200 OK\r\n" + rest)) as receiver:
        with pytest.raises(TooLarge):
            await ask(lines, receiver.url, most=10)


async def test_wrapping_that_never_ends_is_given_up(lines: Lines) -> None:
    """What follows the last chunk is no body, and bounded all the same."""
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-after: "
    async with receiving(sending(head + b"y" * 300_000)) as receiver:
        with pytest.raises(Broken):
            await ask(lines, receiver.url, most=10)


async def test_silence_has_its_time(lines: Lines) -> None:
    began = time.monotonic()
    async with receiving(silent) as receiver:
        with pytest.raises(asyncio.TimeoutError):
            await ask(lines, receiver.url, seconds=0.2)

    assert time.monotonic() - began < 3


async def test_nothing_was_sent_where_nobody_listens(lines: Lines, tmp_path: Path) -> None:
    with pytest.raises(Unsent, match="no connection"):
        await ask(lines, f"http://127.0.0.1:{an_unused_port()}/")
    local = Lines(ssl.create_default_context, 5.0, str(tmp_path / "none.sock"))
    with pytest.raises(Unsent, match="no connection"):
        await ask(local, "http://server/")
    await local.close()


async def test_a_connection_that_does_not_come_about_was_not_used(lines: Lines) -> None:
    """A socket whose queue of connections is full answers nothing."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        url = f"http://127.0.0.1:{full.getsockname()[1]}/"
        waiting = []
        for _ in range(3):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        with pytest.raises(Unsent, match="no connection"):
            await ask(lines, url, seconds=1.0)
        for each in waiting:
            each.close()


WRONG = ["ftp://a/", "http://", "a", "http://a:99999/", "http://[::1/"]


@pytest.mark.parametrize("url", WRONG)
async def test_what_is_no_address_is_not_asked(lines: Lines, url: str) -> None:
    with pytest.raises(Unsent):
        await ask(lines, url)


@pytest.mark.parametrize("value", ["a\r\nx-more: 1", "a\nb", "a\0", "a\rb"])
async def test_a_header_cannot_become_two(lines: Lines, value: str) -> None:
    async with receiving(sending(OK)) as receiver:
        for header in ({"x-key": value}, {value: "x"}):
            with pytest.raises(Unsent):
                await lines.ask("GET", receiver.url, header, None, 100, 5.0)

    assert [heard.method for heard in receiver.heard] == []


# connections that are used again

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def serving(serve: Serve) -> tuple[asyncio.Server, str]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def connections_of(lines: Lines, answers: list[bytes]) -> int:
    """How many connections it takes for so many requests, where the other side keeps each for as long as it is kept."""
    count, left = 0, list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(2)
                writer.write(left.pop(0))
        except asyncio.IncompleteReadError:
            writer.close()

    server, url = await serving(serve)
    for _ in answers:
        assert (await ask(lines, url)).body == b"ok"
        await asyncio.sleep(0.02)  # for what comes after the answer to come
    await lines.close()
    server.close()
    return count


AGAIN = [
    ([OK] * 3, 1),
    ([OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"), OK], 2),
    ([OK.replace(b"1.1", b"1.0"), OK], 2),
    ([OK + b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfalse", OK], 2),  # nobody gets the answer to what another asked
]


@pytest.mark.parametrize(("answers", "connections"), AGAIN)
async def test_a_connection_is_used_again_where_nothing_speaks_against_it(lines: Lines, answers: list[bytes], connections: int) -> None:
    assert await connections_of(lines, answers) == connections


async def test_a_connection_that_ended_meanwhile_is_no_hindrance(lines: Lines) -> None:
    """Its end may be known to the system and not yet to the loop, or half known: each request is heard once, on a new one."""
    heard = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readexactly(len(await reader.readuntil(b"\r\n\r\n")) and 2))
        writer.write(OK)
        writer.transport.close()

    server, url = await serving(serve)
    for _ in range(20):
        assert (await ask(lines, url)).body == b"ok"
    server.close()

    assert heard == [b"{}"] * 20


async def test_a_large_body_arrives_whole(lines: Lines) -> None:
    body = bytes(range(256)) * 4096
    async with receiving(sending(OK)) as receiver:
        await ask(lines, receiver.url, body=body)

    assert receiver.heard[0].body == body


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with a key and a certificate for localhost."""
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*made, *names], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


async def test_a_connection_may_be_private(lines: Lines, certificate: Path) -> None:
    """The certificate counts, and the name in it."""
    inside = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    inside.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=inside)
    port = server.sockets[0].getsockname()[1]
    trusting = Lines(lambda: ssl.create_default_context(cafile=str(certificate / "cert.pem")), 5.0)

    assert (await ask(trusting, f"https://localhost:{port}/")).body == b"ok"
    with pytest.raises(Unsent, match="no connection"):
        await ask(trusting, f"https://127.0.0.1:{port}/")  # the name is another
    with pytest.raises(Unsent, match="no connection"):
        await ask(lines, f"https://localhost:{port}/")  # nobody trusted vouches for it
    await trusting.close()
    server.close()


@pytest.mark.parametrize("raw", [raw for raw, _, _ in ANSWERS.values()], ids=ANSWERS.keys())
@pytest.mark.parametrize("seed", range(4))
async def test_it_does_not_matter_how_an_answer_is_cut(raw: bytes, seed: int) -> None:
    chance = random.Random(seed)
    cuts = sorted(chance.randrange(len(raw)) for _ in range(6))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
            writer.write(raw[start:end])
            await writer.drain()
            await asyncio.sleep(0)
        writer.close()

    server, url = await serving(serve)
    lines = Lines(ssl.create_default_context, 5.0)
    answer = await ask(lines, url)
    await lines.close()
    server.close()

    assert (answer.status, answer.body) == next((status, body) for known, status, body in ANSWERS.values() if known == raw)


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_comes_it_is_an_answer_or_an_error_of_ours(lines: Lines, seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(chance.choice([raw for raw, _, _ in ANSWERS.values()]))
    for _ in range(chance.randint(1, 5)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    async with receiving(sending(bytes(raw))) as receiver:
        try:
            answer = await ask(lines, receiver.url, most=100, seconds=1.0)
        except (Broken, TooLarge, asyncio.TimeoutError):
            return

    assert len(answer.body) <= 100


async def test_an_answer_counts_though_the_request_was_not_heard_to_its_end(lines: Lines) -> None:
    """As of a server that refuses a large body by its head."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno")
        await writer.drain()
        await reader.read(1 << 20)
        writer.close()

    server, url = await serving(serve)
    answer = await ask(lines, url, body=bytes(300_000))
    server.close()

    assert (answer.status, answer.body) == (413, b"no")


# how much of an answer is read


class Parts:
    """How many were asked for."""

    def __init__(self, *parts: bytes) -> None:
        self.parts, self.taken = parts, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            self.taken += 1
            yield part


@pytest.mark.parametrize("parts", [(), (b"",), (b"abcd",), (b"a", b"", b"bcd")])
async def test_all_of_what_fits_is_read(parts: tuple[bytes, ...]) -> None:
    assert await read_within(4, Parts(*parts)) == b"".join(parts)


async def test_reading_ends_with_the_first_part_that_does_not_fit() -> None:
    parts = Parts(b"abc", b"de", b"f")
    with pytest.raises(TooLarge):
        await read_within(4, parts)

    assert parts.taken == 2


@pytest.mark.parametrize("length", ["5", "0005", "9" * 5000])
async def test_what_says_that_it_does_not_fit_is_not_read_at_all(length: str) -> None:
    parts = Parts(b"abc")
    with pytest.raises(TooLarge):
        await read_within(4, parts, length=length)

    assert parts.taken == 0


@pytest.mark.parametrize("length", ["", "4", "3", "-5", "junk", "\u00b2"])
async def test_what_an_answer_says_of_itself_is_not_believed_otherwise(length: str) -> None:
    assert await read_within(4, Parts(b"abcd"), length=length) == b"abcd"
