"""What a create says of parameters that its provider cannot be told, and when it refuses them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from mezzotint.routing import Kind, Offer, Provider, Route, Routing
from tests.clocks import HandClock
from tests.pictures import a_jpeg, in_base64
from tests.studio import KEY, Studio, a_studio


def routing_to(*kinds: str) -> Routing:
    providers = {kind: Provider(kind, Kind(kind), "http://provider.example") for kind in kinds}
    return Routing("stub", (Route("*", "upstream", tuple(Offer(kind) for kind in kinds)),), MappingProxyType(providers))


def studio_to(clock: HandClock, *kinds: str) -> Studio:
    return a_studio(clock, routing=routing_to(*kinds))


async def dropped(clock: HandClock, *kinds: str, model: str = "flux-dev", **body: Any) -> str | None:
    response = await studio_to(clock, *kinds).create(model, **body)
    assert response.status_code == 200, response.text
    assert response.headers["x-mezzotint-engine"] == "upstream"
    return response.headers.get("x-mezzotint-dropped")


async def test_what_the_first_provider_is_not_told_is_named(clock: HandClock) -> None:
    assert await dropped(clock, "openai", guidance=4, steps=20, seed=5, width=512, height=512) == "steps, seed, guidance"
    assert await dropped(clock, "bfl", "openai", guidance=4, steps=20, seed=5) is None
    assert await dropped(clock, "replicate", width=512, height=512, steps=20) == "width, height"


async def test_what_nobody_asked_for_is_not_missed(clock: HandClock) -> None:
    assert await dropped(clock, "openai") is None


async def test_a_card_that_refuses_what_it_does_not_know_refuses_what_its_provider_does_not(clock: HandClock) -> None:
    response = await studio_to(clock, "openai").create("flux-3-image", grounding=False)

    assert response.status_code == 400
    assert "does not know it" in response.text


async def test_a_picture_that_no_provider_takes_is_refused(clock: HandClock) -> None:
    picture = in_base64(a_jpeg(256, 256))
    response = await studio_to(clock, "openai").create("flux-pro-1.0-canny", control_image=picture)

    assert response.status_code == 400
    assert "control_image: No provider of this model takes such a picture" in response.text
    assert (await studio_to(clock, "openai", "bfl").create("flux-pro-1.0-canny", control_image=picture)).status_code == 200


async def test_replicates_surface_names_the_engine_and_what_is_dropped_too(clock: HandClock) -> None:
    studio = studio_to(clock, "openai")
    body = {"input": {"prompt": "a boat", "guidance": 4}}
    response = await studio.client.post("/v1/models/black-forest-labs/flux-dev/predictions", json=body, headers={"authorization": "Bearer " + KEY})

    assert response.status_code == 201
    assert response.headers["x-mezzotint-engine"] == "upstream"
    assert response.headers["x-mezzotint-dropped"] == "guidance"
