"""The workers' door: who is let in, what is understood, and what is said to those whose time has passed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from mezzotint import records
from mezzotint.core.previews import LARGEST, Preview, Wish
from mezzotint.core.tasks import Claim, Outcome, Status
from mezzotint.http import worker as module
from mezzotint.http.app import Front, public_app, worker_app
from mezzotint.http.auth import Authenticator
from mezzotint.http.health import Door
from mezzotint.http.requests import Origins
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import Terms
from mezzotint.service import read
from tests.clocks import HandClock
from tests.pictures import a_jpeg, in_base64
from tests.studio import KEY, ORIGIN, Studio
from tests.tasks import an_id, ready
from tests.waiting import until

TOKEN = "worker-token"
VERBS = ("enlist", "pull", "beat", "progress", "finish", "fail")
A_PREVIEW = in_base64(a_jpeg())
READY = json.loads(records.encode(ready()))


def front(studio: Studio, token: str = TOKEN, *, remote_workers: bool = False) -> Front:
    return Front(Authenticator(studio.tools.ledger, studio.clock), Origins("", (), ORIGIN), Door(), 1000, token, 15.0, remote_workers)


def a_client(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ORIGIN)


@pytest.fixture
async def door(studio: Studio) -> AsyncIterator[httpx2.AsyncClient]:
    async with a_client(worker_app(studio.tools, front(studio))) as client:
        client.headers["authorization"] = f"Bearer {TOKEN}"
        yield client


async def say(door: httpx2.AsyncClient, verb: str, **message: Any) -> dict[str, Any]:
    response = await door.post(f"/v1/worker/{verb}", json=message)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


async def pull(door: httpx2.AsyncClient, epoch: int, **rest: Any) -> list[dict[str, Any]]:
    message: dict[str, Any] = {"worker": "w", "epoch": epoch, "engines": ["stub"], "slots": 10} | rest
    claims: list[dict[str, Any]] = (await say(door, "pull", **message))["claims"]
    return claims


async def enlist(door: httpx2.AsyncClient) -> int:
    epoch: int = (await say(door, "enlist", worker="w"))["epoch"]
    return epoch


# who is let in


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "shown", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", f"Bearer {KEY}", "\xff"]
)
async def test_without_the_token_there_is_no_way_in(door: httpx2.AsyncClient, verb: str, shown: str | None) -> None:
    del door.headers["authorization"]
    headers = {} if shown is None else {"authorization": shown.encode("latin-1")}

    response = await door.post(f"/v1/worker/{verb}", content=b"no message", headers=headers)  # type: ignore[arg-type]  # headers that may be None

    assert response.status_code == 401
    assert TOKEN not in response.text


async def test_an_empty_token_opens_nothing(studio: Studio) -> None:
    async with a_client(worker_app(studio.tools, front(studio, ""))) as client:
        for headers in ({}, {"authorization": ""}, {"authorization": "Bearer "}):
            assert (await client.post("/v1/worker/enlist", json={"worker": "w"}, headers=headers)).status_code == 401


async def test_the_door_is_on_the_public_side_only_where_workers_come_from_elsewhere(studio: Studio) -> None:
    async with a_client(public_app(studio.tools, front(studio))) as closed:
        assert (await closed.post("/v1/worker/enlist", json={"worker": "w"}, headers={"authorization": f"Bearer {TOKEN}"})).status_code == 404
    async with a_client(public_app(studio.tools, front(studio, remote_workers=True))) as opened:
        assert (await opened.post("/v1/worker/enlist", json={"worker": "w"}, headers={"authorization": f"Bearer {TOKEN}"})).status_code == 200
        assert (await opened.post("/v1/worker/enlist", json={"worker": "w"}, headers={"authorization": f"Bearer {KEY}"})).status_code == 401


@pytest.mark.parametrize("path", ["/flux/v1/flux-dev", "/v1/tasks", "/v1/models", "/healthz"])
async def test_nothing_else_is_behind_it(door: httpx2.AsyncClient, path: str) -> None:
    assert (await door.get(path)).status_code == 404


# what is understood


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b'{"worker": 7}', b'{"worker": "w"', b"\xff\xfe", b'{"worker": "\\ud800"}', b"[" * 100_000, b'{"worker":' * 100_000],
    ids=lambda body: repr(body[:20]),
)
async def test_what_is_no_message_is_refused(studio: Studio, door: httpx2.AsyncClient, verb: str, body: bytes) -> None:
    response = await door.post(f"/v1/worker/{verb}", content=body)

    assert response.status_code == 400
    assert response.json()["title"] == "invalid_request"
    assert len(response.content) < 1000


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "an epoch of words": ("pull", {"worker": "w", "epoch": "1", "engines": [], "slots": 1}),
    "half an epoch": ("pull", {"worker": "w", "epoch": 1.5, "engines": [], "slots": 1}),
    "engines that are no list": ("pull", {"worker": "w", "epoch": 1, "engines": "stub", "slots": 1}),
    "no slots": ("pull", {"worker": "w", "epoch": 1, "engines": []}),
    "a task that is no id": ("beat", {"worker": "w", "epoch": 1, "held": [["nonsense", 1]]}),
    "a task without its attempt": ("beat", {"worker": "w", "epoch": 1, "held": [[str(an_id())]]}),
    "a step of words": ("progress", {"progress": [{"task": str(an_id()), "attempt": 1, "step": "one", "steps": 4}]}),
    "a verdict without an outcome": ("finish", {"verdicts": [{"task": str(an_id()), "attempt": 1}]}),
    "an outcome that there is not": ("finish", {"verdicts": [{"task": str(an_id()), "attempt": 1, "outcome": {"status": "splendid"}}]}),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_message_of_wrong_parts_is_refused(door: httpx2.AsyncClient, case: str) -> None:
    verb, message = WRONG[case]

    response = await door.post(f"/v1/worker/{verb}", json=message)

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("verb", "message"),
    [
        ("pull", {"worker": "w", "epoch": 2**64, "engines": ["stub"], "slots": 1}),
        ("beat", {"worker": "w", "epoch": 2**64, "held": []}),
        ("finish", {"verdicts": [{"task": str(an_id()), "attempt": 2**64, "outcome": READY}]}),
    ],
)
async def test_a_number_that_no_ledger_can_hold_is_refused(
    studio: Studio, door: httpx2.AsyncClient, clock: HandClock, tmp_path: Path, verb: str, message: dict[str, Any]
) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.db", clock, Terms())
    object.__setattr__(studio.tools, "ledger", ledger)
    try:
        response = await door.post(f"/v1/worker/{verb}", json=message)
    finally:
        await ledger.close()

    assert response.status_code == 400


async def test_a_message_that_is_too_large_is_refused_unread(door: httpx2.AsyncClient) -> None:
    response = await door.post("/v1/worker/finish", content=b"{}", headers={"content-length": str(module.LARGEST + 1)})

    assert response.status_code == 413


@pytest.mark.parametrize("verb", VERBS)
async def test_the_door_is_for_posts(door: httpx2.AsyncClient, verb: str) -> None:
    assert (await door.get(f"/v1/worker/{verb}")).status_code == 405


# whose time has passed


async def test_a_worker_that_never_enlisted_is_told_to(studio: Studio, door: httpx2.AsyncClient) -> None:
    await studio.created()

    response = await door.post("/v1/worker/pull", json={"worker": "stranger", "epoch": 1, "engines": ["stub"], "slots": 1})

    assert (response.status_code, response.text) == (409, "epoch 1 of worker stranger has passed: it was replaced, or never enlisted")
    assert await studio.tools.ledger.waiting() == 1


@pytest.mark.parametrize("off", [-1, 1])
async def test_an_epoch_that_is_not_the_workers_own_claims_nothing(studio: Studio, door: httpx2.AsyncClient, off: int) -> None:
    await studio.created()
    await enlist(door)
    epoch = await enlist(door)

    response = await door.post("/v1/worker/pull", json={"worker": "w", "epoch": epoch + off, "engines": ["stub"], "slots": 1})

    assert response.status_code == 409
    assert len(await pull(door, epoch)) == 1


async def test_a_beat_of_an_old_epoch_hears_that_all_is_lost(studio: Studio, door: httpx2.AsyncClient) -> None:
    task = (await studio.created())["id"]
    epoch = await enlist(door)
    [claim] = await pull(door, epoch)
    await enlist(door)

    told = await say(door, "beat", worker="w", epoch=epoch, held=[[task, claim["attempt"]]])

    assert told == {"canceled": [], "lost": [task]}


async def test_a_worker_whose_lease_ended_meanwhile_hears_of_it_between_two_looks(studio: Studio, door: httpx2.AsyncClient) -> None:
    """Its pull was held open while another of its name enlisted."""
    epoch = await enlist(door)
    waiting = asyncio.create_task(door.post("/v1/worker/pull", json={"worker": "w", "epoch": epoch, "engines": ["stub"], "slots": 1, "wait": 20}))
    await until(lambda: studio.tools.hub._queue.waiting, "it to wait")

    await enlist(door)

    assert (await asyncio.wait_for(waiting, 5)).status_code == 409


# claims


async def test_a_pull_takes_as_many_as_there_are_slots_and_at_least_one(studio: Studio, door: httpx2.AsyncClient) -> None:
    for _ in range(6):
        await studio.created()
    epoch = await enlist(door)

    assert [len(await pull(door, epoch, slots=slots)) for slots in (2, 0, -5, 10**9, 1)] == [2, 1, 1, 2, 0]


async def test_a_pull_is_answered_as_soon_as_there_is_something(studio: Studio, door: httpx2.AsyncClient) -> None:
    epoch = await enlist(door)
    waiting = asyncio.create_task(pull(door, epoch, wait=20))
    await until(lambda: studio.tools.hub._queue.waiting, "it to wait")

    task = (await studio.created())["id"]

    assert [claim["task"] for claim in await asyncio.wait_for(waiting, 5)] == [task]


@pytest.mark.parametrize("wait", [0, -1, -1e300])
async def test_a_pull_that_does_not_want_to_wait_is_answered_at_once(door: httpx2.AsyncClient, wait: float) -> None:
    epoch = await enlist(door)

    assert await asyncio.wait_for(pull(door, epoch, wait=wait), 5) == []


async def test_a_claim_brings_what_is_needed_to_paint(studio: Studio, door: httpx2.AsyncClient) -> None:
    task = (await studio.created(seed=7))["id"]
    [claim] = await pull(door, await enlist(door))

    assert (claim["task"], claim["attempt"], claim["inputs"]["model"]) == (task, 1, "flux-dev")
    assert (claim["inputs"]["parameters"]["prompt"], claim["inputs"]["parameters"]["seed"]) == ("a paper boat", 7)


# progress and verdicts


async def test_progress_counts_only_from_whoever_has_the_task(studio: Studio, door: httpx2.AsyncClient) -> None:
    task = (await studio.created())["id"]
    [claim] = await pull(door, await enlist(door))

    async def report(task: str, attempt: int, step: int) -> None:
        await say(door, "progress", progress=[{"task": task, "attempt": attempt, "step": step, "steps": 28}])

    await report(task, claim["attempt"], 7)
    await report(task, claim["attempt"] + 1, 14)
    await report(task, claim["attempt"] - 1, 21)
    await report(str(an_id()), 1, 28)
    await report(task, claim["attempt"], 3)  # which was overtaken on the way

    assert (await studio.poll(task))["progress"] == 0.25


async def test_progress_of_a_task_without_steps_harms_nobody(studio: Studio, door: httpx2.AsyncClient) -> None:
    task = (await studio.created())["id"]
    [claim] = await pull(door, await enlist(door))
    await say(door, "progress", progress=[{"task": task, "attempt": claim["attempt"], "step": 0, "steps": 0}])

    assert (await studio.poll(task))["progress"] is None


async def test_each_verdict_is_answered_for_itself(studio: Studio, door: httpx2.AsyncClient) -> None:
    for _ in range(3):
        await studio.created()
    one, two, three = await pull(door, await enlist(door))

    def verdict(claim: dict[str, Any], outcome: Any = READY, **rest: Any) -> dict[str, Any]:
        return {"task": claim["task"], "attempt": claim["attempt"], "outcome": outcome} | rest

    told = await say(
        door, "finish", verdicts=[verdict(one), verdict(two, attempt=9), verdict(one), verdict(three, None), verdict({"task": str(an_id()), "attempt": 1})]
    )

    assert told["accepted"] == [True, False, False, True, False]
    states = [(await studio.poll(claim["task"]))["status"] for claim in (one, two, three)]
    assert states == ["Ready", "Pending", "Pending"]


async def test_a_task_that_is_said_to_be_ready_without_a_picture_is_tried_again(studio: Studio, door: httpx2.AsyncClient) -> None:
    task = await studio.created()
    [claim] = await pull(door, await enlist(door))

    await say(door, "finish", verdicts=[{"task": claim["task"], "attempt": claim["attempt"], "outcome": READY | {"images": []}}])

    assert (await studio.poll(task["id"]))["status"] == "Pending"
    assert [again["attempt"] for again in await pull(door, await enlist(door))] == [claim["attempt"] + 1]


async def test_a_task_that_is_handed_back_wakes_who_waits_for_one(studio: Studio, door: httpx2.AsyncClient) -> None:
    task = (await studio.created())["id"]
    epoch = await enlist(door)
    [claim] = await pull(door, epoch)
    waiting = asyncio.create_task(pull(door, epoch, wait=20))
    await until(lambda: studio.tools.hub._queue.waiting, "it to wait")

    await say(door, "fail", verdicts=[{"task": task, "attempt": claim["attempt"], "outcome": None, "refund": True}])

    assert [again["attempt"] for again in await asyncio.wait_for(waiting, 5)] == [2]


async def test_how_long_painting_took_becomes_a_forecast(studio: Studio, door: httpx2.AsyncClient) -> None:
    task = (await studio.created())["id"]
    [claim] = await pull(door, await enlist(door))
    await say(door, "finish", verdicts=[{"task": task, "attempt": claim["attempt"], "outcome": READY, "seconds": 3.0}])
    later = await studio.client.get((await studio.created())["polling_url"])

    assert (later.headers["x-mezzotint-waiting"], later.headers["x-mezzotint-eta"]) == ("1", "6")


@pytest.mark.parametrize(
    ("hook", "woken"), [({"webhook": "https://8.8.8.8/hook"}, True), ({"webhook": "https://8.8.8.8/", "webhook_events_filter": ["completed"]}, False)]
)
async def test_a_start_that_is_to_be_told_wakes_who_sends_webhooks(studio: Studio, door: httpx2.AsyncClient, hook: dict[str, Any], woken: bool) -> None:
    body = {"input": {"prompt": "a cat"}} | hook
    await studio.client.post("/v1/models/black-forest-labs/flux-dev/predictions", json=body, headers={"x-key": KEY})
    epoch = await enlist(door)
    sender = asyncio.create_task(studio.tools.hub.wait_for_outbox(20))
    await asyncio.sleep(0)

    assert len(await pull(door, epoch)) == 1

    await asyncio.wait({sender}, timeout=0.2)
    assert sender.done() is woken
    assert len(await studio.tools.ledger.due(10)) == woken
    sender.cancel()


async def test_a_verdict_wakes_who_sends_webhooks(studio: Studio, door: httpx2.AsyncClient) -> None:
    await studio.created()
    [claim] = await pull(door, await enlist(door))
    sender = asyncio.create_task(studio.tools.hub.wait_for_outbox(20))
    await asyncio.sleep(0)
    failed = json.loads(records.encode(Outcome(Status.ERROR, code="engine_failed")))

    await say(door, "finish", verdicts=[{"task": claim["task"], "attempt": claim["attempt"], "outcome": failed}])

    await asyncio.wait_for(sender, 5)


# previews


async def a_claim(studio: Studio, door: httpx2.AsyncClient) -> Claim:
    await studio.created()
    [claim] = await pull(door, await enlist(door))
    return records.decode(json.dumps(claim).encode(), Claim)


def a_report(claim: Claim, step: int = 3, image: Any = A_PREVIEW, attempt: int | None = None) -> dict[str, Any]:
    progress = {"task": str(claim.task), "attempt": attempt or claim.attempt, "step": step, "steps": 28}
    return {"progress": [progress], "previews": [progress | {"image": image}]}


async def shown(studio: Studio, claim: Claim) -> Preview | None:
    task = await studio.tools.ledger.get(claim.task)
    assert task is not None
    return studio.tools.previews.of(task)


async def test_where_nobody_watches_no_answer_has_a_word_of_it(studio: Studio, door: httpx2.AsyncClient) -> None:
    await studio.created()
    epoch = await enlist(door)

    pulled = await say(door, "pull", worker="w", epoch=epoch, engines=["stub"], slots=1)
    [claim] = pulled["claims"]
    title = {"task": claim["task"], "attempt": claim["attempt"]}
    told = await say(door, "progress", progress=[title | {"step": 1, "steps": 28}])

    assert list(pulled) == ["claims"]
    assert list(told) == list(await say(door, "beat", worker="w", epoch=epoch, held=[list(title.values())])) == ["canceled", "lost"]


async def test_a_worker_hears_with_every_answer_which_of_its_tasks_are_watched(studio: Studio, door: httpx2.AsyncClient) -> None:
    task, other = [UUID((await studio.created())["id"]) for _ in range(2)]
    epoch = await enlist(door)
    watched = {str(task): {"live": True, "spread": 2}}
    with studio.tools.previews.watching(task, Wish(live=True)), studio.tools.previews.watching(task, Wish(spread=2)):
        assert (await say(door, "pull", worker="w", epoch=epoch, engines=["stub"], slots=2))["watched"] == watched
        assert (await say(door, "beat", worker="w", epoch=epoch, held=[[str(task), 1], [str(other), 1]]))["watched"] == watched
        steps = [{"task": str(each), "attempt": 1, "step": 1, "steps": 28} for each in (task, other)]
        assert (await say(door, "progress", progress=steps))["watched"] == watched

    assert "watched" not in await say(door, "progress", progress=steps)


async def test_a_preview_is_kept_for_those_who_watch(studio: Studio, door: httpx2.AsyncClient) -> None:
    claim = await a_claim(studio, door)
    await say(door, "progress", **a_report(claim))
    assert await shown(studio, claim) is None

    with studio.tools.previews.watching(claim.task, Wish(live=True)):
        await say(door, "progress", **a_report(claim, 4))

        assert await shown(studio, claim) == Preview(claim.task, claim.attempt, 4, 28, a_jpeg())


async def test_a_preview_by_an_old_title_or_with_a_verdict_behind_it_is_not_kept(studio: Studio, door: httpx2.AsyncClient) -> None:
    claim = await a_claim(studio, door)
    with studio.tools.previews.watching(claim.task, Wish(live=True)):
        await say(door, "progress", **a_report(claim, attempt=claim.attempt + 1))
        assert not studio.tools.previews._latest

        await say(door, "progress", **a_report(claim))
        assert await shown(studio, claim) is not None
        await say(door, "finish", verdicts=[{"task": str(claim.task), "attempt": claim.attempt, "outcome": READY}])
        await say(door, "progress", **a_report(claim, 27))

        assert not studio.tools.previews._latest


async def test_a_preview_alone_without_its_progress_is_passed_over(studio: Studio, door: httpx2.AsyncClient) -> None:
    claim = await a_claim(studio, door)
    with studio.tools.previews.watching(claim.task, Wish(live=True)):
        await say(door, "progress", **a_report(claim) | {"progress": []})

        assert not studio.tools.previews._latest


@pytest.mark.parametrize("image", ["", "AAAA", in_base64(a_jpeg(more=bytes(LARGEST))), in_base64(a_jpeg(512, 512))], ids=len)
async def test_what_is_no_small_picture_is_passed_over(studio: Studio, door: httpx2.AsyncClient, image: str) -> None:
    claim = await a_claim(studio, door)
    with studio.tools.previews.watching(claim.task, Wish(live=True)):
        await say(door, "progress", **a_report(claim, image=image))

        assert await shown(studio, claim) is None
    assert (await studio.poll(str(claim.task)))["progress"] == pytest.approx(3 / 28, abs=0.01)  # that it was told of counts


@pytest.mark.parametrize("image", [7, None, "no base64", ["AAAA"]], ids=repr)
async def test_a_preview_that_is_no_picture_at_all_is_refused(studio: Studio, door: httpx2.AsyncClient, image: Any) -> None:
    claim = await a_claim(studio, door)

    assert (await door.post("/v1/worker/progress", json=a_report(claim, image=image))).status_code == 400


async def test_whoever_waits_for_a_task_hears_at_once_that_its_worker_came_back_without_it(
    studio: Studio, door: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "GLANCE", 60.0)
    made = await studio.created(webhook_url="https://8.8.8.8/hook")
    epoch = await enlist(door)
    await pull(door, epoch)
    await studio.client.post(f"/v1/tasks/{made['id']}/cancel", headers={"x-key": KEY})
    waiting = asyncio.create_task(read.until_final(UUID(made["id"]), 60, studio.tools))
    sender = asyncio.create_task(studio.tools.hub.wait_for_outbox(20))
    await asyncio.sleep(0)

    await enlist(door)

    ended = await asyncio.wait_for(waiting, 5)
    assert ended is not None
    assert ended.status is Status.CANCELED
    await asyncio.wait_for(sender, 5)


class Late:
    """A ledger on which a task comes just after a claim that found none."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._came = studio, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._studio.tools.ledger, name)

    async def claim(self, *given: Any) -> list[Claim]:
        claims = await self._studio.tools.ledger.claim(*given)
        if not self._came:
            self._came = True
            await self._studio.created()
        return claims


