"""What a worker tells of pictures that are on their way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from mezzotint.core.previews import Preview
from mezzotint.core.protocol import Told
from mezzotint.core.tasks import Claim, Inputs, Progress
from mezzotint.work import telling as module
from mezzotint.work.lane import Held
from mezzotint.work.link import Link, LinkDown
from mezzotint.work.telling import Telling
from tests.tasks import an_id
from tests.waiting import until

INPUTS = Inputs("flux-dev", {"prompt": "a boat"}, "http://here")


class Heard(Link):
    """A line that breaks so many times, and answers that all of them were canceled."""

    def __init__(self, breaks: int = 0) -> None:
        super().__init__("http://nowhere", "token")
        self.breaks = breaks
        self.reports: list[tuple[list[Progress], list[Preview]]] = []

    async def progress(self, progress: Sequence[Progress], previews: Sequence[Preview] = ()) -> Told:
        if self.breaks:
            self.breaks -= 1
            raise LinkDown("the line broke")
        self.reports.append((list(progress), list(previews)))
        return Told([step.task for step in progress], [])


def painted(step: int) -> Held:
    task = an_id()
    return Held(Claim(task, 2, INPUTS, 0.0), step=Progress(task, 2, step, 28))


@asynccontextmanager
async def telling(link: Heard, held: dict[UUID, Held]) -> AsyncIterator[tuple[Telling, list[dict[UUID, int]]]]:
    obeyed: list[dict[UUID, int]] = []
    made = Telling(link, held, lambda _, asked: obeyed.append(asked))
    loops = [asyncio.create_task(loop) for loop in (made.tell_progress(), made.show_previews())]
    try:
        yield made, obeyed
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await link.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROGRESS_EVERY", 0.005)


async def test_a_step_is_told_once_and_again_where_it_was_not_heard() -> None:
    link, one, still = Heard(breaks=2), painted(3), Held(Claim(an_id(), 1, INPUTS, 0.0))
    async with telling(link, {each.claim.task: each for each in (one, still)}) as (_, obeyed):
        await until(lambda: one.told, "it to be told")
        await asyncio.sleep(0.03)  # several times as long as it waits between reports

        assert [report for report, _ in link.reports] == [[one.step]]
        assert obeyed == [{one.claim.task: 2}]
        one.step = Progress(one.claim.task, 2, 4, 28)
        await until(lambda: len(link.reports) == 2, "the next step to be told")
        assert link.reports[1] == ([one.step], [])


async def test_of_several_previews_of_a_task_the_latest_goes() -> None:
    link, one, other = Heard(), painted(3), painted(9)
    async with telling(link, {}) as (made, obeyed):
        show = made.show(one)
        show(b"early")
        one.step = Progress(one.claim.task, 2, 5, 28)
        show(b"later")
        made.show(other)(b"other")
        await until(lambda: link.reports, "the previews to be told")

        [(steps, previews)] = link.reports
        assert [(preview.task, preview.step, preview.image) for preview in previews] == [(one.claim.task, 5, b"later"), (other.claim.task, 9, b"other")]
        assert steps == [one.step, other.step]
        assert obeyed == [{one.claim.task: 2, other.claim.task: 2}]


@pytest.mark.parametrize("why", ["canceled", "lost", "no step"])
async def test_of_what_nobody_is_to_see_nothing_is_shown(why: str) -> None:
    link, hidden, seen = Heard(), painted(3), painted(4)
    if why == "no step":
        hidden.step = None
    else:
        setattr(hidden, why, True)
    async with telling(link, {}) as (made, _):
        made.show(hidden)(b"hidden")
        made.show(seen)(b"seen")
        await until(lambda: link.reports, "a preview to be told")

        assert [preview.image for _, previews in link.reports for preview in previews] == [b"seen"]
