"""What the server says of itself, to people and to language models: it is made of what there is."""

from __future__ import annotations

import re

import pytest

from mezzotint._version import __version__
from mezzotint.core.catalogue import CARDS
from mezzotint.core.explanations import EXPLANATIONS
from mezzotint.http.openapi import BASES, SURFACES, document, operations
from tests.studio import ORIGIN, Studio
from tests.webpages import Reader

LINK = re.compile(r"\[[^\]]+\]\((\S+)\)")


async def test_the_landing_names_every_surface_and_its_address(studio: Studio) -> None:
    shown = Reader((await studio.client.get("/", headers={"accept": "text/html"})).text)

    for surface in SURFACES:
        assert surface in shown.text
    for known, ours in BASES.values():
        assert f"{ours.replace('http://127.0.0.1:8000', ORIGIN)} in place of {known}" in shown.text
    assert {"docs", "errors", "openapi.json", "llms.txt"} <= set(shown.targets)


@pytest.mark.parametrize("accept", [None, "*/*", "application/json"])
async def test_programs_are_answered_in_json(studio: Studio, accept: str | None) -> None:
    response = await studio.client.get("/", headers={"accept": accept} if accept else {})

    told = response.json()
    assert (told["name"], told["version"]) == ("mezzotint", __version__)
    assert [surface["name"] for surface in told["surfaces"]] == list(SURFACES)
    assert {surface["name"]: surface["base_url"] for surface in told["surfaces"]}["OpenAI"] == f"{ORIGIN}/v1"
    for link in told["links"].values():
        assert (await studio.client.get(link)).status_code == 200


async def test_the_landing_leads_programs_to_the_description(studio: Studio) -> None:
    links = (await studio.client.get("/")).headers["link"]

    assert links == '<openapi.json>; rel="service-desc", <docs>; rel="service-doc"'


async def test_llms_txt_is_as_it_should_be(studio: Studio) -> None:
    response = await studio.client.get("/llms.txt")

    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    title, blank, quote, *_ = response.text.splitlines()
    assert (title, blank, quote[:2]) == ("# mezzotint", "", "> ")
    assert re.findall(r"^## (.*?)(?::|$)", response.text, re.MULTILINE) == [
        "Base URLs", "Documentation", "Routes", "Models of CometAPI and Black Forest Labs", "Models of Replicate", "Errors",
    ]  # fmt: skip


async def test_llms_txt_has_a_line_for_every_route_model_and_error(studio: Studio) -> None:
    text = (await studio.client.get("/llms.txt")).text

    routes = re.findall(r"^- `(GET|POST|DELETE) (\S+)`", text, re.MULTILINE)
    for path, method, each in operations(document()["paths"]):
        assert (method.upper(), path.replace(each.get("x-mezzotint-model", "\0"), "{model}")) in routes
    assert len(set(routes)) == len(routes)
    for card in CARDS:
        assert (f"- [{card.name}]({ORIGIN}/v1/models/{card.name}): {card.about}\n" in text) is card.listed
    for code, explanation in EXPLANATIONS.items():
        assert f"- [{code}]({ORIGIN}/errors/{code}): {explanation.means}\n" in text


async def test_every_link_of_llms_txt_leads_somewhere(studio: Studio) -> None:
    links = LINK.findall((await studio.client.get("/llms.txt")).text)

    assert len(links) > 80
    for link in links:
        assert (await studio.client.get(link)).status_code == 200, link
