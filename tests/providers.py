"""Providers on 127.0.0.1 that speak their dialects byte for byte, on real sockets, and go wrong in every way that they are told to.

What a provider does wrong is in the prompt: `fault:KIND` anywhere in it. Each counts what it made, by prompt: whoever orders a picture
twice is found out.
"""

from __future__ import annotations

import asyncio
import base64
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.pictures import a_file

KEY = "provider-key-0123456789"
# what a provider may do wrong
FAULTS = ("slow", "5xx", "429", "half", "junk", "wrong-id", "expired", "moderated", "cut", "endless", "huge", "wrong-type")
UNKNOWABLE = ("5xx", "half", "junk", "cut")  # after which nobody can know whether it was made; it was


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


@dataclass
class Reply:
    """`cut`: so many bytes of it and then the end of the connection; None: all of it."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


def as_json(status: int, told: Any, **headers: str) -> Reply:
    body = json.dumps(told, separators=(",", ":")).encode()
    return Reply(status, body, {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class Made:
    """A task at the provider."""

    id: str
    prompt: str
    body: dict[str, Any]
    created: float
    polls: int = 0
    fetches: int = 0
    canceled: bool = False


class FakeProvider:
    """One dialect. `seconds` is how long a picture takes; `price` is told where the dialect tells one."""

    def __init__(self, *, seconds: float = 0.0, idempotent: bool = False, price: float | None = None) -> None:
        self.seconds, self.idempotent, self.price = seconds, idempotent, price
        self.made: dict[str, Made] = {}
        self.made_of: Counter[str] = Counter()  # pictures, by prompt
        self.asked_of: Counter[str] = Counter()  # creates that came in whole, by prompt
        self.keys: dict[str, str] = {}  # idempotency keys
        self.requests: list[Request] = []
        self.hooks: dict[str, Callable[[Request], Awaitable[Reply] | Reply]] = {}  # by path, before all else
        self.url = ""
        self.down = False
        self.picture = a_file("PNG", 64, 64)

    # what the dialects fill in

    def route(self, request: Request) -> Reply:
        raise NotImplementedError

    def accept(self, request: Request, prompt: str) -> Reply | None:
        """What a create is answered where something is wrong before anything is made."""
        self.asked_of[prompt] += 1
        if "fault:429" in prompt and self.asked_of[prompt] <= 1:
            return self.throttled()
        if "fault:moderated" in prompt and (said := self.moderated_at_once()) is not None:
            return said
        return None

    def make(self, request: Request, prompt: str) -> Made:
        """One task for one idempotency key, where that is known here."""
        key = request.headers.get("idempotency-key", "") if self.idempotent else ""
        if key and key in self.keys:
            return self.made[self.keys[key]]
        made = Made(self.new_id(), prompt, request.json if request.body[:1] == b"{" else {}, time.monotonic())
        self.made[made.id] = made
        self.made_of[prompt] += 1
        if key:
            self.keys[key] = made.id
        return made

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def throttled(self) -> Reply:
        return as_json(429, {"detail": "Too many"}, retry_after="1")

    def moderated_at_once(self) -> Reply | None:
        return None

    def after(self, request: Request, made: Made, reply: Reply) -> Reply:
        """The answer to a create, as its fault has it. Of an idempotent provider it goes wrong once, and is right when it is asked again."""
        again = self.idempotent and self.asked_of[made.prompt] > 1
        for fault, spoil in SPOILED.items():
            if f"fault:{fault}" in made.prompt and not again:
                return spoil(reply)
        return reply

    def standing(self, made: Made) -> str:
        """pending, ready, moderated or failed."""
        made.polls += 1
        if "fault:endless" in made.prompt or time.monotonic() - made.created < self.seconds:
            return "pending"
        if "fault:failed" in made.prompt:
            return "failed"
        return "moderated" if "fault:moderated" in made.prompt else "ready"

    def link(self, made: Made) -> str:
        return f"{self.url}/pictures/{made.id}?n={made.polls}"

    def fetch(self, request: Request) -> Reply:
        made = self.made[request.path.rpartition("/")[2]]
        made.fetches += 1
        if "fault:expired" in made.prompt and made.fetches <= 2:
            return Reply(403, b"<?xml version='1.0'?><Error><Code>AuthenticationFailed</Code></Error>", {"content-type": "application/xml"})
        if "fault:huge" in made.prompt:
            return Reply(200, self.picture + bytes(21 * 1024 * 1024), {"content-type": "image/png"})
        if "fault:wrong-type" in made.prompt:
            return Reply(200, b"<html>not a picture</html>", {"content-type": "text/html"})
        whole = Reply(200, self.picture, {"content-type": "image/png"})
        return Reply(200, self.picture, whole.headers, cut=len(self.picture) // 2) if "fault:torn" in made.prompt and made.fetches <= 1 else whole

    async def handle(self, request: Request) -> Reply:
        self.requests.append(request)
        if self.down:
            return Reply(0, cut=0)
        if (hook := self.hooks.get(request.path)) is not None:
            said = hook(request)
            return said if isinstance(said, Reply) else await said
        if request.path.startswith("/pictures/"):
            return self.fetch(request)
        if b"fault:slow" in request.body:
            await asyncio.sleep(0.3)
        return self.route(request)


def _half(reply: Reply) -> Reply:
    return Reply(reply.status, reply.body, reply.headers, cut=len(reply.body) // 2)


# what becomes of the answer to a create that was taken
SPOILED: dict[str, Callable[[Reply], Reply]] = {
    "5xx": lambda reply: Reply(500, b"Internal Server Error", {"content-type": "text/plain"}),
    "half": _half,
    "junk": lambda reply: Reply(200, b"<!doctype html><title>Welcome</title>", {"content-type": "text/html"}),
    "cut": lambda reply: Reply(reply.status, reply.body, reply.headers, cut=-1),
}


class FakeBFL(FakeProvider):
    """Black Forest Labs (`x-key`), CometAPI (a bearer token, `/flux/v1`), or another mezzotint, as far as a client can tell."""

    def __init__(self, *, prefix: str = "/v1", bearer: bool = False, **rest: Any) -> None:
        super().__init__(**rest)
        self.prefix, self.bearer = prefix, bearer

    def route(self, request: Request) -> Reply:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ") if self.bearer else request.headers.get("x-key")
        path = request.path.removeprefix(self.prefix)
        if path == "/get_result":
            return self.result(request.query.get("id", ""))
        if shown != KEY:
            return as_json(403, {"detail": "Not authenticated - Invalid Authentication"})
        if path == "/credits" or request.path == "/v1/models":
            return as_json(200, {"credits": 100.0})
        if path.startswith("/tasks/") and path.endswith("/cancel"):
            self.made[path.split("/")[2]].canceled = True
            return as_json(200, {"status": "canceled"})
        return self.create(request)

    def create(self, request: Request) -> Reply:
        body = request.json
        if body.get("width", 256) % 32:
            detail = {"type": "multiple_of", "loc": ["body", "width"], "msg": "Input should be a multiple of 32", "input": body["width"]}
            return as_json(422, {"detail": [detail]})
        prompt = body.get("prompt", "")
        if (wrong := self.accept(request, prompt)) is not None:
            return wrong
        made = self.make(request, prompt)
        url = f"{self.url}{self.prefix}/get_result?id={made.id}"
        return self.after(request, made, as_json(200, {"id": made.id, "polling_url": url, "cost": self.price, "input_mp": None, "output_mp": None}))

    def result(self, task: str) -> Reply:
        told: dict[str, Any] = {"id": task, "status": "Task not found", "result": None, "progress": None, "details": None, "preview": None}
        made = self.made.get(task)
        if made is not None:
            told |= self.told(made)
        return as_json(200, told, retry_after="0", x_ratelimit_limit="1200", x_ratelimit_remaining="1199")

    def told(self, made: Made) -> dict[str, Any]:
        standing = self.standing(made)
        if "fault:wrong-id" in made.prompt and made.polls <= 2:
            other = {"sample": f"{self.url}/pictures/somebody-elses", "prompt": "private", "seed": 1}
            return {"id": str(uuid.uuid4()), "status": "Ready", "result": other}
        match standing:
            case "ready":
                result = {"sample": self.link(made), "prompt": made.prompt, "seed": made.body.get("seed", 5), "start_time": 1766072345.188173}
                return {"status": "Ready", "result": result | {"end_time": 1766072346.5, "duration": 1.311827}}
            case "moderated":
                return {"status": "Content Moderated", "details": {"Moderation Reasons": ["Derivative Works Filter"]}}
            case "failed":
                return {"status": "Error", "details": {"error": "the cluster is on fire"}}
        return {"status": "Pending", "progress": 0.5}


class FakeReplicate(FakeProvider):
    def new_id(self) -> str:
        return uuid.uuid4().hex[:26]

    def throttled(self) -> Reply:
        told = {"detail": "Request was throttled. Your rate limit resets in ~1s.", "status": 429, "retry_after": 1}
        return as_json(429, told, retry_after="1")

    def route(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return as_json(401, {"title": "Unauthenticated", "detail": "You did not pass a valid authentication token", "status": 401})
        parts = request.path.split("/")
        if request.path == "/v1/account":
            return as_json(200, {"type": "user", "username": "me", "name": "Me", "github_url": None})
        if parts[-1] == "cancel":
            self.made[parts[-2]].canceled = True
            return as_json(200, self.shown(self.made[parts[-2]]))
        if request.method == "GET":
            made = self.made.get(parts[-1])
            return as_json(404, {"detail": "The requested resource could not be found.", "status": 404}) if made is None else as_json(200, self.shown(made))
        prompt = request.json["input"].get("prompt", "")
        if (wrong := self.accept(request, prompt)) is not None:
            return wrong
        made = self.make(request, prompt)
        return self.after(request, made, as_json(201, self.shown(made, starting=True)))

    def shown(self, made: Made, *, starting: bool = False) -> dict[str, Any]:
        standing = "pending" if starting else self.standing(made)
        told: dict[str, Any] = {
            "id": made.id,
            "model": "black-forest-labs/flux-dev",
            "version": "hidden",
            "input": made.body.get("input", {}),
            "logs": "",
            "output": None,
            "data_removed": False,
            "error": None,
            "source": "api",
            "status": "starting" if starting else "processing",
            "created_at": "2026-11-21T10:00:00.000Z",
            "urls": {name: f"{self.url}/v1/predictions/{made.id}{path}" for name, path in (("get", ""), ("cancel", "/cancel"), ("web", "/web"))},
        }
        if "fault:wrong-id" in made.prompt and not starting and made.polls <= 2:
            return told | {"id": uuid.uuid4().hex[:26], "status": "succeeded", "output": [f"{self.url}/pictures/somebody-elses"]}
        match standing:
            case "ready":
                return told | {"status": "succeeded", "output": [self.link(made)]}
            case "moderated":
                return told | {"status": "failed", "error": "All generated images contained NSFW content. Try running it again with a different prompt."}
            case "failed":
                return told | {"status": "failed", "error": "CUDA error: an illegal memory access was encountered"}
        return told


class FakeOpenAI(FakeProvider):
    """`links`: it gives an address in place of the picture."""

    def __init__(self, *, links: bool = False, **rest: Any) -> None:
        super().__init__(**rest)
        self.links = links

    def throttled(self) -> Reply:
        error = {"message": "Rate limit reached", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
        return as_json(429, {"error": error}, retry_after="1")

    def moderated_at_once(self) -> Reply | None:
        error = {"message": "Your request was rejected by the safety system.", "type": "image_generation_user_error", "param": None}
        return as_json(400, {"error": error | {"code": "moderation_blocked"}})

    def route(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            error = {"message": "Incorrect API key provided", "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}
            return as_json(401, {"error": error})
        if request.path == "/v1/models":
            return as_json(200, {"object": "list", "data": [{"id": "flux-dev", "object": "model", "created": 0, "owned_by": "me"}]})
        prompt = self.prompt_of(request)
        if (wrong := self.accept(request, prompt)) is not None:
            return wrong
        made = self.make(request, prompt)
        picture = {"url": self.link(made)} if self.links else {"b64_json": base64.b64encode(self.body_of(made)).decode()}
        return self.after(request, made, as_json(200, {"created": 1766072345, "data": [picture]}))

    def body_of(self, made: Made) -> bytes:
        if "fault:huge" in made.prompt:
            return self.picture + bytes(21 * 1024 * 1024)
        return b"<html>not a picture</html>" if "fault:wrong-type" in made.prompt else self.picture

    @staticmethod
    def prompt_of(request: Request) -> str:
        if request.headers.get("content-type", "").startswith("multipart/"):
            return request.body.partition(b'name="prompt"\r\n\r\n')[2].partition(b"\r\n")[0].decode()
        prompt: str = request.json["prompt"]
        return prompt


# the server below them


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    parts = urlsplit(target)
    return Request(method, parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}, headers, body)


async def _converse(provider: FakeProvider, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while (request := await _read(reader)) is not None:
            reply = await provider.handle(request)
            lines = [f"HTTP/1.1 {reply.status} So", f"content-length: {len(reply.body)}", *(f"{name}: {value}" for name, value in reply.headers.items())]
            whole = "\r\n".join([*lines, "", ""]).encode()
            if reply.cut is not None:
                writer.write(whole + reply.body[: reply.cut] if reply.cut > 0 else b"")
                break
            writer.write(whole + reply.body)
            await writer.drain()
    except (ConnectionError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


@contextmanager
def serving_providers(*providers: FakeProvider) -> Iterator[None]:
    """Each on a port of its own, in a thread of their own, until the end of the block."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    busy: set[asyncio.Task[None]] = set()

    async def serve() -> None:
        for provider in providers:

            async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, provider: FakeProvider = provider) -> None:
                task = asyncio.current_task()
                assert task is not None
                busy.add(task)
                await _converse(provider, reader, writer)
                busy.discard(task)

            server = await asyncio.start_server(connected, "127.0.0.1", 0)
            servers.append(server)
            provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        started.set()

    async def stop() -> None:
        for server in servers:
            server.close()
        waiting = list(busy)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        loop.stop()

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()
        loop.close()

    servers: list[asyncio.Server] = []
    thread = threading.Thread(target=run, name="providers", daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop)
        thread.join(10)
