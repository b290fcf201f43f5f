"""Requests with something wrong in their bytes, made from sound ones and from those that no client would send, sent to a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.servers import KEY, Server, ending, wait_ready
from tests.acceptance.surfaces import SMALL
from tests.acceptance.test_raw_sockets import REFUSED, TAKEN
from tests.http.test_openapi import OPERATIONS
from tests.pictures import a_file

AT_ONCE = 16
ANSWERING = 1.0  # seconds without a byte after which we say that no more comes from us
PATIENCE = 20.0  # seconds after that, in which the server has to answer or hang up
GROWTH = 192  # MiB that the server may grow by, at the worst moment
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
NO_SUCH_MODEL = b'"code":"model_not_found"'
HEAD = b"Host: x\r\nAuthorization: Bearer " + KEY.encode() + b"\r\n"
ODD = (b"\0", b"\r", b"\n", b"\t", b" ", b":", b"%", b"\xff", b"\x80", b"\x1b", b"/", b"?", b"#", b";", b",", b"{", b'"', b"\\", b"%00", b"%0d%0a", b"\r\n\r\n")
SMUGGLING = (
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding: \x0bchunked", b"transfer-encoding:chunked", b"Transfer-Encoding: gzip, chunked", b"X: y\nTransfer-Encoding: chunked",
    b"Content-Length: 0", b"Content-Length: 15", b"Content-Length: 015", b"Content-Length: 0x0f", b"Content-Length: 1e1", b"Content-Length: 15 15",
    b"Content-Length:", b"Content-Length: -0", b"Content-Length: 18446744073709551616", b"Connection: close, Content-Length", b"Connection: upgrade",
    b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__", b"Expect: 100-continue", b"Expect: 200", b"Trailer: Content-Length", b"Host: y", b"Host:",
    b"X-Forwarded-Host: a b", b"X-HTTP-Method-Override: DELETE", b"Content-Encoding: deflate", b"Accept-Encoding: *;q=nan", b"Range: bytes=0-,0-,0-",
    b"If-None-Match: " + b'"x",' * 3000, b"Accept: " + b"text/html;q=0.1," * 3000, b"Cookie: " + b"a=b;" * 3000, b"Authorization: Bearer \xff",
    b"Content-Type: multipart/form-data", b"Content-Type: multipart/form-data; boundary=" + b"x" * 5000, b"Content-Type: application/json; charset=utf-7",
    b"Idempotency-Key: \xe2\x98\x83", b"Prefer: wait=99999999999999999999", b"Last-Event-ID: -1",
)  # fmt: skip


@dataclass
class Sent:
    requests: int
    statuses: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)  # what was answered 5xx
    hung: list[str] = field(default_factory=list)  # what was neither answered nor hung up on
    unanswered: int = 0
    deaths: int = 0
    growth: int = 0  # MiB
    painted: bool = False
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        return not self.faults and not self.hung and self.deaths == 0 and self.growth <= GROWTH and self.painted

    def __str__(self) -> str:
        return json.dumps(self.__dict__)


# sound requests


def _post(path: str, body: bytes, kind: bytes = b"application/json") -> bytes:
    return b"POST %b HTTP/1.1\r\n%bContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (path.encode(), HEAD, kind, len(body), body)


def _json(path: str, **body: object) -> bytes:
    return _post(path, json.dumps(body).encode())


def _form(path: str) -> bytes:
    parts = [(b'name="prompt"', b"a boat"), (b'name="size"', b"1024x1024"), (b'name="content"; filename="x.png"', a_file()), (b'name="image"', a_file())]
    body = b"".join(b"--b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % part for part in parts) + b"--b--\r\n"
    return _post(path, body, b"multipart/form-data; boundary=b")


def _sound() -> list[bytes]:
    reading = {path for path, method, _ in OPERATIONS if method == "get" and "events" not in path}
    targets = [re.sub(r"\{\w+\}", "01a1ff02-395d-7de5-b6aa-341e51e94423", path) for path in sorted(reading)]
    return [
        *(b"GET %b HTTP/1.1\r\n%b\r\n" % (target.encode(), HEAD) for target in (*targets, "/v1/get_result?id=x&token=y", "/v1/tasks?limit=3&status=ready")),
        _json("/flux/v1/flux-dev", prompt="a boat", **SMALL),
        _json("/v1/flux-2-pro", prompt="a boat", **SMALL),
        _json("/v1/flux-2-pro?dry_run=true", prompt="ein Boot ☃", **SMALL),
        _json("/v1/models/black-forest-labs/flux-schnell/predictions", input={"prompt": "a boat", "megapixels": "0.25"}),
        _json("/replicate/v1/predictions", version="x", input={"prompt": "a boat"}),
        _json("/v1/images/generations?dry_run=true", prompt="a boat", size="256x256"),
        _json("/v1/tasks/x/cancel"),
        _form("/v1/files"),
        _form("/v1/images/edits?dry_run=true"),
        b"DELETE /v1/files/x HTTP/1.1\r\n" + HEAD + b"\r\n",
    ]


# what is done to them


def _flipped(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _inserted(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(ODD) * chance.choice((1, 1, 1, 2, 500)) + data[at:]


def _cut(chance: random.Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _lines(chance: random.Random, data: bytes) -> bytes:
    """Lines of the head twice, gone or exchanged."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            lines.insert(at, lines[other])
        case 1:
            del lines[at]
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            lines[at] = chance.choice((b" ", b"\t", b"")) + lines[at] + chance.choice((b" ", b"\t\t", b":"))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _headed(chance: random.Random, data: bytes) -> bytes:
    """With one to three headers that mean something to somebody."""
    line, _, rest = data.partition(b"\r\n")
    return line + b"\r\n" + b"".join(each + b"\r\n" for each in chance.choices(SMUGGLING, k=chance.randint(1, 3))) + rest


