"""The outermost layer: ids, measurements, and an answer whatever happens below."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mezzotint.core.errors import LedgerError
from mezzotint.http.app import wording_for
from mezzotint.http.outer import Outer, new_request_id, surface_of
from mezzotint.http.requests import Origins
from mezzotint.ledger.memory import MemoryLedger
from tests.studio import KEY, ORIGIN, Studio

ORIGINS = Origins("", (), ORIGIN)
BEARER = {"authorization": f"Bearer {KEY}"}


class Faulty(MemoryLedger):
    """A ledger with a fault of ours, or one of the disk's."""

    fault: Exception = RuntimeError("a secret from within")

    async def get(self, task: Any) -> Any:
        raise self.fault

    async def submit(self, task: Any, limits: Any) -> Any:
        raise self.fault


@pytest.fixture
def faulty(studio: Studio) -> Iterator[Studio]:
    """Its log is not shown: tracebacks are long."""
    studio.tools.ledger.__class__ = Faulty
    with structlog.testing.capture_logs():
        yield studio


def around(app: ASGIApp, registry: CollectorRegistry | None = None) -> httpx2.AsyncClient:
    outer = Outer(app, registry or CollectorRegistry(), wording_for, ORIGINS)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(outer), base_url=ORIGIN)


async def test_every_answer_has_an_id_of_its_own(studio: Studio) -> None:
    answers = [await studio.client.get(path) for path in ("/healthz", "/healthz", "/nothing", "/flux/v1/get_result", "/v1/tasks", "/images/x/y")]

    found = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(found)) == len(found)
    assert all(re.fullmatch(r"20\d{12}\d{9}[A-Za-z0-9]{8}", each) for each in found)


async def test_a_refusal_and_its_header_name_the_same_request(studio: Studio) -> None:
    comets, ours = await studio.client.get("/flux/v1/get_result"), await studio.client.get("/v1/tasks")

    assert comets.json()["error"]["message"].endswith(f"(request id: {comets.headers['x-request-id']})")
    assert ours.json()["request_id"] == ours.headers["x-request-id"]


async def test_ids_are_not_repeated() -> None:
    assert len({new_request_id() for _ in range(10_000)}) == 10_000


# faults


async def test_a_fault_is_told_in_the_surfaces_own_envelope(faulty: Studio) -> None:
    response = await faulty.create()

    assert response.status_code == 500
    assert response.headers["content-type"] == "application/json"
    request_id = response.headers["x-request-id"]
    message = f"something went wrong here; it was logged (request id: {request_id})"
    assert response.json() == {"error": {"code": "internal_error", "message": message, "type": "comet_api_error"}}


async def test_a_fault_of_our_own_routes_is_a_problem_document(faulty: Studio) -> None:
    task = "01a3185c-5000-7000-8000-000000000001"

    response = await faulty.client.get(f"/v1/tasks/{task}", headers=BEARER)

    told = response.json()
    assert (response.status_code, told["status"], told["title"]) == (500, 500, "internal_error")
    assert told["request_id"] == response.headers["x-request-id"]


async def test_a_fault_is_logged_under_the_requests_id_and_not_told(faulty: Studio) -> None:
    with structlog.testing.capture_logs() as logged:
        response = await faulty.create()

    [line] = [line for line in logged if line["event"] == "request failed"]
    assert (line["request_id"], line["method"], line["path"]) == (response.headers["x-request-id"], "POST", "/flux/v1/flux-dev")
    assert line["exc_info"]
    assert "secret" not in response.text


async def test_a_fault_is_the_end_of_its_own_request_only(faulty: Studio) -> None:
    assert (await faulty.create()).status_code == 500
    assert (await faulty.client.get("/healthz")).status_code == 200


async def test_a_ledger_in_trouble_is_503_and_no_fault(faulty: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Faulty, "fault", LedgerError("the disk is full"))

    with structlog.testing.capture_logs() as logged:
        response = await faulty.create()

    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    assert response.json()["error"]["code"] == "unavailable"
    assert not logged


async def test_an_answer_that_breaks_off_in_the_middle_is_not_made_to_look_whole() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"half"
        raise OSError("the disk is gone")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(parts())(scope, receive, send)

    with pytest.raises(Exception, match="disk is gone"):
        await around(app).get("/")


async def test_what_is_no_request_passes_through() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    await Outer(app, CollectorRegistry(), wording_for, ORIGINS)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]  # nobody listens on the other side

    assert seen == ["lifespan"]


# measurements


async def test_answers_are_counted_by_surface_and_status(studio: Studio) -> None:
    await studio.created()
    await studio.create(width=33)
    await studio.client.get("/nothing")

    text = (await studio.client.get("/metrics")).text

    assert 'mezzotint_http_answers_total{status="200",surface="flux"} 1.0' in text
    assert 'mezzotint_http_answers_total{status="400",surface="flux"} 1.0' in text
    assert 'mezzotint_http_answers_total{status="404",surface="other"} 1.0' in text
    assert 'mezzotint_http_seconds_count{surface="flux"} 2.0' in text


async def test_a_fault_is_counted_as_one(faulty: Studio) -> None:
    await faulty.create()

    assert 'mezzotint_http_answers_total{status="500",surface="flux"} 1.0' in (await faulty.client.get("/metrics")).text


async def test_whatever_is_asked_for_makes_no_new_measurements() -> None:
    registry = CollectorRegistry()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("")(scope, receive, send)

    async with around(app, registry) as client:
        for number in range(50):
            for path in (f"/{number}", f"/flux/v1/{number}", f"/v1/{number}/x", f"//{number}", f"/images/{number}", f"/metrics{number}"):
                await client.get(path)

    text = generate_latest(registry).decode()
    assert text.count("mezzotint_http_answers_total{") == 4
    assert set(re.findall(r'surface="([^"]*)"', text)) == {"flux", "v1", "images", "other"}


@pytest.mark.parametrize("path", ["", "*", "/", "//", "flux", "//flux", "/FLUX/v1", "/flux-dev", "/%2e"])
def test_odd_paths_are_all_other(path: str) -> None:
    assert surface_of(path) == "other"
