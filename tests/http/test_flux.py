"""CometAPI's surface, asked as its clients ask."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from mezzotint.core import ids
from mezzotint.core.images import ImageFormat, Pixels
from mezzotint.core.tasks import Outcome, Status
from mezzotint.imaging import encode
from mezzotint.ports import Limits
from tests.clocks import HandClock
from tests.studio import KEY, OTHER_KEY, Studio, a_studio

BEARER = {"authorization": f"Bearer {KEY}"}


def a_picture(width: int = 64, height: int = 48) -> bytes:
    import numpy as np

    return encode(Pixels.of(np.full((height, width, 3), 200, np.uint8)), ImageFormat.PNG, {}).data


def envelope(text: str) -> dict[str, str]:
    """The error of CometAPI's envelope, which has exactly these parts."""
    told = json.loads(text)
    assert list(told) == ["error"]
    assert list(told["error"]) == ["code", "message", "type"]
    assert told["error"]["type"] == "comet_api_error"
    assert "(request id: " in told["error"]["message"]
    error: dict[str, str] = told["error"]
    return error


async def test_a_create_is_answered_with_bfls_five_keys_and_comets_status(studio: Studio) -> None:
    response = await studio.create(prompt="Hello")

    told = response.json()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert list(told) == ["id", "polling_url", "cost", "input_mp", "output_mp", "status"]
    assert ids.read(told["id"]) is not None
    assert told["polling_url"].startswith(f"http://testserver/flux/v1/get_result?id={told['id']}&token=")
    assert (told["cost"], told["input_mp"], told["output_mp"], told["status"]) == (None, None, None, "Pending")
    assert b'": ' not in response.content  # compact, as recorded


async def test_a_poll_has_six_keys_in_order_and_pending_until_it_is_ready(studio: Studio) -> None:
    task = await studio.created(prompt="Hello", seed=7)

    pending = await studio.poll(task["id"])
    await studio.paint()
    ready = await studio.poll(task["id"])

    assert list(pending) == list(ready) == ["id", "status", "result", "progress", "details", "preview"]
    assert (pending["status"], pending["result"]) == ("Pending", None)
    assert ready["status"] == "Ready"
    assert list(ready["result"]) == ["sample", "prompt", "seed", "start_time", "end_time", "duration"]
    assert (ready["result"]["prompt"], ready["result"]["seed"]) == ("Hello", 7)
    assert ready["result"]["sample"].startswith(f"http://testserver/images/{task['id']}/sample.jpeg?")


async def test_the_picture_is_there_with_the_size_that_was_asked_for(studio: Studio) -> None:
    task = await studio.created(width=512, height=384, output_format="png")
    await studio.paint()

    sample = (await studio.poll(task["id"]))["result"]["sample"]
    response = await studio.client.get(sample)

    assert response.status_code == 200
    assert response.headers["content-type"] == "image/png"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(response.content)).size == (512, 384)


async def test_a_running_task_shows_its_progress_where_the_original_does(studio: Studio) -> None:
    from mezzotint.core.tasks import Progress

    task = await studio.created()
    epoch = await studio.tools.ledger.enlist("test")
    [claim] = await studio.tools.ledger.claim("test", epoch, ["stub"], 1)
    studio.tools.progress.note(Progress(claim.task, claim.attempt, 7, 28))

    assert (await studio.poll(task["id"]))["progress"] == 0.25


