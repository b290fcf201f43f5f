"""Where providers say that an order has come further: what is taken, what is refused, and that nobody learns anything by trying."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

import pytest

from mezzotint.core.accounts import Rate
from mezzotint.core.hooks import PATH, News, hook_of
from tests.clocks import HandClock
from tests.studio import ORIGIN, Studio, a_studio
from tests.tasks import an_id


def address(studio: Studio, task: UUID, index: int = 0, number: int = 1) -> str:
    return urlsplit(hook_of(studio.tools.secret, ORIGIN, task).address(index, number)).path


async def a_running_task(studio: Studio) -> UUID:
    task = UUID((await studio.created())["id"])
    epoch = await studio.tools.ledger.enlist("w")
    await studio.tools.ledger.claim("w", epoch, ["stub"], 1)
    return task


@pytest.mark.parametrize("body", [b"", b'{"id": "x", "status": "Ready"}', b"\xff" * 1000, b"[" * 100_000])
async def test_what_is_said_there_is_not_read(studio: Studio, body: bytes) -> None:
    task = await a_running_task(studio)
    calls = studio.tools.hub.queue_calls

    told = await studio.client.post(address(studio, task), content=body)

    assert (told.status_code, told.content) == (204, b"")
    assert studio.tools.news.take([task]) == [News(task, 0, 1)]
    assert studio.tools.hub.queue_calls == calls + 1  # so that a worker which waits hears of it at once


async def test_what_was_forged_is_answered_as_if_nothing_were_there(studio: Studio) -> None:
    """Whether there is such an order does not show."""
    task, none = await a_running_task(studio), an_id()
    good = address(studio, task)
    forged = [good[:-1] + ("A" if good[-1] != "A" else "B"), good.replace("/0-1/", "/0-2/"), f"{PATH}/{none}/0-1/{good.rpartition('/')[2]}", f"{PATH}/x/y/z"]

    answers = [await studio.client.post(path) for path in forged]

    assert {answer.status_code for answer in answers} == {404}
    bodies = {answer.text.replace(path, "").replace(answer.headers["x-request-id"], "") for answer, path in zip(answers, forged, strict=True)}
    assert len(bodies) == 1
    assert studio.tools.news.take([task, none]) == []


async def test_what_comes_late_or_for_nobody_changes_nothing(studio: Studio) -> None:
    task, none = await a_running_task(studio), an_id()
    await studio.tools.ledger.cancel(task, "default")
    await studio.tools.ledger.enlist("w")  # its worker is gone, so it ends

    answers = [await studio.client.post(address(studio, each)) for each in (task, none)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert studio.tools.news.take([task, none]) == []


async def test_whoever_tries_addresses_is_slowed_down() -> None:
    studio = a_studio(HandClock(), stranger_rate=Rate(2, 60))
    answers = [await studio.client.post(f"{PATH}/{an_id()}/0-1/{'A' * 43}") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [404, 404, 429, 429]
    await studio.client.aclose()


async def test_it_is_told_and_not_asked(studio: Studio) -> None:
    task = await a_running_task(studio)

    assert (await studio.client.get(address(studio, task))).status_code == 405
