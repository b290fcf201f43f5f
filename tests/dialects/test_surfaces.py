"""One store under all surfaces: whatever made a task, its owner reads, waits for, lists and cancels it on every other; nobody else does."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import pytest
from PIL import Image

from mezzotint.core import ids
from mezzotint.core.accounts import ApiKey, digest, handle
from mezzotint.core.tasks import Outcome, Status
from tests.studio import KEY, OTHER_KEY, Studio

COLLEAGUE = "mz_" + "d" * 48  # another key of the owner's account
PROMPT = {"prompt": "a paper boat"}
CREATES: dict[str, tuple[str, dict[str, Any]]] = {
    "comet": ("/flux/v1/flux-dev", PROMPT | {"width": 256, "height": 256}),
    "bfl": ("/v1/flux-2-pro", PROMPT | {"width": 256, "height": 256}),
    "replicate": ("/v1/models/black-forest-labs/flux-schnell/predictions", {"input": PROMPT | {"megapixels": "0.25"}}),
    "replicate below its prefix": ("/replicate/v1/models/black-forest-labs/flux-dev/predictions", {"input": PROMPT | {"megapixels": "0.25"}}),
    "openai": ("/v1/images/generations", PROMPT | {"size": "256x256"}),
}


@dataclass(frozen=True)
class Reader:
    """A surface on which a task is read: where, what it says of one that waits, is ready or was canceled, and where its picture is."""

    path: str
    words: dict[Status, str]
    picture: Callable[[dict[str, Any]], str]
    unknown: Callable[[httpx2.Response], bool]
    status: Callable[[dict[str, Any]], str] = lambda body: str(body["status"])


def not_found(response: httpx2.Response) -> bool:
    return response.status_code == 404


def named_not_found(response: httpx2.Response) -> bool:
    return response.status_code == 200 and response.json()["status"] == "Task not found"


FLUX = {Status.PENDING: "Pending", Status.READY: "Ready", Status.CANCELED: "Error"}
REPLICATE = {Status.PENDING: "starting", Status.READY: "succeeded", Status.CANCELED: "canceled"}
OURS = {Status.PENDING: "pending", Status.READY: "ready", Status.CANCELED: "canceled"}


def sample(body: dict[str, Any]) -> str:
    return str(body["result"]["sample"])


def output(body: dict[str, Any]) -> str:
    made = body["output"]
    return str(made if isinstance(made, str) else made[0])


READERS = {
    "comet": Reader("/flux/v1/get_result?id={}", FLUX, sample, named_not_found),
    "bfl": Reader("/v1/get_result?id={}", FLUX, sample, named_not_found),
    "replicate": Reader("/v1/predictions/{}", REPLICATE, output, not_found),
    "replicate below its prefix": Reader("/replicate/v1/predictions/{}", REPLICATE, output, not_found),
    "ours": Reader("/v1/tasks/{}", OURS, lambda body: str(body["images"][0]), not_found),
}
LISTS = {
    "replicate": ("/v1/predictions", "results"),
    "replicate below its prefix": ("/replicate/v1/predictions", "results"),
    "ours": ("/v1/tasks", "data"),
}
CANCELS = {
    "replicate": "/v1/predictions/{}/cancel",
    "replicate below its prefix": "/replicate/v1/predictions/{}/cancel",
    "ours": "/v1/tasks/{}/cancel",
}

made_on = pytest.mark.parametrize("made", CREATES)
read_on = pytest.mark.parametrize("read", READERS)
spelled = pytest.mark.parametrize("spelling", [str, ids.short], ids=["long", "short"])


async def ask(studio: Studio, method: str, path: str, key: str = KEY, **rest: Any) -> httpx2.Response:
    return await studio.client.request(method, path, headers={"authorization": f"Bearer {key}"}, **rest)


async def a_task(studio: Studio, made: str) -> UUID:
    """The id of a task made on that surface. On OpenAI's the request goes on waiting for its picture."""
    await studio.tools.ledger.add_key(ApiKey(handle(digest(COLLEAGUE)), "default", "a colleague's", 0.0), digest(COLLEAGUE))
    path, body = CREATES[made]
    asking = asyncio.create_task(ask(studio, "POST", path, json=body))
    if made == "openai":
        await studio.tools.hub.wait_for_queue(60)
    answered = None if made == "openai" else (await asking).json()["id"]
    [task] = await studio.tools.ledger.list_of("default", None, None, 9)
    assert answered is None or ids.read(answered) == task.id
    assert task.surface == made.split(maxsplit=1)[0]
    return task.id


async def told(studio: Studio, read: str, task: str, key: str = KEY) -> dict[str, Any]:
    response = await ask(studio, "GET", READERS[read].path.format(task), key)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def bytes_at(studio: Studio, address: str) -> bytes:
    """Replicate's answers carry the picture itself where there is no TLS."""
    if address.startswith("data:"):
        return base64.b64decode(address.partition(",")[2])
    response = await studio.client.get(address)
    assert response.status_code == 200, response.text
    return response.content