@pytest.mark.parametrize(
    ("outcome", "status", "details"),
    [
        (Outcome(Status.ERROR, code="engine_failed", message="no luck"), "Error", {"error": "no luck", "code": "engine_failed"}),
        (Outcome(Status.REQUEST_MODERATED, reasons=("Violence",)), "Request Moderated", {"Moderation Reasons": ["Violence"]}),
        (Outcome(Status.CONTENT_MODERATED, reasons=("NSFW",)), "Content Moderated", {"Moderation Reasons": ["NSFW"]}),
        (Outcome(Status.CANCELED, code="canceled"), "Error", {"error": "canceled"}),
        (Outcome(Status.EXPIRED, code="expired"), "Error", {"error": "expired"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_every_end_has_its_word(studio: Studio, outcome: Outcome, status: str, details: object) -> None:
    task = await studio.created()
    await studio.end(outcome)

    told = await studio.poll(task["id"])

    assert (told["status"], told["details"], told["result"]) == (status, details, None)


async def test_the_words_are_total() -> None:
    from mezzotint.http.flux_task import WORDS

    assert set(WORDS) == set(Status)
    assert set(WORDS.values()) <= {"Pending", "Ready", "Error", "Request Moderated", "Content Moderated"}


# who may read


async def test_the_polling_url_needs_no_key(studio: Studio) -> None:
    task = await studio.created()

    response = await studio.client.get(task["polling_url"])

    assert response.json()["status"] == "Pending"


async def test_a_bare_id_needs_the_owners_key(studio: Studio) -> None:
    task = await studio.created()

    nobody = await studio.client.get("/flux/v1/get_result", params={"id": task["id"]})

    assert nobody.status_code == 401
    assert envelope(nobody.text)["code"] == ""
    assert (await studio.poll(task["id"], OTHER_KEY))["status"] == "Task not found"


async def test_a_token_opens_its_own_task_only(studio: Studio) -> None:
    one, two = await studio.created(), await studio.created()
    token = one["polling_url"].partition("token=")[2]

    for attempt in (token[:-1], token + "x", token.swapcase(), "", "x"):
        response = await studio.client.get("/flux/v1/get_result", params={"id": one["id"], "token": attempt})
        assert response.status_code == 401, attempt
    stolen = await studio.client.get("/flux/v1/get_result", params={"id": two["id"], "token": token})
    assert stolen.status_code == 401


async def test_anyone_may_poll_by_id_where_the_operator_says_so(clock: HandClock) -> None:
    studio = a_studio(clock, poll_by_anyone=True)
    task = await studio.created()

    assert (await studio.poll(task["id"], None))["status"] == "Pending"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": KEY},
        {"authorization": f"bearer {KEY}"},
        {"authorization": f"Token {KEY}"},
        {"x-key": KEY},
        {"authorization": f"Bearer sk-{KEY}"},
        {"authorization": KEY, "x-key": KEY},
    ],
    ids=str,
)
async def test_a_key_may_come_in_any_of_the_usual_ways(studio: Studio, headers: dict[str, str]) -> None:
    response = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "Hello"}, headers=headers)

    assert response.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer"}, {"authorization": ""}, {"authorization": "Bearer wrong"}, {"x-key": "wrong"}, {"authorization": f"{KEY}x"}],
    ids=str,
)
async def test_no_key_and_wrong_keys_are_refused(studio: Studio, headers: dict[str, str]) -> None:
    response = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "Hello"}, headers=headers)

    assert response.status_code == 401
    assert envelope(response.text)["message"].startswith("Invalid token")


async def test_two_different_keys_are_a_mistake(studio: Studio) -> None:
    response = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "Hello"}, headers={"authorization": KEY, "x-key": OTHER_KEY})

    assert response.status_code == 400
    assert envelope(response.text)["code"] == "invalid_request"


async def test_an_expired_or_revoked_key_is_no_key(studio: Studio) -> None:
    from mezzotint.core.accounts import ApiKey, digest

    await studio.tools.ledger.add_key(ApiKey("k", "default", "", 0.0, expires=studio.clock.now() + 60), digest("short-lived"))
    assert (await studio.create(key="short-lived")).status_code == 200
    studio.clock.advance(61)
    assert (await studio.create(key="short-lived")).status_code == 401
    await studio.tools.ledger.add_key(ApiKey("r", "default", "", 0.0), digest("revocable"))
    assert (await studio.create(key="revocable")).status_code == 200
    await studio.tools.ledger.revoke_key("r")
    assert (await studio.create(key="revocable")).status_code == 401


