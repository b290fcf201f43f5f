"""The pages about errors: one for each code, in whatever kind is asked for, and every answer that refuses leads to its own."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mezzotint.core.explanations import BY_ANY_WORD, EXPLANATIONS
from mezzotint.core.tasks import Outcome, Status
from tests.studio import KEY, ORIGIN, Studio
from tests.webpages import Reader

BEARER = {"authorization": f"Bearer {KEY}"}
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}
LINK = re.compile(r'<(http://testserver/errors/\w+)>; rel="help"')


async def test_the_list_names_every_code_in_every_kind(studio: Studio) -> None:
    shown = Reader((await studio.client.get("/errors", headers=BROWSER)).text)
    told = (await studio.client.get("/errors", headers={"accept": "application/json"})).json()
    text = (await studio.client.get("/errors")).text

    assert {target for target in shown.targets if target.startswith("errors/")} == {f"errors/{code}" for code in EXPLANATIONS}
    assert [each["code"] for each in told["errors"]] == list(EXPLANATIONS)
    assert [each["url"] for each in told["errors"]] == [f"{ORIGIN}/errors/{code}" for code in EXPLANATIONS]
    assert re.findall(r"^  (\w+): ", text, re.MULTILINE) == list(EXPLANATIONS)


@pytest.mark.parametrize("code", EXPLANATIONS)
async def test_a_code_has_a_page_in_every_kind(studio: Studio, code: str) -> None:
    explanation = EXPLANATIONS[code]

    shown = await studio.client.get(f"/errors/{code}", headers=BROWSER)
    told = (await studio.client.get(f"/errors/{code}", headers={"accept": "application/json"})).json()
    text = (await studio.client.get(f"/errors/{code}")).text

    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    read = Reader(shown.text)
    for sentence in (explanation.means, *explanation.why, *explanation.then):
        assert sentence.replace("`", "") in read.text
        assert sentence in text
    assert (told["code"], told["means"], told["why"], told["what_to_do"]) == (code, explanation.means, [*explanation.why], [*explanation.then])
    assert all(f"{answer['surface']}: {answer['status']}" in text for answer in told["answers"])


@pytest.mark.parametrize("word", sorted(BY_ANY_WORD.keys() - EXPLANATIONS.keys()))
async def test_what_a_surface_calls_it_leads_there_too(studio: Studio, word: str) -> None:
    told = (await studio.client.get(f"/errors/{word}", headers={"accept": "application/json"})).json()

    assert word in told["also"]


async def test_a_page_shows_the_bodies_of_every_surface(studio: Studio) -> None:
    read = Reader((await studio.client.get("/errors/invalid_request", headers=BROWSER)).text)

    assert '"comet_api_error"' in read.text
    assert '"invalid_fields"' in read.text
    assert f'"type": "{ORIGIN}/errors/invalid_request"' in read.text


@pytest.mark.parametrize("code", ["x", "INVALID_REQUEST", "%3Cscript%3E", "invalid_request%0a", "x" * 5000])
async def test_another_code_is_not_found(studio: Studio, code: str) -> None:
    response = await studio.client.get(f"/errors/{code}", headers=BROWSER)

    assert response.status_code == 404
    assert "<" not in response.text


# answers lead there


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/flux/v1/flux-dev", {"width": 33}, "invalid_request"),
        ("POST", "/flux/v1/flux-9", {}, "model_not_found"),
        ("GET", "/flux/v2/nothing", None, "not_found"),
        ("DELETE", "/flux/v1/flux-dev", None, "method_not_allowed"),
        ("POST", "/v1/flux-dev", {"width": 33}, "invalid_request"),
        ("GET", "/v1/nothing", None, "not_found"),
        ("POST", "/v1/predictions", {}, "invalid_request"),
        ("GET", "/v1/predictions/x", None, "not_found"),
        ("POST", "/v1/images/generations", {"prompt": "x", "model": "dall-e-9000"}, "model_not_found"),
        ("GET", "/v1/tasks/x", None, "not_found"),
        ("GET", "/images/x/sample.jpeg", None, "link_invalid"),
    ],
)
async def test_a_refusal_leads_to_its_page(studio: Studio, method: str, path: str, body: Any, code: str) -> None:
    response = await studio.client.request(method, path, json=body, headers=BEARER)

    assert response.status_code >= 400
    found = LINK.fullmatch(response.headers["link"])
    assert found is not None
    assert found[1] == f"{ORIGIN}/errors/{code}"
    assert (await studio.client.get(found[1])).status_code == 200


async def test_our_own_problem_documents_name_it_as_their_type(studio: Studio) -> None:
    response = await studio.client.get("/v1/tasks")

    assert response.json()["type"] == f"{ORIGIN}/errors/invalid_token"


async def test_links_that_no_longer_hold_lead_to_their_pages(studio: Studio) -> None:
    task = await studio.created()
    await studio.paint()
    link = (await studio.poll(task["id"]))["result"]["sample"]
    studio.clock.advance(601)

    late = await studio.client.get(link)

    assert (late.status_code, late.headers["link"]) == (410, f'<{ORIGIN}/errors/link_expired>; rel="help"')


async def test_the_code_of_a_task_that_failed_has_a_page(studio: Studio) -> None:
    task = await studio.created()
    await studio.end(Outcome(Status.ERROR, code="engine_failed", message="why"))

    code = (await studio.poll(task["id"]))["details"]["code"]

    assert (await studio.client.get(f"/errors/{code}")).status_code == 200


async def test_what_goes_well_says_nothing_of_errors(studio: Studio) -> None:
    created = await studio.create()
    polled = await studio.client.get("/flux/v1/get_result", params={"id": created.json()["id"]}, headers=BEARER)

    assert "link" not in created.headers
    assert "link" not in polled.headers