@made_on
@read_on
@spelled
async def test_its_owner_reads_a_task_from_its_beginning_to_its_picture(studio: Studio, made: str, read: str, spelling: Callable[[UUID], str]) -> None:
    reader, task = READERS[read], await a_task(studio, made)

    waiting = await told(studio, read, spelling(task))
    await studio.paint()
    ready = await told(studio, read, spelling(task), COLLEAGUE)

    assert reader.status(waiting) == reader.words[Status.PENDING]
    assert reader.status(ready) == reader.words[Status.READY]
    assert ids.read(ready["id"]) == task
    picture = await bytes_at(studio, reader.picture(ready))
    assert Image.open(io.BytesIO(picture)).size[0] in (256, 512)
    [stored] = [image for each in [await studio.tools.ledger.get(task)] if each and each.outcome for image in each.outcome.images]
    assert picture == await studio.tools.blobs.get(stored.key)


@made_on
@read_on
@spelled
async def test_another_account_reads_nothing_of_it(studio: Studio, made: str, read: str, spelling: Callable[[UUID], str]) -> None:
    task = await a_task(studio, made)

    for step in (None, studio.paint):
        if step is not None:
            await step()
        response = await ask(studio, "GET", READERS[read].path.format(spelling(task)), OTHER_KEY)
        assert READERS[read].unknown(response)
        assert "paper boat" not in response.text


@made_on
@pytest.mark.parametrize("listed", LISTS)
async def test_it_is_in_its_accounts_lists_and_in_no_others(studio: Studio, made: str, listed: str) -> None:
    task = await a_task(studio, made)
    path, where = LISTS[listed]

    lists = [(await ask(studio, "GET", path, key)).json()[where] for key in (KEY, COLLEAGUE, OTHER_KEY)]

    assert [[ids.read(entry["id"]) for entry in entries] for entries in lists] == [[task], [task], []]


@made_on
@pytest.mark.parametrize("canceled", CANCELS)
@spelled
async def test_its_account_cancels_it_and_every_surface_says_so(studio: Studio, made: str, canceled: str, spelling: Callable[[UUID], str]) -> None:
    task = await a_task(studio, made)
    path = CANCELS[canceled].format(spelling(task))

    assert (await ask(studio, "POST", path, OTHER_KEY)).status_code == 404
    assert await studio.tools.ledger.waiting() == 1
    assert (await ask(studio, "POST", path, COLLEAGUE)).json()["status"] == "canceled"

    for read, reader in READERS.items():
        assert reader.status(await told(studio, read, str(task))) == reader.words[Status.CANCELED]
    assert await studio.paint() == 0


@made_on
@read_on
async def test_a_poll_on_any_surface_may_wait_for_the_end(studio: Studio, made: str, read: str) -> None:
    task = await a_task(studio, made)
    path = READERS[read].path.format(task)
    waiting = asyncio.create_task(ask(studio, "GET", f"{path}{'&' if '?' in path else '?'}wait=30"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not waiting.done()

    await studio.end(Outcome(Status.REQUEST_MODERATED, reasons=("Violence",)))
    studio.tools.hub.changed(task)

    reader, body = READERS[read], (await waiting).json()
    ended = {"comet": "Request Moderated", "bfl": "Request Moderated", "ours": "request moderated"}
    assert reader.status(body) == ended.get(read, "failed")


@made_on
async def test_its_events_are_for_its_account(studio: Studio, made: str) -> None:
    task = await a_task(studio, made)
    await studio.paint()
    path = f"/v1/tasks/{task}/events"

    assert (await ask(studio, "GET", path, OTHER_KEY)).status_code == 404
    events = (await ask(studio, "GET", path, COLLEAGUE)).text
    last = json.loads(events.strip().rpartition("data: ")[2])
    assert last["status"] == "ready"
    assert (await studio.client.get(last["images"][0])).status_code == 200


@pytest.mark.parametrize("made", ["comet", "bfl"])
@read_on
async def test_the_capability_of_a_polling_url_opens_its_own_task_to_polls_alone(studio: Studio, made: str, read: str) -> None:
    path, body = CREATES[made]
    first = (await ask(studio, "POST", path, json=body)).json()
    other = (await ask(studio, "POST", path, json=body)).json()
    token = first["polling_url"].partition("&token=")[2]

    def address(task: str) -> str:
        place = READERS[read].path.format(task)
        return f"{place}{'&' if '?' in place else '?'}token={token}"

    opened, closed = [await studio.client.get(address(task["id"])) for task in (first, other)]

    assert opened.status_code == (200 if read in ("comet", "bfl") else 401)
    assert closed.status_code in (401, 403)
