"""What an operator is told of a provider: that it can be asked, or what is missing and what to do."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from mezzotint.engines.upstream.checking import Checked, check
from mezzotint.net.guard import Guard
from mezzotint.net.providers import GuardedLine
from mezzotint.routing import Offer, Provider, Route, Routing
from tests.engines.upstream.errands import DIALECTS, a_provider
from tests.providers import KEY, FakeProvider, Reply, as_json, serving_providers
from tests.receivers import an_unused_port


async def checked(provider: Provider, key: str = KEY, pattern: str = "flux-dev") -> Checked:
    routing = Routing("nano", (Route(pattern, "upstream", (Offer(provider.name),)),), MappingProxyType({provider.name: provider}))
    line = GuardedLine(Guard())
    try:
        return await check(provider, key, routing, line)
    finally:
        await line.close()


@pytest.mark.parametrize("kind", DIALECTS)
async def test_a_provider_that_takes_the_key_is_well_and_one_that_does_not_is_told_apart(kind: str) -> None:
    fake: FakeProvider = DIALECTS[kind]()
    with serving_providers(fake):
        provider = a_provider(kind, fake, key_env="THE_KEY")
        well, wrong = await checked(provider), await checked(provider, "wrong")

    assert well.good
    assert "the key is accepted" in well.said
    assert not wrong.good
    assert "the key is refused" in wrong.said
    assert "look at the variable THE_KEY" in wrong.said
    assert KEY not in well.said + wrong.said


async def test_credits_that_are_left_are_told() -> None:
    fake: FakeProvider = DIALECTS["bfl"]()
    with serving_providers(fake):
        assert (await checked(a_provider("bfl", fake))).said.endswith("the key is accepted, 100 credits left")


async def test_one_that_cannot_be_reached_is_said_to_be_so() -> None:
    fake: FakeProvider = DIALECTS["bfl"]()
    with serving_providers(fake):
        provider = replace(a_provider("bfl", fake), base_url=f"http://127.0.0.1:{an_unused_port()}")
        found = await checked(provider)

    assert not found.good
    assert "there is no answer" in found.said
    assert "is base_url right" in found.said


ANSWERS: dict[str, tuple[Reply, bool, str]] = {
    "no credits": (as_json(402, {"detail": "Insufficient credits"}), False, "the account has no credits left (Insufficient credits)"),
    "broken": (Reply(500, b"oops"), False, "it answers 500 (oops), so the key was not tried"),
    "no such route": (as_json(404, {"detail": "Not Found"}), True, "it answers 404 (Not Found), so the key was not tried"),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_what_else_it_may_answer(case: str) -> None:
    reply, good, said = ANSWERS[case]
    fake: FakeProvider = DIALECTS["bfl"]()
    fake.hooks["/v1/credits"] = lambda request: reply
    with serving_providers(fake):
        found = await checked(a_provider("bfl", fake))

    assert found.good is good
    assert said in found.said


@pytest.mark.parametrize(("pattern", "good", "said"), [("flux-pro", False, "does not list flux-pro"), ("flux-dev", True, "accepted")])
async def test_a_model_that_it_does_not_list_is_named(pattern: str, good: bool, said: str) -> None:
    fake: Any = DIALECTS["openai"]()
    with serving_providers(fake):
        found = await checked(a_provider("openai", fake), pattern=pattern)

    assert found.good is good
    assert said in found.said


CAPS: dict[str, tuple[dict[str, Any], str, bool]] = {
    "a cap, and a model of no known price": ({"per_day": 100.0}, "flux-pro-1.0-expand", True),
    "a cap for the month": ({"per_month": 100.0}, "flux-pro-1.0-expand", True),
    "the operator says the price": ({"per_day": 100.0, "prices": {"flux-pro-1.0-expand": 5.0}}, "flux-pro-1.0-expand", False),
    "the price is known": ({"per_day": 100.0}, "flux-dev", False),
    "no cap": ({}, "flux-pro-1.0-expand", False),
}


@pytest.mark.parametrize("case", CAPS)
async def test_a_cap_that_a_model_slips_through_is_told(case: str) -> None:
    caps, pattern, told = CAPS[case]
    fake: FakeProvider = DIALECTS["bfl"]()
    with serving_providers(fake):
        found = await checked(replace(a_provider("bfl", fake), **caps), pattern=pattern)

    assert found.good
    assert ("no price is known of flux-pro-1.0-expand" in found.said) is told


async def test_one_that_nothing_is_sent_to_is_not_asked() -> None:
    fake: FakeProvider = DIALECTS["replicate"]()
    with serving_providers(fake):
        found = await checked(a_provider("replicate", fake), pattern="flux-3-image")

    assert (found.good, found.said) == (True, "no model in mezzotint.toml is sent to it")
    assert fake.requests == []
