"""Pictures by their URLs, from real servers on this machine."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mezzotint._version import __version__
from mezzotint.core.errors import BadPicture, Unreachable
from mezzotint.net.fetch import GuardedFetcher
from mezzotint.net.guard import Guard
from tests.net.names import Names, no_connections
from tests.receivers import Heard, an_unused_port, receiving, saying, sending, silent
from tests.waiting import until

LOOPBACK = Guard([ipaddress.ip_network("127.0.0.0/8")])
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100


@pytest.fixture
async def fetcher() -> AsyncIterator[GuardedFetcher]:
    made = GuardedFetcher(LOOPBACK)
    yield made
    await made.close()


async def hurried(url: str, seconds: float = 0.2, **bounds: Any) -> bytes:
    fetcher = GuardedFetcher(LOOPBACK, seconds=seconds, **bounds)
    try:
        return await fetcher.fetch(url)
    finally:
        await fetcher.close()


async def test_a_picture_is_fetched(fetcher: GuardedFetcher) -> None:
    async with receiving(saying(200, PICTURE, content_type="image/png")) as server:
        assert await fetcher.fetch(f"{server.url}/a/cat.png?size=large&token=x") == PICTURE

    [heard] = server.heard
    assert (heard.method, heard.target, heard.body) == ("GET", "/a/cat.png?size=large&token=x", b"")
    assert heard.headers["host"] == f"127.0.0.1:{server.port}"
    assert heard.headers["user-agent"] == f"mezzotint/{__version__}"
    assert heard.headers["accept"] == "image/png,image/jpeg,image/webp"
    assert not {"authorization", "cookie", "referer"} & set(heard.headers)


async def test_a_picture_may_come_in_pieces_of_unknown_number(fetcher: GuardedFetcher) -> None:
    chunks = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (PICTURE[:7], PICTURE[7:5000], PICTURE[5000:]))
    raw = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    async with receiving(sending(raw)) as server:
        assert await fetcher.fetch(server.url) == PICTURE


async def test_a_server_that_packs_what_it_sends_is_understood(fetcher: GuardedFetcher) -> None:
    async def packs(heard: Heard, writer: asyncio.StreamWriter) -> None:
        wanted = "gzip" in heard.headers.get("accept-encoding", "")
        await (saying(200, gzip.compress(PICTURE), content_encoding="gzip") if wanted else saying(200, PICTURE))(heard, writer)

    async with receiving(packs) as server:
        assert await fetcher.fetch(server.url) == PICTURE


async def test_what_one_server_wants_remembered_is_not_told_to_it_again(fetcher: GuardedFetcher) -> None:
    async with receiving(saying(200, PICTURE, set_cookie="who=you; Path=/")) as server:
        await fetcher.fetch(server.url)
        await fetcher.fetch(server.url)

    assert [heard.headers.get("cookie") for heard in server.heard] == [None, None]


async def test_proxies_of_the_environment_are_not_used(fetcher: GuardedFetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving(saying(200, b"proxied")) as proxy, receiving(saying(200, PICTURE)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)

        assert await hurried(server.url, 5.0) == PICTURE

    assert proxy.connections == 0


# redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed(fetcher: GuardedFetcher, status: int) -> None:
    async with receiving(saying(status, b"moved", location="/there/cat.png?x=1"), saying(200, PICTURE)) as server:
        assert await fetcher.fetch(f"{server.url}/here") == PICTURE

    assert [heard.target for heard in server.heard] == ["/here", "/there/cat.png?x=1"]


async def test_three_redirects_are_followed_and_a_fourth_is_not(fetcher: GuardedFetcher) -> None:
    def hops(count: int) -> list[Any]:
        return [saying(302, location=f"/{n}") for n in range(count)] + [saying(200, PICTURE)]

    async with receiving(*hops(3)) as server:
        assert await fetcher.fetch(server.url) == PICTURE
    async with receiving(*hops(4)) as server:
        with pytest.raises(Unreachable, match="redirects more than 3 times"):
            await fetcher.fetch(server.url)
    assert len(server.heard) == 4


ELSEWHERE = {
    "a private address": "http://10.0.0.1/",
    "a metadata service": "http://169.254.169.254/latest/meta-data/iam",
    "the loopback of IPv6": "http://[::1]/",
    "a private address in disguise": "http://167772161/",
    "a mapped private address": "https://[::ffff:10.0.0.1]/",
    "without a scheme": "//192.168.1.1/",
    "another port of a public address": "http://93.184.216.34:6379/",
    "a file": "file:///etc/passwd",
    "another protocol": "gopher://127.0.0.1:70/",
    "a name and password": "http://user:secret@127.0.0.1/",
    "a name of a private address": "http://inside.example/",
    "no address at all": "http://[",
    "a control character": "http://127.0.0.1/\x01",
}


@pytest.mark.parametrize("case", ELSEWHERE)
async def test_a_redirect_is_judged_as_the_first_address_was(fetcher: GuardedFetcher, names: Names, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    names.table["inside.example"] = [["10.0.0.1"]]
    went: list[Any] = []
    connect = asyncio.selector_events.BaseSelectorEventLoop.sock_connect

    async def sock_connect(self: Any, sock: Any, address: Any) -> None:
        went.append(address)
        await connect(self, sock, address)

    monkeypatch.setattr(asyncio.selector_events.BaseSelectorEventLoop, "sock_connect", sock_connect)
    async with receiving(saying(302, location=ELSEWHERE[case])) as server:
        with pytest.raises(Unreachable):
            await fetcher.fetch(server.url)

    assert went == [("127.0.0.1", server.port)]
    assert server.connections == 1


async def test_a_redirect_that_says_nowhere_is_no_redirect(fetcher: GuardedFetcher) -> None:
    async with receiving(saying(302, PICTURE)) as server:
        with pytest.raises(Unreachable, match="answered 302"):
            await fetcher.fetch(server.url)


# names


async def test_a_name_that_changes_its_address_cannot_win(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    names.table["rebind.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    tried = no_connections(monkeypatch)

    with pytest.raises(Unreachable):
        await hurried("http://rebind.example/x.png", 5.0)

    assert names.asked == ["rebind.example"]  # asked once: what was judged is what is connected to
    assert tried == [("93.184.216.34", 80)]


async def test_a_name_that_is_private_from_the_start_is_refused_without_connecting(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    names.table["rebind.example"] = [["10.0.0.1"], ["93.184.216.34"]]
    tried = no_connections(monkeypatch)

    with pytest.raises(Unreachable, match=r"rebind\.example is at 10\.0\.0\.1"):
        await hurried("http://rebind.example/x.png", 5.0)

    assert tried == []


async def test_a_name_is_judged_anew_at_every_hop(names: Names) -> None:
    names.table["localhost"] = [["127.0.0.1"], ["10.0.0.1"]]
    async with receiving(saying(302, location="/again")) as server:
        with pytest.raises(Unreachable, match=r"localhost is at 10\.0\.0\.1"):
            await hurried(f"http://localhost:{server.port}/", 5.0)

    assert server.connections == 1


async def test_the_second_address_of_a_name_is_tried_when_the_first_does_not_answer(names: Names, fetcher: GuardedFetcher) -> None:
    names.table["localhost"] = [["127.0.0.2", "127.0.0.1"]]
    async with receiving(saying(200, PICTURE)) as server:
        assert await fetcher.fetch(f"http://localhost:{server.port}/cat.png") == PICTURE


# bounds


async def endless(heard: Heard, writer: asyncio.StreamWriter) -> None:
    """A hundred megabytes, or as many as are taken."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n\r\n")
    for _ in range(1600):
        writer.write(b"x" * 65_536)
        await writer.drain()
        sent.append(65_536)


