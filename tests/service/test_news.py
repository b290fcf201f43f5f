"""What providers said, until the worker whose tasks they are comes to hear it."""

from __future__ import annotations

import pytest

from mezzotint.core.hooks import News
from mezzotint.service import news as module
from mezzotint.service.news import NewsBoard
from tests.tasks import an_id


def test_news_is_for_whoever_has_the_task_and_heard_once() -> None:
    board, mine, other = NewsBoard(), an_id(), an_id()
    for _ in range(3):
        board.note(News(mine, 0, 1))
    board.note(News(mine, 0, 2))

    assert board.take([other]) == []
    assert board.take([other, mine]) == [News(mine, 0, 1), News(mine, 0, 2)]
    assert board.take([mine]) == []


def test_of_a_task_that_has_ended_nothing_is_kept() -> None:
    board, task = NewsBoard(), an_id()
    board.note(News(task, 0, 1))
    board.ended(task)

    assert board.take([task]) == []


def test_what_nobody_comes_for_does_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    monkeypatch.setattr(module, "MOST_OF_ONE", 2)
    board, tasks = NewsBoard(), [an_id() for _ in range(5)]
    for task in tasks:
        for number in range(1, 5):
            board.note(News(task, 0, number))

    assert [news.task for news in board.take(tasks)] == [task for task in tasks[2:] for _ in range(2)]