# bad input


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "width 33": ({"width": 33}, "width"),
    "width 1e9": ({"width": 1e9}, "width"),
    "width true": ({"width": True}, "width"),
    "width as text": ({"width": "512"}, "width"),
    "width null": ({"width": None}, "width"),
    "a fraction": ({"width": 512.5}, "width"),
    "seed -1": ({"seed": -1}, "seed"),
    "seed 2^64": ({"seed": 2**64}, "seed"),
    "an empty prompt": ({"prompt": ""}, "prompt"),
    "a prompt of spaces": ({"prompt": " \n\t"}, "prompt"),
    "a prompt that is too long": ({"prompt": "x" * 70_000}, "prompt"),
    "a prompt with NUL": ({"prompt": "a\0b"}, "prompt"),
    "a prompt that is no text": ({"prompt": ["x"]}, "prompt"),
    "a format that is none": ({"output_format": "gif"}, "output_format"),
    "too many steps": ({"steps": 51}, "steps"),
    "guidance as text": ({"guidance": "3"}, "guidance"),
    "tolerance 7": ({"safety_tolerance": 7}, "safety_tolerance"),
    "a picture that is none": ({"image_prompt": "bm8gcGljdHVyZQ=="}, "image_prompt"),
    "a picture that is no base64": ({"image_prompt": "%%%"}, "image_prompt"),
    "a picture on this machine": ({"image_prompt": "http://127.0.0.1/x.png"}, "image_prompt"),
    "a picture at a metadata service": ({"image_prompt": "http://169.254.169.254/latest/meta-data"}, "image_prompt"),
    "a picture in a file": ({"image_prompt": "file:///etc/passwd"}, "image_prompt"),
    "a webhook on this machine": ({"webhook_url": "https://127.0.0.1/hook"}, "webhook_url"),
    "a webhook in disguise": ({"webhook_url": "https://2130706433/hook"}, "webhook_url"),
    "a webhook with a password": ({"webhook_url": "https://user:secret@example.com/hook"}, "webhook_url"),
    "a webhook over plain http": ({"webhook_url": "http://example.com/hook"}, "webhook_url"),
    "a webhook that is no address": ({"webhook_url": "not a url"}, "webhook_url"),
    "a webhook at another port": ({"webhook_url": "https://example.com:6379/"}, "webhook_url"),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_values_are_named_and_refused(studio: Studio, case: str) -> None:
    body, where = BAD[case]

    response = await studio.create(**body)

    assert response.status_code == 400
    error = envelope(response.text)
    assert error["code"] == "invalid_request"
    assert error["message"].startswith(f"{where}: ")
    assert len(response.content) < 2000  # what was sent is not sent back
    assert await studio.tools.ledger.waiting() == 0


