"""Every operation of /openapi.json, asked by whoever may not: a stranger, another account, a key that is revoked, one that may do less.

The matrix is made of the document, so that a new operation is in it without anybody's doing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from mezzotint.core import ids
from mezzotint.core.accounts import CREATE, READ, ApiKey, digest, handle
from tests.clocks import HandClock
from tests.http.test_openapi import DOCUMENT, OPERATIONS, followed
from tests.pictures import a_file
from tests.studio import KEY, OTHER_KEY, Studio, a_studio

REVOKED, READER, CREATOR = ("mz_" + letter * 48 for letter in "rst")
SECRET = "a prompt that nobody else may read"
KEYLESS = {path for path, _, each in OPERATIONS if each.get("security") == []}
GUARDED = [(method.upper(), path, each) for path, method, each in OPERATIONS if path not in KEYLESS]
WITHOUT_A_KEY = {"/images/{task}/{name}", "/v1/files/{id}/download", "/replicate/v1/files/{id}/download"}  # signed links


@dataclass
class House:
    """A studio in which the owner has one of everything, and what leads to it."""

    studio: Studio
    task: str
    file: str
    message: str

    def address(self, path: str) -> str:
        things = {"id": self.task, "model": "flux-dev", "owner": "black-forest-labs", "name": "flux-dev", "version": "x", "task": self.task, "slug": "flux"}
        if "/files/" in path:
            things["id"] = self.file
        if path.startswith("/v1/webhooks"):
            things["id"] = self.message
        found = re.sub(r"\{(\w+)\}", lambda match: things.get(match[1], "x"), path)
        return f"{found}?id={self.task}" if path.endswith("/get_result") else found

    async def asked(self, method: str, path: str, operation: dict[str, Any], key: str | None) -> httpx2.Response:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        return await self.studio.client.request(method, self.address(path), headers=headers, **_body(operation))


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


@pytest.fixture
async def house() -> AsyncIterator[House]:
    studio = a_studio(HandClock())
    ledger = studio.tools.ledger
    for key, details in ((REVOKED, {"revoked": True}), (READER, {"scopes": (READ,)}), (CREATOR, {"scopes": (CREATE,)})):
        await ledger.add_key(ApiKey(handle(digest(key)), "default", "limited", 0.0, **details), digest(key))
    bearer = {"authorization": f"Bearer {KEY}"}
    told = (await studio.client.post("/v1/flux-dev", json={"prompt": SECRET, "webhook_url": "https://8.8.8.8/hook"}, headers=bearer)).json()
    file = (await studio.client.post("/v1/files", files={"content": ("x.png", a_file())}, headers=bearer)).json()
    await studio.paint()
    [message] = (await studio.client.get("/v1/webhooks", headers=bearer)).json()["data"]
    working = asyncio.create_task(_work(studio))
    yield House(studio, told["id"], file["id"], message["id"])
    working.cancel()


def named(case: tuple[str, str, Any]) -> str:
    return f"{case[0]} {case[1]}"


def test_what_needs_no_key_is_what_is_public() -> None:
    public = {"/", "/docs", "/errors", "/errors/{code}", "/healthz", "/llms.txt", "/metrics", "/openapi.json", "/readyz", "/api/models", "/v1/models"}

    assert {path for path in KEYLESS if not path.startswith("/v1/models/")} == public | (WITHOUT_A_KEY & set(DOCUMENT["paths"]))
    assert len(GUARDED) > 80


@pytest.mark.parametrize("key", [None, "mz_" + "z" * 48, REVOKED], ids=["no key", "an unknown key", "a revoked key"])
@pytest.mark.parametrize("case", GUARDED, ids=named)
async def test_without_a_good_key_nothing_is_done(house: House, case: tuple[str, str, Any], key: str | None) -> None:
    response = await house.asked(*case, key)

    assert response.status_code in (401, 403), response.text
    assert SECRET not in response.text
    assert await house.studio.tools.ledger.waiting() == 0


@pytest.mark.parametrize("case", GUARDED, ids=named)
async def test_a_key_that_may_do_less_is_refused_by_one_kind_or_the_other(house: House, case: tuple[str, str, Any]) -> None:
    """Every operation reads or makes: a key that may only do the other is refused."""
    statuses = [(await house.asked(*case, key)).status_code for key in (READER, CREATOR)]

    assert 403 in statuses, statuses


@pytest.mark.parametrize("case", GUARDED, ids=named)
async def test_another_account_sees_and_changes_nothing_of_it(house: House, case: tuple[str, str, Any]) -> None:
    method, path, _ = case

    response = await house.asked(*case, OTHER_KEY)

    assert SECRET not in response.text
    if "{id}" in path:
        assert response.status_code == 404, response.text
    elif not path.endswith("/get_result"):  # which repeats what it was asked for
        assert not {house.task, house.file, house.message} & set(re.findall(r"[\w-]+", response.text))
    task = ids.read(house.task)
    assert task is not None
    found = await house.studio.tools.ledger.get(task)
    assert found is not None
    assert (found.status.value, found.cancel_requested) == ("ready", False)
    mine = await house.studio.client.get(f"/v1/files/{house.file}", headers={"authorization": f"Bearer {KEY}"})
    assert mine.status_code == 200, f"{method} {path} took the file away"
