"""Every way to make a server connect somewhere, with every spelling of where it must not, in a network where each connection is seen.

What is run there is this module as a program; `guard` starts it and reads what it found.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from mezzotint.core.errands import ProviderRequest
from mezzotint.core.errors import BadPicture, Unreachable
from mezzotint.net.fetch import SECONDS, GuardedFetcher
from mezzotint.net.guard import Guard
from mezzotint.net.providers import GuardedLine
from tests.acceptance import closed_world
from tests.acceptance.servers import KEY, Server, ending
from tests.acceptance.surfaces import painted_from
from tests.net.test_guard import HOSTS, NAMES, PRIVATE

PUBLIC = "93.184.216.34"
EVERYWHERE = "0.0.0.0/0,::/0"
WAYS = ("http://{}/x.png", "https://{}/x.png", "https://{}:443/x.png", "http://{}:80/", "http://{}:6379/")
SMALL = {"prompt": "a boat", "width": 256, "height": 256}
CREATE = "/flux/v1/flux-dev"
PREDICT = "/v1/models/black-forest-labs/flux-schnell/predictions"
NONE_OF_OURS = {
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "pdf": b"%PDF-1.4\n",
    "json": b'{"key": "secret"}',
    "nothing": b"",
}
PATIENCE = 120.0


@dataclass
class Entrance:
    """How many ways in were tried, how many of them were refused, and what was connected to that must not be."""

    tried: int = 0
    refused: int = 0
    reached: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Guarded:
    entrances: dict[str, Entrance]
    reached_where_allowed: int  # hosts that answered when all might be reached: the same spellings, and the same watch
    failed_connections: int  # that the kernel saw begun and nobody took
    slowest: float  # seconds of a download that would not end

    @property
    def holds(self) -> bool:
        closed = all(each.tried == each.refused and not each.reached for each in self.entrances.values())
        return closed and self.failed_connections == 0 and self.slowest < SECONDS + 5 and self.reached_where_allowed > 0

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def guard(folder: Path, count: int, seed: int) -> Guarded:
    """`count` hosts of each entrance, and names that change their address; from 1000 on every host, on every surface, and drips."""
    told = json.loads(closed_world.python("tests.acceptance.guarding", str(folder), str(count), str(seed), seconds=1800).splitlines()[-1])
    return Guarded({name: Entrance(**each) for name, each in told.pop("entrances").items()}, **told)


class Trial:
    def __init__(self, folder: Path, count: int, seed: int) -> None:
        self._folder, self._chance, self._whole = folder, random.Random(seed), count >= 1000
        hosts = sorted(set(HOSTS.values()))
        self._hosts = hosts if self._whole else self._chance.sample(hosts, min(count, len(hosts)))
        self._rebinding = count
        self._names = closed_world.NameServer()
        self._canary = closed_world.Canary(self._answer)
        self._redirects: dict[str, str] = {}
        self._entrances: dict[str, Entrance] = {}
        self._slowest = 0.0
        self._client = httpx2.AsyncClient()

    async def run(self) -> Guarded:
        await self._names.listen()
        await self._canary.listen()
        allowed = await self._serving(self._sent_where_all_may_be, MEZZOTINT_REACH=EVERYWHERE)
        await self._serving(self._every_entrance)
        await asyncio.sleep(0.2)  # for the kernel to have counted
        return Guarded(self._entrances, allowed, closed_world.failed(), round(self._slowest, 1))

    async def _serving(self, trial: Callable[[], Awaitable[Any]], **settings: Any) -> Any:
        with ending(Server(self._folder, **settings)) as server:
            await asyncio.to_thread(server.start)
            headers = {"authorization": f"Bearer {KEY}"}
            async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=60, trust_env=False) as self._client:
                found = await trial()
            await asyncio.to_thread(server.stop)
        return found

    async def _every_entrance(self) -> None:
        await self._through("resent webhooks", self._resent)
        await self._through("pictures", self._pictures)
        await self._through("redirects", self._redirected)
        await self._through("webhooks", self._webhooks)
        await self._through("names of pictures", self._named_pictures)
        await self._through("names of redirects", self._named_redirects)
        await self._through("names of webhooks", self._named_webhooks)
        await self._through("downloads", self._downloads)
        await self._through("what providers name", self._named_by_providers)
        await self._through("names that change", self._changing)
        await self._through("what is no picture", self._no_pictures)

    async def _through(self, name: str, trial: Callable[[Entrance], Awaitable[None]]) -> None:
        entrance = self._entrances[name] = Entrance()
        before = self._canary.seen.copy()
        await trial(entrance)
        entrance.reached = sorted(set(self._canary.seen - before) - {PUBLIC})

    async def _answer(self, address: str, target: str, writer: asyncio.StreamWriter) -> None:
        """What is connected to, wherever it is."""
        if (where := self._redirects.get(target)) is not None:
            writer.write(b"HTTP/1.1 302 Found\r\nconnection: close\r\ncontent-length: 0\r\nlocation: " + where.encode() + b"\r\n\r\n")
        elif target.startswith("/none/"):
            body = NONE_OF_OURS[target.removeprefix("/none/")]
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        elif target in ("/drip", "/endless"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n\x89PNG\r\n\x1a\n")
            for _ in range(4000):
                writer.write(b"x" if target == "/drip" else b"x" * 65_536)
                await writer.drain()
                await asyncio.sleep(0.5 if target == "/drip" else 0)
        else:
            writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")

    # entrances

    def _urls(self) -> list[str]:
        return [WAYS[at % len(WAYS)].format(host) for at, host in enumerate(self._hosts)]

    async def _pictures(self, entrance: Entrance) -> None:
        surfaces = list(painted_from(""))
        for at, url in enumerate(self._urls()):
            for surface in surfaces if self._whole else [surfaces[at % len(surfaces)]]:
                await self._refused(entrance, *painted_from(url)[surface])

    async def _webhooks(self, entrance: Entrance) -> None:
        for url in self._urls():
            await self._refused(entrance, CREATE, SMALL | {"webhook_url": url})
            await self._refused(entrance, PREDICT, {"input": {"prompt": "a boat"}, "webhook": url})

    async def _refused(self, entrance: Entrance, path: str, body: dict[str, Any]) -> None:
        """At once, as a spelling of an address shows what it is; one with a zone, which is none, when it is used."""
        response = await self._client.post(path, json=body)
        entrance.tried += 1
        if response.is_success:
            entrance.refused += await self._ended(response.json()["id"]) == "Error"
        else:
            entrance.refused += response.status_code in (400, 422)

    async def _redirected(self, entrance: Entrance) -> None:
        self._redirects |= {f"/to/{at}": url for at, url in enumerate(self._urls())}
        await self._painted(entrance, [f"http://{PUBLIC}/to/{at}" for at in range(len(self._hosts))])

    async def _downloads(self, entrance: Entrance) -> None:
        """What fetches for us, whoever asks it to."""
        fetcher = GuardedFetcher(Guard())
        for url in self._urls():
            entrance.tried += 1
            try:
                await fetcher.fetch(url)
            except (Unreachable, BadPicture):
                entrance.refused += 1
        await fetcher.close()

    async def _named_by_providers(self, entrance: Entrance) -> None:
        """Where a provider says that its picture is, or that its task is to be asked for."""
        line = GuardedLine(Guard())
        for url in [*self._urls(), *(f"https://{name}/" for name in self._private_names("providers"))]:
            entrance.tried += 1
            answer = await line.ask(ProviderRequest("GET", url, {}, None, own=False))
            entrance.refused += answer.status == 0 and not answer.sent
        await line.close()

    def _private_names(self, zone: str) -> list[str]:
        """Names of addresses that may not be reached, half of which have a public one beside it; and names that are spellings."""
        addresses = [str(address) for host in self._hosts if (address := _address(host)) is not None]
        table = {f"n{at}.{zone}.test": [[address] if at % 2 else [PUBLIC, address]] for at, address in enumerate(addresses)}
        self._names.table |= table
        return [*table, *(name for name in NAMES.values() if "%" not in name and "[" not in name)]

    async def _named_pictures(self, entrance: Entrance) -> None:
        await self._painted(entrance, [f"http://{name}/x.png" for name in self._private_names("pictures")])

    async def _named_redirects(self, entrance: Entrance) -> None:
        names = self._private_names("redirects")
        self._redirects |= {f"/name/{at}": f"http://{name}/" for at, name in enumerate(names)}
        await self._painted(entrance, [f"http://{PUBLIC}/name/{at}" for at in range(len(names))])

    async def _named_webhooks(self, entrance: Entrance) -> None:
        names = self._private_names("webhooks")
        messages = [self._message(CREATE, SMALL | {"webhook_url": f"https://{name}/hook"}) for name in names]
        await self._undelivered(entrance, [each for message in messages if (each := await message) is not None], len(names))

    async def _changing(self, entrance: Entrance) -> None:
        """Public when it is asked for first, and private when it is asked for again, as it is for a redirect; or the other way round."""
        urls = []
        for at in range(self._rebinding):
            name, inside = f"r{at}.rebind.test", [self._chance.choice(list(PRIVATE.values()))]
            self._names.table[name] = self._chance.choice([[[PUBLIC], inside], [inside, [PUBLIC]], [[PUBLIC], [PUBLIC], inside], [[PUBLIC], [PUBLIC, *inside]]])
            self._redirects[f"/again/{at}"] = f"http://{name}/again/{at}"
            urls.append(f"http://{name}/again/{at}")
        await self._painted(entrance, urls)

    async def _no_pictures(self, entrance: Entrance) -> None:
        slow = ["/drip"] if self._whole else []
        began = time.monotonic()
        await self._painted(entrance, [f"http://{PUBLIC}{path}" for path in ("/endless", *(f"/none/{name}" for name in NONE_OF_OURS), *slow)])
        self._slowest = time.monotonic() - began

    async def _sent_where_all_may_be(self) -> int:
        """Webhooks to every host, delivered as the operator allows; they are sent again when that is no longer so."""
        urls = [f"http://{host}/hook" for host in self._hosts]
        self._sent = [found for url in urls if (found := await self._message(CREATE, SMALL | {"webhook_url": url})) is not None]
        first = [(await self._tried(message, 1))["attempts"][0] for message in self._sent]
        return sum(each["status"] is not None for each in first)

    async def _resent(self, entrance: Entrance) -> None:
        for message in self._sent:
            response = await self._client.post(f"/v1/webhooks/{message}/resend")
            assert response.is_success, response.text
        await self._undelivered(entrance, self._sent, len(self._hosts), tries=2)

    # what becomes of it

    async def _message(self, path: str, body: dict[str, Any]) -> str | None:
        """The id of the webhook of a task that was made with this body; None if none was."""
        response = await self._client.post(path, json=body)
        if not response.is_success:
            return None
        task = response.json()["id"]
        await self._ended(task)
        newest = (await self._client.get("/v1/webhooks", params={"limit": 1})).json()["data"][0]
        assert newest["task"] == task
        return str(newest["id"])

    async def _tried(self, message: str, tries: int) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            told: dict[str, Any] = (await self._client.get(f"/v1/webhooks/{message}")).json()
            if told["tried"] >= tries:
                return told
            await asyncio.sleep(0.01)
        raise AssertionError(f"webhook {message} was not sent")

    async def _undelivered(self, entrance: Entrance, messages: Sequence[str], tried: int, tries: int = 1) -> None:
        entrance.tried += tried
        entrance.refused += tried - len(messages)
        for message in messages:
            last = (await self._tried(message, tries))["attempts"][-1]
            entrance.refused += last["status"] is None

    async def _painted(self, entrance: Entrance, urls: Iterable[str]) -> None:
        """Each is asked for as a picture; it may be refused at once, or else its task is to fail."""
        tasks = []
        for url in urls:
            entrance.tried += 1
            response = await self._client.post(CREATE, json=SMALL | {"image_prompt": url})
            if response.is_success:
                tasks.append(response.json()["id"])
            else:
                entrance.refused += response.status_code in (400, 422)
        for task in tasks:
            entrance.refused += await self._ended(task) == "Error"

    async def _ended(self, task: str) -> str:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            told = (await self._client.get("/flux/v1/get_result", params={"id": task})).json()
            if told["status"] != "Pending":
                return str(told["status"])
            await asyncio.sleep(0.01)
        raise AssertionError(f"task {task} is still pending")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


if __name__ == "__main__":
    print(asyncio.run(Trial(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])).run()))
