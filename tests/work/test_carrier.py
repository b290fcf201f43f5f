"""The carrier, and how it has calls noted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from mezzotint.core.calls import Call, CallNote, CallState, Noted
from mezzotint.core.conditions import Condition
from mezzotint.core.errands import Delivered, Errand
from mezzotint.core.errors import EngineFailure
from mezzotint.core.hooks import News
from mezzotint.core.images import EncodedImage, ImageFormat
from mezzotint.core.tasks import Claim, Inputs
from mezzotint.leash import Leash
from mezzotint.ports import Interrupted
from mezzotint.service.generate import PaintOrder, order_of
from mezzotint.work.carrier import Carrier, Notes
from mezzotint.work.link import LinkDown
from tests.pictures import a_jpeg
from tests.tasks import an_id
from tests.waiting import until

JPEG = a_jpeg(64, 64)


@dataclass
class Line:
    """Stands for the link: down so many times, then up."""

    down: int = 0
    heard: list[int] = field(default_factory=list)

    async def calls(self, notes: Sequence[CallNote]) -> list[Noted]:
        await asyncio.sleep(0.01)
        if self.down:
            self.down -= 1
            raise LinkDown("gone")
        self.heard.append(len(notes))
        return [Noted.KEPT if note.call.number % 2 else Noted.LOST for note in notes]


def a_note(number: int) -> CallNote:
    return CallNote(Call(an_id(), 0, number, "bfl", "flux-dev", "flux-dev", CallState.SUBMITTING, 1))


async def test_notes_that_come_together_go_together_and_each_is_told_what_became_of_it() -> None:
    line: Any = Line()
    noted = await asyncio.gather(*(note for note in map(Notes(line), map(a_note, range(1, 12)))))

    assert noted == [Noted.KEPT, Noted.LOST] * 5 + [Noted.KEPT]
    assert line.heard[0] == 11 or sum(line.heard) == 11
    assert len(line.heard) <= 2


async def test_a_note_is_said_again_until_it_is_heard() -> None:
    line: Any = Line(down=2)

    assert await Notes(line)(a_note(1)) is Noted.KEPT
    assert line.heard == [1]


@dataclass
class Slow:
    """An upstream that waits until it is let go."""

    slots: int = 3
    errands: list[Errand] = field(default_factory=list)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    async def run(self, errand: Errand, report: Callable[[int, int], None], leash: Leash) -> Delivered:
        self.errands.append(errand)
        await leash.hold(self.release.wait())
        return Delivered(EncodedImage(b"x", ImageFormat.PNG, 64, 64), None, 99)

    def conditions(self) -> list[Condition]:
        return []

    def hear(self, news: News) -> None:
        """It needs no telling."""

    async def close(self) -> None:
        self.closed = True


def an_order(**parameters: Any) -> PaintOrder:
    values = {"prompt": "a boat", "width": 512, "height": 256, "seed": 7, "output_format": "png"} | parameters
    return order_of(Claim(an_id(), 2, Inputs("flux-dev", values), 0.0, age=3.0), [("image_prompt", JPEG)], 1)


async def test_an_order_becomes_an_errand_and_its_picture_is_painted() -> None:
    upstream = Slow()
    upstream.release.set()
    carrier = Carrier(upstream)
    painted = await carrier.paint(an_order(), lambda step, steps: None)
    [errand] = upstream.errands

    assert (errand.size, errand.seed, errand.index, errand.attempt, errand.age, errand.format) == ((512, 256), 8, 1, 2, 3.0, ImageFormat.PNG)
    assert errand.pictures == (("image_prompt", JPEG),)
    assert (painted.engine, painted.seed, painted.prompt) == ("upstream", 99, "a boat")
    assert (carrier.slots, await carrier.start()) == (3, "upstream")


async def test_a_stop_reaches_the_task_that_it_names_and_no_other() -> None:
    upstream = Slow()
    carrier, orders = Carrier(upstream), [an_order(), an_order()]
    running = [asyncio.create_task(carrier.paint(order, lambda step, steps: None)) for order in orders]
    await until(lambda: len(upstream.errands) == 2, "both to begin")

    carrier.stop(str(upstream.errands[0].task))
    with pytest.raises(Interrupted):
        await running[0]
    upstream.release.set()
    assert (await running[1]).image.data == b"x"


async def test_draining_hands_back_what_waits_and_what_comes() -> None:
    upstream = Slow()
    carrier = Carrier(upstream)
    running = asyncio.create_task(carrier.paint(an_order(), lambda step, steps: None))
    await until(lambda: upstream.errands, "it to begin")
    carrier.drain()

    for painting in (running, asyncio.create_task(carrier.paint(an_order(), lambda step, steps: None))):
        with pytest.raises(EngineFailure) as failed:
            await painting
        assert failed.value.unused
    await carrier.close()
    assert upstream.closed
    assert len(upstream.errands) == 1
