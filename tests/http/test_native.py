"""Our own routes: models, tasks, canceling."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import jsonschema
import pytest

from mezzotint.core import ids
from mezzotint.core.catalogue import CARDS
from mezzotint.core.tasks import Outcome, Progress, Status
from tests import probes
from tests.studio import KEY, OTHER_KEY, Studio
from tests.tasks import an_id

BEARER = {"authorization": f"Bearer {KEY}"}
OTHER = {"authorization": f"Bearer {OTHER_KEY}"}


async def get(studio: Studio, path: str, **query: Any) -> dict[str, Any]:
    response = await studio.client.get(path, params=query, headers=BEARER)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


async def listed(studio: Studio, **query: Any) -> list[str]:
    return [task["id"] for task in (await get(studio, "/v1/tasks", **query))["data"]]


async def cancel(studio: Studio, task: str, headers: dict[str, str] = BEARER) -> httpx2.Response:
    return await studio.client.post(f"/v1/tasks/{task}/cancel", headers=headers)


def problem(response: httpx2.Response) -> dict[str, Any]:
    told: dict[str, Any] = response.json()
    assert told["status"] == response.status_code
    assert {"type", "title", "status", "detail", "request_id"} <= set(told)
    return told


# models


async def test_the_models_are_listed_for_everyone_in_openais_shape(studio: Studio) -> None:
    response = await studio.client.get("/v1/models")

    told = response.json()
    assert (response.status_code, told["object"]) == (200, "list")
    assert [model["id"] for model in told["data"]] == [card.name for card in CARDS if card.listed]
    assert all({"id", "object", "created", "owned_by"} <= set(model) and model["object"] == "model" for model in told["data"])


@pytest.mark.parametrize("card", [card for card in CARDS if card.listed], ids=lambda card: card.name)
async def test_every_model_that_is_listed_is_described(studio: Studio, card: Any) -> None:
    response = await studio.client.get(f"/v1/models/{card.name}")

    told = response.json()
    assert (response.status_code, told["id"]) == (200, card.name)
    assert set(told["schema"]["properties"]) == set(card.parameters)
    jsonschema.validate(probes.minimal(card), told["schema"])


@pytest.mark.parametrize("name", ["flux-9", "", "flux-dev/", "black-forest-labs", "..%2f..%2fetc", "x" * 5000, "%00", "FLUX-DEV"])
async def test_a_model_that_is_not_served_is_not_found(studio: Studio, name: str) -> None:
    response = await studio.client.get(f"/v1/models/{name}")

    assert response.status_code == 404
    assert len(problem(response)["detail"]) < 300


# tasks


async def test_tasks_are_listed_newest_first_and_page_by_page(studio: Studio) -> None:
    made = []
    for _ in range(7):
        made.append((await studio.created())["id"])
        studio.clock.advance(1)
    pages, before = [], None
    while True:
        page = await get(studio, "/v1/tasks", limit=3, **({"before": before} if before else {}))
        pages.append([task["id"] for task in page["data"]])
        if (before := page["before"]) is None:
            break

    assert pages == [made[:3:-1], made[3:0:-1], made[:1]]


async def test_a_page_is_a_page_though_new_tasks_come_meanwhile(studio: Studio) -> None:
    made = [(await studio.created())["id"] for _ in range(4)]
    first = await get(studio, "/v1/tasks", limit=2)
    await studio.created()

    assert await listed(studio, limit=2, before=first["before"]) == made[1::-1]


async def test_a_page_has_twenty_where_nothing_else_is_said(studio: Studio) -> None:
    for _ in range(21):
        await studio.created()

    assert (len(await listed(studio)), len(await listed(studio, limit=100))) == (20, 21)


async def test_tasks_are_listed_by_status(studio: Studio) -> None:
    done = (await studio.created())["id"]
    await studio.paint()
    waiting = (await studio.created())["id"]

    assert await listed(studio, status="ready") == [done]
    assert await listed(studio, status="pending") == [waiting]
    assert await listed(studio, status="request moderated") == []
    assert await listed(studio, status="") == [waiting, done]


async def test_nobody_sees_the_tasks_of_others(studio: Studio) -> None:
    task = (await studio.created())["id"]

    theirs = await studio.client.get("/v1/tasks", headers=OTHER)

    assert theirs.json() == {"object": "list", "data": [], "before": None}
    assert (await studio.client.get(f"/v1/tasks/{task}", headers=OTHER)).status_code == 404
    assert (await cancel(studio, task, OTHER)).status_code == 404
    assert (await studio.poll(task))["status"] == "Pending"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}], ids=["no key", "a wrong key"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/tasks"), ("GET", "/v1/tasks/{}"), ("POST", "/v1/tasks/{}/cancel")])
async def test_without_a_key_there_are_no_tasks(studio: Studio, method: str, path: str, headers: dict[str, str]) -> None:
    task = (await studio.created())["id"]

    response = await studio.client.request(method, path.format(task), headers=headers)

    assert response.status_code == 401
    assert problem(response)["title"] == "invalid_token"
    assert (await studio.poll(task))["status"] == "Pending"


@pytest.mark.parametrize(
    ("query", "where"),
    [({"limit": limit}, "limit") for limit in ("0", "101", "-1", "ten", "", "1.0", "1e1", " 1", "9" * 5000, "٣", "²")]
    + [({"status": status}, "status") for status in ("Ready", "done", "pending,ready", "x" * 5000)]
    + [({"before": before}, "before") for before in ("nonsense", "0", "x" * 5000, "\ud7ff", "'; drop table task")],
    ids=lambda value: f"{value!s:.40}",
)
async def test_a_listing_that_makes_no_sense_is_refused_by_name(studio: Studio, query: dict[str, str], where: str) -> None:
    response = await studio.client.get("/v1/tasks", params=query, headers=BEARER)

    assert response.status_code == 400
    assert [entry["where"] for entry in problem(response)["problems"]] == [[where]]
    assert len(response.content) < 1000


async def test_everything_that_is_wrong_with_a_listing_is_said_at_once(studio: Studio) -> None:
    response = await studio.client.get("/v1/tasks?limit=0&status=x&before=y", headers=BEARER)

    assert [entry["where"] for entry in problem(response)["problems"]] == [["status"], ["before"], ["limit"]]


async def test_a_task_is_told_with_what_was_asked_and_where_its_picture_is(studio: Studio) -> None:
    task = (await studio.created(seed=7, width=512, webhook_secret="hush"))["id"]
    await studio.paint()

    told = await get(studio, f"/v1/tasks/{task}")

    assert (told["status"], told["model"], told["seed"], told["attempt"], told["surface"]) == ("ready", "flux-dev", 7, 1, "comet")
    assert (told["parameters"]["prompt"], told["parameters"]["width"]) == ("a paper boat", 512)
    assert told["images"] == [(await studio.poll(task))["result"]["sample"]]
    assert "hush" not in json.dumps(told)


async def test_a_task_may_be_asked_for_in_either_spelling_of_its_id(studio: Studio) -> None:
    task = (await studio.created())["id"]
    known = ids.read(task)
    assert known is not None

    assert (await get(studio, f"/v1/tasks/{ids.short(known)}"))["id"] == task


async def test_a_running_task_says_its_step(studio: Studio) -> None:
    task = (await studio.created())["id"]
    epoch = await studio.tools.ledger.enlist("test")
    [claim] = await studio.tools.ledger.claim("test", epoch, ["stub"], 1)
    studio.tools.progress.note(Progress(claim.task, claim.attempt, 7, 28))

    told = await get(studio, f"/v1/tasks/{task}")

    assert (told["status"], told["step"], told["steps"], told["images"]) == ("processing", 7, 28, [])


async def test_a_task_that_failed_says_why(studio: Studio) -> None:
    task = (await studio.created())["id"]
    await studio.end(Outcome(Status.ERROR, code="engine_failed", message="no luck"))

    assert (await get(studio, f"/v1/tasks/{task}"))["error"] == {"code": "engine_failed", "message": "no luck"}


@pytest.mark.parametrize("task", ["nonsense", str(an_id()), "x" * 5000, "%00", "%ff", "'"])
async def test_a_task_that_is_not_there_is_not_found(studio: Studio, task: str) -> None:
    for response in (await studio.client.get(f"/v1/tasks/{task}", headers=BEARER), await cancel(studio, task)):
        assert response.status_code == 404
        assert len(problem(response)["detail"]) < 300


# canceling


async def test_a_waiting_task_is_canceled_at_once_and_stays_so(studio: Studio) -> None:
    task = (await studio.created())["id"]

    first, second = await cancel(studio, task), await cancel(studio, task)

    assert (first.status_code, first.json()["status"]) == (200, "canceled")
    assert second.json() == first.json()
    assert await studio.paint() == 0
    assert (await studio.poll(task))["details"] == {"error": "canceled"}


async def test_a_running_task_is_asked_to_stop(studio: Studio) -> None:
    task = (await studio.created())["id"]
    epoch = await studio.tools.ledger.enlist("test")
    [claim] = await studio.tools.ledger.claim("test", epoch, ["stub"], 1)

    told = (await cancel(studio, task)).json()

    assert (told["status"], told["cancel_requested"]) == ("processing", True)
    orders = await studio.tools.ledger.beat("test", epoch, [(claim.task, claim.attempt)])
    assert orders.canceled == (claim.task,)


async def test_a_finished_task_stays_finished(studio: Studio) -> None:
    task = (await studio.created())["id"]
    await studio.paint()

    response = await cancel(studio, task)

    assert (response.status_code, response.json()["status"], response.json()["cancel_requested"]) == (200, "ready", False)


async def test_a_cancel_is_a_post(studio: Studio) -> None:
    task = (await studio.created())["id"]

    response = await studio.client.get(f"/v1/tasks/{task}/cancel", headers=BEARER)

    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert (await studio.poll(task))["status"] == "Pending"
