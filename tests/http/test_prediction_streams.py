"""A prediction's events, as Replicate's clients hear them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from mezzotint.core import ids
from mezzotint.core.tasks import Outcome, Status
from mezzotint.http import prediction_streams as module
from tests.streaming import parts
from tests.studio import KEY, OTHER_KEY, Studio

BEARER = {"authorization": f"Bearer {KEY}"}
DEV = "/v1/models/black-forest-labs/flux-dev/predictions"
ENDED = 1_800_000_000


async def created(studio: Studio, path: str = DEV, **given: Any) -> dict[str, Any]:
    response = await studio.client.post(path, json={"input": {"prompt": "a paper boat", "seed": 7} | given, "stream": True}, headers=BEARER)
    assert response.status_code == 201, response.text
    told: dict[str, Any] = response.json()
    return told


def read(text: str) -> list[tuple[str, str, str]]:
    """(id, event, data) of each, as the standard says: lines of data are joined."""
    told = []
    for block in text.split("\n\n"):
        fields = [line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":")]
        if fields:
            single = dict(fields)
            told.append((single["id"], single["event"], "\n".join(value for name, value in fields if name == "data")))
    return told


async def heard(studio: Studio, url: str, headers: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    response = await studio.client.get(url, headers=headers or {})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return read(response.text)


@pytest.mark.parametrize("prefix", ["/v1", "/replicate/v1"])
async def test_its_address_is_among_the_urls_and_lies_where_clients_know_it_by(studio: Studio, prefix: str) -> None:
    told = await created(studio, DEV.replace("/v1", prefix, 1))

    assert urlsplit(told["urls"]["stream"]).path == f"{prefix}/files/{told['id']}/stream"
    found = (await studio.client.get(told["urls"]["get"], headers=BEARER)).json()
    assert found["urls"]["stream"] == told["urls"]["stream"]


async def test_every_picture_is_an_output_and_the_end_is_done(studio: Studio) -> None:
    told = await created(studio, num_outputs=2)
    await studio.paint()

    events = await heard(studio, told["urls"]["stream"])

    assert [(name, event) for name, event, _ in events] == [
        (f"{ENDED}:0", "logs"),
        (f"{ENDED}:1", "output"),
        (f"{ENDED}:2", "output"),
        (f"{ENDED}:3", "done"),
    ]
    assert events[0][2] == "Using seed: 7\n"
    assert [data[:23] for _, event, data in events if event == "output"] == ["data:image/webp;base64,"] * 2
    assert events[-1][2] == "{}"


async def test_with_tls_the_output_is_a_link(studio: Studio) -> None:
    told = await created(studio)
    await studio.paint()

    events = await heard(studio, told["urls"]["stream"].replace("http://", "https://"))

    [address] = [data for _, event, data in events if event == "output"]
    assert address.startswith("https://testserver/images/")
    assert (await studio.client.get(address)).status_code == 200


@pytest.mark.parametrize(
    ("outcome", "events"),
    [
        (Outcome(Status.ERROR, code="engine_failed", message="no luck"), [("error", {"detail": "no luck"}), ("done", {"reason": "error"})]),
        (
            Outcome(Status.REQUEST_MODERATED, reasons=("Violence",)),
            [("error", {"detail": "The input was flagged as sensitive: Violence"}), ("done", {"reason": "error"})],
        ),
        (Outcome(Status.CANCELED, code="canceled"), [("done", {"reason": "canceled"})]),
        (Outcome(Status.EXPIRED, code="expired"), [("done", {"reason": "canceled"})]),
    ],
    ids=lambda value: value.status.value if isinstance(value, Outcome) else None,
)
async def test_every_end_is_told(studio: Studio, outcome: Outcome, events: list[tuple[str, Any]]) -> None:
    told = await created(studio)
    await studio.end(outcome)

    assert [(event, json.loads(data)) for _, event, data in await heard(studio, told["urls"]["stream"])] == events


async def test_what_waits_is_followed_to_its_end(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE", 0.01)
    url = urlsplit((told := await created(studio))["urls"]["stream"])
    stream = parts(studio, url.path, url.query)
    silence = [await anext(stream) for _ in range(3)]

    await studio.paint()
    studio.tools.hub.changed(UUID(str(ids.read(told["id"]))))

    assert silence == [": still here\n\n"] * 3
    assert [event for _, event, _ in read("".join([part async for part in stream]))] == ["logs", "output", "done"]


@pytest.mark.parametrize(
    ("last", "left"),
    [(f"{ENDED}:0", ["output", "done"]), (f"{ENDED}:1", ["done"]), (f"{ENDED}:2", []), (f"{ENDED}:99", []), ("1:1", None), ("end", None), ("", None)],
)
async def test_what_was_heard_before_is_not_told_again(studio: Studio, last: str, left: list[str] | None) -> None:
    told = await created(studio)
    await studio.paint()

    events = await heard(studio, told["urls"]["stream"], {"last-event-id": last})

    assert [event for _, event, _ in events] == (["logs", "output", "done"] if left is None else left)


async def test_it_is_open_to_the_key_as_well_as_to_whoever_has_the_address(studio: Studio) -> None:
    told = await created(studio)
    await studio.paint()
    bare = told["urls"]["stream"].partition("?")[0]

    assert len(await heard(studio, bare, BEARER)) == 3
    for headers, status in (({}, 401), ({"authorization": f"Bearer {OTHER_KEY}"}, 404)):
        assert (await studio.client.get(bare, headers=headers)).status_code == status
    assert (await studio.client.get(f"{bare}?token=wrong")).status_code == 401


async def test_a_prediction_that_is_none_or_whose_pictures_are_gone_has_no_stream(studio: Studio) -> None:
    told = await created(studio)
    await studio.paint()
    studio.clock.advance(25 * 3600)

    for url in (told["urls"]["stream"], f"/v1/files/{'0' * 26}/stream"):
        response = await studio.client.get(url, headers=BEARER)
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
