"""A task followed from its beginning to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from mezzotint import records
from mezzotint.core.tasks import Outcome, Progress, Status
from mezzotint.http import events as module
from tests.clocks import HandClock
from tests.studio import KEY, OTHER_KEY, Studio, a_studio

BEARER = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
def studio() -> Studio:
    return a_studio(HandClock())


def read(text: str) -> list[tuple[str, str, Any]]:
    """(id, event, data) of each."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    fields = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [(each["id"], each["event"], records.decode(each["data"].encode(), dict)) for each in fields]


async def follow(studio: Studio, task: str, **headers: str) -> str:
    response = await studio.client.get(f"/v1/tasks/{task}/events", headers=BEARER | {name.replace("_", "-"): value for name, value in headers.items()})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return response.text


async def parts(studio: Studio, task: str) -> AsyncIterator[str]:
    """What comes, as it comes: the app is asked itself, as the test client gives answers out whole."""
    coming: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await coming.put(message["body"] or None)

    async def receive() -> Any:
        await asyncio.sleep(60)

    app = studio.client._transport.app  # type: ignore[attr-defined]  # the test client holds the app
    headers = [(b"authorization", f"Bearer {KEY}".encode()), (b"host", b"testserver")]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": f"/v1/tasks/{task}/events", "scheme": "http", "headers": headers, "query_string": b""}
    scope |= {"asgi": {"version": "3.0", "spec_version": "2.4"}, "root_path": "", "client": ("127.0.0.1", 5000)}
    running = asyncio.create_task(app(scope, receive, send))
    while (part := await asyncio.wait_for(coming.get(), 10)) is not None:
        yield part.decode()
    await running


async def test_each_change_is_an_event_and_the_end_is_the_last(studio: Studio) -> None:
    task = (await studio.created(steps=4))["id"]
    stream = parts(studio, task)
    heard = [await anext(stream)]

    epoch = await studio.tools.ledger.enlist("test")
    [claim] = await studio.tools.ledger.claim("test", epoch, ["stub"], 1)
    for step in (1, 2):
        studio.tools.progress.note(Progress(claim.task, claim.attempt, step, 4))
        studio.tools.hub.changed(claim.task)
        heard.append(await anext(stream))
    await studio.tools.ledger.enlist("test")
    await studio.end(Outcome(Status.ERROR, code="engine_failed", message="no luck"))
    studio.tools.hub.changed(claim.task)
    heard += [part async for part in stream]

    told = read("".join(heard))
    assert [(name, event) for name, event, _ in told] == [("0-waiting", "pending"), ("1-1", "processing"), ("1-2", "processing"), ("end", "error")]
    assert (told[1][2]["step"], told[1][2]["steps"]) == (1, 4)
    assert told[-1][2]["error"] == {"code": "engine_failed", "message": "no luck"}


async def test_what_has_ended_is_told_at_once(studio: Studio) -> None:
    task = (await studio.created())["id"]
    await studio.paint()

    [(name, event, body)] = read(await follow(studio, task))

    assert (name, event) == ("end", "ready")
    assert (await studio.client.get(body["images"][0])).status_code == 200


async def test_what_was_heard_before_is_not_told_again(studio: Studio) -> None:
    task = (await studio.created())["id"]
    await studio.paint()

    assert read(await follow(studio, task, last_event_id="end")) == []


async def test_a_silent_stream_shows_that_it_lives(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE", 0.01)
    task = (await studio.created())["id"]
    stream = parts(studio, task)
    await anext(stream)

    assert await anext(stream) == ": still here\n\n"

    await studio.paint()
    studio.tools.hub.changed(UUID(task))
    assert "event: ready" in "".join([part async for part in stream])


async def test_the_polling_urls_token_opens_it_too(studio: Studio) -> None:
    made = await studio.created()
    await studio.paint()
    token = made["polling_url"].partition("token=")[2]

    assert (await studio.client.get(f"/v1/tasks/{made['id']}/events", params={"token": token})).status_code == 200


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"authorization": f"Bearer {OTHER_KEY}"}, 404)])
async def test_others_hear_nothing(studio: Studio, headers: dict[str, str], status: int) -> None:
    task = (await studio.created())["id"]

    assert (await studio.client.get(f"/v1/tasks/{task}/events", headers=headers)).status_code == status