sent: list[int] = []


async def test_a_body_that_is_too_large_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    sent.clear()
    async with receiving(endless) as server:
        with pytest.raises(BadPicture, match="sends more than 100000 bytes"):
            await hurried(f"{server.url}/cat.png?token=secret", 10.0, most=100_000)

    assert sum(sent) < 20_000_000  # what fits into the buffers on the way, of a hundred million


async def test_a_body_may_have_exactly_as_many_bytes_as_are_allowed() -> None:
    async with receiving(saying(200, PICTURE)) as server:
        assert await hurried(server.url, 5.0, most=len(PICTURE)) == PICTURE
        with pytest.raises(BadPicture):
            await hurried(server.url, 5.0, most=len(PICTURE) - 1)


async def drips_body(heard: Heard, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(500):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def drips_headers(heard: Heard, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(500):
        writer.write(f"x-{number}: y\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.02)


async def redirects_slowly(heard: Heard, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.1)
    await saying(302, location="/again")(heard, writer)


@pytest.mark.parametrize("script", [drips_body, drips_headers, redirects_slowly, silent], ids=lambda script: script.__name__)
async def test_a_slow_server_gets_no_more_than_its_time(script: Any) -> None:
    async with receiving(script) as server:
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"/cat\.png did not answer within 0.25 seconds|ReadTimeout"):
            await hurried(f"{server.url}/cat.png", 0.25)

    assert 0.2 < time.monotonic() - began < 1.5


# servers that are none


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 403, 404, 410, 418, 429, 500, 503])
async def test_an_answer_that_is_not_200_is_no_picture(fetcher: GuardedFetcher, status: int) -> None:
    async with receiving(saying(status, b"" if status in (204, 304) else PICTURE)) as server:
        with pytest.raises(Unreachable, match=f"answered {status}"):
            await fetcher.fetch(server.url)


