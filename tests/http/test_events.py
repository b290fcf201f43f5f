"""A task followed from its beginning to its end."""

from __future__ import annotations

import asyncio
import base64
from typing import Any
from uuid import UUID

import pytest

from mezzotint import records
from mezzotint.core.previews import Preview, Wish
from mezzotint.core.tasks import Claim, Outcome, Progress, Status, Verdict
from mezzotint.http import events as module
from tests.clocks import HandClock
from tests.pictures import a_jpeg
from tests.service.asking import all_had_their_turn
from tests.streaming import asked, parts
from tests.studio import KEY, OTHER_KEY, Studio, a_studio
from tests.tasks import ready

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


def path_of(task: str) -> str:
    return f"/v1/tasks/{task}/events"


async def test_each_change_is_an_event_and_the_end_is_the_last(studio: Studio) -> None:
    task = (await studio.created(steps=4))["id"]
    stream = parts(studio, path_of(task))
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

    assert [name for name, _, _ in read(await follow(studio, task, last_event_id="1-1"))] == ["end"]


async def test_who_has_heard_the_end_need_not_come_back(studio: Studio) -> None:
    """A browser's EventSource comes back after whatever ends, unless it is told 204."""
    task = (await studio.created())["id"]
    await studio.paint()
    answers = [await studio.client.get(path_of(task), headers={"last-event-id": "end", "authorization": f"Bearer {key}"}) for key in (KEY, OTHER_KEY)]

    assert (answers[0].status_code, answers[0].content) == (204, b"")
    assert answers[1].status_code == 404


@pytest.mark.parametrize("heard", ["0-waiting", "1-begun", "1-3", "1-waiting", "2-begun", "2-4", "2-waiting", "end", "nonsense", "1-", "-1", ""])
async def test_ids_go_up_whatever_a_client_comes_back_with(studio: Studio, heard: str) -> None:
    """A server that was killed has forgotten the steps of the second attempt, of which the client may have heard."""
    task = (await studio.created())["id"]
    for _ in range(2):
        await studio.tools.ledger.claim("w", await studio.tools.ledger.enlist("w"), ["stub"], 1)
    stream = asyncio.create_task(follow(studio, task, last_event_id=heard))
    await all_had_their_turn()
    studio.tools.progress.note(Progress(UUID(task), 2, 4, 9))
    studio.tools.hub.changed(UUID(task))
    await all_had_their_turn()
    await studio.tools.ledger.settle([Verdict(UUID(task), 2, ready())])
    studio.tools.hub.changed(UUID(task))

    everything = ["2-begun", "2-4", "end"]
    left = {"2-begun": ["2-4", "end"], "2-4": ["end"], "2-waiting": ["end"], "end": []}
    assert [name for name, _, _ in read(await asyncio.wait_for(stream, 10))] == left.get(heard, everything)


