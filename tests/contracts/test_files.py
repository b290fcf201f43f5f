"""What every ledger must do with uploaded files. Each test runs over each implementation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mezzotint.core.errors import BodyTooLarge, Unavailable
from mezzotint.core.files import File
from mezzotint.ports import Ledger
from tests.clocks import HandClock
from tests.tasks import an_id

DAY = 86_400.0


def a_file(clock: HandClock, account: str = "default", *, size: int = 100, lasts: float = DAY, **metadata: Any) -> File:
    return File(an_id(), account, "boat.png", "png", size, "ab" * 32, clock.now(), clock.now() + lasts, metadata)


async def added(ledger: Ledger, *files: File) -> None:
    for file in files:
        await ledger.add_file(file, None)


async def test_a_file_comes_back_as_it_went(ledger: Ledger, clock: HandClock) -> None:
    file = a_file(clock, author="me", pages=[1, {"of": None}], large=2**70, half=0.5)
    await added(ledger, file)

    assert await ledger.find_file(file.id) == file


async def test_an_unknown_file_is_nothing(ledger: Ledger) -> None:
    assert await ledger.find_file(an_id()) is None
    assert not await ledger.drop_file(an_id(), "default")
    assert await ledger.files_of("default", None, 10) == []


async def test_files_are_listed_newest_first_by_account(ledger: Ledger, clock: HandClock) -> None:
    files = [a_file(clock) for _ in range(3)]
    await added(ledger, *files, a_file(clock, "other"))

    assert await ledger.files_of("default", None, 10) == files[::-1]


async def test_a_listing_has_bounds_and_may_begin_at_either(ledger: Ledger, clock: HandClock) -> None:
    files = [a_file(clock) for _ in range(6)]
    await added(ledger, *files)
    bounds: dict[str, Any] = {"before": files[5].id, "after": files[0].id}

    assert await ledger.files_of("default", count=2, **bounds) == [files[4], files[3]]
    assert await ledger.files_of("default", count=9, **bounds) == files[4:0:-1]
    assert await ledger.files_of("default", count=2, oldest=True, **bounds) == [files[2], files[1]]
    assert await ledger.files_of("default", count=9, oldest=True, **bounds) == files[4:0:-1]


async def test_an_expired_file_is_there_for_the_sweeper_alone(ledger: Ledger, clock: HandClock) -> None:
    lasting, passing, soonest = a_file(clock), a_file(clock, lasts=20), a_file(clock, lasts=10)
    await added(ledger, lasting, passing, soonest)
    assert await ledger.spent_files(10) == []

    clock.advance(20)

    assert await ledger.find_file(passing.id) is None
    assert await ledger.files_of("default", None, 10) == await ledger.files_of("default", None, 10, oldest=True) == [lasting]
    assert not await ledger.drop_file(passing.id, "default")
    assert await ledger.spent_files(10) == [soonest.id, passing.id]
    assert await ledger.spent_files(1) == [soonest.id]


async def test_a_file_that_its_owner_drops_expires_at_once(ledger: Ledger, clock: HandClock) -> None:
    file, another = a_file(clock), a_file(clock)
    await added(ledger, file, another)

    assert not await ledger.drop_file(file.id, "other")
    assert await ledger.find_file(file.id) == file
    assert await ledger.drop_file(file.id, "default")
    assert await ledger.find_file(file.id) is None
    assert not await ledger.drop_file(file.id, "default")
    assert await ledger.spent_files(10) == [file.id]
    assert await ledger.find_file(another.id) == another


async def test_a_forgotten_file_is_nowhere(ledger: Ledger, clock: HandClock) -> None:
    file, other = a_file(clock), a_file(clock, lasts=1)
    await added(ledger, file, other)
    await ledger.drop_file(file.id, "default")
    clock.advance(1)

    await ledger.forget_files([file.id])
    await ledger.forget_files([file.id])

    assert await ledger.spent_files(10) == [other.id]


async def test_an_accounts_files_take_no_more_room_than_it_has(ledger: Ledger, clock: HandClock) -> None:
    first = a_file(clock, size=60)
    with pytest.raises(BodyTooLarge, match="take 0 of 59 already"):
        await ledger.add_file(first, 59)
    await ledger.add_file(first, 100)

    with pytest.raises(BodyTooLarge, match=r"^the file has 41 bytes, and the account's files take 60 of 100 already: delete some, or wait until they expire$"):
        await ledger.add_file(a_file(clock, size=41), 100)
    await ledger.add_file(a_file(clock, "other", size=100), 100)
    await ledger.add_file(a_file(clock, size=40), 100)
    assert len(await ledger.files_of("default", None, 10)) == 2

    await ledger.drop_file(first.id, "default")
    await ledger.add_file(a_file(clock, size=60), 100)


async def test_many_at_once_share_the_room(ledger: Ledger, clock: HandClock) -> None:
    adding = (ledger.add_file(a_file(clock, size=30), 100) for _ in range(10))
    done = await asyncio.gather(*adding, return_exceptions=True)

    assert [type(result) for result in done].count(BodyTooLarge) == 7
    assert len(await ledger.files_of("default", None, 10)) == 3


async def test_a_closed_ledger_keeps_no_file(ledger: Ledger, clock: HandClock) -> None:
    await ledger.close()

    with pytest.raises(Unavailable):
        await ledger.add_file(a_file(clock), None)