JUNK = {
    "nothing": b"",
    "no HTTP": b"hello\r\n\r\n",
    "half a status": b"HTTP/1.",
    "a status that is none": b"HTTP/1.1 abc OK\r\n\r\n",
    "a version that is none": b"HTTP/one 200 OK\r\n\r\n",
    "a header that is none": b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000,
    "a length that is none": b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\nx",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
    "a body cut short": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nten bytes.",
    "a chunk cut short": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nten bytes.",
    "a chunk that is none": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nxx\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
}


@pytest.mark.parametrize("case", JUNK)
async def test_junk_is_no_picture(fetcher: GuardedFetcher, case: str) -> None:
    async with receiving(sending(JUNK[case])) as server:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await fetcher.fetch(server.url)


async def test_a_server_that_is_not_there_is_unreachable(fetcher: GuardedFetcher) -> None:
    port = an_unused_port()

    with pytest.raises(Unreachable, match=rf"^http://127\.0\.0\.1:{port}/cat\.png cannot be reached \(ConnectError: "):
        await fetcher.fetch(f"http://127.0.0.1:{port}/cat.png")


async def test_a_server_that_speaks_no_tls_is_unreachable_over_https(fetcher: GuardedFetcher) -> None:
    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ready\r\n")
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(greets, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await fetcher.fetch(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/cat.png")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("/cat.png?token=secret?token=secret", "/cat.png"),
        ("/cat.png#secret#secret", "/cat.png"),
        ("/cat.png#secret?secret", "/cat.png"),
        ("/cat.png?secret#secret", "/cat.png"),
        ("/" + "a" * 300, "/" + "a" * 300),
    ],
)
async def test_a_message_shows_an_address_up_to_its_query_and_no_more_than_its_beginning(fetcher: GuardedFetcher, asked: str, shown: str) -> None:
    async with receiving(saying(404)) as server:
        with pytest.raises(Unreachable) as refused:
            await fetcher.fetch(server.url + asked)

        assert str(refused.value) == f"{server.url}{shown}"[:200] + " answered 404"


async def test_what_is_wrong_with_an_address_is_said_of_it(fetcher: GuardedFetcher) -> None:
    with pytest.raises(Unreachable) as refused:
        await fetcher.fetch("http://10.0.0.1/cat.png?token=secret")

    assert str(refused.value) == (
        "http://10.0.0.1/cat.png: The address 10.0.0.1 is private or reserved and may not be reached (MEZZOTINT_REACH names private networks that may)"
    )


async def test_a_message_does_not_show_what_may_be_secret(fetcher: GuardedFetcher) -> None:
    async with receiving(saying(404)) as server:
        with pytest.raises(Unreachable) as failed:
            await fetcher.fetch(f"{server.url}/cat.png?token=secret#secret")

    assert str(failed.value) == f"{server.url}/cat.png answered 404"


async def test_many_are_fetched_side_by_side(fetcher: GuardedFetcher) -> None:
    async def slowly(heard: Heard, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        await saying(200, heard.target.encode())(heard, writer)

    async with receiving(slowly) as server:
        began = time.monotonic()
        found = await asyncio.gather(*(fetcher.fetch(f"{server.url}/{n}") for n in range(20)))

    assert found == [f"/{n}".encode() for n in range(20)]
    assert time.monotonic() - began < 1.5


async def test_a_fetch_that_is_given_up_leaves_no_connection(fetcher: GuardedFetcher) -> None:
    left = asyncio.Event()

    async def waits(heard: Heard, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            left.set()

    async with receiving(waits) as server:
        fetching = asyncio.create_task(fetcher.fetch(server.url))
        await until(lambda: server.heard, "the fetch to begin")
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        await asyncio.wait_for(left.wait(), 5)
