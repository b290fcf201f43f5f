"""Credits, budgets, usage, and what keys may do, on every surface in its own words."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mezzotint.core.accounts import CREATE, READ, ApiKey, digest, handle
from mezzotint.core.tasks import Outcome, Status
from mezzotint.http import spending as module
from tests.clocks import HandClock
from tests.studio import KEY, Studio, a_studio

LIMITED = "mz_" + "c" * 48
BEARER = {"authorization": f"Bearer {LIMITED}"}
CREATES: dict[str, tuple[str, dict[str, Any]]] = {
    "comet": ("/flux/v1/flux-dev", {"prompt": "a cat"}),
    "bfl": ("/v1/flux-dev", {"prompt": "a cat"}),
    "openai": ("/v1/images/generations", {"prompt": "a cat", "model": "flux-dev"}),
}
REPLICATE = ("/v1/models/black-forest-labs/flux-2-flex/predictions", {"input": {"prompt": "a cat"}})


@pytest.fixture
def studio() -> Studio:
    return a_studio(HandClock())


async def a_key(studio: Studio, **rest: Any) -> None:
    await studio.tools.ledger.add_key(ApiKey(handle(digest(LIMITED)), "default", "limited", 0.0, **rest), digest(LIMITED))


async def get(studio: Studio, path: str, headers: dict[str, str] | None = None) -> httpx2.Response:
    return await studio.client.get(path, headers=BEARER if headers is None else headers)


async def post(studio: Studio, path: str, body: dict[str, Any]) -> httpx2.Response:
    return await studio.client.post(path, json=body, headers=BEARER)


# credits


@pytest.mark.parametrize("surface", [*CREATES, "replicate"])
async def test_without_credits_each_surface_says_so_and_makes_nothing(studio: Studio, surface: str) -> None:
    await a_key(studio)
    await studio.tools.ledger.set_credits("default", 1.0)

    response = await post(studio, *(REPLICATE if surface == "replicate" else CREATES[surface]))

    assert response.status_code == 402
    words = {"comet": "insufficient_credits", "bfl": "Insufficient credits", "openai": "insufficient_quota", "replicate": "Insufficient credit"}
    assert words[surface] in response.text
    assert await studio.tools.ledger.waiting() == 0


async def test_a_picture_is_paid_for_and_a_failure_is_not(studio: Studio) -> None:
    await a_key(studio)
    await studio.tools.ledger.set_credits("default", 10.0)
    for outcome in (None, Outcome(Status.ERROR, code="engine_failed")):
        await post(studio, *CREATES["bfl"])
        await (studio.paint() if outcome is None else studio.end(outcome))

    assert (await get(studio, "/v1/credits")).json() == {"credits": 7.5}


async def test_where_there_is_no_limit_a_large_number_stands_for_it(studio: Studio) -> None:
    await a_key(studio)

    assert (await get(studio, "/v1/credits")).json() == {"credits": 1_000_000.0}


async def test_a_key_has_no_more_than_its_budget(studio: Studio) -> None:
    await a_key(studio, budget=4.0)

    assert [(await post(studio, *CREATES["comet"])).status_code for _ in range(2)] == [200, 402]
    assert (await get(studio, "/v1/credits")).json() == {"credits": 1.5}


# usage


async def test_usage_is_told_by_day_key_model_and_label(studio: Studio) -> None:
    await a_key(studio)
    for label in ("", "shop", "shop"):
        await studio.client.post("/v1/flux-dev", json={"prompt": "a cat"}, headers=BEARER | {"x-mezzotint-label": label})
    await studio.paint()

    told = (await get(studio, "/v1/usage")).json()

    assert told["total"] == {"tasks": 3, "credits": 7.5}
    key = handle(digest(LIMITED))
    assert told["data"] == [
        {"key": key, "model": "flux-dev", "day": "2027-01-15", "label": "", "tasks": 1, "credits": 2.5},
        {"key": key, "model": "flux-dev", "day": "2027-01-15", "label": "shop", "tasks": 2, "credits": 5.0},
    ]
    assert told["credits_left"] is None


@pytest.mark.parametrize(("query", "tasks"), [("?from=2027-01-15&to=2027-01-15", 1), ("?to=2027-01-14", 0), ("?from=2027-01-16", 0)])
async def test_usage_is_told_of_the_days_that_are_asked_for(studio: Studio, query: str, tasks: int) -> None:
    await a_key(studio)
    await post(studio, *CREATES["bfl"])
    await studio.paint()

    assert (await get(studio, f"/v1/usage{query}")).json()["total"]["tasks"] == tasks


@pytest.mark.parametrize("query", ["?from=yesterday", "?to=2027-13-01", "?from=2027-1-1", "?from=２０２７-01-01", "?to="])
async def test_what_is_no_day_is_refused(studio: Studio, query: str) -> None:
    await a_key(studio)

    assert (await get(studio, f"/v1/usage{query}")).status_code == 400


async def used(studio: Studio) -> None:
    await a_key(studio)
    for label in ("=1+1", "shop", "shop"):
        await studio.client.post("/v1/flux-dev", json={"prompt": "a cat"}, headers=BEARER | {"x-mezzotint-label": label})
    await studio.paint()


async def test_usage_is_summed_up_by_what_is_asked_for(studio: Studio) -> None:
    await used(studio)

    told = (await get(studio, "/v1/usage?by=label")).json()

    assert told["data"] == [{"label": "=1+1", "tasks": 1, "credits": 2.5}, {"label": "shop", "tasks": 2, "credits": 5.0}]
    assert told["total"] == {"tasks": 3, "credits": 7.5}
    assert [list(row) for row in (await get(studio, "/v1/usage?by=model,day")).json()["data"]] == [["model", "day", "tasks", "credits"]]


@pytest.mark.parametrize(("query", "accept"), [("?format=csv", "application/json"), ("", "text/csv"), ("", "text/csv;q=0.9, text/plain")])
async def test_usage_is_a_table_for_whoever_asks_for_one(studio: Studio, query: str, accept: str) -> None:
    await used(studio)

    answer = await get(studio, f"/v1/usage{query}", BEARER | {"accept": accept})

    key = handle(digest(LIMITED))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"] == 'attachment; filename="usage.csv"'
    assert answer.text == (f"day,key,model,label,tasks,credits\r\n2027-01-15,{key},flux-dev,'=1+1,1,2.5\r\n2027-01-15,{key},flux-dev,shop,2,5.0\r\n")


async def test_a_table_is_summed_up_too(studio: Studio) -> None:
    await used(studio)

    assert (await get(studio, "/v1/usage?format=csv&by=model&to=2027-01-15")).text == "model,tasks,credits\r\nflux-dev,3,7.5\r\n"
    assert (await get(studio, "/v1/usage?format=csv&by=model&to=2027-01-14")).text == "model,tasks,credits\r\n"


@pytest.mark.parametrize(("query", "accept"), [("?format=json", "text/csv"), ("", "*/*"), ("", "application/json, text/csv;q=0.5")])
async def test_usage_is_json_otherwise(studio: Studio, query: str, accept: str) -> None:
    await a_key(studio)

    answer = await get(studio, f"/v1/usage{query}", BEARER | {"accept": accept})

    assert (answer.headers["content-type"], answer.headers["vary"]) == ("application/json", "accept")


@pytest.mark.parametrize("query", ["?by=", "?by=account", "?by=day,day", "?by=day, key", "?format=xlsx", "?format=", "?format=CSV"])
async def test_sums_and_forms_that_are_none_are_refused(studio: Studio, query: str) -> None:
    await a_key(studio)

    answer = await get(studio, f"/v1/usage{query}")

    assert (answer.status_code, answer.json()["problems"][0]["where"]) == (400, [query[1:].partition("=")[0]])


async def test_more_than_one_answer_holds_is_refused_unless_pages_are_asked_for(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    await used(studio)
    assert (await get(studio, "/v1/usage")).status_code == 200
    monkeypatch.setattr(module, "MOST_ROWS", 1)

    for query in ("", "?format=csv", "?by=label"):
        refused = await get(studio, f"/v1/usage{query}")
        assert (refused.status_code, refused.json()["problems"][0]["where"]) == (400, ["limit"])
    assert (await get(studio, "/v1/usage?by=model")).status_code == 200


async def test_pages_of_usage_lead_on_to_the_last(studio: Studio) -> None:
    await used(studio)

    first = (await get(studio, "/v1/usage?by=label&limit=1")).json()
    second = (await get(studio, f"/v1/usage?by=label&limit=1&offset={first['next']}")).json()
    table = await get(studio, "/v1/usage?by=label&limit=1&format=csv")
    rest = await get(studio, "/v1/usage" + table.headers["link"].partition("<")[2].partition(">")[0])

    assert [(page["data"][0]["label"], page["next"], page["total"]["tasks"]) for page in (first, second)] == [("=1+1", 1, 3), ("shop", None, 3)]
    assert (rest.text, "link" in rest.headers) == ("label,tasks,credits\r\nshop,2,5.0\r\n", False)


@pytest.mark.parametrize("query", ["limit=0", "limit=10001", "limit=x", "limit=", "limit=²", "offset=-1", "offset=x", "offset=9999999999"])
async def test_a_page_that_is_none_is_refused(studio: Studio, query: str) -> None:
    await a_key(studio)

    answer = await get(studio, f"/v1/usage?{query}")

    assert (answer.status_code, answer.json()["problems"][0]["where"]) == (400, [query.partition("=")[0]])


async def test_anothers_usage_is_not_told(studio: Studio) -> None:
    await a_key(studio)
    await post(studio, *CREATES["bfl"])
    await studio.paint()

    assert (await get(studio, "/v1/usage", {"authorization": "Bearer mz_" + "b" * 48})).json()["total"]["tasks"] == 0


# what keys may do


async def test_a_key_that_may_only_read_makes_nothing(studio: Studio) -> None:
    await a_key(studio, scopes=(READ,))
    task = (await studio.created())["id"]

    for path, body in [*CREATES.values(), REPLICATE]:
        assert (await post(studio, path, body)).status_code == 403
    assert (await post(studio, f"/v1/tasks/{task}/cancel", {})).status_code == 403
    assert (await get(studio, f"/v1/tasks/{task}")).status_code == 200


async def test_a_key_that_may_only_create_reads_nothing_but_at_the_polling_url(studio: Studio) -> None:
    await a_key(studio, scopes=(CREATE,))
    made = (await post(studio, *CREATES["bfl"])).json()

    assert (await get(studio, f"/v1/get_result?id={made['id']}")).status_code == 403
    assert (await get(studio, "/v1/tasks")).status_code == 403
    assert (await get(studio, made["polling_url"])).status_code == 200


async def test_a_key_paints_with_the_models_that_it_may(studio: Studio) -> None:
    await a_key(studio, models=("flux-dev", "black-forest-labs/flux-schnell"))

    assert (await post(studio, "/v1/flux-dev", {})).status_code == 200
    refused = await post(studio, "/v1/flux-pro", {})
    assert (refused.status_code, refused.json()["detail"]) == (403, "this key may not use flux-pro; it may use flux-dev, black-forest-labs/flux-schnell")


# keys whose time is over

OVER: dict[str, tuple[str, str, int, str]] = {
    "comet": ("POST", "/flux/v1/flux-dev", 401, "Invalid token (request id: "),
    "comet's poll": ("GET", "/flux/v1/get_result?id=x", 401, "Invalid token (request id: "),
    "bfl": ("POST", "/v1/flux-dev", 403, '{"detail":"Not authenticated - Invalid Authentication"}'),
    "bfl's poll": ("GET", "/v1/get_result?id=x", 403, '{"detail":"Not authenticated - Invalid Authentication"}'),
    "replicate": ("POST", "/v1/models/black-forest-labs/flux-dev/predictions", 401, '"detail":"You did not pass a valid authentication token"'),
    "replicate's list": ("GET", "/v1/predictions", 401, '"title":"Unauthenticated"'),
    "openai": ("POST", "/v1/images/generations", 401, '"code":"invalid_api_key"'),
    "ours": ("GET", "/v1/tasks", 401, '"title":"invalid_token"'),
    "usage": ("GET", "/v1/usage", 401, '"title":"invalid_token"'),
    "credits": ("GET", "/v1/credits", 403, '{"detail":"Not authenticated - Invalid Authentication"}'),
}


@pytest.mark.parametrize("surface", OVER)
@pytest.mark.parametrize("end", ["expired", "replaced", "revoked"])
async def test_a_key_whose_time_is_over_is_no_key_on_any_surface(studio: Studio, surface: str, end: str) -> None:
    method, path, status, words = OVER[surface]
    await a_key(studio, expires=studio.clock.now() + 60 if end == "expired" else None)
    if end == "replaced":
        await studio.tools.ledger.expire_key(handle(digest(LIMITED)), studio.clock.now() + 60)
    before = await studio.client.request(method, path, json={}, headers=BEARER)

    studio.clock.advance(60)
    if end == "revoked":
        await studio.tools.ledger.revoke_key(handle(digest(LIMITED)))
    after = await studio.client.request(method, path, json={"prompt": "a cat", "input": {"prompt": "a cat"}}, headers=BEARER)

    assert before.status_code not in (401, 403)
    assert after.status_code == status
    assert words in after.text
    assert await studio.tools.ledger.waiting() <= 1  # what came before


async def test_while_keys_overlap_both_are_good_and_see_the_same(studio: Studio) -> None:
    await a_key(studio)
    made = (await post(studio, *CREATES["bfl"])).json()
    successor = "mz_" + "d" * 48
    await studio.tools.ledger.add_key(ApiKey(handle(digest(successor)), "default", "limited", 0.0), digest(successor))
    await studio.tools.ledger.expire_key(handle(digest(LIMITED)), studio.clock.now() + 60)

    for advance, statuses in ((59.0, [200, 200]), (1.0, [401, 200])):
        studio.clock.advance(advance)
        answers = [await get(studio, f"/v1/tasks/{made['id']}", {"x-key": key}) for key in (LIMITED, successor)]
        assert [answer.status_code for answer in answers] == statuses
    assert (await get(studio, made["polling_url"], {})).status_code == 200  # a capability is no key


# prices, and what is not here


async def test_prices_are_public(studio: Studio) -> None:
    told = (await get(studio, "/api/models", {})).json()

    assert (told["success"], told["total"]) == (True, len(told["data"]))
    prices = {entry["id"]: entry["pricing"]["per_request"] for entry in told["data"]}
    assert (prices["flux-dev"], prices["flux-2-pro"]) == (0.025, 0.03)


async def test_there_are_no_finetunes(studio: Studio) -> None:
    await a_key(studio)

    assert (await get(studio, "/v1/my_finetunes")).json() == {"finetunes": []}
    assert (await get(studio, "/v1/finetune_details?finetune_id=x")).status_code == 404
    assert (await get(studio, "/v1/finetune_details")).json()["detail"][0]["loc"] == ["query", "finetune_id"]
    assert (await post(studio, "/v1/delete_finetune", {"finetune_id": "x"})).status_code == 404
    assert (await post(studio, "/v1/delete_finetune", {})).status_code == 422


@pytest.mark.parametrize("path", ["/v1/usage", "/v1/credits", "/v1/my_finetunes", "/v1/finetune_details"])
async def test_the_rest_needs_a_key(studio: Studio, path: str) -> None:
    assert (await get(studio, path, {})).status_code in (401, 403)
    assert (await get(studio, path, {"authorization": f"Bearer {KEY}"})).status_code not in (401, 403)