async def test_a_task_that_comes_between_a_claim_and_the_wait_is_pulled_at_once(studio: Studio) -> None:
    late = replace(studio.tools, ledger=Late(studio))
    async with a_client(worker_app(late, front(studio))) as client:
        client.headers["authorization"] = f"Bearer {TOKEN}"
        epoch = await enlist(client)

        assert len(await asyncio.wait_for(pull(client, epoch, wait=60.0), 4)) == 1  # sooner than it looks by itself


async def test_a_beat_says_how_providers_are_which_is_kept_where_it_changed(studio: Studio, door: httpx2.AsyncClient) -> None:
    epoch = await enlist(door)

    async def beat(**condition: Any) -> float:
        told = {"provider": "bfl", "state": "well"} | condition
        await say(door, "beat", worker="w", epoch=epoch, held=[], providers=[told])
        [findings] = await studio.tools.ledger.conditions()
        assert (findings.worker, findings.conditions[0].provider) == ("w", "bfl")
        return findings.at

    first = await beat(answered=1, answered_ago=0.5)
    studio.clock.advance(4)
    assert await beat(answered=1, answered_ago=4.5) == first
    assert await beat(answered=1, failed=1, error="down") == first + 4
    studio.clock.advance(module.REPORT_EVERY + 1)
    assert await beat(answered=1, failed=1, error="down") == studio.clock.now()
