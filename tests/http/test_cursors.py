"""Pages of a listing, forwards and back."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint.core import ids
from mezzotint.http import cursors as module
from tests.clocks import HandClock
from tests.studio import KEY, Studio, a_studio

BEARER = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
async def made(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Seven tasks a second apart, newest first; pages have three."""
    monkeypatch.setattr(module, "PAGE", 3)
    told = []
    for _ in range(7):
        told.append((await studio.created())["id"])
        studio.clock.advance(1)
    return [ids.short(task) for text in reversed(told) if (task := ids.read(text))]


async def page(studio: Studio, url: str = "/v1/predictions", **query: str) -> dict[str, Any]:
    response = await studio.client.get(url, params=query or None, headers=BEARER)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


def ids_on(told: dict[str, Any]) -> list[str]:
    return [each["id"] for each in told["results"]]


async def test_next_leads_to_the_end_and_previous_back_to_the_beginning(studio: Studio, made: list[str]) -> None:
    there = [await page(studio)]
    while there[-1]["next"]:
        there.append(await page(studio, there[-1]["next"]))
    back = [there[-1]]
    while back[-1]["previous"]:
        back.append(await page(studio, back[-1]["previous"]))

    assert [ids_on(told) for told in there] == [made[:3], made[3:6], made[6:]]
    assert [ids_on(told) for told in back] == [made[6:], made[3:6], made[:3]]
    assert there[0]["previous"] is None


async def test_a_page_that_is_just_full_has_no_next(studio: Studio, made: list[str]) -> None:
    second = (await page(studio, (await page(studio))["next"]))["next"]
    last = await page(studio, cursor=made[3])

    assert ids_on(last) == made[4:]
    assert last["next"] is None
    assert ids_on(await page(studio, second)) == made[6:]


async def test_what_is_made_meanwhile_is_before_the_first_page(studio: Studio, made: list[str]) -> None:
    second = await page(studio, (await page(studio))["next"])
    newest = ids.read((await studio.created())["id"])
    assert newest is not None

    first = await page(studio, second["previous"])

    assert ids_on(first) == made[:3]
    assert ids_on(await page(studio, first["previous"])) == [ids.short(newest)]


async def test_an_empty_page_leads_back_to_what_there_is(studio: Studio, made: list[str]) -> None:
    beyond = await page(studio, cursor=made[-1])
    above = await page(studio, cursor="r" + made[0])

    assert (ids_on(beyond), beyond["next"]) == ([], None)
    assert ids_on(await page(studio, beyond["previous"])) == made[4:]
    assert (ids_on(above), above["previous"]) == ([], None)
    assert ids_on(await page(studio, above["next"])) == made[:3]


def at(studio: Studio, ago: float) -> str:
    return datetime.fromtimestamp(studio.clock.now() - ago, timezone.utc).isoformat().replace("+00:00", "Z")


async def test_a_listing_may_be_bounded_in_time_and_its_pages_keep_the_bounds(studio: Studio, made: list[str]) -> None:
    """The newest was made a second ago, the oldest seven."""
    told = await page(studio, created_after=at(studio, 6), created_before=at(studio, 1))

    assert ids_on(told) == made[1:4]
    following = await page(studio, told["next"])
    assert (ids_on(following), following["next"]) == (made[4:6], None)
    back = await page(studio, following["previous"])
    assert (ids_on(back), back["previous"]) == (made[1:4], None)


@pytest.mark.parametrize("text", ["2027-01-15", "2027-01-15T08:00:00", "2027-01-15T08:00:00Z", "2027-01-15T10:00:00+02:00", "2027-01-15T08:00:00.000Z"])
async def test_times_are_written_in_several_ways(studio: Studio, made: list[str], text: str) -> None:
    assert ids_on(await page(studio, created_after=text)) == made[:3]
    assert ids_on(await page(studio, f"/v1/predictions?created_after={text}")) == made[:3]
    assert ids_on(await page(studio, created_before=text)) == []


async def test_nothing_here_was_made_on_the_web(studio: Studio, made: list[str]) -> None:
    assert ids_on(await page(studio, source="web")) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("cursor", "nonsense"), ("cursor", "r"), ("cursor", "z" * 26), ("created_after", "soon"), ("created_before", "9" * 40), ("source", "api")],
)
async def test_what_is_no_such_thing_is_refused(studio: Studio, name: str, text: str) -> None:
    response = await studio.client.get("/v1/predictions", params={name: text}, headers=BEARER)

    assert response.status_code == 422
    assert response.json()["invalid_fields"][0]["field"] == name


@given(st.sampled_from(["", "r"]), st.sampled_from([0, 1, 2**127, 2**128 - 1]), st.datetimes() | st.just(datetime(1, 1, 1)))  # noqa: DTZ001 - no zone is meant
async def test_the_ends_of_time_are_pages_too(edge: str, number: int, moment: datetime) -> None:
    studio = a_studio(HandClock())
    told = await page(studio, cursor=edge + ids.short(UUID(int=number)), created_after=moment.isoformat(), created_before=moment.isoformat())

    assert ids_on(told) == []
    await studio.client.aclose()
