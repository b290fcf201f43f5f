"""An engine child from its supervisor's side. The children are real processes, and do what the prompts say."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mezzotint.core.errors import BadPicture, EngineFailure
from mezzotint.core.images import ImageFormat
from mezzotint.core.previews import Wish, sound
from mezzotint.ports import Interrupted
from mezzotint.service.generate import Painted
from mezzotint.work import painter
from mezzotint.work.painter import EngineChild, EngineDied, preferred
from tests.pictures import a_file
from tests.waiting import until
from tests.work.orders import ENVIRONMENT, PROGRAM, STUB, a_child, alive, an_order, no_report


@pytest.fixture
async def child() -> AsyncIterator[EngineChild]:
    async with a_child() as made:
        yield made


def painting(child: EngineChild, prompt: str, task: str = "t1") -> asyncio.Task[Painted]:
    return asyncio.create_task(child.paint(an_order(prompt, task), no_report))


async def works(child: EngineChild) -> bool:
    return (await child.paint(an_order("paint_in 1"), no_report)).prompt == "paint_in 1"


async def begun(child: EngineChild, prompt: str, task: str = "t1") -> asyncio.Task[Painted]:
    """A picture that the child has in its hands: it told a step."""
    steps: list[int] = []
    task_of_it = asyncio.create_task(child.paint(an_order(prompt, task), lambda step, _: steps.append(step)))
    await until(lambda: steps or task_of_it.done(), "a step")
    return task_of_it


# painting


async def test_a_real_engine_process_paints_what_was_ordered() -> None:
    async with a_child(STUB) as child:
        painted = await child.paint(an_order("a boat", width=48, height=16, format=ImageFormat.PNG), no_report)

    picture = Image.open(io.BytesIO(painted.image.data))
    assert picture.size == (painted.image.width, painted.image.height) == (48, 16)
    assert (painted.prompt, painted.engine, painted.image.format) == ("a boat", "stub", ImageFormat.PNG)
    assert (picture.info["task"], picture.info["engine"]) == ("t1", "stub")


async def test_given_pictures_reach_the_engine_under_their_names(child: EngineChild) -> None:
    painted = await child.paint(an_order("paint_in", pictures=(("input_image", b"abc"), ("mask", b""))), no_report)

    assert painted.prompt == "paint_in input_image=3 mask=0"


async def test_a_picture_that_cannot_be_decoded_is_the_requests_fault() -> None:
    async with a_child(STUB) as child:
        with pytest.raises(BadPicture):
            await child.paint(an_order(pictures=(("input_image", a_file()[:60]),)), no_report)
        assert await works(child)


async def test_steps_are_told_while_it_paints(child: EngineChild) -> None:
    told: list[tuple[int, int]] = []

    await child.paint(an_order("paint_in 8 0.05"), lambda step, steps: told.append((step, steps)))

    assert told == sorted(told)
    assert len(told) >= 3
    assert {steps for _, steps in told} == {8}


async def test_orders_given_ahead_are_painted_in_turn(child: EngineChild) -> None:
    ended: list[int] = []

    async def paint(number: int) -> str:
        painted = await child.paint(an_order("paint_in", f"t{number}"), no_report)
        ended.append(number)
        return painted.image.data.decode()

    notes = await asyncio.gather(*(paint(number) for number in range(50)))

    assert ended == list(range(50))
    assert all(f"('task', 't{number}')" in note for number, note in enumerate(notes))  # each got its own


async def test_one_task_ordered_twice_is_answered_twice(child: EngineChild) -> None:
    """A task that was lost may come back while its former order is still in the child."""
    first, second = painting(child, "paint_in 2 0.05"), painting(child, "paint_in 1 0")

    assert [painted.prompt for painted in await asyncio.gather(first, second)] == ["paint_in 2 0.05", "paint_in 1 0"]


async def test_what_libraries_print_does_not_disturb(child: EngineChild) -> None:
    assert (await child.paint(an_order("print"), no_report)).prompt == "print"
    assert (await child.paint(an_order(), no_report)).prompt == "paint_in"


@pytest.mark.parametrize(
    ("prompt", "message", "code", "retryable"),
    [
        ("fail", "out of paint", "no_paint", True),
        ("stumble", "the engine failed: RuntimeError: a name that is no text: ?", "engine_failed", False),
        ("swell", "out of memory", "out_of_memory", False),
        ("no_such_method", "the engine failed: AttributeError", "engine_failed", False),
        ("mumble", "the engine said 'painting', which means nothing here", "engine_failed", True),
    ],
)
async def test_an_engine_that_fails_says_why_and_lives_on(child: EngineChild, prompt: str, message: str, code: str, retryable: bool) -> None:
    with pytest.raises(EngineFailure) as failed:
        await child.paint(an_order(prompt), no_report)

    assert str(failed.value).startswith(message)
    assert (failed.value.code, failed.value.retryable) == (code, retryable)
    assert not isinstance(failed.value, EngineDied)
    pid = child.pid
    await child.paint(an_order(), no_report)
    assert child.pid == pid is not None


async def test_an_engine_that_ran_out_of_memory_after_others_is_replaced_before_it_fails_more(child: EngineChild) -> None:
    await child.paint(an_order(), no_report)
    pid = child.pid

    with pytest.raises(EngineFailure, match="out of memory") as failed:
        await child.paint(an_order("swell"), no_report)

    assert failed.value.retryable
    await until(lambda: child.pid is None, "the full one to be gone")
    assert (await child.paint(an_order(), no_report)).prompt == "paint_in"
    assert child.pid != pid


async def test_a_picture_that_the_engine_refuses_is_the_requests_fault(child: EngineChild) -> None:
    with pytest.raises(BadPicture, match="no picture"):
        await child.paint(an_order("refuse"), no_report)


# stopping


async def test_a_stop_is_noticed_between_two_steps(child: EngineChild) -> None:
    making = await begun(child, "paint_in 400 0.05")
    pid = child.pid
    began = time.monotonic()

    child.stop("t1")

    with pytest.raises(Interrupted):
        await making
    assert time.monotonic() - began < 2
    assert (await child.paint(an_order(), no_report)).prompt == "paint_in"
    assert child.pid == pid


async def test_an_order_that_waits_is_stopped_before_it_begins(child: EngineChild) -> None:
    first = await begun(child, "paint_in 8 0.05", "t1")
    second, third = painting(child, "die", "t2"), painting(child, "paint_in", "t3")
    await asyncio.sleep(0)

    child.stop("t2")

    with pytest.raises(Interrupted):
        await second
    assert [painted.prompt for painted in (await first, await third)] == ["paint_in 8 0.05", "paint_in"]


async def test_a_stop_that_comes_too_late_does_not_reach_the_tasks_next_order(child: EngineChild) -> None:
    await child.start()
    for _ in range(20):  # the stop races with the answer
        making = painting(child, "paint_in")
        await asyncio.sleep(0)
        child.stop("t1")
        await asyncio.wait([making])
        if making.exception() is not None:
            assert isinstance(making.exception(), Interrupted)
        assert await works(child)


async def test_a_stop_for_a_task_that_it_does_not_have_is_nothing(child: EngineChild) -> None:
    child.stop("t9")
    making = await begun(child, "paint_in 5 0.05")

    child.stop("t9")

    assert (await making).prompt == "paint_in 5 0.05"


# dying


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ("die", "the engine was ended by signal SIGKILL"),
        ("vanish 35", "the engine was ended by signal 35"),
        ("leave 7", "the engine ended with code 7"),
    ],
)
async def test_a_child_that_dies_fails_its_picture_and_is_replaced(child: EngineChild, prompt: str, why: str) -> None:
    await child.start()
    dead = child.pid

    with pytest.raises(EngineDied, match=why) as died:
        await child.paint(an_order(prompt), no_report)

    assert (died.value.code, died.value.retryable, died.value.begun) == ("engine_died", True, True)
    assert await works(child)
    assert child.pid not in (dead, None)


async def ends(child: EngineChild, prompts: list[str], *, careful: bool) -> list[bool | None]:
    """Of orders given at once: None where it was painted, else whether it is said to have begun."""
    await child.start()
    orders = [an_order(prompt, f"t{number}", careful=careful) for number, prompt in enumerate(prompts)]
    found = await asyncio.gather(*(child.paint(order, no_report) for order in orders), return_exceptions=True)
    assert all(isinstance(one, (Painted, EngineDied)) for one in found)
    return [one.begun if isinstance(one, EngineDied) else None for one in found]


async def test_of_careful_orders_only_the_one_in_its_hands_is_blamed_for_a_childs_death(child: EngineChild) -> None:
    prompts = ["paint_in", "paint_in", "die", "paint_in"]

    assert await ends(child, prompts, careful=True) == [None, None, True, False]


async def test_of_quick_orders_none_is_blamed_for_what_may_have_been_another(child: EngineChild) -> None:
    """What was painted is perhaps not told yet when the child dies: it must not be taken for the culprit."""
    *before, _, after = await ends(child, ["paint_in", "paint_in", "die", "paint_in"], careful=False)

    assert all(begun in (None, False) for begun in before)
    assert after is False


async def test_a_child_that_is_killed_from_outside_is_replaced(child: EngineChild) -> None:
    making = await begun(child, "hang")
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(EngineDied):
        await making
    assert await works(child)


@pytest.mark.parametrize("prompt", ["babble", "break_off", "forget_ticket", "forget_picture", "lie_about_lengths", "close"])
async def test_a_child_that_breaks_the_stream_is_ended_and_replaced(child: EngineChild, prompt: str) -> None:
    await child.start()
    broken = child.pid

    with pytest.raises(EngineDied) as died:
        await asyncio.wait_for(child.paint(an_order(prompt), no_report), 10)

    assert died.value.begun
    assert not alive(broken)
    assert await works(child)


# hanging


async def test_a_child_that_makes_no_step_is_ended_and_replaced() -> None:
    async with a_child(stall=0.4) as child:
        making, waiting = await begun(child, "hang"), painting(child, "paint_in", "t2")
        stuck, began = child.pid, time.monotonic()

        with pytest.raises(EngineDied, match=r"made no step for 0\.4 seconds") as died:
            await making
        with pytest.raises(EngineDied) as unbegun:
            await waiting

        assert time.monotonic() - began < 5
        assert (died.value.code, died.value.begun, unbegun.value.begun) == ("engine_stalled", True, False)
        assert not alive(stuck)
        assert await works(child)


async def test_a_child_that_goes_on_making_steps_may_take_its_time() -> None:
    async with a_child(stall=0.5) as child:
        assert (await child.paint(an_order("paint_in 8 0.15"), no_report)).prompt == "paint_in 8 0.15"


async def test_a_child_with_nothing_to_paint_is_not_stuck() -> None:
    async with a_child(stall=0.2) as child:
        await child.start()
        idle = child.pid
        await asyncio.sleep(0.5)
        assert await works(child)
        assert child.pid == idle


# starting and ending


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ([*PROGRAM, "exit"], "ended with code 3"),
        ([*PROGRAM, "babble"], "SIGKILL"),
        ([*PROGRAM, "hurry"], "SIGKILL"),
        ([*PROGRAM, "be", "nameless"], "SIGKILL"),
        (["/no/such/program"], "No such file"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else None,
)
async def test_an_engine_that_does_not_start_is_a_failure_that_may_pass(command: list[str], why: str) -> None:
    async with a_child(command) as child:
        with pytest.raises(EngineFailure, match=f"the engine did not start: .*{why}.*; mezzotint doctor") as failed:
            await child.paint(an_order(), no_report)

    assert failed.value.retryable
    assert not isinstance(failed.value, EngineDied)


async def test_what_a_child_has_at_hand_is_known_from_its_last_picture() -> None:
    async with a_child([*PROGRAM, "overlap"]) as child, a_child() as other:
        assert preferred([child, other]) == []
        await child.paint(an_order("draw"), no_report)
        await works(other)

        assert preferred([child, other]) == ["flux-dev", "flux-pro"]


async def test_an_engine_may_take_as_long_to_get_ready_as_it_says_that_it_is_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painter, "START", 5.0)
    async with a_child([*PROGRAM, "be", "warm", "3"]) as child:
        assert await child.start() == "obedient"

    monkeypatch.setattr(painter, "LONGEST_START", 0.0)
    async with a_child([*PROGRAM, "be", "warm", "3"]) as child:
        with pytest.raises(EngineFailure, match="did not start"):
            await child.start()


async def test_an_engine_that_does_not_get_ready_has_not_started() -> None:
    async with a_child([*PROGRAM, "be", "warm", "0"]) as child:
        with pytest.raises(EngineFailure, match="the engine ended with code 1"):
            await child.start()


async def test_an_engine_that_takes_too_long_to_start_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painter, "START", 0.3)
    async with a_child([*PROGRAM, "linger"]) as child:
        with pytest.raises(EngineFailure, match="did not start"):
            await child.start()


async def test_many_who_need_it_start_it_once(child: EngineChild) -> None:
    names = await asyncio.gather(*(child.start() for _ in range(5)))

    assert names == ["obedient"] * 5
    assert len(_children_of(os.getpid())) == 1


async def test_a_start_that_is_given_up_leaves_no_process() -> None:
    async with a_child([*PROGRAM, "linger"]) as child:
        before = set(_children_of(os.getpid()))
        starting = asyncio.create_task(child.start())
        await until(lambda: set(_children_of(os.getpid())) - before, "the process")
        [pid] = set(_children_of(os.getpid())) - before

        starting.cancel()

        with pytest.raises(asyncio.CancelledError):
            await starting
        assert not alive(pid)


async def test_closing_ends_the_child_and_whoever_waits_for_it() -> None:
    async with a_child() as child:
        making = await begun(child, "paint_in 100 0.05")
        pid = child.pid
        await child.close()

        with pytest.raises(EngineDied, match="the worker was shut down"):
            await making
        assert not alive(pid)
        await child.close()  # twice is once


async def test_closing_ends_a_child_that_does_not_listen() -> None:
    async with a_child() as child:
        await child.start()
        pid = child.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)

        await asyncio.wait_for(child.close(), 5)

        assert not alive(pid)


async def test_the_child_ends_with_its_supervisor() -> None:
    """The supervisor is killed, and cannot close anything; that its end of the pipe is gone is enough."""
    script = (
        "import asyncio; from tests.work.orders import *\n"
        "async def main():\n"
        "    child = EngineChild(PROGRAM, ENVIRONMENT, 30.0); await child.start(); print('pid', child.pid, flush=True)\n"
        "    await child.paint(an_order('paint_in 1000 0.05'), no_report)\n"
        "asyncio.run(main())"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, env=ENVIRONMENT)
    assert process.stdout is not None
    while not (line := await process.stdout.readline()).startswith(b"pid "):
        assert line
    pid = int(line.split()[1])
    assert alive(pid)
    process.kill()
    await process.wait()

    await until(lambda: not alive(pid), "the child to end")


def _children_of(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
        except OSError:
            continue
        if fields and int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(entry.name))
    return found


# previews

OPEN = [*PROGRAM, "be open"]


async def seen(child: EngineChild, prompt: str, wish: Wish, task: str = "t1") -> list[tuple[int, bytes]]:
    """The steps with what was shown right after them."""
    step, shown = 0, list[tuple[int, bytes]]()

    def report(now: int, steps: int) -> None:
        nonlocal step
        step = now

    child.watch(task, wish, lambda image: shown.append((step, image)))
    await child.paint(an_order(prompt, task), report)
    child.unwatch(task)
    return shown


async def test_previews_are_shown_right_after_their_step() -> None:
    async with a_child(OPEN) as child:
        shown = await seen(child, "paint_in 28 0.002", Wish(spread=2))

    assert [step for step, _ in shown] == [10, 19]
    assert all(sound(image) for _, image in shown)


async def test_every_picture_of_a_task_is_shown_also_after_the_engine_died() -> None:
    async with a_child(OPEN) as child:
        shown: list[bytes] = []
        child.watch("t1", Wish(spread=1), shown.append)
        for prompt in ("paint_in 4", "die", "paint_in 4"):
            with contextlib.suppress(EngineDied):
                await child.paint(an_order(prompt), no_report)

    assert len(shown) == 2


async def test_the_stub_shows_its_picture_too() -> None:
    async with a_child(STUB, environment={"MEZZOTINT_STUB_SECONDS": "0.3"}) as child:
        assert len(await seen(child, "a boat", Wish(spread=3))) == 3


@pytest.mark.parametrize("wish", [None, Wish(live=True)], ids=["unwatched", "watched"])
async def test_what_the_engine_shows_unasked_or_too_large_is_passed_over_and_the_engine_lives(wish: Wish | None) -> None:
    async with a_child(OPEN) as child:
        shown: list[bytes] = []
        if wish is not None:
            child.watch("t1", wish, shown.append)

        painted = await child.paint(an_order("flood 5000000 20"), no_report)

        assert (painted.prompt, shown) == ("flood 5000000 20", [])
        assert not child._running or not child._running.asked


async def test_an_engine_that_knows_no_previews_is_not_told_of_watchers(child: EngineChild) -> None:
    """It would take the word for an order, and end."""
    assert await seen(child, "paint_in 10 0.02", Wish(live=True)) == []
    pid = child.pid

    assert await works(child)
    assert child.pid == pid


async def test_after_the_last_watcher_nothing_is_shown_and_nothing_kept_in_mind() -> None:
    async with a_child(OPEN) as child:
        shown: list[bytes] = []
        child.watch("t1", Wish(live=True), shown.append)
        painted = asyncio.create_task(child.paint(an_order("paint_in 40 0.05"), no_report))
        await until(lambda: shown, "a preview")
        child.unwatch("t1")
        child.unwatch("t1")
        before = len(shown)

        await painted

        assert len(shown) == before
        assert child._watched == {}


def test_an_order_to_a_child_that_is_just_gone_is_no_error_of_its_own() -> None:
    """uvloop raises where asyncio is silent; what it raised would be logged with the order, prompt and all."""
    uvloop = pytest.importorskip("uvloop")
    raised: list[dict[str, Any]] = []

    async def ordered() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: raised.append(context))
        async with a_child() as child:
            await child.start()
            running = child._running
            assert running is not None
            assert running.process.stdin is not None
            running.process.stdin.close()
            await running.process.wait()
            running.say(b"an order")
            await asyncio.sleep(0)
            assert running.unsaid == []

    uvloop.run(ordered())

    assert raised == []
