"""A short run of hostile pictures, through an engine child and through a whole server."""

from __future__ import annotations

from pathlib import Path

import pytest

from mezzotint.core.errors import BadPicture
from tests.acceptance.hostile_pictures import KINDS, as_text, endure, pictures
from tests.acceptance.servers import serving, wait_ready
from tests.pictures import a_file
from tests.work.orders import STUB, a_child, an_order, no_report


def test_no_picture_kills_the_engine_or_keeps_it_long_or_fills_its_memory() -> None:
    found = endure(count=330, seed=5)

    assert found.holds, found
    assert found.kinds["sound"] == 30
    assert found.refused > 100


def test_the_same_seed_makes_the_same_pictures() -> None:
    assert list(pictures(22, seed=3)) == list(pictures(22, seed=3))
    assert {kind for kind, _ in pictures(22, seed=3)} == set(KINDS)


async def test_a_picture_that_needs_more_memory_than_any_may_is_refused_and_the_child_lives_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is made so low that an ordinary picture is above it."""
    program = "import runpy; from mezzotint.work import child; child.DECODING = 0; runpy.run_module('mezzotint.cli.engine_process', run_name='__main__')"
    large = a_file(width=3000, height=2000)
    async with a_child([STUB[0], "-c", program]) as child:
        await child.start()
        running = child._running
        with pytest.raises(BadPicture):
            await child.paint(an_order(pictures=(("image_prompt", large),)), no_report)

        assert (await child.paint(an_order(), no_report)).engine == "stub"
        assert child._running is running


def test_the_server_answers_every_one_and_lives_on(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.client() as client:
        statuses, accepted = set(), []
        for _, data in pictures(66, seed=6):
            response = client.post("/flux/v1/flux-dev", json={"prompt": "boat", "image_prompt": as_text(data), "width": 256, "height": 256})
            statuses.add(response.status_code)
            if response.status_code == 200:
                accepted.append(response.json()["id"])
        ends = {wait_ready(client, task)["status"] for task in accepted}
        worker = server.worker()

        assert statuses == {200, 400}
        assert ends == {"Ready", "Error"}
        assert server.worker() == worker
        assert client.get("/readyz").status_code == 200
