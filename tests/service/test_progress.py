"""What is known of running tasks."""

from __future__ import annotations

from uuid import UUID

import pytest

from mezzotint.core.tasks import Progress
from mezzotint.service.progress import MOST, ProgressBoard
from tests.tasks import an_id

TASK = an_id()


def test_the_last_word_counts() -> None:
    board = ProgressBoard()
    for step in (1, 2, 3):
        board.note(Progress(TASK, 1, step, 28))

    assert board.of(TASK) == Progress(TASK, 1, 3, 28)
    assert board.of(an_id()) is None


def test_words_that_come_in_another_order_do_not_turn_it_back() -> None:
    board = ProgressBoard()
    for attempt, step in ((1, 9), (2, 1), (1, 10), (2, 0)):
        board.note(Progress(TASK, attempt, step, 28))

    assert board.of(TASK) == Progress(TASK, 2, 1, 28)


def test_of_a_task_that_ended_nothing_is_kept() -> None:
    board = ProgressBoard()
    board.note(Progress(TASK, 1, 1, 28))

    board.ended(TASK, 2.0)
    board.ended(TASK, None)

    assert board.of(TASK) is None
    assert not board._latest


def test_tasks_that_nobody_speaks_of_any_more_are_forgotten() -> None:
    board = ProgressBoard()
    others = [UUID(int=number) for number in range(MOST)]
    for task in (TASK, *others[:-1], TASK, others[-1]):
        board.note(Progress(task, 1, 1, 28))

    assert board.of(others[0]) is None
    assert all(board.of(task) for task in (TASK, *others[1:]))


def test_how_long_pictures_take_follows_what_they_took_lately() -> None:
    board = ProgressBoard()
    board.ended(TASK, 10.0)
    assert board.seconds_per_task == 10.0

    for _ in range(50):
        board.ended(TASK, 1.0)
    assert board.seconds_per_task == pytest.approx(1.0, rel=0.01)


def test_what_was_not_painted_does_not_count_as_quick() -> None:
    board = ProgressBoard()
    board.ended(TASK, 10.0)

    board.ended(an_id(), None)

    assert board.seconds_per_task == 10.0
