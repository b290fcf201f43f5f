"""The engine's own process, spoken to in frames: what it says, and when it ends."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import pytest

from mezzotint.core.previews import EVERY, sound
from mezzotint.work.child import TELL_EVERY
from mezzotint.work.frames import Frame, pack, read_frame
from tests.work.orders import ENVIRONMENT, PROGRAM

ENDS = 10.0  # seconds that it may take to end, on a busy machine


@dataclass
class Talk:
    """A child and both ends of its pipes."""

    process: subprocess.Popen[bytes]

    def order(self, ticket: int, prompt: str = "paint_in", *parts: bytes, **rest: Any) -> None:
        body: dict[str, Any] = {
            "ticket": ticket, "model": "flux-dev", "prompt": prompt, "width": 8, "height": 8, "steps": 1, "guidance": 3.0, "seed": 1,
            "strength": None, "format": "png", "pictures": [f"picture {n}" for n in range(len(parts))], "notes": [["task", "t"]], "extras": [],
            "careful": False,
        }  # fmt: skip
        self.send(pack("paint", body | rest, parts))

    def stop(self, ticket: int) -> None:
        self.send(pack("stop", {"ticket": ticket}))

    def watch(self, ticket: int, *, live: bool = True, spread: int = 0) -> None:
        self.send(pack("watch", {"ticket": ticket, "live": live, "spread": spread}))

    def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def hear(self) -> Frame:
        assert self.process.stdout is not None
        frame = read_frame(cast("BinaryIO", self.process.stdout))
        assert frame is not None
        return frame

    def answer(self) -> Frame:
        """The next frame that is no step."""
        while (frame := self.hear()).kind == "step":
            continue
        return frame


@contextmanager
def talking(*before: str) -> Iterator[Talk]:
    pipe, previews = subprocess.PIPE, {"previews": True} if before and before[0].startswith("be ") else {}
    with subprocess.Popen([*PROGRAM, *before], stdin=pipe, stdout=pipe, stderr=pipe, env=ENVIRONMENT) as process:
        talk = Talk(process)
        try:
            assert talk.hear() == Frame("ready", {"engine": "obedient"} | previews)
            yield talk
        finally:
            process.kill()


def test_an_order_is_answered_with_the_picture() -> None:
    with talking() as talk:
        talk.order(7)

        frame = talk.answer()

    assert (frame.kind, len(frame.parts)) == ("painted", 1)
    assert frame.body == {"ticket": 7, "prompt": "paint_in", "format": "png", "width": 1, "height": 1, "engine": "obedient"}
    assert b"('engine', 'obedient'), ('task', 't')" in frame.parts[0]  # the notes of order and engine, in the file


def test_answers_come_in_the_order_of_the_orders_and_none_waits_for_a_later_one() -> None:
    with talking() as talk:
        for ticket in range(1, 4):
            talk.order(ticket)
        talk.order(4, "paint_in 100 0.05")
        began = time.monotonic()

        assert [talk.answer().body["ticket"] for _ in range(3)] == [1, 2, 3]

        assert time.monotonic() - began < 2  # the fourth takes five seconds


def test_steps_that_come_quickly_are_not_all_told() -> None:
    with talking() as talk:
        began = time.monotonic()
        talk.order(1, "paint_in 400 0.001")
        steps = []
        while (frame := talk.hear()).kind == "step":
            steps.append(frame.body["step"])
        lasted = time.monotonic() - began

    assert steps == sorted(set(steps))
    assert 0 < len(steps) <= lasted / TELL_EVERY + 1


def test_a_stop_counts_for_its_own_ticket_only() -> None:
    with talking() as talk:
        talk.stop(2)
        talk.order(1)
        talk.order(2, "die")
        talk.order(3)

        assert [(frame.kind, frame.body["ticket"]) for frame in (talk.answer() for _ in range(3))] == [("painted", 1), ("stopped", 2), ("painted", 3)]


def test_a_picture_is_stopped_between_two_steps() -> None:
    with talking() as talk:
        talk.order(1, "paint_in 1000 0.05")
        assert talk.hear().kind == "step"

        talk.stop(1)

        assert talk.answer() == Frame("stopped", {"ticket": 1})


def test_a_broken_picture_is_named_and_the_child_lives_on() -> None:
    with talking() as talk:
        talk.order(1, "paint_in", b"whole", b"broken")
        talk.order(2)

        assert talk.answer() == Frame("bad picture", {"ticket": 1, "message": "it is broken"})
        assert talk.answer().kind == "painted"


def test_before_a_careful_order_everything_is_said() -> None:
    """It may be the end of the child, and what was painted before must not be lost with it."""
    with talking() as talk:
        for ticket in range(1, 40):
            talk.order(ticket)
        talk.order(40, "die", careful=True)

        assert [talk.answer().body["ticket"] for _ in range(39)] == list(range(1, 40))


@pytest.mark.parametrize("prompt", ["hang", "paint_in"], ids=["painting", "idle"])
def test_it_ends_when_its_input_does(prompt: str) -> None:
    with talking() as talk:
        talk.order(1, prompt)
        talk.hear()
        assert talk.process.stdin is not None
        talk.process.stdin.close()

        assert talk.process.wait(ENDS) == 0


def test_it_ends_when_nobody_listens_any_more() -> None:
    with talking() as talk:
        assert talk.process.stdout is not None
        talk.process.stdout.close()
        talk.order(1, "paint_in 1000 0.02")

        assert talk.process.wait(ENDS) == 0


@pytest.mark.parametrize("garbage", [b"\xff" * 64, pack("stop", {}), pack("stop", {"ticket": []}), b"GET / HTTP/1.1\r\n\r\n" * 4])
def test_orders_that_cannot_be_read_end_it_with_a_complaint(garbage: bytes) -> None:
    with talking() as talk:
        talk.order(1, "hang")
        talk.send(garbage)

        assert talk.process.wait(ENDS) == 1
        assert talk.process.stderr is not None
        assert b"the engine's orders cannot be read" in talk.process.stderr.read()


def test_what_is_printed_goes_to_standard_error() -> None:
    with talking() as talk:
        talk.order(1, "print")
        assert talk.answer().kind == "painted"
        talk.process.kill()
        assert talk.process.stderr is not None
        said = talk.process.stderr.read()

    assert b"a library says hello\n" in said
    assert b"so does its child\n" in said


# previews


def heard_until_painted(talk: Talk) -> list[Frame]:
    frames = [talk.hear()]
    while frames[-1].kind == "step":
        frames.append(talk.hear())
    assert frames[-1].kind == "painted"
    return frames


def shown_in(frames: list[Frame]) -> list[int]:
    """The steps that came with a preview."""
    return [frame.body["step"] for frame in frames if frame.kind == "step" and frame.parts]


def test_an_engine_that_shows_nothing_is_asked_for_nothing() -> None:
    with talking() as talk:
        talk.watch(1)
        talk.order(1, "paint_in 10 0.05")

        assert shown_in(heard_until_painted(talk)) == []


@pytest.mark.parametrize("watched", [None, 7], ids=["nobody", "another"])
def test_what_nobody_watches_is_told_without_a_byte_more(watched: int | None) -> None:
    with talking("be open") as talk:
        if watched is not None:
            talk.watch(watched)
        talk.order(1, "paint_in 10 0.05")

        frames = heard_until_painted(talk)

    assert len(frames) > 5
    assert all(frame.parts == () and list(frame.body) == ["ticket", "step", "steps"] for frame in frames[:-1])


def test_who_watches_as_it_comes_sees_it_from_the_first_step_and_not_too_often() -> None:
    with talking("be open") as talk:
        talk.watch(1)
        began = time.monotonic()
        talk.order(1, "paint_in 30 0.05")

        frames = heard_until_painted(talk)
        lasted = time.monotonic() - began

    shown = shown_in(frames)
    assert shown[0] == 1
    assert 3 <= len(shown) <= 1 + lasted / EVERY
    pictures = [frame.parts[0] for frame in frames[:-1] if frame.parts]
    assert all(sound(picture) for picture in pictures)
    assert len(set(pictures)) == len(pictures)  # each shows the picture as it was then


def test_who_wants_so_many_sees_them_spread_over_the_steps_however_quick_they_are() -> None:
    with talking("be open") as talk:
        talk.watch(1, live=False, spread=3)
        talk.order(1, "paint_in 28 0.001")

        assert shown_in(heard_until_painted(talk)) == [7, 14, 21]


def test_a_watcher_may_come_and_leave_while_it_is_painted() -> None:
    with talking("be open") as talk:
        talk.order(1, "paint_in 60 0.05")
        assert talk.hear().parts == ()
        talk.watch(1)
        while not (frame := talk.hear()).parts:
            continue
        began = frame.body["step"]
        talk.watch(1, live=False)

        frames = heard_until_painted(talk)

    assert began < 40
    assert len(shown_in(frames)) <= 1  # one may have been on its way


def test_a_watcher_who_comes_too_late_is_not_kept_in_mind() -> None:
    with talking("be open") as talk:
        talk.order(5)
        assert talk.answer().kind == "painted"
        talk.watch(5)
        talk.order(6)
        assert talk.answer().kind == "painted"


def test_with_the_last_step_comes_no_preview_but_the_picture() -> None:
    with talking("be open") as talk:
        talk.watch(1, live=True, spread=3)
        talk.order(1, "paint_in 1 0.05")

        assert shown_in(heard_until_painted(talk)) == []


def test_an_engine_that_cannot_show_its_picture_still_paints_it() -> None:
    with talking("be shy") as talk:
        talk.watch(1, spread=2)
        talk.order(1, "paint_in 20 0.02")

        assert shown_in(heard_until_painted(talk)) == []
        talk.process.kill()
        assert talk.process.stderr is not None
        assert b"no preview could be made: RuntimeError: not now" in talk.process.stderr.read()


# an engine that goes on while its last picture is encoded


def test_the_next_picture_is_begun_while_the_last_one_is_encoded() -> None:
    with talking("overlap") as talk:
        for ticket in (1, 2):
            talk.order(ticket, "draw_after_the_next_is_begun")
        talk.order(3, "draw")

        assert [(frame.kind, frame.body["ticket"]) for frame in (talk.answer() for _ in range(3))] == [("painted", 1), ("painted", 2), ("painted", 3)]


def test_what_goes_wrong_while_a_picture_is_encoded_is_said_of_that_picture() -> None:
    with talking("overlap") as talk:
        talk.order(1, "lose")
        talk.order(2, "draw")

        assert talk.answer() == Frame("failed", {"ticket": 1, "message": "the pixels are lost", "code": "engine_failed", "retryable": False})
        assert talk.answer().body["ticket"] == 2


def test_a_careful_order_waits_for_what_is_encoded_and_is_encoded_by_itself() -> None:
    with talking("overlap") as talk:
        talk.order(1, "draw")
        talk.order(2, "draw", careful=True)
        talk.order(3, "die")

        assert [talk.answer().body["ticket"] for _ in range(2)] == [1, 2]


def test_a_stop_counts_until_the_picture_is_encoded() -> None:
    with talking("overlap") as talk:
        talk.order(1, "draw_after_the_next_is_begun")
        talk.stop(1)
        talk.order(2, "draw")

        assert {(frame.kind, frame.body["ticket"]) for frame in (talk.answer() for _ in range(2))} <= {("painted", 1), ("stopped", 1), ("painted", 2)}


def test_with_a_picture_it_says_which_models_it_has_at_hand() -> None:
    with talking("overlap") as talk:
        talk.order(1, "draw")
        assert talk.answer().body["at_hand"] == ["flux-dev", "flux-pro"]
    with talking() as talk:
        talk.order(1)
        assert "at_hand" not in talk.answer().body


# masks


@pytest.mark.parametrize(("names", "parts", "said"), [
    (["image"], [b"plain"], "image=5"),
    (["image"], [b"transparent"], "image=11 mask=12"),
    (["image", "mask"], [b"transparent", b"given"], "image=11 mask=5"),
    (["input_image"], [b"transparent"], "input_image=11"),
])  # fmt: skip
def test_a_picture_that_is_transparent_somewhere_is_its_own_mask(names: list[str], parts: list[bytes], said: str) -> None:
    with talking() as talk:
        talk.order(1, "paint_in", *parts, pictures=names)

        assert talk.answer().body["prompt"] == f"paint_in {said}"
