"""OpenAI's images, asked as its clients ask: the answer comes when the pictures are there."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from PIL import Image

from mezzotint.core import ids
from mezzotint.core.headers import read_header
from mezzotint.core.previews import Preview, Wish
from mezzotint.core.tasks import Outcome, Status, Verdict
from mezzotint.ports import Limits
from mezzotint.service.generate import outcome_of
from tests.clocks import HandClock
from tests.pictures import a_file, a_jpeg, in_base64
from tests.service.asking import all_had_their_turn
from tests.studio import KEY, Studio, a_studio

BEARER = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    """With a worker that paints whatever comes."""
    studio = a_studio(HandClock())

    async def work() -> None:
        while True:
            if not await studio.paint():
                await studio.tools.hub.wait_for_queue(60)
            for task in await studio.tools.ledger.list_of("default", None, None, 20):
                studio.tools.hub.changed(task.id)

    working = asyncio.create_task(work())
    yield studio
    working.cancel()


async def generate(studio: Studio, **body: Any) -> httpx2.Response:
    return await studio.client.post("/v1/images/generations", json={"prompt": "a paper boat"} | body, headers=BEARER)


async def made(studio: Studio, **body: Any) -> list[dict[str, Any]]:
    response = await generate(studio, **body)
    assert response.status_code == 200, response.text
    pictures: list[dict[str, Any]] = response.json()["data"]
    return pictures


def size_of(picture: dict[str, Any]) -> tuple[int, int]:
    return Image.open(io.BytesIO(base64.b64decode(picture["b64_json"]))).size


# generations


async def test_several_pictures_are_made_all_or_none() -> None:
    studio = a_studio(HandClock(), limits=Limits(waiting=2))

    response = await generate(studio, n=3)

    assert response.status_code == 429
    assert await studio.tools.ledger.waiting() == 0


async def test_what_was_refused_may_be_asked_for_again_under_the_same_idempotency_key() -> None:
    studio = a_studio(HandClock(), limits=Limits(waiting=2))
    headers, body = BEARER | {"idempotency-key": "order 7"}, {"prompt": "a paper boat", "n": 2}
    await studio.created()
    full = await studio.client.post("/v1/images/generations", json=body, headers=headers)
    await studio.paint()

    asking = asyncio.create_task(studio.client.post("/v1/images/generations", json=body, headers=headers))
    await studio.tools.hub.wait_for_queue(60)
    await studio.paint()
    for task in await studio.tools.ledger.list_of("default", None, None, 20):
        studio.tools.hub.changed(task.id)
    response = await asking

    assert (full.status_code, response.status_code) == (429, 200)
    assert len(response.json()["data"]) == 2
    assert "idempotent-replayed" not in response.headers


@pytest.mark.parametrize("other", [{"n": 1}, {"n": 3}, {"prompt": "a paper plane"}, {"stream": True}], ids=str)
async def test_another_request_under_the_same_idempotency_key_is_refused(studio: Studio, other: dict[str, Any]) -> None:
    headers, body = BEARER | {"idempotency-key": "order 7"}, {"prompt": "a paper boat", "n": 2}
    first, again = [await studio.client.post("/v1/images/generations", json=body, headers=headers) for _ in range(2)]

    response = await studio.client.post("/v1/images/generations", json=body | other, headers=headers)

    assert first.content == again.content
    assert (response.status_code, response.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(studio.painter.orders) == 2


async def test_an_idempotency_key_is_never_one_that_was_made_for_the_second_of_several(studio: Studio) -> None:
    for name, count in (("order", 2), ("order/1", 1), ("order1", 1)):
        response = await studio.client.post("/v1/images/generations", json={"prompt": "a boat", "n": count}, headers=BEARER | {"idempotency-key": name})
        assert "idempotent-replayed" not in response.headers

    assert len(studio.painter.orders) == 4


async def test_a_picture_comes_as_an_address_unless_it_is_asked_for_itself(studio: Studio) -> None:
    [link], [whole] = await made(studio), await made(studio, response_format="b64_json")

    assert (await studio.client.get(link["url"])).status_code == 200
    assert base64.b64decode(whole["b64_json"]).startswith(b"\x89PNG")


async def test_the_answer_has_what_clients_read(studio: Studio) -> None:
    response = await generate(studio)

    assert list(response.json()) == ["created", "data"]
    assert response.json()["created"] == int(studio.clock.now())
    assert response.json()["data"][0]["revised_prompt"] == "a paper boat"
    assert response.headers["x-mezzotint-engine"] == "stub"


@pytest.mark.parametrize(
    ("model", "size", "painted"),
    [
        ("flux-dev", "512x384", (512, 384)),
        ("flux-2-pro", "1024x1536", (1024, 1536)),
        ("flux-dev", "auto", (1024, 768)),
        ("flux-pro-1.1-ultra", "1536x1024", (2496, 1664)),
        ("black-forest-labs/flux-schnell", "1792x1024", (1344, 768)),
    ],
)
async def test_a_size_is_told_in_the_models_own_words(studio: Studio, model: str, size: str, painted: tuple[int, int]) -> None:
    [picture] = await made(studio, model=model, size=size, response_format="b64_json")

    assert size_of(picture) == painted


async def test_several_pictures_differ_and_count_the_seed_up(studio: Studio) -> None:
    pictures = await made(studio, n=3, seed=7)

    assert len({picture["url"] for picture in pictures}) == 3
    assert sorted(order.seed for order in studio.painter.orders) == [7, 8, 9]


async def test_the_models_own_parameters_are_taken_too(studio: Studio) -> None:
    await made(studio, steps=4, guidance=2.5, output_format="png")

    [order] = studio.painter.orders
    assert (order.steps, order.guidance, order.format.value) == (4, 2.5, "png")


async def test_the_task_is_read_on_the_other_surfaces(studio: Studio) -> None:
    await made(studio)
    [task] = await studio.tools.ledger.list_of("default", None, None, 5)

    assert (await studio.poll(str(task.id)))["status"] == "Ready"


async def test_streamed_pictures_come_as_events(studio: Studio) -> None:
    response = await generate(studio, stream=True, n=2)

    events = [dict(line.split(": ", 1) for line in block.splitlines()) for block in response.text.strip().split("\n\n")]
    assert [event["event"] for event in events] == ["image_generation.completed"] * 2
    told = json.loads(events[0]["data"])
    assert told["type"] == "image_generation.completed"
    assert base64.b64decode(told["b64_json"]).startswith(b"\x89PNG")


# edits and variations


def form(**fields: str) -> dict[str, str]:
    return {"prompt": "make it blue"} | fields


async def edit(studio: Studio, files: list[tuple[str, tuple[str, bytes, str]]], **fields: str) -> httpx2.Response:
    return await studio.client.post("/v1/images/edits", data=form(**fields), files=files, headers=BEARER)


def a_part(name: str, data: bytes | None = None) -> tuple[str, tuple[str, bytes, str]]:
    return name, ("boat.png", data or a_file(), "image/png")


@pytest.mark.parametrize("name", ["image", "image[]"])
async def test_a_picture_is_edited(studio: Studio, name: str) -> None:
    response = await edit(studio, [a_part(name)], n="1", seed="7", response_format="url")

    assert response.status_code == 200, response.text
    [order] = studio.painter.orders
    assert (order.model, order.prompt, order.seed) == ("flux-kontext-pro", "make it blue", 7)
    assert order.pictures == (("input_image", a_file()),)


async def test_several_pictures_are_taken_together(studio: Studio) -> None:
    response = await edit(studio, [a_part("image[]"), a_part("image[]", a_file("JPEG"))], model="flux-2-pro")

    assert response.status_code == 200, response.text
    assert [name for name, _ in studio.painter.orders[0].pictures] == ["input_image", "input_image_2"]


async def test_a_mask_calls_for_a_model_that_fills(studio: Studio) -> None:
    response = await edit(studio, [a_part("image"), a_part("mask", a_file(mode="RGBA"))])

    assert response.status_code == 200, response.text
    assert (studio.painter.orders[0].model, [name for name, _ in studio.painter.orders[0].pictures]) == ("flux-pro-1.0-fill", ["image", "mask"])


async def test_a_picture_is_varied(studio: Studio) -> None:
    response = await studio.client.post("/v1/images/variations", files=[a_part("image")], headers=BEARER)

    assert response.status_code == 200, response.text
    assert studio.painter.orders[0].model == "black-forest-labs/flux-redux-dev"


async def test_an_edit_may_come_as_json(studio: Studio) -> None:
    body = {"prompt": "make it blue", "image": [in_base64(a_file())]}

    assert (await studio.client.post("/v1/images/edits", json=body, headers=BEARER)).status_code == 200


# what is refused


@pytest.mark.parametrize(
    ("body", "status", "parameter"),
    [
        ({"prompt": ""}, 400, "prompt"),
        ({"prompt": 7}, 400, "prompt"),
        ({"model": "dall-e-9000"}, 404, None),
        ({"model": 7}, 400, "model"),
        ({"n": 0}, 400, "n"),
        ({"n": 11}, 400, "n"),
        ({"n": True}, 400, "n"),
        ({"size": "large"}, 400, "size"),
        ({"size": "0x0"}, 400, "size"),
        ({"size": "33x33"}, 400, "width"),
        ({"response_format": "gif"}, 400, "response_format"),
        ({"steps": 51}, 400, "steps"),
    ],
    ids=repr,
)
async def test_what_is_wrong_is_named_in_openais_words(studio: Studio, body: dict[str, Any], status: int, parameter: str | None) -> None:
    response = await generate(studio, **body)

    error = response.json()["error"]
    assert (response.status_code, error["type"], error["param"]) == (status, "invalid_request_error", parameter)
    assert list(error) == ["message", "type", "param", "code"]
    assert studio.painter.orders == []


async def test_keys_are_missing_or_wrong(studio: Studio) -> None:
    answers = [await studio.client.post("/v1/images/generations", json={"prompt": "x"}, headers=headers) for headers in ({}, {"authorization": "Bearer no"})]

    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(401, "missing_api_key"), (401, "invalid_api_key")]


@pytest.mark.parametrize(
    ("files", "fields", "parameter"),
    [
        ([a_part("picture")], {}, "image"),
        ([a_part("image")] * 5, {}, "image"),
        ([a_part("image"), a_part("mask")], {"model": "flux-kontext-pro"}, "mask"),
        ([a_part("image", b"no picture")], {}, "input_image"),
        ([a_part("image")], {"n": "several"}, "n"),
    ],
    ids=["none", "too many", "no mask", "no picture", "no number"],
)
async def test_a_form_that_cannot_be_used_is_refused(studio: Studio, files: list[Any], fields: dict[str, str], parameter: str) -> None:
    response = await edit(studio, files, **fields)

    assert (response.status_code, response.json()["error"]["param"]) == (400, parameter)


@pytest.mark.parametrize("body", [b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x--", b"\xff" * 100])
async def test_a_broken_form_is_refused(studio: Studio, body: bytes) -> None:
    headers = BEARER | {"content-type": "multipart/form-data; boundary=x"}

    assert (await studio.client.post("/v1/images/edits", content=body, headers=headers)).status_code == 400


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        (Outcome(Status.REQUEST_MODERATED, reasons=("Violence",)), 400, "moderation_blocked"),
        (Outcome(Status.ERROR, code="bad_picture", message="it is broken"), 400, "invalid_request"),
        (Outcome(Status.ERROR, code="engine_failed", message="no luck"), 500, "server_error"),
    ],
)
async def test_every_end_without_a_picture_is_an_error(outcome: Outcome, status: int, code: str) -> None:
    studio = a_studio(HandClock())
    asking = asyncio.create_task(generate(studio))
    await studio.tools.hub.wait_for_queue(60)
    await studio.end(outcome)
    [task] = await studio.tools.ledger.list_of("default", None, None, 1)
    studio.tools.hub.changed(task.id)

    response = await asking

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert ids.read(str(task.id)) is not None


# previews


def events_in(response: httpx2.Response) -> list[tuple[str, dict[str, Any]]]:
    fields = [dict(line.split(": ", 1) for line in block.splitlines()) for block in response.text.strip().split("\n\n")]
    return [(event["event"], json.loads(event["data"])) for event in fields]


async def worked(studio: Studio, asking: asyncio.Task[httpx2.Response], steps: int = 28) -> list[dict[UUID, Wish]]:
    """A worker that shows every step, slowly; what it was told to be watched, with each claim."""
    wishes = []
    while not asking.done():
        epoch = await studio.tools.ledger.enlist("w")
        for claim in await studio.tools.ledger.claim("w", epoch, ["stub"], 1):
            wishes.append(studio.tools.previews.wishes([claim.task]))
            for step in range(1, steps):
                studio.tools.previews.show(Preview(claim.task, claim.attempt, step, steps, a_jpeg(step, 8)))
                studio.tools.hub.changed(claim.task)
                await all_had_their_turn()
            outcome = await outcome_of(claim, studio.workshop, lambda step, steps: None)
            await studio.tools.ledger.settle([Verdict(claim.task, claim.attempt, outcome)])
            studio.tools.previews.ended(claim.task)
            studio.tools.hub.changed(claim.task)
        await asyncio.sleep(0.001)
    return wishes


def width_of(event: dict[str, Any]) -> int:
    return read_header(base64.b64decode(event["b64_json"])).width


@pytest.mark.parametrize(("wished", "steps"), [(None, []), (0, []), (1, [14]), (2, [10, 19]), (3, [7, 14, 21])])
async def test_as_many_previews_as_were_asked_for_come_before_the_picture(wished: int | None, steps: list[int]) -> None:
    studio = a_studio(HandClock())
    asking = asyncio.create_task(generate(studio, stream=True, partial_images=wished, size="512x384", quality="high"))
    wishes = await worked(studio, asking)
    response = await asking

    *partial, (last, whole) = events_in(response)
    assert [(kind, told["type"], told["partial_image_index"], width_of(told)) for kind, told in partial] == [
        ("image_generation.partial_image", "image_generation.partial_image", index, step) for index, step in enumerate(steps)
    ]
    assert all(
        {name: told[name] for name in ("size", "quality", "background", "output_format", "created_at")}
        == {"size": "512x384", "quality": "high", "background": "opaque", "output_format": "jpeg", "created_at": int(studio.clock.now())}
        for _, told in partial
    )
    assert (last, whole["type"], whole["size"], whole["quality"], width_of(whole)) == (*["image_generation.completed"] * 2, "512x384", "high", 512)
    assert [list(wish.values()) for wish in wishes] == [[Wish(spread=wished)] if wished else []]
    assert not studio.tools.previews._wishes


async def test_previews_of_several_pictures_come_with_their_picture() -> None:
    studio = a_studio(HandClock())
    asking = asyncio.create_task(generate(studio, stream=True, partial_images=2, n=2))
    await worked(studio, asking)

    kinds = [(kind.rpartition(".")[2], told.get("partial_image_index")) for kind, told in events_in(await asking)]
    assert kinds == [("partial_image", 0), ("partial_image", 1), ("completed", None)] * 2


async def test_an_edits_events_are_named_for_it() -> None:
    studio = a_studio(HandClock())
    asking = asyncio.create_task(edit(studio, [a_part("image")], stream="true", partial_images="1"))
    await worked(studio, asking)

    assert [kind for kind, _ in events_in(await asking)] == ["image_edit.partial_image", "image_edit.completed"]


async def test_without_a_stream_nobody_watches() -> None:
    studio = a_studio(HandClock())
    asking = asyncio.create_task(generate(studio, partial_images=3))

    assert await worked(studio, asking) == [{}]
    assert (await asking).status_code == 200


@pytest.mark.parametrize("wished", [-1, 4, 1.5, "2", True, [], 10**30], ids=repr)
@pytest.mark.parametrize("stream", [True, False])
async def test_too_many_previews_or_half_a_one_are_refused(studio: Studio, wished: Any, stream: bool) -> None:
    response = await generate(studio, stream=stream, partial_images=wished)

    assert (response.status_code, response.json()["error"]["param"]) == (400, "partial_images")
    assert studio.painter.orders == []


async def test_when_several_cannot_be_made_nobody_watches_what_is_not() -> None:
    studio = a_studio(HandClock(), limits=Limits(waiting=2))

    assert (await generate(studio, n=3, stream=True, partial_images=1)).status_code == 429

    assert not studio.tools.previews._wishes


@pytest.mark.parametrize("quality", ["medium", "hd", 7, {}, None], ids=repr)
async def test_a_quality_is_said_again_where_openai_knows_it(studio: Studio, quality: Any) -> None:
    [(_, told)] = events_in(await generate(studio, stream=True, quality=quality))

    assert told["quality"] == ("medium" if quality == "medium" else "auto")
