"""CometAPI's surface, asked as its clients ask."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from PIL import Image

from mezzotint.core import ids
from mezzotint.core.catalogue import CARDS, ModelCard, Surface
from mezzotint.core.images import ImageFormat, Pixels
from mezzotint.core.tasks import Outcome, Status
from mezzotint.http.flux_task import OPTIONAL
from mezzotint.imaging import encode
from mezzotint.ports import Limits
from tests import probes
from tests.clocks import HandClock
from tests.pictures import in_base64
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

    inputs = await studio.tools.ledger.inputs(ids.read(task["id"]))  # type: ignore[arg-type]  # an id that was just handed out

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


# whatever a hostile or sloppy client sends


def bomb() -> bytes:
    """A PNG that says it is 100 000 pixels wide and high."""
    data = bytearray(a_picture())
    data[16:24] = (100_000).to_bytes(4, "big") * 2
    return bytes(data)


ADDRESSES = {
    "on this machine": "http://127.0.0.1/x.png",
    "on this machine by name": "http://localhost/x.png",
    "on this machine by a longer name": "http://x.localhost/x.png",
    "on this machine in IPv6": "http://[::1]/x.png",
    "on this machine in both": "http://[::ffff:127.0.0.1]/x.png",
    "on this machine in one number": "http://2130706433/x.png",
    "on this machine in octal": "http://0177.0.0.1/x.png",
    "on this machine in hex": "http://0x7f.1/x.png",
    "nowhere": "http://0.0.0.0/x.png",
    "in a private network": "http://10.0.0.1/x.png",
    "at the next cable": "http://[fe80::1]/x.png",
    "at a metadata service": "http://169.254.169.254/latest/meta-data",
    "at a mail port": "http://pictures.example:25/x.png",
    "at no port": "http://pictures.example:99999/x.png",
    "with a password": "http://me:secret@pictures.example/x.png",
    "with a space": "http://pictures.example/a b.png",
    "with a line": "http://pictures.example/a\r\nx: y",
    "with a backslash": "http://pictures.example\\@127.0.0.1/x.png",
    "without a host": "http:///x.png",
    "with half a bracket": "http://[::1/x.png",
    "of a file": "file:///etc/passwd",
    "of another kind": "gopher://pictures.example/x.png",
    "of a script": "javascript:alert(1)",
    "without a kind": "//pictures.example/x.png",
    "longer than any": "https://pictures.example/" + "x" * 9000,
}
PICTURES = ADDRESSES | {
    "that is somebody else's": "blob:2027-01-15/0800/0-given.image_prompt",
    "that is a path": "/etc/passwd",
    "that is text": in_base64(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "that is a page": "data:text/html;base64," + in_base64(b"<script>alert(1)</script>"),
    "that is no base64": "data:image/png;base64,%%%",
    "that is half of base64": in_base64(a_picture())[:-3] + "=",
    "that is empty": "data:image/png;base64,",
    "that breaks off in its header": in_base64(a_picture()[:20]),
    "that is a bomb": in_base64(bomb()),
    "beyond ASCII": "é" * 100,
    "that is a list": [in_base64(a_picture())],
    "that is an object": {"url": "https://pictures.example/x.png"},
    "that is a number": 7,
    "that is true": True,
}
HOSTILE: dict[str, dict[str, Any]] = {
    **{f"a picture {name}": {"image_prompt": value} for name, value in PICTURES.items()},
    **{f"a webhook {name}": {"webhook_url": value} for name, value in ADDRESSES.items()},
    "a webhook that is a list": {"webhook_url": ["https://example.com/hook"]},
    "a webhook that is null-ended": {"webhook_url": "https://example.com/\0"},
    "a secret that is a number": {"webhook_url": "https://example.com/hook", "webhook_secret": 7},
    "a secret that is endless": {"webhook_url": "https://example.com/hook", "webhook_secret": "x" * 5000},
    "a prompt that is null": {"prompt": None},
    "a prompt that is a number": {"prompt": 7},
    "a prompt that is an object": {"prompt": {"text": "a paper boat"}},
    "a prompt of 32 MB": {"prompt": "x" * (31 * 1024 * 1024)},
    "a width of nothing": {"width": 0},
    "a width below nothing": {"width": -64},
    "a width beyond all numbers": {"width": 10**400},
    "a width that is an object": {"width": {}},
    "a seed that is text": {"seed": "7"},
    "a seed that is true": {"seed": True},
    "a seed with a fraction": {"seed": 0.5},
    "half a step": {"steps": 1.5},
    "no steps": {"steps": 0},
    "guidance beyond all numbers": {"guidance": 1e308},
    "a switch that is text": {"prompt_upsampling": "true"},
    "a switch that is a number": {"prompt_upsampling": 1},
    "a format in capitals": {"output_format": "PNG"},
    "a format that is a path": {"output_format": "../../x"},
    "a format that is null-ended": {"output_format": "png\0"},
    "a tolerance below the least": {"safety_tolerance": -1},
    "everything at once": {"prompt": 7, "width": "x", "height": [], "seed": {}, "steps": None, "guidance": "", "output_format": 1},
}  # fmt: skip


async def nothing_was_kept(studio: Studio) -> bool:
    from mezzotint.blobs.memory import MemoryBlobs

    assert isinstance(studio.tools.blobs, MemoryBlobs)
    tasks = await studio.tools.ledger.list_of("default", None, None, 1)
    return not tasks and not studio.tools.blobs._blobs


def is_the_clients_fault(response: httpx2.Response) -> bool:
    """In CometAPI's envelope, and in few words."""
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/json"
    assert envelope(response.text)["message"].endswith(f"(request id: {response.headers['x-request-id']})")
    assert len(response.content) < 2000
    return True


