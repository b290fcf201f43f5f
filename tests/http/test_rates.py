"""How often a key may ask: refused in each surface's words, told in headers that its clients know."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mezzotint.core.accounts import ApiKey, Rate, digest, handle
from mezzotint.http.rates import CREATES, POLLS, bfl, ietf, openai
from mezzotint.ports import Limits
from mezzotint.service.rates import Standing
from tests.clocks import HandClock
from tests.studio import KEY, Studio, a_studio

LIMITED = "mz_" + "c" * 48
BEARER = {"authorization": f"Bearer {LIMITED}"}
PROMPT = {"prompt": "a paper boat"}
CREATED: dict[str, tuple[str, dict[str, Any]]] = {
    "comet": ("/flux/v1/flux-dev", PROMPT),
    "bfl": ("/v1/flux-dev", PROMPT),
    "replicate": ("/v1/models/black-forest-labs/flux-dev/predictions", {"input": PROMPT}),
}
POLLED = {
    "comet": "/flux/v1/get_result?id={}",
    "bfl": "/v1/get_result?id={}",
    "replicate": "/v1/predictions/{}",
    "ours": "/v1/tasks/{}",
    "events": "/v1/tasks/{}/events",
}


async def a_key(studio: Studio, **rest: Any) -> None:
    await studio.tools.ledger.add_key(ApiKey(handle(digest(LIMITED)), "default", "limited", 0.0, **rest), digest(LIMITED))


async def create(studio: Studio, surface: str) -> httpx2.Response:
    path, body = CREATED[surface]
    return await studio.client.post(path, json=body, headers=BEARER)


async def poll(studio: Studio, surface: str, task: str, headers: dict[str, str] | None = None) -> httpx2.Response:
    return await studio.client.get(POLLED[surface].format(task), headers=BEARER if headers is None else headers)


def limits_told(response: httpx2.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if "ratelimit" in name}


# creates


@pytest.mark.parametrize("surface", CREATED)
async def test_a_create_too_many_is_refused_and_makes_nothing(studio: Studio, surface: str) -> None:
    await a_key(studio, create_rate=Rate(2, 60))

    answers = [await create(studio, surface) for _ in range(3)]

    assert [answer.status_code // 100 for answer in answers] == [2, 2, 4]
    assert (answers[-1].status_code, answers[-1].headers["retry-after"]) == (429, "30")
    assert await studio.tools.ledger.waiting() == 2
    studio.clock.advance(30)
    assert (await create(studio, surface)).is_success


async def test_each_surface_words_it_as_its_clients_read_it(studio: Studio) -> None:
    await a_key(studio, create_rate=Rate(1, 60))
    await create(studio, "bfl")
    said = "more than 1 creates in 60 s: wait 60 s"

    comet, bfls, replicates = [(await create(studio, surface)).json() for surface in CREATED]
    openais = (await studio.client.post("/v1/images/generations", json=PROMPT, headers=BEARER)).json()

    assert comet["error"]["code"] == "rate_limit_exceeded"
    assert comet["error"]["message"].startswith(f"{said} (request id: ")
    assert bfls == {"detail": said, "error": "rate_limit_exceeded", "message": said, "retry_after": 60}
    assert replicates == {"detail": f"Request was throttled. Your rate limit resets in ~60s. ({said})", "status": 429, "retry_after": 60}
    assert openais == {"error": {"message": said, "type": "requests", "param": None, "code": "rate_limit_exceeded"}}


async def test_too_many_active_tasks_are_worded_as_one_too_often_is(studio: Studio) -> None:
    await a_key(studio, max_active=1)
    await create(studio, "bfl")
    said = "this key has 1 tasks waiting or running, which is its limit: wait for one to end"

    answers = [await create(studio, surface) for surface in CREATED]
    answers.append(await studio.client.post("/v1/images/generations", json=PROMPT, headers=BEARER))

    assert {(answer.status_code, answer.headers["retry-after"]) for answer in answers} == {(429, "2")}
    comet, bfls, replicates, openais = [answer.json() for answer in answers]
    assert comet["error"]["message"].startswith(f"{said} (request id: ")
    assert bfls == {"detail": said, "error": "rate_limit_exceeded", "message": said, "retry_after": 2}
    assert (replicates["status"], replicates["retry_after"]) == (429, 2)
    assert openais["error"] == {"message": said, "type": "requests", "param": None, "code": "rate_limit_exceeded"}
    assert not any(limits_told(answer) for answer in answers)  # the number of tasks is no rate
    assert await studio.tools.ledger.waiting() == 1


async def test_a_body_is_not_read_of_whoever_asks_too_often(studio: Studio) -> None:
    await a_key(studio, create_rate=Rate(1, 60))
    await create(studio, "comet")

    assert (await studio.client.post("/flux/v1/flux-dev", content=b"no JSON", headers=BEARER)).status_code == 429


async def test_polls_do_not_use_up_creates(studio: Studio) -> None:
    await a_key(studio, create_rate=Rate(2, 60), poll_rate=Rate(1, 60))
    task = (await create(studio, "comet")).json()["id"]

    assert [(await poll(studio, "comet", task)).status_code for _ in range(2)] == [200, 429]
    assert (await create(studio, "comet")).status_code == 200


# polls, and all else


@pytest.mark.parametrize("surface", POLLED)
async def test_a_poll_too_many_is_refused_and_leaves_the_task_alone(studio: Studio, surface: str) -> None:
    await a_key(studio, poll_rate=Rate(1, 1))
    task = (await studio.created())["id"]
    await studio.paint()

    answers = [await poll(studio, surface, task) for _ in range(2)]

    assert [(answer.status_code, answer.headers.get("retry-after") if answer.status_code == 429 else None) for answer in answers] == [(200, None), (429, "1")]
    studio.clock.advance(1)
    assert (await poll(studio, surface, task)).status_code == 200


@pytest.mark.parametrize("path", ["/v1/tasks", "/v1/predictions", "/v1/usage", "/v1/credits", "/v1/account", "/v1/get_result?id=nothing"])
async def test_whatever_a_key_asks_counts(studio: Studio, path: str) -> None:
    await a_key(studio, poll_rate=Rate(1, 1))

    assert [(await studio.client.get(path, headers=BEARER)).status_code for _ in range(2)] == [200, 429]


async def test_polls_at_the_polling_url_count_with_the_key_that_made_the_task(studio: Studio) -> None:
    await a_key(studio, poll_rate=Rate(2, 1))
    url = (await create(studio, "comet")).json()["polling_url"]
    stranger = (await studio.created())["polling_url"]

    assert [(await studio.client.get(url)).status_code for _ in range(3)] == [200, 200, 429]
    assert (await studio.client.get(url, headers=BEARER)).status_code == 429
    assert (await studio.client.get(stranger)).status_code == 200


async def test_a_poll_that_is_refused_is_not_held(studio: Studio) -> None:
    await a_key(studio, poll_rate=Rate(1, 60))
    url = (await create(studio, "comet")).json()["polling_url"]
    await studio.client.get(url)

    assert (await studio.client.get(f"{url}&wait=60")).status_code == 429


# whose limit


@pytest.fixture
def strict() -> Studio:
    return a_studio(HandClock(), create_rate=Rate(1, 60), poll_rate=Rate(1, 60))


async def test_the_servers_setting_holds_for_each_key_by_itself(strict: Studio) -> None:
    await a_key(strict)
    task = (await strict.created())["id"]

    assert (await strict.create()).status_code == 429  # also of keys from the settings
    assert [(await create(strict, "bfl")).status_code for _ in range(2)] == [200, 429]
    assert [(await poll(strict, "ours", task)).status_code for _ in range(2)] == [200, 429]


async def test_a_keys_own_limit_goes_before_the_servers(strict: Studio) -> None:
    await a_key(strict, create_rate=Rate(3, 60), poll_rate=Rate(2, 60))
    task = (await strict.created())["id"]

    assert [(await create(strict, "bfl")).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert [(await poll(strict, "ours", task)).status_code for _ in range(3)] == [200, 200, 429]


async def test_where_limits_are_lifted_there_are_none_of_these(clock: HandClock) -> None:
    studio = a_studio(clock, lifted=True, create_rate=Rate(1, 60), poll_rate=Rate(1, 60))
    await a_key(studio, create_rate=Rate(1, 60), poll_rate=Rate(1, 60))

    made = [await create(studio, "bfl") for _ in range(3)]
    polls = [await studio.client.get(made[0].json()["polling_url"], headers=headers) for headers in ({}, BEARER) for _ in range(2)]

    assert {answer.status_code for answer in (*made, *polls)} == {200}
    assert not any(limits_told(answer) for answer in (*made, *polls))


# headers


@pytest.mark.parametrize("surface", ["comet", "replicate", "ours"])
async def test_where_there_is_no_limit_none_is_told(studio: Studio, surface: str) -> None:
    made = await studio.create() if surface == "ours" else await studio.client.post(CREATED[surface][0], json=CREATED[surface][1], headers={"x-key": KEY})
    polled = await studio.client.get(POLLED[surface].format(made.json()["id"]), headers={"x-key": KEY})

    assert made.is_success
    assert polled.is_success
    assert limits_told(made) == limits_told(polled) == {}
    assert "retry-after" not in polled.headers


async def test_what_is_left_is_told_in_the_headers_of_the_surface(studio: Studio) -> None:
    await a_key(studio, create_rate=Rate(3, 60), poll_rate=Rate(2, 1))
    answers = [await create(studio, surface) for surface in CREATED]
    task = answers[0].json()["id"]

    assert limits_told(answers[0]) == {"ratelimit-policy": '"creates";q=3;w=60', "ratelimit": '"creates";r=2;t=20'}
    assert limits_told(answers[1]) == {"x-ratelimit-limit": "3", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "1800000040.0000"}
    assert "retry-after" not in answers[1].headers
    assert limits_told(answers[2]) == {"ratelimit-policy": '"creates";q=3;w=60', "ratelimit": '"creates";r=0;t=60'}
    assert limits_told(await poll(studio, "ours", task)) == {"ratelimit-policy": '"polls";q=2;w=1', "ratelimit": '"polls";r=1;t=1'}
    bfls = await poll(studio, "bfl", task)
    assert limits_told(bfls) == {"x-ratelimit-limit": "2", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000001.0000"}
    assert bfls.headers["retry-after"] == "1"
    refused = await poll(studio, "bfl", task)
    assert (refused.status_code, refused.headers.get_list("retry-after"), refused.headers["x-ratelimit-remaining"]) == (429, ["1"], "0")


async def test_a_refusal_for_another_reason_tells_what_is_left_too(studio: Studio) -> None:
    await a_key(studio, create_rate=Rate(3, 60))

    answer = await studio.client.post("/v1/images/generations", json={"prompt": ""}, headers=BEARER)

    assert answer.status_code == 400
    told = {"x-ratelimit-limit-requests": "3", "x-ratelimit-remaining-requests": "2", "x-ratelimit-reset-requests": "20s"}
    assert limits_told(answer) == told


@pytest.mark.parametrize(("full", "told"), [(0.0, "0ms"), (0.0101, "11ms"), (0.9999, "1000ms"), (1.0, "1s"), (59.2, "1m0s"), (360, "6m0s"), (3661, "1h1m1s")])
def test_a_reset_is_a_duration_for_openais_clients(full: float, told: str) -> None:
    headers = dict(openai(Standing(CREATES, Rate(10, 60), 3, full, 1000.0)))

    assert headers[b"x-ratelimit-reset-requests"].decode() == told


def test_the_ietfs_fields_are_structured_and_whole_numbers() -> None:
    assert ietf(Standing(POLLS, Rate(10, 60), 3, 0.2, 1000.0)) == [(b"ratelimit-policy", b'"polls";q=10;w=60'), (b"ratelimit", b'"polls";r=3;t=1')]


def test_bfls_retry_after_comes_with_polls_that_were_answered() -> None:
    polled, refused, created = (Standing(what, Rate(10, 1), 3, 0.6, 1000.0, wait) for what, wait in ((POLLS, 0.0), (POLLS, 0.1), (CREATES, 0.0)))

    assert [dict(bfl(each)).get(b"retry-after") for each in (polled, refused, created)] == [b"1", None, None]


async def test_a_queue_that_is_full_is_no_rate(clock: HandClock) -> None:
    studio = a_studio(clock, limits=Limits(waiting=1))
    await studio.create()

    assert limits_told(await studio.create()) == {}


# those without a key


@pytest.mark.parametrize("surface", CREATED)
@pytest.mark.parametrize("headers", [{}, {"x-key": "mz_" + "n" * 48}], ids=["no key", "a wrong key"])
async def test_an_address_that_comes_too_often_without_a_key_that_holds_is_refused_in_the_surfaces_words(surface: str, headers: dict[str, str]) -> None:
    studio = a_studio(HandClock(), stranger_rate=Rate(2, 60))
    path, body = CREATED[surface]
    statuses = [(await studio.client.post(path, json=body, headers=headers)).status_code for _ in range(2)]

    refused = await studio.client.post(path, json=body, headers=headers)

    assert set(statuses) <= {401, 403}
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    studio.clock.advance(30)
    assert (await studio.client.post(path, json=body, headers=headers)).status_code == statuses[0]


async def test_whoever_has_a_key_is_let_in_from_an_address_that_others_abuse() -> None:
    studio = a_studio(HandClock(), stranger_rate=Rate(1, 60))
    for _ in range(5):
        await studio.client.post("/v1/flux-dev", json=PROMPT)

    assert (await studio.client.post("/v1/flux-dev", json=PROMPT, headers={"x-key": KEY})).status_code == 200


async def test_strangers_are_not_counted_where_limits_are_lifted() -> None:
    studio = a_studio(HandClock(), stranger_rate=Rate(1, 60), lifted=True)

    assert {(await studio.client.post("/flux/v1/flux-dev", json=PROMPT)).status_code for _ in range(5)} == {401}
