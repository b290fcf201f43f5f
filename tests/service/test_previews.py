"""Who watches, and what there is to see: nothing for nobody, the latest for those who do, and nothing left behind."""

from __future__ import annotations

import dataclasses
from uuid import UUID

import pytest

from mezzotint.core.previews import LARGEST, Preview, Wish
from mezzotint.core.tasks import Status, Task
from mezzotint.service.previews import PreviewBoard
from tests.pictures import a_jpeg
from tests.tasks import an_id

ID = an_id()
LIVE = Wish(live=True)
RUNNING = Task(ID, "default", "k1", "comet", "flux-dev", "stub", Status.PROCESSING, 0.0, attempt=1)


def a_preview(step: int = 1, attempt: int = 1, image: bytes = a_jpeg(), task: UUID = ID) -> Preview:
    return Preview(task, attempt, step, 28, image)


@pytest.fixture
def board() -> PreviewBoard:
    return PreviewBoard()


def test_what_nobody_watches_is_not_kept(board: PreviewBoard) -> None:
    board.show(a_preview())

    with board.watching(ID, LIVE):
        assert board.of(RUNNING) is None


def test_of_what_is_watched_the_latest_is_kept(board: PreviewBoard) -> None:
    with board.watching(ID, LIVE):
        for attempt, step in ((1, 2), (1, 5), (1, 4)):
            board.show(a_preview(step, attempt))

        assert board.of(RUNNING) == a_preview(5)
        assert list(board._latest.values()) == [a_preview(5)]


def test_what_a_lost_attempt_showed_is_not_shown(board: PreviewBoard) -> None:
    with board.watching(ID, LIVE):
        board.show(a_preview(20, attempt=1))
        again = dataclasses.replace(RUNNING, attempt=2)
        assert board.of(again) is None

        board.show(a_preview(1, attempt=2))
        board.show(a_preview(21, attempt=1))

        assert board.of(again) == a_preview(1, attempt=2)


@pytest.mark.parametrize("change", [{"status": Status.PENDING}, {"status": Status.READY}, {"status": Status.CANCELED}, {"cancel_requested": True}], ids=repr)
def test_a_task_that_does_not_run_or_is_to_be_canceled_is_not_shown(board: PreviewBoard, change: dict[str, object]) -> None:
    with board.watching(ID, LIVE):
        board.show(a_preview())
        assert board.of(RUNNING) is not None

        assert board.of(dataclasses.replace(RUNNING, **change)) is None  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize("image", [b"", b"<script>", a_jpeg(300, 8), a_jpeg(8, 8, bytes(LARGEST))], ids=["nothing", "no picture", "wide", "large"])
def test_what_is_no_preview_is_not_kept(board: PreviewBoard, image: bytes) -> None:
    with board.watching(ID, LIVE):
        board.show(a_preview(image=image))

        assert board.of(RUNNING) is None


def test_with_the_last_watcher_and_with_the_task_all_is_gone(board: PreviewBoard) -> None:
    with board.watching(ID, LIVE):
        with board.watching(ID, LIVE):
            board.show(a_preview())
        assert board.of(RUNNING) is not None
        assert board.wishes([ID]) == {ID: LIVE}
        board.ended(ID)
        assert board.of(RUNNING) is None
        board.show(a_preview())

    board.ended(an_id())
    assert (board.wishes([ID]), board._wishes, board._latest) == ({}, {}, {})


def test_a_watcher_that_breaks_off_is_gone_too(board: PreviewBoard) -> None:
    with pytest.raises(OSError, match="gone"), board.watching(ID, LIVE):
        raise OSError("gone")

    assert board.wishes([ID]) == {}


def test_wishes_are_told_of_those_that_are_asked_for(board: PreviewBoard) -> None:
    other = an_id()
    with board.watching(ID, Wish(spread=2)), board.watching(ID, LIVE), board.watching(other, LIVE):
        assert board.wishes([ID, an_id()]) == {ID: Wish(live=True, spread=2)}
