"""Who may see a task, and how its pictures are fetched."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from mezzotint.core import ids
from mezzotint.core.errors import NotAuthenticated
from mezzotint.core.previews import Preview, Wish
from mezzotint.core.signing import ImageLink, poll_token
from mezzotint.core.tasks import Claim, Outcome, Progress, Status, Task, Verdict
from mezzotint.service import read as module
from mezzotint.service.read import Found, Viewer, find, links, polling_url, previews_of, task_of, until_final
from mezzotint.service.tools import Tools
from tests.clocks import HandClock
from tests.pictures import a_jpeg
from tests.service.asking import COLLEAGUE, OWNER, STRANGER, all_had_their_turn, ask
from tests.studio import Studio, a_studio
from tests.tasks import an_id, ready

HERE = "http://here"
DAY = 86_400


@pytest.fixture
def tools(studio: Studio) -> Tools:
    return studio.tools


async def painted(studio: Studio) -> UUID:
    task = (await ask(studio.tools)).task
    await studio.paint()
    return task


def capability(tools: Tools, task: UUID) -> Viewer:
    return Viewer(token=poll_token(tools.secret, task))


async def seen(task: UUID, viewer: Viewer, tools: Tools) -> Found:
    found = await find(str(task), viewer, tools)
    assert found is not None
    return found


async def link(task: UUID, viewer: Viewer, tools: Tools) -> str:
    [address] = (await seen(task, viewer, tools)).links(HERE)
    return address


def expiry(address: str) -> int:
    return int(parse_qs(urlsplit(address).query)["expires"][0])


# who may see it


async def test_the_owner_sees_its_task_in_either_spelling_of_its_id(tools: Tools) -> None:
    task = (await ask(tools)).task

    for spelling in (str(task), str(task).upper(), ids.short(task)):
        found = await find(spelling, Viewer(OWNER), tools)
        assert found is not None
        assert found.task.id == task


async def test_another_key_of_the_same_account_sees_it_too(tools: Tools) -> None:
    task = (await ask(tools)).task

    assert (await seen(task, Viewer(COLLEAGUE), tools)).task.id == task


async def test_for_another_account_there_is_no_such_task(tools: Tools) -> None:
    task = (await ask(tools)).task

    assert await find(str(task), Viewer(STRANGER), tools) is None
    assert await find(str(task), Viewer(STRANGER), tools, removed_too=True) is None


@pytest.mark.parametrize("text", ["", "x", "0" * 26, "0" * 36, str(an_id(1)), ids.short(an_id(1)), "\0", "é" * 26, "z" * 26, "../../etc/passwd"])
async def test_there_is_no_task_of_an_id_that_was_not_handed_out(tools: Tools, text: str) -> None:
    await ask(tools)

    assert await find(text, Viewer(OWNER), tools) is None


async def test_a_tasks_capability_reads_it_without_a_key(tools: Tools) -> None:
    task = (await ask(tools)).task

    assert (await seen(task, capability(tools, task), tools)).task.id == task


async def test_a_capability_reads_its_own_task_and_no_other(tools: Tools) -> None:
    task, other = (await ask(tools)).task, (await ask(tools)).task

    with pytest.raises(NotAuthenticated):
        await find(str(other), capability(tools, task), tools)


async def test_a_capability_counts_beside_a_strangers_key(tools: Tools) -> None:
    task = (await ask(tools)).task
    viewer = Viewer(STRANGER, poll_token(tools.secret, task))

    assert (await seen(task, viewer, tools)).task.id == task


@pytest.mark.parametrize("token", [None, "", "x", "é", "\ud800", "A" * 43])
async def test_without_key_and_capability_nothing_is_said_not_even_whether_it_is_there(tools: Tools, token: str | None) -> None:
    task = (await ask(tools)).task

    for text in (str(task), str(an_id()), "nonsense"):
        with pytest.raises(NotAuthenticated, match="polling_url"):
            await find(text, Viewer(token=token), tools)


async def test_a_capability_made_with_another_secret_opens_nothing(tools: Tools) -> None:
    task = (await ask(tools)).task

    with pytest.raises(NotAuthenticated):
        await find(str(task), Viewer(token=poll_token(b"another", task)), tools)


async def test_the_polling_url_carries_the_capability(tools: Tools) -> None:
    task = (await ask(tools)).task

    query = parse_qs(urlsplit(polling_url(task, "/flux/v1/get_result", HERE, tools)).query)

    found = await find(query["id"][0], Viewer(token=query["token"][0]), tools)
    assert found is not None
    assert found.task.id == task


async def test_anyone_may_look_where_the_operator_says_so(clock: HandClock) -> None:
    tools = a_studio(clock, poll_by_anyone=True).tools
    task = (await ask(tools)).task

    for viewer in (Viewer(), Viewer(STRANGER), Viewer(token="wrong")):
        assert (await seen(task, viewer, tools)).task.id == task


# links


async def test_a_link_names_the_picture_and_its_signature_holds(studio: Studio) -> None:
    task = await painted(studio)

    parts = urlsplit(await link(task, Viewer(OWNER), studio.tools))

    query = parse_qs(parts.query)
    assert parts.path == f"/images/{task}/sample.jpeg"
    assert ImageLink(task, 0, int(query["expires"][0])).holds(studio.tools.secret, query["signature"][0])


async def test_links_are_made_on_the_origin_that_was_called(studio: Studio) -> None:
    found = await seen(await painted(studio), Viewer(OWNER), studio.tools)

    assert found.links("https://there.example")[0].startswith("https://there.example/images/")


async def test_each_of_many_pictures_has_a_link_of_its_own(studio: Studio) -> None:
    task = (await ask(studio.tools)).task
    [image] = ready().images
    await studio.end(Outcome(Status.READY, (image, image, image), 1, "three boats"))

    found = await seen(task, Viewer(OWNER), studio.tools)

    assert [urlsplit(address).path.rpartition("/")[2] for address in found.links(HERE)] == ["sample.png", "sample-1.png", "sample-2.png"]
    assert len(set(found.links(HERE))) == 3


async def test_before_it_is_ready_there_are_no_links(studio: Studio) -> None:
    task = (await ask(studio.tools)).task

    assert (await seen(task, Viewer(OWNER), studio.tools)).links(HERE) == ()


async def test_a_task_that_failed_has_no_links(studio: Studio) -> None:
    task = (await ask(studio.tools)).task
    await studio.end(Outcome(Status.ERROR, code="engine_failed", message="no"))

    assert (await seen(task, Viewer(OWNER), studio.tools)).links(HERE) == ()


async def test_the_link_is_the_same_on_every_poll_and_for_everyone_until_it_expires(studio: Studio, clock: HandClock) -> None:
    task = await painted(studio)
    viewers = (Viewer(OWNER), Viewer(COLLEAGUE), capability(studio.tools, task))

    end, given = clock.now() + 600, set()

    for _ in range(3):
        given |= {await link(task, viewer, studio.tools) for viewer in viewers}
        clock.advance(199.9)

    assert [expiry(address) for address in given] == [end]


async def test_an_expired_link_is_renewed_for_the_owner_and_for_nobody_else(studio: Studio, clock: HandClock) -> None:
    task = await painted(studio)
    first = await link(task, Viewer(OWNER), studio.tools)

    clock.advance(600)

    assert expiry(await link(task, Viewer(OWNER), studio.tools)) == expiry(first) + 600
    assert await link(task, capability(studio.tools, task), studio.tools) == first


async def test_a_link_holds_whenever_it_is_handed_to_the_owner(studio: Studio, clock: HandClock) -> None:
    clock.advance(0.4)  # whole seconds are what links count
    task = await painted(studio)

    for step in (0, 599.9, 0.2, *[77.7] * 50):
        clock.advance(step)
        address = await link(task, Viewer(OWNER), studio.tools)
        assert clock.now() < expiry(address) <= math.ceil(clock.now() + 600)


async def test_a_clock_that_was_set_back_leaves_links_as_they_are(studio: Studio, clock: HandClock) -> None:
    task = await painted(studio)
    first = await link(task, Viewer(OWNER), studio.tools)

    clock.advance(-3600)

    assert await link(task, Viewer(OWNER), studio.tools) == first


async def test_webhooks_get_the_link_that_a_poll_gives(studio: Studio) -> None:
    task = await painted(studio)
    known = await task_of(task, studio.tools)
    assert known is not None

    assert links(known, HERE, studio.tools, renew=False) == (await link(task, Viewer(OWNER), studio.tools),)


# when its pictures are gone


async def test_a_task_whose_pictures_are_gone_is_shown_only_to_those_who_ask_for_such(studio: Studio, clock: HandClock) -> None:
    task = await painted(studio)
    clock.advance(DAY)

    assert await find(str(task), Viewer(OWNER), studio.tools) is None
    found = await find(str(task), Viewer(OWNER), studio.tools, removed_too=True)
    assert found is not None
    assert found.removed
    assert found.links(HERE) == ()


async def test_a_failed_task_has_nothing_to_lose_and_stays(studio: Studio, clock: HandClock) -> None:
    task = (await ask(studio.tools)).task
    await studio.end(Outcome(Status.ERROR, code="engine_failed", message="no"))
    clock.advance(DAY)

    assert not (await seen(task, Viewer(OWNER), studio.tools)).removed


# how far it is


async def test_progress_is_shown_while_it_runs_and_is_that_of_its_present_attempt(studio: Studio) -> None:
    task, told = (await ask(studio.tools)).task, []
    for attempt in (1, 2):
        epoch = await studio.tools.ledger.enlist("w")
        told.append((await seen(task, Viewer(OWNER), studio.tools)).progress)
        await studio.tools.ledger.claim("w", epoch, ["stub"], 1)
        told.append((await seen(task, Viewer(OWNER), studio.tools)).progress)
        studio.tools.progress.note(Progress(task, attempt, 3, 28))
        told.append((await seen(task, Viewer(OWNER), studio.tools)).progress)
    await studio.tools.ledger.settle([Verdict(task, 2, ready())])
    told.append((await seen(task, Viewer(OWNER), studio.tools)).progress)

    assert told == [None, None, Progress(task, 1, 3, 28), None, None, Progress(task, 2, 3, 28), None]


# waiting for it


async def test_waiting_ends_as_soon_as_the_task_has_ended(studio: Studio) -> None:
    task = (await ask(studio.tools)).task
    waiting = asyncio.create_task(until_final(task, 60, studio.tools))
    await asyncio.sleep(0)

    await studio.paint()
    studio.tools.hub.changed(task)

    ended = await asyncio.wait_for(waiting, 5)
    assert ended is not None
    assert ended.status is Status.READY


class Racing:
    """A ledger on which a task ends just after the first look at it, before whoever looked waits."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._ended = studio, False

    def __getattr__(self, name: str) -> object:
        return getattr(self._studio.tools.ledger, name)

    async def get(self, task: UUID) -> object:
        seen = await self._studio.tools.ledger.get(task)
        if not self._ended:
            self._ended = True
            await self._studio.paint()
            self._studio.tools.hub.changed(task)
        return seen


