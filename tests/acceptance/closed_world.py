"""A network of its own in which every address there is leads to us, and names mean what we say: whatever a program connects to is seen.

Linux only, as root or where user namespaces may be made. The kernel counts connections as well, so that none is overlooked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

ENTER = """
set -e
ip link set lo up
ip route add local 0.0.0.0/0 dev lo
ip -6 route add local ::/0 dev lo
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
mount --bind "$1/hosts" /etc/hosts
shift
exec "$@"
"""
PLACES = {"resolv.conf": "nameserver 127.0.0.1\noptions timeout:1\n", "nsswitch.conf": "hosts: files dns\n", "hosts": "127.0.0.1 localhost\n"}
WEB = (80, 443)
A, AAAA = 1, 28
Answer = Callable[[str, str, asyncio.StreamWriter], Awaitable[None]]


def within(*command: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """The command, in such a network."""
    with tempfile.TemporaryDirectory(prefix="mezzotint-world-") as folder:
        for name, text in PLACES.items():
            (Path(folder) / name).write_text(text)
        entered = ["unshare", "-Urnm", "sh", "-c", ENTER, "sh", folder, *command]
        return subprocess.run(entered, capture_output=True, text=True, timeout=seconds, check=False, start_new_session=True)


def possible() -> bool:
    """Whether this machine lets us make one."""
    try:
        return within("true", seconds=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def python(module: str, *arguments: str, seconds: float) -> str:
    """What a module of ours prints in such a network."""
    done = within(sys.executable, "-m", module, *arguments, seconds=seconds)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def failed() -> int:
    """TCP connections that were begun in this network and that nobody took, as the kernel counts them."""
    lines = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Tcp:")]
    counts = dict(zip(*lines, strict=True))
    return int(counts["ActiveOpens"]) - int(counts["PassiveOpens"])


class Canary:
    """Whoever connects to port 80 or 443 of any address is noted, by that address, and answered in HTTP by `answer`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.seen = Counter[str]()
        self._servers: list[asyncio.Server] = []

    async def listen(self) -> None:
        for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            for port in WEB:
                taken = socket.socket(family)
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                taken.bind((host, port))
                self._servers.append(await asyncio.start_server(self._met, sock=taken, backlog=1024))

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = str(ipaddress.ip_address(writer.get_extra_info("sockname")[0].partition("%")[0]))
        self.seen[address] += 1
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            target = head.split(b" ", 2)[1].decode("latin-1")
            await self._answer(address, target, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError, IndexError):
            pass  # TLS, or somebody who only looked
        finally:
            writer.close()

    async def close(self) -> None:
        for server in self._servers:
            server.close()


class NameServer(asyncio.DatagramProtocol):
    """Answers for names from a table of answers: each name gives its lists of addresses in turn, then the last one for ever."""

    def __init__(self) -> None:
        self.table: dict[str, list[list[str]]] = {}
        self.asked = Counter[str]()
        self._turns = Counter[tuple[str, int]]()

    async def listen(self) -> None:
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 53))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.DatagramTransport = transport  # type: ignore[assignment]  # of a datagram endpoint

    def datagram_received(self, data: bytes, address: tuple[str | int, ...]) -> None:
        name, kind, question = _question(data)
        answers = self._answers(name, kind)
        flags = 0x8180 if name in self.table else 0x8183
        head = data[:2] + struct.pack(">HHHHH", flags, 1, len(answers), 0, 0)
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(packed)) + packed for packed in answers)
        self._transport.sendto(head + question + records, address)

    def _answers(self, name: str, kind: int) -> list[bytes]:
        lists = self.table.get(name)
        if not lists or kind not in (A, AAAA):
            return []
        self.asked[name] += kind == A
        turn = self._turns[name, kind]
        self._turns[name, kind] += 1
        return list(_packed(lists[min(turn, len(lists) - 1)], kind))


def _question(data: bytes) -> tuple[str, int, bytes]:
    """The name, in lower case, the kind of its record, and the bytes that ask for it."""
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode("latin-1").lower())
        at += 1 + data[at]
    return ".".join(labels), int.from_bytes(data[at + 1 : at + 3], "big"), data[12 : at + 5]


def _packed(addresses: Iterable[str], kind: int) -> Iterable[bytes]:
    for text in addresses:
        address = ipaddress.ip_address(text)
        if address.version == (4 if kind == A else 6):
            yield address.packed