@pytest.mark.parametrize("case", HOSTILE)
async def test_nothing_that_is_sent_breaks_the_server_or_becomes_a_task(studio: Studio, case: str) -> None:
    response = await studio.create(**HOSTILE[case])

    assert is_the_clients_fault(response)
    assert envelope(response.text)["code"] == "invalid_request"
    assert await nothing_was_kept(studio)


BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "a form": (b"prompt=a+paper+boat", {"content-type": "application/x-www-form-urlencoded"}),
    "a form in parts": (
        b'--x\r\ncontent-disposition: form-data; name="prompt"\r\n\r\na boat\r\n--x--\r\n',
        {"content-type": "multipart/form-data; boundary=x"},
    ),
    "a packed body": (gzip.compress(b'{"prompt": "a boat"}'), {"content-encoding": "gzip"}),
    "a picture": (a_picture(), {"content-type": "image/png"}),
    "another request": (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", {}),
    "a byte order mark": (b'\xef\xbb\xbf{"prompt": "x"}', {}),
    "text in quotes": (b'"{}"', {}),
    "null": (b"null", {}),
    "names without end": (b'{"prompt": "x", "' + b"x" * 1000 + b'": 1}', {}),
    "fields without end": (b'{"prompt": "x", ' + b", ".join(b'"%d": 1' % number for number in range(5000)) + b"}", {}),
    "a field twice, of very many": (b"{" + b", ".join(b'"%d": 1' % number for number in range(900)) + b', "899": 1}', {}),
    "half a character in a name": (b'{"prompt": "x", "\\udfff": 1}', {}),
    "half a character in a name that comes twice": (b'{"prompt": "x", "\\udfff": 1, "\\udfff": 2}', {}),
    "half a character in a stray": (b'{"prompt": "x", "stray": ["\\ud800"]}', {}),
    "deep strays": (b'{"prompt": "x", "stray": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001, {}),
}


@pytest.mark.parametrize("case", BODIES)
async def test_no_body_breaks_the_server_or_becomes_a_task(studio: Studio, case: str) -> None:
    body, headers = BODIES[case]

    response = await studio.client.post("/flux/v1/flux-dev", content=body, headers=BEARER | headers)

    assert is_the_clients_fault(response)
    assert await nothing_was_kept(studio)


async def test_a_strict_model_with_strays_without_end_does_not_send_them_all_back(studio: Studio) -> None:
    body = {"prompt": "x"} | {f"{number:0200d}": 1 for number in range(900)}

    response = await studio.client.post("/flux/v1/flux-3-image", json=body, headers=BEARER)

    assert response.status_code == 400
    assert envelope(response.text)["message"].partition(" (request")[0].endswith("; and 850 more")
    assert len(response.content) < 20_000
    assert await nothing_was_kept(studio)


@pytest.mark.parametrize("card", [card for card in CARDS if card.listed and card.surface is Surface.BFL], ids=lambda card: card.name)
async def test_whatever_is_wrong_with_any_field_of_any_model_is_the_clients_fault(studio: Studio, card: ModelCard) -> None:
    for parameter in card.parameters.values():
        for probe in probes.probes(card, parameter):
            emptied = probe.value == "" and (parameter.image or parameter.name in OPTIONAL)  # which means that there is none
            if not probe.good and not emptied:
                body = json.dumps(probes.around(card, parameter, probe.value))
                response = await studio.client.post(f"/flux/v1/{card.name}", content=body, headers=BEARER)
                assert is_the_clients_fault(response), (parameter.name, str(probe))
    assert await nothing_was_kept(studio)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
async def test_a_create_is_a_post(studio: Studio, method: str) -> None:
    response = await studio.client.request(method, "/flux/v1/flux-dev", json={"prompt": "x"}, headers=BEARER)

    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert await nothing_was_kept(studio)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_a_poll_is_a_get(studio: Studio, method: str) -> None:
    """And no create of a model called get_result, which a client would try again and again."""
    response = await studio.client.request(method, "/flux/v1/get_result", json={"id": "x"}, headers=BEARER)

    assert is_the_clients_fault(response)
    assert (response.status_code, set(response.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


POLLS: dict[str, tuple[str, dict[str, str], int]] = {
    "no id": ("", BEARER, 400),
    "an empty id": ("?id=", BEARER, 400),
    "the id under another name": ("?task_id=01a3185c-5000-7000-8000-000000000001", BEARER, 400),
    "no key": ("?id=01a3185c-5000-7000-8000-000000000001", {}, 401),
    "no key and nonsense": ("?id=%00", {}, 401),
    "a wrong key": ("?id=x", {"authorization": "Bearer wrong"}, 401),
    "an endless key": ("?id=x", {"x-key": "x" * 60_000}, 401),
    "two keys": ("?id=x", {"authorization": KEY, "x-key": OTHER_KEY}, 400),
    "a wrong token": ("?id=01a3185c-5000-7000-8000-000000000001&token=x", {}, 401),
    "an endless token": ("?id=01a3185c-5000-7000-8000-000000000001&token=" + "x" * 60_000, {}, 401),
    "a token that is no text": ("?id=01a3185c-5000-7000-8000-000000000001&token=%ff%00%ed%a0%80", {}, 401),
    "two tokens": ("?id=01a3185c-5000-7000-8000-000000000001&token=x&token=y", {}, 401),
}  # fmt: skip


@pytest.mark.parametrize("case", POLLS)
async def test_no_poll_breaks_the_server(studio: Studio, case: str) -> None:
    query, headers, status = POLLS[case]

    response = await studio.client.get(f"/flux/v1/get_result{query}", headers=headers)

    assert is_the_clients_fault(response)
    assert response.status_code == status


@pytest.mark.parametrize(
    "text", ["%00", "%ff%fe", "%ed%a0%80", "x" * 60_000, "-1", "null", "[]", "../../etc", "%0d%0ax:%20y", "{id}", "0" * 32, "٣", "&id=x&id=y"]
)
async def test_an_id_of_nonsense_is_answered_in_few_words(studio: Studio, text: str) -> None:
    response = await studio.client.get(f"/flux/v1/get_result?id=x{text}", headers=BEARER)

    assert (response.status_code, response.json()["status"]) == (200, "Task not found")
    assert len(response.content) < 600


async def test_a_refused_create_uses_up_no_idempotency_key(studio: Studio) -> None:
    headers = BEARER | {"idempotency-key": "order 7"}

    bad = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "x", "width": 33}, headers=headers)
    good = await studio.client.post("/flux/v1/flux-dev", json={"prompt": "x", "width": 64 * 8}, headers=headers)

    assert (bad.status_code, good.status_code) == (400, 200)
    assert "idempotent-replayed" not in good.headers


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


# polls that wait


@pytest.mark.parametrize(("query", "headers"), [({"wait": "20"}, {}), ({}, {"prefer": "wait=20"}), ({}, {"prefer": "respond-async, wait"})])
@pytest.mark.parametrize("path", ["/flux/v1/get_result", "/v1/get_result"])
async def test_a_poll_may_wait_for_the_end(studio: Studio, path: str, query: dict[str, str], headers: dict[str, str]) -> None:
    task = await studio.created()
    asking = asyncio.create_task(studio.client.get(path, params={"id": task["id"]} | query, headers=BEARER | headers))
    await asyncio.sleep(0.01)
    assert not asking.done()

    await studio.paint()
    studio.tools.hub.changed(UUID(task["id"]))

    assert (await asking).json()["status"] == "Ready"


async def test_a_wait_that_is_over_answers_how_it_stands(studio: Studio) -> None:
    task = await studio.created()

    response = await studio.client.get("/flux/v1/get_result", params={"id": task["id"], "wait": "1"}, headers=BEARER)

    assert response.json()["status"] == "Pending"


@pytest.mark.parametrize("wait", ["soon", "-1", "1.5", "²", "9" * 7])
async def test_a_wait_that_is_no_number_is_refused(studio: Studio, wait: str) -> None:
    task = await studio.created()

    response = await studio.client.get("/flux/v1/get_result", params={"id": task["id"], "wait": wait}, headers=BEARER)

    assert (response.status_code, envelope(response.text)["code"]) == (400, "invalid_request")


async def test_a_dry_run_makes_no_task_and_keeps_no_picture(studio: Studio) -> None:
    body = {"prompt": "a cat", "image_prompt": in_base64(a_picture())}

    response = await studio.client.post("/flux/v1/flux-dev?dry_run=true", json=body, headers=BEARER)

    assert (response.status_code, response.json()["credits"]) == (200, 2.5)
    assert await nothing_was_kept(studio)
