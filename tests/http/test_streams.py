"""Server-sent events, as they are written and as they are left."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from mezzotint.core import ids
from mezzotint.http.app import Front, public_app
from mezzotint.http.auth import Authenticator
from mezzotint.http.health import Door
from mezzotint.http.requests import Origins
from mezzotint.http.streams import event
from mezzotint.wiring.serving import _listening, _run_server, _server
from tests.studio import KEY, Studio
from tests.waiting import until

BEARER = {"authorization": f"Bearer {KEY}"}


def test_an_event_is_its_kind_and_its_data_and_has_an_id_only_if_one_may_come_back_with_it() -> None:
    assert event("ready", {"a": "b\nc"}, "end") == b'id: end\nevent: ready\ndata: {"a":"b\\nc"}\n\n'
    assert event("preview", {}) == b"event: preview\ndata: {}\n\n"


@asynccontextmanager
async def a_server(studio: Studio) -> AsyncIterator[httpx2.AsyncClient]:
    """The studio's public side on a real socket."""
    folder = Path(tempfile.mkdtemp(prefix="mz-"))
    front = Front(Authenticator(studio.tools.ledger, studio.clock, [KEY]), Origins("", (), "http://server"), Door(), 1 << 20, "token", 15.0)
    server = _server(public_app(studio.tools, front), uds=folder / "public.sock")
    running = asyncio.create_task(_run_server(server))
    await _listening([server], [running])
    transport = httpx2.AsyncHTTPTransport(uds=str(folder / "public.sock"))
    try:
        async with httpx2.AsyncClient(transport=transport, base_url="http://server", headers=BEARER) as client:
            yield client
    finally:
        server.stop()  # type: ignore[no-untyped-call]  # granian has no types here
        await running
        shutil.rmtree(folder)


async def test_who_leaves_a_tasks_stream_at_a_real_socket_no_longer_watches(studio: Studio) -> None:
    task = (await studio.created())["id"]
    known = ids.read(task)
    assert known is not None
    async with a_server(studio) as client:
        async with client.stream("GET", f"/v1/tasks/{task}/events?previews=true") as response:
            assert (await anext(response.aiter_lines())).startswith("id: ")
            assert studio.tools.previews.wishes([known])

        await until(lambda: not studio.tools.previews.wishes([known]), "the server to notice")


@pytest.mark.parametrize("count", [1, 2])
async def test_who_leaves_openais_stream_at_a_real_socket_no_longer_watches(studio: Studio, count: int) -> None:
    async with a_server(studio) as client:
        asked = {"prompt": "a boat", "stream": True, "partial_images": 2, "n": count}
        async with client.stream("POST", "/v1/images/generations", json=asked) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            assert len(studio.tools.previews._wishes) == count

        await until(lambda: not studio.tools.previews._wishes, "the server to notice")
    assert await studio.tools.ledger.waiting() == count  # the tasks go on