async def test_an_end_between_a_look_and_the_wait_is_not_missed(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GLANCE", 60.0)
    task = (await ask(studio.tools)).task
    racing = replace(studio.tools, ledger=Racing(studio))  # type: ignore[arg-type]  # it does only what is asked of it here

    ended = await asyncio.wait_for(until_final(task, 60, racing), 5)

    assert ended is not None
    assert ended.status is Status.READY


async def test_what_was_made_just_now_is_not_looked_at_before_it_may_have_ended(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GLANCE", 0.02)
    task = (await ask(studio.tools)).task
    looks, get = list[UUID](), studio.tools.ledger.get

    async def noted(task: UUID) -> Task | None:
        looks.append(task)
        return await get(task)

    monkeypatch.setattr(studio.tools.ledger, "get", noted)
    waiting = asyncio.create_task(until_final(task, 60, studio.tools, fresh=True))
    await all_had_their_turn()
    assert looks == []

    await studio.paint()  # and nobody rings: the wake-up is lost

    ended = await asyncio.wait_for(waiting, 5)
    assert ended is not None
    assert ended.status is Status.READY
    assert looks


async def test_waiting_goes_on_while_the_task_only_changes(studio: Studio) -> None:
    task = (await ask(studio.tools)).task
    waiting = asyncio.create_task(until_final(task, 60, studio.tools))
    for _ in range(3):
        await all_had_their_turn()
        studio.tools.hub.changed(task)
    await all_had_their_turn()

    assert not waiting.done()
    waiting.cancel()


async def test_when_the_time_is_over_the_task_is_as_it_is(studio: Studio) -> None:
    task = (await ask(studio.tools)).task

    found = await until_final(task, 0.01, studio.tools)

    assert found is not None
    assert found.status is Status.PENDING


async def test_nobody_waits_for_a_task_that_is_not_there(studio: Studio) -> None:
    assert await asyncio.wait_for(until_final(an_id(), 60, studio.tools), 5) is None


# finished tasks are answered from memory


class Counting:
    """A ledger that counts how often it is asked for a task."""

    def __init__(self, ledger: object) -> None:
        self._ledger, self.asked = ledger, 0

    def __getattr__(self, name: str) -> object:
        self.asked += name == "get"
        return getattr(self._ledger, name)


async def test_a_finished_task_is_read_from_the_ledger_once_and_a_running_one_every_time(studio: Studio) -> None:
    counting = Counting(studio.tools.ledger)
    tools = replace(studio.tools, ledger=counting)  # type: ignore[arg-type]  # it does only what is asked of it here
    task = (await ask(studio.tools)).task
    for _ in range(3):
        await seen(task, Viewer(OWNER), tools)
    assert counting.asked == 3

    await studio.paint()
    for _ in range(3):
        assert (await seen(task, Viewer(OWNER), tools)).task.status is Status.READY
    assert counting.asked == 4


# what is to be seen of it


async def claimed(studio: Studio) -> Claim:
    await ask(studio.tools)
    [claim] = await studio.tools.ledger.claim("w", await studio.tools.ledger.enlist("w"), ["stub"], 1)
    return claim


def show(studio: Studio, claim: Claim, step: int, steps: int = 28) -> None:
    studio.tools.previews.show(Preview(claim.task, claim.attempt, step, steps, a_jpeg()))
    studio.tools.hub.changed(claim.task)


@pytest.mark.parametrize(("count", "steps"), [(0, []), (1, [14]), (2, [10, 19]), (3, [7, 14, 21])])
async def test_as_many_previews_as_are_wished_are_spread_over_the_steps(studio: Studio, count: int, steps: list[int]) -> None:
    claim, seen = await claimed(studio), list[int]()

    async def look() -> None:
        async for preview in previews_of(claim.task, count, 60, studio.tools):
            seen.append(preview.step)

    with studio.tools.previews.watching(claim.task, Wish(spread=count)):
        looking = asyncio.create_task(look())
        await all_had_their_turn()
        for step in range(1, 28):
            show(studio, claim, step)
            await all_had_their_turn()
        await asyncio.wait_for(looking, 5)  # also where the task goes on

    assert seen == steps


async def test_of_a_picture_that_is_painted_quickly_fewer_are_seen(studio: Studio) -> None:
    claim, seen = await claimed(studio), list[int]()
    with studio.tools.previews.watching(claim.task, Wish(spread=3)):
        show(studio, claim, 20)
        async for preview in previews_of(claim.task, 3, 60, studio.tools):
            seen.append(preview.step)
            await studio.tools.ledger.settle([Verdict(claim.task, claim.attempt, ready())])

    assert seen == [20]


async def test_nobody_looks_longer_than_for_the_time_that_is_given(studio: Studio) -> None:
    claim = await claimed(studio)
    with studio.tools.previews.watching(claim.task, Wish(spread=3)):
        assert [preview async for preview in previews_of(claim.task, 3, 0.05, studio.tools)] == []
        assert [preview async for preview in previews_of(an_id(), 3, 60, studio.tools)] == []
