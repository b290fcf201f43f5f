"""A server in which one account has one of everything, and every operation that somebody else may try on it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2

from mezzotint.core.accounts import CREATE, READ, ApiKey, digest, handle
from tests.clocks import HandClock
from tests.http.test_openapi import OPERATIONS, followed, routes
from tests.pictures import a_file
from tests.studio import KEY, Studio, a_studio

Operation = tuple[str, str, dict[str, Any]]  # method, path, and what the document says of it

REVOKED, READER, CREATOR = ("mz_" + letter * 48 for letter in "rst")
SECRET = "a prompt that nobody else may read"
BEARER = {"authorization": f"Bearer {KEY}"}
KEYLESS = {path for path, _, each in OPERATIONS if each.get("security") == []}
DESCRIBED: list[Operation] = [(method.upper(), path, each) for path, method, each in OPERATIONS if path not in KEYLESS]
COPIED = "/replicate"  # in front of paths that the document describes without it


def _copies() -> list[Operation]:
    """Operations that are there a second time below another prefix, which the document says in words."""
    known, every = {(method, path) for method, path, _ in DESCRIBED}, routes(a_studio(HandClock()))
    copies = [(method, COPIED + path, each) for method, path, each in DESCRIBED if (method, COPIED + path) not in known]
    concrete = {path: re.sub(r"\{\w+\}", "x", path) for _, path, _ in copies}
    own = [route for route in every if route.path.startswith(COPIED)]
    return [each for each in copies if any(route.path_regex.fullmatch(concrete[each[1]]) and each[0] in (route.methods or ()) for route in own)]


GUARDED = DESCRIBED + _copies()
OF_ONE = [each for each in GUARDED if "{id}" in each[1] or each[1].endswith("/get_result")]  # what is asked about one thing of somebody's


@dataclass
class House:
    """A studio in which the owner has one of everything, and what leads to it."""

    studio: Studio
    task: str
    file: str
    message: str

    def thing(self, path: str) -> str:
        """The id of what an operation at that path is about."""
        if re.search(r"/files/\{id\}(?!/stream)", path):
            return self.file
        return self.message if path.startswith("/v1/webhooks") else self.task

    def address(self, path: str, thing: str | None = None) -> str:
        thing = self.thing(path) if thing is None else thing
        things = {"id": thing, "model": "flux-dev", "owner": "black-forest-labs", "name": "flux-dev", "version": "x", "task": self.task, "slug": "flux"}
        found = re.sub(r"\{(\w+)\}", lambda match: things.get(match[1], "x"), path)
        return f"{found}?id={thing}" if path.endswith("/get_result") else found

    async def asked(self, method: str, path: str, operation: dict[str, Any], key: str | None, thing: str | None = None) -> httpx2.Response:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        return await self.studio.client.request(method, self.address(path, thing), headers=headers, **_body(operation))


def _body(operation: dict[str, Any]) -> dict[str, Any]:
    if "requestBody" not in operation:
        return {}
    content = followed(operation["requestBody"])["content"]
    if "application/json" in content:
        return {"json": content["application/json"].get("example") or {"prompt": "x", "input": {"prompt": "x"}}}
    return {"files": {"image": ("x.png", a_file()), "content": ("x.png", a_file())}, "data": {"prompt": "x"}}


async def _work(studio: Studio) -> None:
    """Paints whatever comes: some operations are held until there is a picture."""
    while True:
        if not await studio.paint():
            await studio.tools.hub.wait_for_queue(60)
        for account in ("default", "other"):
            for task in await studio.tools.ledger.list_of(account, None, None, 20):
                studio.tools.hub.changed(task.id)


@contextlib.asynccontextmanager
async def a_house() -> AsyncIterator[House]:
    studio = a_studio(HandClock())
    ledger = studio.tools.ledger
    for key, details in ((REVOKED, {"revoked": True}), (READER, {"scopes": (READ,)}), (CREATOR, {"scopes": (CREATE,)})):
        await ledger.add_key(ApiKey(handle(digest(key)), "default", "limited", 0.0, **details), digest(key))
    told = (await studio.client.post("/v1/flux-dev", json={"prompt": SECRET, "webhook_url": "https://8.8.8.8/hook"}, headers=BEARER)).json()
    file = (await studio.client.post("/v1/files", files={"content": ("x.png", a_file())}, headers=BEARER)).json()
    await studio.paint()
    [message] = (await studio.client.get("/v1/webhooks", headers=BEARER)).json()["data"]
    working = asyncio.create_task(_work(studio))
    try:
        yield House(studio, told["id"], file["id"], message["id"])
    finally:
        working.cancel()


def told(response: httpx2.Response, thing: str) -> tuple[int, list[tuple[str, str]], str]:
    """All of an answer but the id of its request, and the thing that was asked for."""
    request_id = response.headers["x-request-id"]
    headers = sorted((name, value.replace(thing, "THING")) for name, value in response.headers.items() if name != "x-request-id")
    return response.status_code, headers, response.text.replace(request_id, "REQUEST").replace(thing, "THING")
