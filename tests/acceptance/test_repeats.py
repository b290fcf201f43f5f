"""The same request several times at once, under one idempotency key, over real sockets: one task, and one answer for all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.acceptance.servers import KEY, Server, serving
from tests.pictures import a_file, in_base64

SLOW = "0.5"  # seconds that a picture takes: all repeats are there before it is done
SMALL = {"prompt": "a boat", "width": 256, "height": 256}
REPEATS = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("repeats"), MEZZOTINT_STUB_SECONDS=SLOW) as running:
        yield running


def headers(name: str, **rest: str) -> dict[str, str]:
    return {"authorization": f"Bearer {KEY}", "idempotency-key": name} | rest


async def at_once(server: Server, path: str, count: int = REPEATS, **request: Any) -> list[httpx2.Response]:
    """Each on a connection of its own."""
    limits = httpx2.Limits(max_connections=count, max_keepalive_connections=0)
    async with httpx2.AsyncClient(base_url=server.url, timeout=60, trust_env=False, limits=limits) as client:
        return list(await asyncio.gather(*(client.post(path, **request) for _ in range(count))))


def tasks(server: Server) -> set[str]:
    with server.client() as client:
        return {task["id"] for task in client.get("/v1/tasks?limit=100").json()["data"]}


def given_files(server: Server) -> set[Path]:
    return set((server.folder / "images").rglob("*-given*"))


@pytest.mark.parametrize("pictured", [False, True], ids=["words alone", "with a picture"])
async def test_creates_at_once_make_one_task_and_keep_one_picture(server: Server, pictured: bool) -> None:
    before, files = tasks(server), given_files(server)
    body = {"prompt": "a boat"} | ({"input_image": in_base64(a_file())} if pictured else {})

    answers = await at_once(server, "/flux/v1/flux-kontext-pro", json=body, headers=headers(f"create {pictured}"))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len(tasks(server) - before) == 1
    assert len(given_files(server) - files) == int(pictured)


async def test_a_held_prediction_is_waited_for_by_all_who_ask_for_it(server: Server) -> None:
    before = tasks(server)
    path = "/v1/models/black-forest-labs/flux-schnell/predictions"

    answers = await at_once(server, path, json={"input": {"prompt": "a boat"}}, headers=headers("predict", prefer="wait=30"))

    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(201, "succeeded")}
    assert len({answer.json()["id"] for answer in answers}) == len({str(answer.json()["output"]) for answer in answers}) == 1
    assert len(tasks(server) - before) == 1


@pytest.mark.parametrize("form", ["url", "b64_json"])
async def test_openais_pictures_are_the_same_for_all_who_ask_for_them(server: Server, form: str) -> None:
    before = tasks(server)
    body = {"prompt": "a boat", "n": 2, "size": "256x256", "response_format": form}

    answers = await at_once(server, "/v1/images/generations", json=body, headers=headers(f"openai {form}"))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({picture[form] for picture in answers[0].json()["data"]}) == 2
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len(tasks(server) - before) == 2


async def test_a_form_is_the_same_though_its_parts_are_divided_differently(server: Server) -> None:
    before = tasks(server)

    answers = await at_once(server, "/v1/images/edits", 3, data={"prompt": "blue"}, files={"image": ("a.png", a_file())}, headers=headers("form"))

    assert len({answer.request.headers["content-type"] for answer in answers}) == 3
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len(tasks(server) - before) == 1


async def test_another_request_at_the_same_time_is_refused_whichever_comes_first(server: Server) -> None:
    before = tasks(server)

    async with httpx2.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        wishes = [client.post("/v1/flux-dev", json=SMALL | {"seed": seed}, headers=headers("many wishes")) for seed in range(REPEATS)]
        answers = await asyncio.gather(*wishes)

    assert sorted(answer.status_code for answer in answers) == [200] + [422] * (REPEATS - 1)
    assert len(tasks(server) - before) == 1


def test_a_request_that_is_still_coming_holds_up_none_of_its_repeats(server: Server) -> None:
    body = b'{"prompt":"a boat","width":256,"height":256}'
    place = urlsplit(server.url)
    assert place.port is not None
    head = f"POST /flux/v1/flux-dev HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nIdempotency-Key: slow\r\nContent-Length: {len(body)}\r\n\r\n"

    with socket.create_connection((str(place.hostname), place.port), timeout=30) as slow, server.client() as client:
        slow.sendall(head.encode() + body[:10])
        quick = client.post("/flux/v1/flux-dev", content=body, headers=headers("slow"))
        slow.sendall(body[10:])
        answer = slow.recv(65536).decode()

    assert quick.status_code == 200
    assert "idempotent-replayed" not in quick.headers
    assert answer.startswith("HTTP/1.1 200")
    assert "idempotent-replayed: true" in answer
    assert quick.json()["id"] in answer


async def test_whoever_leaves_leaves_the_picture_to_those_who_come_again(server: Server) -> None:
    before = tasks(server)
    body = {"prompt": "a boat", "size": "256x256"}
    async with httpx2.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as client:
        with pytest.raises(httpx2.ReadTimeout):
            await client.post("/v1/images/generations", json=body, headers=headers("left"), timeout=0.2)

        again = await client.post("/v1/images/generations", json=body, headers=headers("left"))

    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert len(tasks(server) - before) == 1