def _bare(chance: random.Random, data: bytes) -> bytes:
    """Some lines end in half of what ends lines."""
    parts = data.split(b"\r\n")
    return b"".join(part + (b"\r\n" if chance.random() < 0.6 else chance.choice((b"\n", b"\r", b"\n\n", b"\r\r\n"))) for part in parts[:-1]) + parts[-1]


def _long(chance: random.Random, data: bytes) -> bytes:
    line, _, rest = data.partition(b"\r\n")
    if chance.random() < 0.3:
        return line.replace(b" HTTP", b"/" + b"a" * chance.choice((2000, 9000, 70_000)) + b" HTTP", 1) + b"\r\n" + rest
    count, size = chance.choice(((1, 9000), (1, 70_000), (1, 300_000), (90, 600), (120, 10), (3000, 3)))
    return line + b"\r\n" + b"".join(b"X-%d: %b\r\n" % (number, b"a" * size) for number in range(count)) + rest


def _chunked(chance: random.Random, data: bytes) -> bytes:
    """The body in chunks, of which most are odd."""
    head, _, body = data.partition(b"\r\n\r\n")
    if chance.random() < 0.7:
        head = re.sub(rb"\r\nContent-Length: \d+", b"", head)
    pieces, at = [], 0
    while at < len(body):
        size = chance.choice((1, 2, 7, 100, 5000))
        pieces.append(body[at : at + size])
        at += size
    form = chance.choice(
        (b"%x", b"%X", b"0000%x", b"%x;a=b", b"%x ; a", b"%x;" + b"z" * 3000, b"0x%x", b"+%x", b"-%x", b" %x", b"%x\n", b"%d", b"ffffffffffffffff%x")
    )
    plain = chance.random() < 0.5
    sent = b"".join((b"%x" if plain or chance.random() < 0.8 else form) % len(piece) + b"\r\n" + piece + b"\r\n" for piece in pieces[:500])
    end = chance.choice((b"0\r\n\r\n", b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"0\r\n", b"", b"0\r\n" + b"T: x\r\n" * 2000 + b"\r\n", b"00;x\r\n\r\n", b"0\n\n"))
    return head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + sent + end