RAW = {
    "no prompt": b"{}",
    "nothing": b"",
    "bad JSON": b'{"prompt": "x"',
    "two objects": b'{"prompt": "x"} {}',
    "a list": b"[1, 2]",
    "a number": b"7",
    "NaN": b'{"prompt": "x", "guidance": NaN}',
    "1e400": b'{"prompt": "x", "guidance": 1e400}',
    "Infinity": b'{"prompt": "x", "guidance": Infinity}',
    "a lone surrogate": b'{"prompt": "\\ud800"}',
    "an escaped NUL": b'{"prompt": "a\\u0000b"}',
    "a key twice": b'{"prompt": "x", "prompt": "y"}',
    "a key twice further down": b'{"prompt": "x", "other": {"a": 1, "a": 2}}',
    "bad UTF-8": b'{"prompt": "\xff\xfe"}',
    "UTF-16": '{"prompt": "x"}'.encode("utf-16"),
    "very deep": b'{"prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number of 6000 digits": b'{"prompt": "x", "seed": ' + b"9" * 6000 + b"}",
}


@pytest.mark.parametrize("case", RAW)
async def test_bad_bodies_are_refused(studio: Studio, case: str) -> None:
    response = await studio.client.post("/flux/v1/flux-dev", content=RAW[case], headers=BEARER)

    assert response.status_code == 400
    assert envelope(response.text)["code"] == "invalid_request"
    assert len(response.content) < 2000


async def test_every_problem_is_named_at_once(studio: Studio) -> None:
    response = await studio.create(width=33, height=True, seed=-1)

    message = envelope(response.text)["message"]
    assert all(name in message for name in ("width", "height", "seed"))


async def test_a_large_seed_is_a_seed(studio: Studio) -> None:
    task = await studio.created(seed=2**63)
    await studio.paint()

    assert (await studio.poll(task["id"]))["result"]["seed"] == 2**63


async def test_a_whole_float_is_an_integer(studio: Studio) -> None:
    await studio.created(width=512.0)


@pytest.mark.parametrize("body", [b"x" * (64 * 1024 * 1024), b'{"prompt": "' + b"x" * (40 * 1024 * 1024) + b'"}'], ids=["64 MB", "40 MB of prompt"])
async def test_a_body_that_is_too_large_is_refused_before_it_is_read(studio: Studio, body: bytes) -> None:
    response = await studio.client.post("/flux/v1/flux-dev", content=body, headers=BEARER)

    assert response.status_code == 413
    assert envelope(response.text)["code"] == "body_too_large"


async def test_a_body_without_a_length_is_counted_as_it_comes(studio: Studio) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 1024 * 1024

    response = await studio.client.post("/flux/v1/flux-dev", content=endless(), headers=BEARER)

    assert response.status_code == 413


async def test_an_unknown_model_is_not_served(studio: Studio) -> None:
    for model in ("flux-9", "flux-3-video", "black-forest-labs/flux-dev", "x" * 5000, "..%2f..%2fetc"):
        response = await studio.client.post(f"/flux/v1/{model}", json={"prompt": "Hello"}, headers=BEARER)
        assert response.status_code == 503, model
        error = envelope(response.text)
        assert error["code"] == "model_not_found"
        assert len(error["message"]) < 500


async def test_an_unknown_id_is_not_found_and_no_error(studio: Studio) -> None:
    for text in ("1n6vvx3ykhrm80cphgnafcmvgg", "a8b95720-6eb2-4ef2-b120-2a1b99d41324", "nonsense", "x" * 3000, "'; drop table task; --"):
        told = await studio.poll(text)
        assert told["status"] == "Task not found"
        assert list(told) == ["id", "status", "result", "progress", "details", "preview"]


async def test_a_poll_without_id_says_what_is_missing(studio: Studio) -> None:
    response = await studio.client.get("/flux/v1/get_result", headers=BEARER)

    assert response.status_code == 400
    assert envelope(response.text)["message"].startswith("id: Field required")


async def test_wrong_paths_and_methods_are_worded_in_the_same_envelope(studio: Studio) -> None:
    missing = await studio.client.get("/flux/v2/nothing", headers=BEARER)
    method = await studio.client.put("/flux/v1/get_result", headers=BEARER)

    assert (missing.status_code, method.status_code) == (404, 405)
    assert envelope(missing.text)["code"] == "not_found"
    assert envelope(method.text)["code"] == "method_not_allowed"


async def test_empty_strings_mean_that_there_is_none(studio: Studio) -> None:
    await studio.created("flux-2-flex", image_prompt="", webhook_url="", webhook_secret="", prompt="ein fantastisches bild", width=1024, height=768)


async def test_strays_are_ignored_where_the_original_ignores_them_and_refused_where_it_does_not(studio: Studio) -> None:
    await studio.created("flux-pro-1.1", aspect_ratio="64:43", num_images=1, grow_mask=3)

    response = await studio.create("flux-3-image", num_images=1)

    assert response.status_code == 400
    assert envelope(response.text)["message"].startswith("num_images: Extra inputs are not permitted")


async def test_a_tolerance_above_the_models_top_counts_as_its_top_and_both_are_kept(studio: Studio) -> None:
    task = await studio.created("flux-2-pro", safety_tolerance=6)

    inputs = await studio.tools.ledger.inputs(ids.read(task["id"]))  # type: ignore[arg-type]

    assert inputs is not None
    assert (inputs.parameters["safety_tolerance"], inputs.parameters["safety_tolerance_requested"]) == (5, 6)


async def test_a_picture_in_the_request_reaches_the_engine(studio: Studio) -> None:
    import base64

    data = a_picture()
    for spelled in (base64.b64encode(data).decode(), "data:image/png;base64," + base64.b64encode(data).decode()):
        await studio.created(image_prompt=spelled)
        await studio.paint()

    assert [order.pictures for order in studio.painter.orders] == [(("image_prompt", data),)] * 2


async def test_a_picture_that_cannot_be_fetched_fails_the_task_and_says_why(studio: Studio) -> None:
    task = await studio.created(image_prompt="https://pictures.example/cat.png")
    await studio.paint()

    told = await studio.poll(task["id"])

    assert told["status"] == "Error"
    assert told["details"]["error"].startswith("image_prompt: https://pictures.example/cat.png")


async def test_litellms_word_for_a_picture_is_understood(studio: Studio) -> None:
    import base64

    await studio.created("flux-pro-1.0-fill", input_image=base64.b64encode(a_picture()).decode())


# limits and repeats


async def test_a_full_queue_is_429_with_a_time_to_come_back(clock: HandClock) -> None:
    studio = a_studio(clock, limits=Limits(waiting=1))
    await studio.created()

    response = await studio.create()

    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert envelope(response.text)["code"] == "rate_limit_exceeded"


async def test_an_idempotency_key_makes_one_task(studio: Studio) -> None:
    headers = BEARER | {"idempotency-key": "order 7"}

    first = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "Hello"}, headers=headers)
    again = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "Hello"}, headers=headers)
    other = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "Bye"}, headers=headers)

    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert other.status_code == 422
    assert envelope(other.text)["code"] == "idempotency_key_reused"
    assert await studio.tools.ledger.waiting() == 1


