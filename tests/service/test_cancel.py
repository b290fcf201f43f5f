"""Canceling, wherever a task is, and whoever asks."""

from __future__ import annotations

import asyncio

import pytest

from mezzotint.core import ids
from mezzotint.core.errors import NotFound
from mezzotint.core.tasks import Status
from mezzotint.service.cancel import cancel
from mezzotint.service.read import until_final
from mezzotint.service.tools import Tools
from tests.service.asking import COLLEAGUE, OWNER, STRANGER, ask, task_behind
from tests.studio import Studio
from tests.tasks import an_id, ready


@pytest.fixture
def tools(studio: Studio) -> Tools:
    return studio.tools


async def test_a_waiting_task_is_canceled_at_once_and_never_painted(studio: Studio) -> None:
    accepted = await ask(studio.tools)

    task = await cancel(str(accepted.task), OWNER, studio.tools)

    assert task.status is Status.CANCELED
    assert await studio.paint() == 0


async def test_a_running_task_is_asked_to_stop(tools: Tools) -> None:
    accepted = await ask(tools)
    epoch = await tools.ledger.enlist("w")
    await tools.ledger.claim("w", epoch, ["stub"], 1)

    task = await cancel(str(accepted.task), OWNER, tools)

    assert (task.status, task.cancel_requested) == (Status.PROCESSING, True)
    assert (await tools.ledger.beat("w", epoch, [(accepted.task, 1)])).canceled == (accepted.task,)


async def test_a_task_that_has_ended_is_answered_as_it_is(studio: Studio) -> None:
    accepted = await ask(studio.tools)
    await studio.end(ready())

    task = await cancel(str(accepted.task), OWNER, studio.tools)

    assert (task.status, task.cancel_requested) == (Status.READY, False)


async def test_a_second_cancel_changes_nothing(tools: Tools) -> None:
    accepted = await ask(tools)

    assert await cancel(str(accepted.task), OWNER, tools) == await cancel(str(accepted.task), OWNER, tools)


async def test_either_spelling_of_the_id_will_do_and_any_key_of_the_account(tools: Tools) -> None:
    accepted = await ask(tools)

    assert (await cancel(ids.short(accepted.task), COLLEAGUE, tools)).status is Status.CANCELED


async def test_another_accounts_task_is_not_found_and_goes_on(tools: Tools) -> None:
    accepted = await ask(tools)

    with pytest.raises(NotFound):
        await cancel(str(accepted.task), STRANGER, tools)

    assert (await task_behind(tools, accepted)).status is Status.PENDING


@pytest.mark.parametrize("text", ["", "nonsense", str(an_id()), "x" * 10_000, "\ud800"])
async def test_what_is_no_task_is_not_found_in_few_words(tools: Tools, text: str) -> None:
    with pytest.raises(NotFound) as refused:
        await cancel(text, OWNER, tools)

    assert len(str(refused.value)) < 120
    str(refused.value).encode()


async def test_whoever_waits_for_the_task_and_for_its_webhook_hears_of_it(tools: Tools) -> None:
    accepted = await ask(tools, webhook_url="https://example.com/hook")
    waiting = [asyncio.create_task(until_final(accepted.task, 60, tools)), asyncio.create_task(tools.hub.wait_for_outbox(60))]
    await asyncio.sleep(0)

    await cancel(str(accepted.task), OWNER, tools)

    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    assert [delivery.task for delivery in await tools.ledger.due(10)] == [accepted.task]
