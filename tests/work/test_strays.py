"""Pictures without a task: gone once they are surely strays, and never before."""

from __future__ import annotations

from uuid import UUID

import pytest

from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core import ids, places
from mezzotint.core.errors import Unavailable
from mezzotint.core.files import File
from mezzotint.work.strays import BACK, SETTLED, Strays
from tests.pictures import a_file, in_base64
from tests.studio import Studio


async def a_stray(studio: Studio, ago: float = 0.0, noise: int = 1) -> UUID:
    """What a kill between the picture and its task leaves."""
    task = ids.mint(int((studio.clock.now() - ago) * 1000), noise.to_bytes(ids.RANDOM_BYTES, "big"))
    await studio.tools.blobs.put(places.given(task, "input_image", None), b"a picture")
    await studio.tools.blobs.put(places.given(task, "input_image_2", None), b"another")
    return task


def kept(studio: Studio) -> set[UUID | None]:
    assert isinstance(studio.tools.blobs, MemoryBlobs)
    return {places.task_of(key) for key in studio.tools.blobs._blobs}


@pytest.mark.parametrize("ago", [0.0, 1.0, 59.0, 3600.0, 86_400.0, BACK - 60])
async def test_what_an_earlier_life_left_is_deleted(studio: Studio, ago: float) -> None:
    await a_stray(studio, ago)
    strays = Strays(studio.tools)
    studio.clock.advance(SETTLED)

    assert await strays.sweep() == 1
    assert kept(studio) == set()


async def test_what_is_young_may_still_get_its_task(studio: Studio) -> None:
    stray = await a_stray(studio)
    strays = Strays(studio.tools)
    studio.clock.advance(SETTLED - 1)

    assert await strays.sweep() == 0
    assert kept(studio) == {stray}


async def test_what_came_after_the_start_is_left_to_whoever_stores_it(studio: Studio) -> None:
    strays = Strays(studio.tools)
    studio.clock.advance(SETTLED)
    being_stored = await a_stray(studio)

    assert await strays.sweep() == 0
    assert kept(studio) == {being_stored}


@pytest.mark.parametrize("end", [None, "painted", "canceled"])
async def test_what_has_a_task_is_left_to_its_time(studio: Studio, end: str | None) -> None:
    task = (await studio.created("flux-kontext-pro", input_image=in_base64(a_file())))["id"]
    if end == "painted":
        await studio.paint()
    elif end == "canceled":
        await studio.tools.ledger.cancel(UUID(task), "default")
    strays = Strays(studio.tools)
    studio.clock.advance(SETTLED)

    assert await strays.sweep() == 0
    assert kept(studio) == {UUID(task)}


async def test_an_upload_without_a_record_is_a_stray_and_a_file_is_none(studio: Studio) -> None:
    now = studio.clock.now()
    lost, found = (ids.mint(int(now * 1000), bytes(9) + bytes([number])) for number in (1, 2))
    for file in (lost, found):
        await studio.tools.blobs.put(places.uploaded(file), b"a picture")
    await studio.tools.ledger.add_file(File(found, "default", "boat.png", "png", 9, "ab" * 32, now, now + 2 * SETTLED), None)
    strays = Strays(studio.tools)
    studio.clock.advance(SETTLED)

    assert await strays.sweep() == 1
    assert kept(studio) == {found}


async def test_painted_pictures_are_left_alone_whoever_they_are_of(studio: Studio) -> None:
    """As after an older ledger was put back."""
    unknown = await a_stray(studio)
    await studio.tools.blobs.put(places.painted(unknown, 0, "png"), b"painted")
    await studio.tools.blobs.put("2027-01-15/0800/somebody-elses.txt", b"what is this")
    strays = Strays(studio.tools)
    studio.clock.advance(SETTLED)

    assert await strays.sweep() == 0
    assert kept(studio) == {unknown, None}


async def test_many_are_found_in_one_minute(studio: Studio) -> None:
    for noise in range(1, 121):
        await a_stray(studio, 60.0, noise)
    strays = Strays(studio.tools)
    studio.clock.advance(SETTLED)

    assert await strays.sweep() == 120


async def test_it_looks_once_and_again_where_it_could_not(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_stray(studio)
    strays = Strays(studio.tools)
    studio.clock.advance(SETTLED)

    async def fails(folder: str) -> list[str]:
        raise Unavailable(f"{folder} cannot be listed just now")

    with monkeypatch.context() as patch:
        patch.setattr(studio.tools.blobs, "keys_in", fails)
        with pytest.raises(Unavailable):
            await strays.sweep()
    assert await strays.sweep() == 1

    monkeypatch.setattr(studio.tools.blobs, "keys_in", fails)
    assert await strays.sweep() == 0