@pytest.mark.parametrize("key", ["x" * 256, "tab\there"])
async def test_an_idempotency_key_must_be_short_and_printable(studio: Studio, key: str) -> None:
    response = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "Hello"}, headers=BEARER | {"idempotency-key": key})

    assert response.status_code == 400


async def test_a_server_that_shuts_down_takes_no_tasks_and_answers_polls(studio: Studio) -> None:
    task = await studio.created()
    studio.door.open = False

    response = await studio.create()

    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert (await studio.poll(task["id"]))["status"] == "Pending"
    assert (await studio.client.get("/readyz")).status_code == 503
    assert (await studio.client.get("/healthz")).status_code == 200


async def test_a_ledger_that_cannot_be_written_is_503_and_nothing_is_promised(studio: Studio) -> None:
    await studio.tools.ledger.close()

    response = await studio.create()

    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert envelope(response.text)["code"] == "unavailable"


# links


async def a_ready_link(studio: Studio, **body: Any) -> tuple[str, str]:
    task = await studio.created(**body)
    await studio.paint()
    return task["id"], (await studio.poll(task["id"]))["result"]["sample"]


async def test_every_poll_gives_the_same_link_for_ten_minutes(studio: Studio) -> None:
    task, first = await a_ready_link(studio)
    studio.clock.advance(590)

    assert (await studio.poll(task))["result"]["sample"] == first
    assert (await studio.client.get(first)).status_code == 200


async def test_a_link_dies_after_ten_minutes_and_its_owner_gets_a_new_one(studio: Studio) -> None:
    task, old = await a_ready_link(studio)
    polling_url = (await studio.created())["polling_url"]
    studio.clock.advance(601)

    assert (await studio.client.get(old)).status_code == 410
    new = (await studio.poll(task))["result"]["sample"]
    assert (await studio.client.get(new)).status_code == 200
    assert polling_url


async def test_a_polling_url_does_not_renew_a_link(studio: Studio) -> None:
    task = await studio.created()
    await studio.paint()
    studio.clock.advance(601)

    sample = (await studio.client.get(task["polling_url"])).json()["result"]["sample"]

    assert (await studio.client.get(sample)).status_code == 410


async def test_a_link_that_was_altered_does_not_hold(studio: Studio) -> None:
    _, link = await a_ready_link(studio)
    path, _, query = link.partition("?")
    expires, _, signature = query.partition("&")
    other = str(int(expires.removeprefix("expires=")) + 1)
    altered = [
        f"{path}?{expires}&signature={'A' * 43}",
        f"{path}?{expires}",
        path,
        f"{path}?expires={other}&{signature}",
        f"{path.replace('sample.', 'sample-1.')}?{query}",
        f"{path}?expires=99999999999999999999&{signature}",
        f"{path}?expires=-1&{signature}",
        f"{path.replace('sample.jpeg', 'sample.exe')}?{query}",
    ]
    for address in altered:
        assert (await studio.client.get(address)).status_code == 403, address


async def test_a_picture_is_gone_with_its_time_and_so_is_its_task(studio: Studio) -> None:
    task, _ = await a_ready_link(studio)
    studio.clock.advance(86_401)

    assert (await studio.poll(task))["status"] == "Task not found"


async def test_a_picture_that_is_asked_for_again_is_not_sent_again(studio: Studio) -> None:
    _, link = await a_ready_link(studio)
    first = await studio.client.get(link)

    again = await studio.client.get(link, headers={"if-none-match": first.headers["etag"]})

    assert again.status_code == 304


async def test_links_are_made_on_the_address_that_was_called(studio: Studio) -> None:
    ours = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "x"}, headers=BEARER | {"host": "paint.example:8443"})
    odd = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "x"}, headers=BEARER | {"host": "evil.example/path?x="})

    assert ours.json()["polling_url"].startswith("http://paint.example:8443/flux/v1/get_result?")
    assert odd.json()["polling_url"].startswith("http://testserver/")
