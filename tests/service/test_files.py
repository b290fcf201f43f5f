"""Uploaded pictures, as the routes and the sweeper use them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core import ids, places
from mezzotint.core.errors import BadPicture, NotFound, Unavailable
from mezzotint.service.files import drop, file_of, keep, link_to, linked
from tests.pictures import a_file
from tests.service.asking import COLLEAGUE, OWNER, STRANGER
from tests.studio import Studio


class SlowBlobs(MemoryBlobs):
    """Writes when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = asyncio.Event(), asyncio.Event()

    async def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        self.begun.set()
        await self.go.wait()
        return await super().put(key, data, replace=replace)


async def test_a_file_is_its_accounts_whichever_of_its_keys_asks(studio: Studio) -> None:
    file = await keep(a_file(), "boat.png", {"a": 1}, OWNER, studio.tools)

    assert await studio.tools.blobs.get(places.uploaded(file.id)) == a_file()
    for text in (str(file.id), ids.short(file.id)):
        assert await file_of(text, COLLEAGUE, studio.tools) == file
        with pytest.raises(NotFound):
            await file_of(text, STRANGER, studio.tools)
        with pytest.raises(NotFound):
            await drop(text, STRANGER, studio.tools)


async def test_what_is_no_picture_is_not_kept(studio: Studio) -> None:
    with pytest.raises(BadPicture):
        await keep(b"words", "words.txt", {}, OWNER, studio.tools)

    assert await studio.tools.ledger.files_of("default", None, 10) == []


async def test_a_caller_that_goes_away_leaves_a_whole_file(studio: Studio) -> None:
    """And none whose bytes nobody would ever delete."""
    blobs = SlowBlobs()
    object.__setattr__(studio.tools, "blobs", blobs)
    keeping = asyncio.create_task(keep(a_file(), "boat.png", {}, OWNER, studio.tools))
    await blobs.begun.wait()

    keeping.cancel()
    blobs.go.set()
    await asyncio.gather(keeping, return_exceptions=True)
    for _ in range(10):
        await asyncio.sleep(0)

    [file] = await studio.tools.ledger.files_of("default", None, 10)
    assert list(blobs._blobs) == [places.uploaded(file.id)]


async def test_without_a_record_no_bytes_stay(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise Unavailable("the ledger cannot be written just now")

    monkeypatch.setattr(studio.tools.ledger, "add_file", broken)

    with pytest.raises(Unavailable):
        await keep(a_file(), "boat.png", {}, OWNER, studio.tools)
    assert studio.tools.blobs._blobs == {}  # type: ignore[attr-defined]  # the store of the studio is in memory


async def test_a_link_holds_until_it_ends(studio: Studio) -> None:
    file = await keep(a_file(), "boat.png", {}, OWNER, studio.tools)
    link = link_to(file, studio.tools)
    parts = (str(file.id), link.owner, str(link.expires), link.signature(studio.tools.secret))

    assert await linked(*parts, studio.tools) == (file, link)
    studio.clock.advance(link.expires - studio.clock.now())
    assert await linked(*parts, studio.tools) is None