def _lengthened(chance: random.Random, data: bytes) -> bytes:
    """The length is another."""
    return re.sub(rb"Content-Length: (\d+)", lambda match: b"Content-Length: %d" % max(0, int(match[1]) + chance.choice((-9, -1, 1, 9, 10**6))), data, count=1)


KINDS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "flipped": _flipped,
    "inserted": _inserted,
    "cut": _cut,
    "lines": _lines,
    "headed": _headed,
    "bare": _bare,
    "long": _long,
    "chunked": _chunked,
    "lengthened": _lengthened,
}


def requests(count: int, seed: int) -> list[bytes]:
    """One to three things are done to each; some go one behind the other on one connection."""
    chance = random.Random(seed)
    sound = [*_sound(), *(sent for sent, _ in REFUSED.values()), *TAKEN.values()]
    made = []
    for _ in range(count):
        data = chance.choice(sound)
        for _ in range(chance.choice((1, 1, 2, 3))):
            data = chance.choice(list(KINDS.values()))(chance, data)
        if chance.random() < 0.1:
            data = b"".join(chance.choice((data, chance.choice(sound))) for _ in range(chance.randint(2, 5)))
        made.append(data)
    return made


# sending them


async def _answered(port: int, data: bytes) -> tuple[list[int], bool]:
    """The statuses of what was answered, and whether it came to an end. CometAPI's 503 for a model that it does not have is no fault."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard, said = b"", False
    try:
        with contextlib.suppress(ConnectionError):
            writer.write(data)
            await asyncio.wait_for(writer.drain(), PATIENCE)
        while True:
            try:
                part = await asyncio.wait_for(reader.read(65536), PATIENCE if said else 0.05 if heard else ANSWERING)
            except asyncio.TimeoutError:
                if said:
                    return _statuses(heard), False
                said = True
                with contextlib.suppress(OSError):
                    writer.write_eof()
                continue
            if not part:
                return _statuses(heard), True
            heard += part
    except (ConnectionError, asyncio.TimeoutError) as error:
        return _statuses(heard), not isinstance(error, asyncio.TimeoutError)
    finally:
        writer.close()


def _statuses(heard: bytes) -> list[int]:
    found = [status for match in STATUS.findall(heard) if (status := int(match)) >= 200]
    return [status for status in found if status != 503] if heard.count(NO_SUCH_MODEL) == found.count(503) else found


def _peak(pid: int) -> int:
    """MiB that the process took at most."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) // 1024


async def _all(port: int, made: list[bytes], found: Sent) -> None:
    statuses, left = Counter[str](), iter(made)

    async def one_after_the_other() -> None:
        for data in left:
            told, ended = await _answered(port, data)
            statuses.update(str(status) for status in told)
            found.unanswered += not told
            if any(status >= 500 for status in told):
                found.faults.append(repr(data[:400]))
            if not ended:
                found.hung.append(repr(data[:400]))

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    found.statuses = dict(sorted(statuses.items()))


def send(folder: Path, count: int, seed: int) -> Sent:
    found, began = Sent(count), time.monotonic()
    with ending(Server(folder, MEZZOTINT_LIMITS="on", MEZZOTINT_QUEUE_LIMIT="20").start()) as server:
        asyncio.run(_all(server.port, requests(50, seed + 1), Sent(50)))  # what is used at all is there then
        before, before_peak = server.processes(), _peak(server.pid)
        asyncio.run(_all(server.port, requests(count, seed), found))
        found.growth = _peak(server.pid) - before_peak
        found.deaths = len(set(before) - set(server.processes()))
        found.painted = _paints(server)
        server.stop()
    found.seconds = round(time.monotonic() - began, 1)
    return found


def _paints(server: Server) -> bool:
    """Whether a picture is painted after all of it; the queue may be full of what was asked for."""
    end = time.monotonic() + 60
    with server.client() as client:
        while (response := client.post("/flux/v1/flux-dev", json={"prompt": "a boat"} | SMALL)).status_code == 429 and time.monotonic() < end:
            time.sleep(0.1)
        return bool(response.is_success and wait_ready(client, response.json()["id"])["status"] == "Ready")