async def test_a_silent_stream_shows_that_it_lives(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE", 0.01)
    task = (await studio.created())["id"]
    stream = parts(studio, path_of(task))
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


# previews


def previews_in(parts: list[str]) -> list[dict[str, Any]]:
    return [records.decode(part.partition("data: ")[2].encode(), dict) for part in parts if part.startswith("event: preview\n")]


class Work:
    """A task that a worker has, which shows what it does."""

    def __init__(self, studio: Studio, claim: Claim) -> None:
        self.tools, self.claim = studio.tools, claim

    def show(self, step: int, *, told: bool = True) -> None:
        if told:
            self.tools.progress.note(Progress(self.claim.task, self.claim.attempt, step, 28))
        self.tools.previews.show(Preview(self.claim.task, self.claim.attempt, step, 28, a_jpeg(8, step)))
        self.tools.hub.changed(self.claim.task)

    async def finish(self) -> None:
        await self.tools.ledger.settle([Verdict(self.claim.task, self.claim.attempt, ready())])
        self.tools.previews.ended(self.claim.task)
        self.tools.hub.changed(self.claim.task)


async def at_work(studio: Studio) -> Work:
    await studio.created()
    [claim] = await studio.tools.ledger.claim("w", await studio.tools.ledger.enlist("w"), ["stub"], 1)
    return Work(studio, claim)


async def test_who_asks_for_them_sees_previews_beside_the_changes(studio: Studio) -> None:
    work = await at_work(studio)
    stream = parts(studio, path_of(str(work.claim.task)), "previews=true")
    heard = [await anext(stream)]
    for step in (3, 9):
        work.show(step)
        heard += [await anext(stream), await anext(stream)]
    await work.finish()
    heard += [part async for part in stream]

    assert [part.splitlines()[0] for part in heard] == ["id: 1-begun", "id: 1-3", "event: preview", "id: 1-9", "event: preview", "id: end"]
    first, second = previews_in(heard)
    assert list(first) == ["id", "status", "step", "steps", "preview"]
    assert (first["id"], first["status"], first["step"], first["steps"], second["step"]) == (str(work.claim.task), "processing", 3, 28, 9)
    kind, data = first["preview"].split(",")
    assert (kind, base64.b64decode(data)) == ("data:image/jpeg;base64", a_jpeg(8, 3))


async def test_who_does_not_ask_sees_none_though_others_watch(studio: Studio) -> None:
    work = await at_work(studio)
    stream, other = parts(studio, path_of(str(work.claim.task))), parts(studio, path_of(str(work.claim.task)), "previews=1")
    heard = [await anext(stream)]
    await anext(other)
    work.show(3)
    work.show(4, told=False)
    await work.finish()
    heard += [part async for part in stream]

    assert previews_in(heard) == []
    assert previews_in([part async for part in other]) == []  # what it showed was gone with the task before anybody looked


async def test_a_preview_is_shown_once_however_often_the_task_is_spoken_of(studio: Studio) -> None:
    work = await at_work(studio)
    stream = parts(studio, path_of(str(work.claim.task)), "previews=true")
    heard = [await anext(stream)]
    work.show(3)
    heard += [await anext(stream), await anext(stream)]
    for _ in range(3):
        studio.tools.hub.changed(work.claim.task)
        await asyncio.sleep(0)
    await work.finish()
    heard += [part async for part in stream]

    assert len(previews_in(heard)) == 1


async def test_the_task_is_watched_for_as_long_as_the_stream_is_open(studio: Studio) -> None:
    work = await at_work(studio)

    def watched() -> dict[UUID, Wish]:
        return studio.tools.previews.wishes([work.claim.task])

    stream = parts(studio, path_of(str(work.claim.task)), "previews=true")
    assert watched() == {}

    await anext(stream)
    assert watched() == {work.claim.task: Wish(live=True)}

    await work.finish()
    assert [part async for part in stream]
    assert watched() == {}


@pytest.mark.parametrize("spec", ["2.3", "2.4"])
@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_watcher_that_leaves_is_forgotten(studio: Studio, spec: str, after: int) -> None:
    """Before it heard anything, or in the middle. Servers of older ASGI say so, and of newer ones refuse to send."""
    work = await at_work(studio)
    gone, sent = asyncio.Event(), list[Any]()

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > after:
            gone.set()
            if spec == "2.4":
                raise OSError("the connection is gone")

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    running = asyncio.create_task(asked(studio, path_of(str(work.claim.task)), "previews=true", send, receive, spec))
    for step in range(1, 4):
        await all_had_their_turn()
        work.show(step)
    await asyncio.wait_for(running, 10)

    assert sent
    assert studio.tools.previews.wishes([work.claim.task]) == {}
    assert not studio.tools.previews._latest


@pytest.mark.parametrize("word", ["yes", "2", ""])
async def test_a_wish_for_previews_is_true_or_false(studio: Studio, word: str) -> None:
    task = (await studio.created())["id"]

    response = await studio.client.get(f"/v1/tasks/{task}/events", params={"previews": word}, headers=BEARER)

    assert response.status_code == 400
    assert "previews" in response.text
