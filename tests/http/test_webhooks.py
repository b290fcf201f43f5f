"""Our own routes about webhooks: how each stands, what became of every attempt, and sending it again."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from mezzotint.core.accounts import CREATE, READ, ApiKey, digest, handle
from mezzotint.core.signing import account_webhook_secret
from mezzotint.core.webhooks import ATTEMPTS, Attempt
from mezzotint.http.openapi import document
from tests.studio import KEY, OTHER_KEY, Studio

BEARER = {"authorization": f"Bearer {KEY}"}
OTHER = {"authorization": f"Bearer {OTHER_KEY}"}
NOT_THERE = "msg_" + "0" * 26


async def an_owed_webhook(studio: Studio, url: str = "https://example.com/hook", key: str = KEY) -> str:
    """The task whose webhook it is."""
    task: str = (await studio.create(key=key, webhook_url=url)).json()["id"]
    await studio.paint()
    studio.clock.advance(1)
    return task


async def attempted(studio: Studio, *attempts: Attempt) -> None:
    """What a sender does with everything that is due, once for each."""
    for attempt in attempts:
        for delivery in await studio.tools.ledger.due(100):
            await studio.tools.ledger.record(delivery, attempt, 0.0)
        studio.clock.advance(100_000)


async def get(studio: Studio, path: str, headers: dict[str, str] = BEARER, **query: Any) -> dict[str, Any]:
    response = await studio.client.get(path, params=query, headers=headers)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


async def the_id(studio: Studio) -> str:
    [message] = (await get(studio, "/v1/webhooks"))["data"]
    found: str = message["id"]
    return found


async def resend(studio: Studio, name: str, headers: dict[str, str] = BEARER) -> httpx2.Response:
    return await studio.client.post(f"/v1/webhooks/{name}/resend", headers=headers)


async def test_a_webhook_is_told_with_every_attempt(studio: Studio) -> None:
    task = await an_owed_webhook(studio, "https://example.com/hook?password=hunter22#x")
    began = studio.clock.now()
    await attempted(studio, Attempt(500, "", 12.5), Attempt(None, "no answer within 15 seconds", 15_000.0))

    told = await get(studio, f"/v1/webhooks/{await the_id(studio)}")

    assert told == {
        "id": told["id"],
        "task": task,
        "event": "completed",
        "status": "pending",
        "tried": 2,
        "created_at": began - 1,
        "next_attempt_at": began + 100_000 + 30,
        "last_attempt": told["attempts"][-1],
        "why": None,
        "url": "https://example.com/hook",
        "attempts": [
            {"number": 1, "at": began, "status": 500, "error": None, "ms": 12.5},
            {"number": 2, "at": began + 100_000, "status": None, "error": "no answer within 15 seconds", "ms": 15_000.0},
        ],
    }


@pytest.mark.parametrize(
    ("attempt", "count", "why"),
    [
        (Attempt(410), 1, "the receiver answered 410: it is gone for good, and is not asked again"),
        (Attempt(503), ATTEMPTS, "it was given up after 10 attempts, the last of which was answered with 503"),
        (Attempt(None, "ConnectError"), ATTEMPTS, "it was given up after 10 attempts, the last of which failed (ConnectError)"),
    ],
    ids=["gone", "busy", "not there"],
)
async def test_a_dead_letter_says_what_ended_it(studio: Studio, attempt: Attempt, count: int, why: str) -> None:
    await an_owed_webhook(studio)
    await attempted(studio, *[attempt] * count)

    [told] = (await get(studio, "/v1/webhooks", status="failed"))["data"]

    assert (told["status"], told["why"], told["tried"], told["next_attempt_at"]) == ("failed", why, count, None)


async def test_what_came_before_the_end_says_that_it_is_told_once(studio: Studio) -> None:
    body = {"input": {"prompt": "a cat"}, "webhook": "https://8.8.8.8/hook"}
    await studio.client.post("/v1/models/black-forest-labs/flux-dev/predictions", json=body, headers=BEARER)
    await studio.paint()
    await attempted(studio, Attempt(500))

    told = {message["event"]: message for message in (await get(studio, "/v1/webhooks"))["data"]}

    assert (told["start"]["status"], told["completed"]["status"]) == ("failed", "pending")
    assert told["start"]["why"] == "the attempt was answered with 500, and what comes before a task's end is told once"
    assert (await get(studio, f"/v1/webhooks/{told['start']['id']}"))["attempts"][0]["status"] == 500


async def test_webhooks_are_listed_newest_first_by_page_and_by_status(studio: Studio) -> None:
    tasks = [await an_owed_webhook(studio) for _ in range(5)]
    dead, delivered, *_ = await studio.tools.ledger.due(100)
    await studio.tools.ledger.record(dead, Attempt(410), 0.0)
    await studio.tools.ledger.record(delivered, Attempt(200), 0.0)

    first = await get(studio, "/v1/webhooks", limit=3)
    second = await get(studio, "/v1/webhooks", limit=3, before=first["before"])

    assert [message["task"] for message in first["data"] + second["data"]] == tasks[::-1]
    assert second["before"] is None
    by_status = {status: [message["task"] for message in (await get(studio, "/v1/webhooks", status=status))["data"]] for status in ("delivered", "failed")}
    assert by_status == {"delivered": [str(delivered.task)], "failed": [str(dead.task)]}
    assert len((await get(studio, "/v1/webhooks", status="pending"))["data"]) == 3


async def test_what_has_no_webhook_is_not_listed(studio: Studio) -> None:
    await studio.created()
    await studio.paint()

    assert await get(studio, "/v1/webhooks") == {"object": "list", "data": [], "before": None}


async def test_nobody_sees_the_webhooks_of_others_or_sends_them_again(studio: Studio) -> None:
    await an_owed_webhook(studio)
    await attempted(studio, Attempt(410))
    name = await the_id(studio)

    assert (await get(studio, "/v1/webhooks", OTHER))["data"] == []
    theirs = await studio.client.get(f"/v1/webhooks/{name}", headers=OTHER)
    nothing = await studio.client.get(f"/v1/webhooks/{NOT_THERE}", headers=OTHER)

    assert theirs.status_code == nothing.status_code == (await resend(studio, name, OTHER)).status_code == 404
    assert theirs.json()["detail"].replace(name, "") == nothing.json()["detail"].replace(NOT_THERE, "")
    assert (await get(studio, f"/v1/webhooks/{name}"))["status"] == "failed"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}], ids=["no key", "a wrong key"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/webhooks"), ("GET", "/v1/webhooks/{}"), ("POST", "/v1/webhooks/{}/resend")])
async def test_without_a_key_there_are_no_webhooks(studio: Studio, method: str, path: str, headers: dict[str, str]) -> None:
    await an_owed_webhook(studio)

    response = await studio.client.request(method, path.format(await the_id(studio)), headers=headers)

    assert (response.status_code, response.json()["title"]) == (401, "invalid_token")


@pytest.mark.parametrize(("scope", "statuses"), [(READ, (200, 200, 403)), (CREATE, (403, 403, 200))])
async def test_a_key_does_what_it_may(studio: Studio, scope: str, statuses: tuple[int, ...]) -> None:
    key = "mz_" + "c" * 48
    await studio.tools.ledger.add_key(ApiKey(handle(digest(key)), "default", "", 0.0, scopes=(scope,)), digest(key))
    await an_owed_webhook(studio)
    name, bearer = await the_id(studio), {"authorization": f"Bearer {key}"}

    listed = await studio.client.get("/v1/webhooks", headers=bearer)
    told = await studio.client.get(f"/v1/webhooks/{name}", headers=bearer)
    again = await resend(studio, name, bearer)

    assert (listed.status_code, told.status_code, again.status_code) == statuses


@pytest.mark.parametrize(
    ("query", "where"),
    [({"limit": limit}, "limit") for limit in ("0", "101", "-1", "ten", "", "٣")]
    + [({"status": status}, "status") for status in ("Failed", "dead", "x" * 5000)]
    + [({"before": before}, "before") for before in ("nonsense", "msg_", "msg_" + "A" * 26, "x" * 5000, "'; drop table outbox")],
    ids=lambda value: f"{value!s:.40}",
)
async def test_a_listing_that_makes_no_sense_is_refused_by_name(studio: Studio, query: dict[str, str], where: str) -> None:
    response = await studio.client.get("/v1/webhooks", params=query, headers=BEARER)

    assert response.status_code == 400
    assert [entry["where"] for entry in response.json()["problems"]] == [[where]]
    assert len(response.content) < 1000


@pytest.mark.parametrize("name", [NOT_THERE, "default", "msg_", "x" * 5000, "%00", "%FF%FE", "%ED%A0%80", "msg_" + "0" * 26 + "%0A", "..%2f..%2fetc"])
async def test_a_webhook_that_is_not_there_is_not_found_in_few_words(studio: Studio, name: str) -> None:
    for response in (await studio.client.get(f"/v1/webhooks/{name}", headers=BEARER), await resend(studio, name)):
        assert response.status_code == 404
        assert {"title", "detail", "request_id"} <= set(response.json())
        assert len(response.content) < 500


# sending again


async def test_what_was_given_up_is_due_again_and_the_sender_is_woken(studio: Studio) -> None:
    await an_owed_webhook(studio)
    await attempted(studio, Attempt(410))
    name = await the_id(studio)
    sender = asyncio.create_task(studio.tools.hub.wait_for_outbox(20))
    await asyncio.sleep(0)

    told = (await resend(studio, name)).json()

    await asyncio.wait_for(sender, 1)
    assert (told["id"], told["status"], told["why"], told["tried"], told["next_attempt_at"]) == (name, "pending", None, 1, studio.clock.now())
    assert [delivery.id for delivery in await studio.tools.ledger.due(10)] == [name]


# what else is at these addresses


async def test_the_secret_is_where_replicates_clients_ask_for_it(studio: Studio) -> None:
    told = await get(studio, "/v1/webhooks/default/secret")

    assert told == {"key": account_webhook_secret(studio.tools.secret, "default")}


@pytest.mark.parametrize("method", ["DELETE", "PUT", "POST"])
async def test_a_method_that_is_not_taken_is_refused_in_our_words(studio: Studio, method: str) -> None:
    response = await studio.client.request(method, "/v1/webhooks", headers=BEARER)

    assert (response.status_code, response.json()["title"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(("path", "described"), [("/v1/webhooks", "/v1/webhooks"), ("/v1/webhooks/{}", "/v1/webhooks/{id}")])
async def test_answers_are_as_described(studio: Studio, path: str, described: str) -> None:
    await an_owed_webhook(studio)
    await attempted(studio, Attempt(None, "no answer", 3.0))
    schema = document()["paths"][described]["get"]["responses"]["200"]["content"]["application/json"]["schema"]

    told = await get(studio, path.format(await the_id(studio)))

    Draft202012Validator({"components": document()["components"], **schema}).validate(told)
