"""Replicate's predictions, asked as its clients ask."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import Any

import httpx2
import pytest
from PIL import Image

from mezzotint.core import ids, places
from mezzotint.core.images import EncodedImage
from mezzotint.core.tasks import Inputs, Outcome, Status, Verdict
from mezzotint.core.webhooks import Event
from mezzotint.service.generate import Workshop, outcome_of, painted_of
from mezzotint.work.sweeper import Sweeper
from tests.clocks import HandClock
from tests.pictures import a_file, in_base64
from tests.studio import KEY, Studio, a_studio
from tests.waiting import PATIENCE

DEV = "/v1/models/black-forest-labs/flux-dev/predictions"
PRO = "/v1/models/black-forest-labs/flux-1.1-pro/predictions"


@pytest.fixture
def studio() -> Studio:
    return a_studio(HandClock())


async def create(studio: Studio, path: str = DEV, headers: dict[str, str] | None = None, **given: Any) -> httpx2.Response:
    body = {"input": {"prompt": "a paper boat"} | given}
    return await studio.client.post(path, json=body, headers={"authorization": f"Bearer {KEY}"} | (headers or {}))


async def created(studio: Studio, path: str = DEV, **given: Any) -> dict[str, Any]:
    response = await create(studio, path, **given)
    assert response.status_code == 201, response.text
    told: dict[str, Any] = response.json()
    return told


async def get(studio: Studio, told: dict[str, Any]) -> dict[str, Any]:
    response = await studio.client.get(told["urls"]["get"], headers={"authorization": f"Bearer {KEY}"})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


# what is answered


async def test_an_open_models_output_is_a_list_and_a_closed_models_one_address(studio: Studio) -> None:
    dev, pro = await created(studio), await created(studio, PRO)
    await studio.paint()

    assert [type((await get(studio, told))["output"]) for told in (dev, pro)] == [list, str]


async def test_without_tls_the_output_is_data_as_clients_make_files_of_nothing_else(studio: Studio) -> None:
    told = await created(studio, output_format="png")
    await studio.paint()

    [address] = (await get(studio, told))["output"]

    assert address.startswith("data:image/png;base64,")
    assert base64.b64decode(address.partition(",")[2]).startswith(b"\x89PNG")


async def test_with_tls_the_output_is_a_link(studio: Studio) -> None:
    told = await created(studio)
    await studio.paint()

    response = await studio.client.get(told["urls"]["get"].replace("http://", "https://"), headers={"authorization": f"Bearer {KEY}"})

    [address] = response.json()["output"]
    assert address.startswith("https://testserver/images/")
    assert (await studio.client.get(address)).status_code == 200


async def test_a_listing_is_not_filled_with_files(studio: Studio) -> None:
    await created(studio)
    await studio.paint()

    page = (await studio.client.get("/v1/predictions", headers={"authorization": f"Bearer {KEY}"})).json()

    assert page["results"][0]["output"][0].startswith("http://testserver/images/")


async def test_pages_follow_one_another_until_the_last(studio: Studio) -> None:
    made = []
    for _ in range(101):
        made.append((await created(studio))["id"])
        studio.clock.advance(0.001)

    seen, url = [], "/v1/predictions"
    while url:
        page = (await studio.client.get(url, headers={"authorization": f"Bearer {KEY}"})).json()
        seen += [told["id"] for told in page["results"]]
        url = page["next"]

    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("outcome", "status", "error"),
    [
        (Outcome(Status.ERROR, code="engine_failed", message="no luck"), "failed", "no luck"),
        (Outcome(Status.REQUEST_MODERATED, reasons=("Violence",)), "failed", "The input was flagged as sensitive: Violence"),
        (
            Outcome(Status.CONTENT_MODERATED, reasons=("NSFW",)),
            "failed",
            "All generated images contained NSFW content. Try running it again with a different prompt.",
        ),
        (Outcome(Status.CANCELED, code="canceled"), "canceled", None),
        (Outcome(Status.EXPIRED, code="expired"), "canceled", None),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_every_end_has_its_word(studio: Studio, outcome: Outcome, status: str, error: str | None) -> None:
    told = await created(studio)
    await studio.end(outcome)

    found = await get(studio, told)

    assert (found["status"], found["error"], found["output"]) == (status, error, None)


async def test_pictures_that_are_gone_leave_a_prediction_without_data(studio: Studio) -> None:
    told = await created(studio)
    await studio.paint()
    studio.clock.advance(25 * 3600)

    found = await get(studio, told)

    assert (found["status"], found["data_removed"], found["output"], found["input"], found["logs"]) == ("succeeded", True, None, {}, "")


async def test_the_listing_says_of_which_predictions_the_data_is_gone(studio: Studio) -> None:
    await created(studio)
    await studio.paint()
    studio.clock.advance(25 * 3600)
    await Sweeper(studio.tools).sweep()
    await created(studio)

    page = (await studio.client.get("/v1/predictions", headers={"authorization": f"Bearer {KEY}"})).json()

    assert [(told["data_removed"], told["output"]) for told in page["results"]] == [(False, None), (True, None)]


async def test_a_task_of_another_surface_is_shown_with_an_owner(studio: Studio) -> None:
    task = await studio.created("flux-pro-1.1", prompt="a cat")

    found = (await studio.client.get(f"/v1/predictions/{task['id']}", headers={"authorization": f"Bearer {KEY}"})).json()

    assert (found["model"], found["input"], found["version"]) == ("black-forest-labs/flux-pro-1.1", {"prompt": "a cat"}, "hidden")
    assert ids.read(found["id"]) == ids.read(task["id"])


# what is waited for


async def test_a_wait_that_is_long_enough_answers_the_end(studio: Studio) -> None:
    asking = asyncio.create_task(create(studio, headers={"prefer": "wait=20"}))
    await studio.tools.hub.wait_for_queue(PATIENCE)
    await studio.paint()
    [task] = await studio.tools.ledger.list_of("default", None, None, 1)
    studio.tools.hub.changed(task.id)

    response = await asking

    assert (response.status_code, response.json()["status"]) == (201, "succeeded")


async def test_a_wait_that_runs_out_answers_starting_even_of_what_is_processed(studio: Studio) -> None:
    asking = asyncio.create_task(create(studio, headers={"prefer": "wait=1"}))
    epoch = await studio.tools.ledger.enlist("test")
    await studio.tools.hub.wait_for_queue(PATIENCE)
    await studio.tools.ledger.claim("test", epoch, ["stub"], 1)

    response = await asking

    assert (response.status_code, response.json()["status"]) == (202, "starting")
    assert "started_at" not in response.json()


async def test_cancel_after_gives_it_up(studio: Studio) -> None:
    told = (await create(studio, headers={"cancel-after": "1m30s"})).json()
    studio.clock.advance(91)
    await studio.tools.ledger.reap()

    assert (await get(studio, told))["status"] == "aborted"


@pytest.mark.parametrize("text", ["4s", "soon", "", "-5s", "1.5m", "9" * 30])
async def test_a_life_that_is_no_duration_is_refused(studio: Studio, text: str) -> None:
    response = await create(studio, headers={"cancel-after": text})

    assert response.status_code == 422
    assert response.json()["invalid_fields"][0]["field"] == "Cancel-After"


# what is understood


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/flux-dev/predictions",
        "/v1/models/black-forest-labs%2Fflux-dev/predictions",
        "/replicate/v1/models/black-forest-labs/flux-dev/predictions",
        "/v1/deployments/black-forest-labs/flux-dev/predictions",
    ],
)
async def test_a_model_may_be_named_in_several_ways(studio: Studio, path: str) -> None:
    assert (await created(studio, path))["model"] == "black-forest-labs/flux-dev"


async def test_numbered_pictures_become_the_list_that_the_model_takes(studio: Studio) -> None:
    sent = {"input_image": "https://example.com/1.png", "input_image_2": "https://example.com/2.png", "size": "1024x1024", "num_outputs": 1}
    told = await created(studio, "/v1/models/black-forest-labs/flux-2-pro/predictions", **sent)

    inputs = await studio.tools.ledger.inputs(ids.read(told["id"]) or pytest.fail("no id"))

    assert isinstance(inputs, Inputs)
    assert inputs.parameters["input_images"] == ["https://example.com/1.png", "https://example.com/2.png"]


async def test_a_picture_in_the_request_is_not_sent_back_whole(studio: Studio) -> None:
    noisy = io.BytesIO()
    Image.effect_noise((128, 128), 50).convert("RGB").save(noisy, "PNG")
    small, large = ("data:image/png;base64," + in_base64(data) for data in (a_file(), noisy.getvalue()))

    shown = [(await created(studio, image=picture))["input"]["image"] for picture in (small, large)]

    assert shown == [small, large[:64] + "…"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "input"),
        ({"input": "a cat"}, "input"),
        ({"input": {"prompt": "a cat"}, "webhook": 7}, "webhook"),
        ({"input": {"prompt": "a cat"}, "webhook": "ftp://example.com"}, "webhook"),
        ({"input": {"prompt": "a cat"}, "webhook_events_filter": ["sometimes"]}, "webhook_events_filter"),
        ({"input": {"prompt": "a cat"}, "colour": "red"}, "colour"),
        ({"input": {"prompt": "a cat"}, "stream": "yes"}, "stream"),
        ({"input": {"prompt": "a cat", "num_outputs": 5}}, "input.num_outputs"),
        ({"input": {"prompt": "a cat", "num_outputs": True}}, "input.num_outputs"),
        ({"input": {"prompt": 7}}, "input.prompt"),
    ],
    ids=repr,
)
async def test_what_is_wrong_is_named_and_nothing_is_made(studio: Studio, body: dict[str, Any], field: str) -> None:
    response = await studio.client.post(DEV, json=body, headers={"authorization": f"Bearer {KEY}"})

    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["invalid_fields"]] == [field]
    assert await studio.tools.ledger.waiting() == 0


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, (Event.START, Event.COMPLETED)),
        ({"webhook_events_filter": None}, (Event.START, Event.COMPLETED)),
        ({"webhook_events_filter": []}, (Event.START, Event.COMPLETED)),
        ({"webhook_events_filter": ["completed"]}, (Event.COMPLETED,)),
        ({"webhook_events_filter": ["start"]}, (Event.START,)),
        ({"webhook_events_filter": ["completed", "logs", "output", "start", "start"]}, (Event.START, Event.OUTPUT, Event.COMPLETED)),
        ({"webhook_events_filter": ["logs"]}, None),
    ],
    ids=str,
)
async def test_a_webhook_is_told_what_was_asked_for(studio: Studio, asked: dict[str, Any], told: tuple[Event, ...] | None) -> None:
    body = {"input": {"prompt": "a cat"}, "webhook": "https://8.8.8.8/hook"} | asked
    made = (await studio.client.post(DEV, json=body, headers={"authorization": f"Bearer {KEY}"})).json()

    task = ids.read(made["id"])
    assert task is not None
    inputs = await studio.tools.ledger.inputs(task)
    assert inputs is not None
    assert (inputs.webhook_url is not None) is (told is not None)
    assert told is None or inputs.webhook_events == told


@pytest.mark.parametrize("version", ["", "0" * 64, "flux-9000", "black-forest-labs/flux-dev:" + "0" * 64, "flux-schnell:" + "7863d1ba" * 8])
async def test_a_version_that_is_not_there_is_refused(studio: Studio, version: str) -> None:
    body = {"version": version, "input": {"prompt": "a cat"}}
    response = await studio.client.post("/v1/predictions", json=body, headers={"authorization": f"Bearer {KEY}"})

    assert (response.status_code, response.json()["title"]) == (422, "Invalid version or not permitted")


# several pictures


async def test_each_picture_of_several_has_a_seed_of_its_own(studio: Studio) -> None:
    told = await created(studio, num_outputs=3, seed=7)
    await studio.paint()

    found = await get(studio, told)

    assert [order.seed for order in studio.painter.orders] == [7, 8, 9]
    assert len(set(found["output"])) == 3
    assert found["metrics"]["image_count"] == 3


async def test_steps_are_counted_over_all_pictures(studio: Studio) -> None:
    await created(studio, num_outputs=2, num_inference_steps=4)
    epoch = await studio.tools.ledger.enlist("test")
    [claim] = await studio.tools.ledger.claim("test", epoch, ["stub"], 1)
    steps: list[tuple[int, int]] = []

    await outcome_of(claim, studio.workshop, lambda step, of: steps.append((step, of)))

    assert steps == sorted(steps)
    assert {of for _, of in steps} == {steps[-1][0]}


class RefusesSome:
    """A moderator that lets through every picture but those it is told."""

    judges_pictures = True

    def __init__(self, *refused: int) -> None:
        self._refused, self._seen = refused, 0

    async def request(self, inputs: Inputs) -> tuple[str, ...]:
        return ()

    async def picture(self, image: EncodedImage, inputs: Inputs) -> tuple[str, ...]:
        self._seen += 1
        return ("NSFW",) if self._seen - 1 in self._refused else ()


def with_moderator(studio: Studio, *refused: int) -> Workshop:
    return Workshop(studio.workshop.blobs, studio.workshop.fetcher, RefusesSome(*refused), studio.workshop.painter)


@pytest.mark.parametrize(("refused", "left"), [((0,), 2), ((0, 2), 1), ((0, 1, 2), 0)])
async def test_refused_pictures_are_left_out(studio: Studio, refused: tuple[int, ...], left: int) -> None:
    told = await created(studio, num_outputs=3)
    studio.workshop = with_moderator(studio, *refused)
    await studio.paint()

    found = await get(studio, told)

    assert found["status"] == ("succeeded" if left else "failed")
    assert len(found["output"] or ()) == left


@pytest.mark.parametrize("refused", [(), (1,)])
async def test_a_second_attempt_adopts_what_the_first_one_kept(studio: Studio, refused: tuple[int, ...]) -> None:
    await created(studio, num_outputs=3)
    epoch = await studio.tools.ledger.enlist("test")
    [first] = await studio.tools.ledger.claim("test", epoch, ["stub"], 1)
    outcome = await outcome_of(first, with_moderator(studio, *refused), lambda *_: None)
    epoch = await studio.tools.ledger.enlist("test")
    [second] = await studio.tools.ledger.claim("test", epoch, ["stub"], 1)
    painted = len(studio.painter.orders)

    adopted = await painted_of(second, studio.workshop, lambda *_: None)

    assert adopted == outcome
    assert len(studio.painter.orders) == painted
    assert await studio.tools.ledger.settle([Verdict(second.task, second.attempt, outcome)]) == [True]


async def test_a_second_attempt_paints_again_where_one_is_missing(studio: Studio) -> None:
    await created(studio, num_outputs=2)
    epoch = await studio.tools.ledger.enlist("test")
    [first] = await studio.tools.ledger.claim("test", epoch, ["stub"], 1)
    outcome = await outcome_of(first, studio.workshop, lambda *_: None)
    del studio.workshop.blobs._blobs[places.painted(first.task, 1, "webp")]  # type: ignore[attr-defined]  # as a crash before the second would
    epoch = await studio.tools.ledger.enlist("test")
    [second] = await studio.tools.ledger.claim("test", epoch, ["stub"], 1)

    assert await outcome_of(second, studio.workshop, lambda *_: None) == outcome
