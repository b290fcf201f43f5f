"""One thread that writes: what shares a commit, what a fault costs, and that whoever waits is answered."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mezzotint.core.errors import LedgerError, TooManyRequests, Unavailable
from mezzotint.ledger.sqlite_connections import open_connection
from mezzotint.ledger.writer import LARGEST_GROUP, Writer, unavailable
from tests.waiting import until


@dataclass
class Desk:
    """A writer on a file with one table, and what was said to the database."""

    writer: Writer
    connection: sqlite3.Connection
    path: Path
    said: list[str]
    recounted: list[int] = field(default_factory=list)

    def rows(self) -> list[Any]:
        with sqlite3.connect(self.path) as other:
            rows = [row[0] for row in other.execute("SELECT value FROM note ORDER BY rowid")]
        other.close()
        return rows

    def count(self, word: str) -> int:
        return sum(statement.startswith(word) for statement in self.said)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    connection = open_connection(tmp_path / "notes.db")
    connection.execute("CREATE TABLE note (value TEXT UNIQUE NOT NULL)")
    said: list[str] = []
    recounted: list[int] = []
    connection.set_trace_callback(said.append)
    writer = Writer(connection, lambda connection: recounted.append(connection.execute("SELECT count(*) FROM note").fetchone()[0]))
    yield Desk(writer, connection, tmp_path / "notes.db", said, recounted)
    writer.close()


def noting(value: object) -> Callable[[sqlite3.Connection], int]:
    return lambda connection: connection.execute("INSERT INTO note VALUES (?)", (value,)).rowcount


async def together(desk: Desk, *jobs: Callable[[sqlite3.Connection], Any]) -> list[Any]:
    """Has them all wait while the thread is busy, so that they are one group."""
    begun, go = threading.Event(), threading.Event()

    def busy(connection: sqlite3.Connection) -> None:
        begun.set()
        assert go.wait(10)

    first = asyncio.create_task(desk.writer.do(busy))
    await asyncio.to_thread(begun.wait, 10)
    waiting = [asyncio.create_task(desk.writer.do(job)) for job in jobs]
    await asyncio.sleep(0)
    desk.said.clear()
    go.set()
    await first
    return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)


# what shares a commit


async def test_what_is_written_is_there_for_others_when_the_answer_comes(desk: Desk) -> None:
    assert await desk.writer.do(noting("a")) == 1

    assert desk.rows() == ["a"]


async def test_many_that_wait_share_one_commit_and_keep_their_order(desk: Desk) -> None:
    answers = await together(desk, *(noting(str(number)) for number in range(100)))

    assert answers == [1] * 100
    assert desk.rows() == [str(number) for number in range(100)]
    assert desk.count("COMMIT") <= 2  # theirs, and that of the one before


async def test_a_group_has_an_end(desk: Desk) -> None:
    many = LARGEST_GROUP + 1

    answers = await together(desk, *(noting(str(number)) for number in range(many)))

    assert answers == [1] * many
    assert 2 <= desk.count("COMMIT") <= 3


async def test_each_sees_what_the_one_before_it_wrote(desk: Desk) -> None:
    def counting(connection: sqlite3.Connection) -> int:
        count: int = connection.execute("SELECT count(*) FROM note").fetchone()[0]
        return count

    assert await together(desk, noting("a"), counting, noting("b"), counting) == [1, 1, 1, 2]


async def test_callers_on_other_loops_are_answered_on_theirs(desk: Desk) -> None:
    elsewhere = await asyncio.to_thread(lambda: asyncio.run(desk.writer.do(noting("from another loop"))))

    assert elsewhere == 1
    assert desk.rows() == ["from another loop"]


# what a fault costs


class Refused(TooManyRequests):
    pass


def refusing(connection: sqlite3.Connection) -> None:
    raise Refused("enough")


def writing_then_raising(connection: sqlite3.Connection) -> None:
    noting("half")(connection)
    raise RuntimeError("a fault of ours")


FAULTS: dict[str, tuple[Callable[[sqlite3.Connection], Any], type[Exception]]] = {
    "a refusal": (refusing, Refused),
    "a fault after a write": (writing_then_raising, RuntimeError),
    "a broken rule": (noting("a"), LedgerError),
    "no such table": (lambda connection: connection.execute("INSERT INTO nowhere VALUES (1)"), LedgerError),
    "no such kind of value": (noting(object()), LedgerError),
    "a number too large": (noting(2**64), OverflowError),
    "half a character": (noting("\ud800"), UnicodeEncodeError),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_one_that_fails_takes_nothing_from_its_companions(desk: Desk, fault: str) -> None:
    job, kind = FAULTS[fault]

    answers = await together(desk, noting("a"), job, noting("b"))

    assert [answers[0], answers[2]] == [1, 1]
    assert isinstance(answers[1], kind)
    assert desk.rows() == ["a", "b"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_thread_goes_on_after_a_fault(desk: Desk, fault: str) -> None:
    await together(desk, noting("a"), FAULTS[fault][0])

    assert await desk.writer.do(noting("later")) == 1
    assert desk.rows() == ["a", "later"]


async def test_a_refusal_costs_no_second_commit(desk: Desk) -> None:
    await together(desk, noting("a"), refusing, noting("b"))

    assert desk.count("ROLLBACK") == 0
    assert desk.recounted == []


async def test_after_a_group_was_rolled_back_what_was_counted_is_counted_anew(desk: Desk) -> None:
    await together(desk, noting("a"), writing_then_raising)

    assert desk.recounted == [0, 1]  # after the group, and after the one that failed alone
    await desk.writer.do(noting("b"))
    assert desk.recounted == [0, 1]


async def test_several_that_fail_are_each_told_their_own_fault(desk: Desk) -> None:
    answers = await together(desk, noting("a"), *(job for job, _ in FAULTS.values()))

    assert [type(answer) for answer in answers] == [int, *(kind for _, kind in FAULTS.values())]
    assert desk.rows() == ["a"]


async def test_a_full_disk_passes_and_nothing_is_half_done(desk: Desk) -> None:
    await desk.writer.do(lambda connection: connection.execute("PRAGMA user_version").fetchone())
    desk.connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size for the least

    with pytest.raises(Unavailable, match="full"):
        await desk.writer.do(noting("x" * 100_000))
    assert desk.rows() == []

    desk.connection.execute("PRAGMA max_page_count = 1000000")
    assert await desk.writer.do(noting("x" * 100_000)) == 1


async def test_a_file_that_another_process_holds_is_unavailable_and_then_available_again(desk: Desk) -> None:
    desk.connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(desk.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    for answer in await asyncio.gather(*(desk.writer.do(noting(value)) for value in "ab"), return_exceptions=True):
        assert isinstance(answer, Unavailable)
        assert answer.retry_after

    other.execute("ROLLBACK")
    other.close()
    assert await desk.writer.do(noting("a")) == 1


async def test_a_caller_that_goes_away_is_no_fault_of_the_others(desk: Desk) -> None:
    begun, go = threading.Event(), threading.Event()

    def busy(connection: sqlite3.Connection) -> int:
        begun.set()
        assert go.wait(10)
        return noting("left")(connection)

    leaving = asyncio.create_task(desk.writer.do(busy))
    staying = asyncio.create_task(desk.writer.do(noting("stayed")))
    await asyncio.to_thread(begun.wait, 10)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    go.set()

    assert await staying == 1
    assert desk.rows() == ["left", "stayed"]


async def test_a_loop_that_has_ended_is_nobody_to_answer(desk: Desk) -> None:
    begun, go = threading.Event(), threading.Event()

    def busy(connection: sqlite3.Connection) -> int:
        begun.set()
        assert go.wait(10)
        return noting("unheard")(connection)

    def a_short_life() -> None:
        async def leave() -> None:
            asking = asyncio.create_task(desk.writer.do(busy))
            await asyncio.to_thread(begun.wait, 10)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

        asyncio.run(leave())

    await asyncio.to_thread(a_short_life)
    go.set()

    assert await desk.writer.do(noting("heard")) == 1
    assert desk.rows() == ["unheard", "heard"]


async def test_what_could_not_be_counted_anew_is_counted_before_anything_else_is_written(tmp_path: Path) -> None:
    connection = open_connection(tmp_path / "notes.db")
    connection.execute("CREATE TABLE note (value TEXT UNIQUE NOT NULL)")
    counted: list[str] = []

    def counting(_: sqlite3.Connection) -> None:
        counted.append("now")
        if len(counted) == 1:
            raise sqlite3.OperationalError("disk I/O error")

    writer = Writer(connection, counting)
    with pytest.raises(Unavailable, match="disk I/O error"):
        await writer.do(writing_then_raising)
    assert await writer.do(lambda _: len(counted)) == 2
    assert await writer.do(lambda _: len(counted)) == 2  # which is enough
    writer.close()


async def test_one_that_failed_keeps_its_own_fault_though_the_file_is_taken_before_the_next(tmp_path: Path) -> None:
    connection, other = open_connection(tmp_path / "notes.db"), open_connection(tmp_path / "notes.db")
    connection.execute("CREATE TABLE note (value TEXT UNIQUE NOT NULL)")
    connection.execute("PRAGMA busy_timeout = 10")
    rolled_back = 0

    def take_the_file(_: sqlite3.Connection) -> None:
        nonlocal rolled_back
        rolled_back += 1
        if rolled_back == 2:  # the group, and now the one that failed alone
            other.execute("BEGIN IMMEDIATE")

    writer = Writer(connection, take_the_file)
    desk = Desk(writer, connection, tmp_path / "notes.db", [])
    answers = await together(desk, noting("first"), writing_then_raising, noting("a"))

    assert [type(answer) for answer in answers] == [int, RuntimeError, Unavailable]
    other.execute("ROLLBACK")
    other.close()
    assert await writer.do(noting("b")) == 1
    assert desk.rows() == ["first", "b"]
    writer.close()


async def test_what_a_process_may_be_killed_at_has_happened_by_then(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The named points of a commit, and what another process would find."""
    seen: list[tuple[str, list[Any]]] = []
    monkeypatch.setattr("mezzotint.ledger.writer.reached", lambda name: seen.append((name, desk.rows())))

    await desk.writer.do(noting("a"))

    assert seen == [("ledger: begun", []), ("ledger: written", []), ("ledger: committed", ["a"])]


# closing


async def test_what_was_handed_in_is_finished_before_it_closes(desk: Desk) -> None:
    waiting = [asyncio.create_task(desk.writer.do(noting(str(number)))) for number in range(20)]
    await asyncio.sleep(0)

    desk.writer.close()

    assert await asyncio.gather(*waiting) == [1] * 20
    assert len(desk.rows()) == 20


async def test_what_waits_together_is_finished_though_it_is_closed_meanwhile(desk: Desk) -> None:
    begun, go = threading.Event(), threading.Event()

    def busy(connection: sqlite3.Connection) -> None:
        begun.set()
        assert go.wait(10)

    waiting: list[asyncio.Task[Any]] = [asyncio.create_task(desk.writer.do(busy))]
    await asyncio.to_thread(begun.wait, 10)
    waiting += [asyncio.create_task(desk.writer.do(noting(value))) for value in "ab"]
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(desk.writer.close))
    await until(lambda: desk.writer._jobs.qsize() == 3)
    go.set()

    assert await asyncio.gather(*waiting) == [None, 1, 1]
    await closing
    assert desk.rows() == ["a", "b"]


def test_whoever_has_no_loop_waits_with_its_whole_thread(desk: Desk) -> None:
    desk.writer.do_now(noting("a"))
    assert desk.rows() == ["a"]

    with pytest.raises(LedgerError, match="UNIQUE"):
        desk.writer.do_now(noting("a"))
    with pytest.raises(Refused):
        desk.writer.do_now(refusing)
    desk.writer.close()
    with pytest.raises(Unavailable, match=r"^the ledger is closed$"):
        desk.writer.do_now(noting("b"))
    assert desk.rows() == ["a"]


async def test_a_closed_writer_takes_nothing_and_closes_twice(desk: Desk) -> None:
    desk.writer.close()
    desk.writer.close()

    with pytest.raises(Unavailable, match=r"^the ledger is closed$"):
        await desk.writer.do(noting("a"))


# in whose words


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (sqlite3.OperationalError("database or disk is full"), True),
        (sqlite3.OperationalError("database is locked"), True),
        (sqlite3.OperationalError("database table is locked: task"), True),
        (sqlite3.OperationalError("disk I/O error"), True),
        (sqlite3.OperationalError("unable to open database file"), True),
        (sqlite3.OperationalError("attempt to write a readonly database"), True),
        (sqlite3.OperationalError("no such table: task"), False),
        (sqlite3.IntegrityError("UNIQUE constraint failed: task.id"), False),
        (sqlite3.DatabaseError("database disk image is malformed"), False),
        (sqlite3.DatabaseError("file is not a database"), False),
    ],
    ids=str,
)
def test_what_passes_is_told_apart_from_what_does_not(error: sqlite3.Error, passes: bool) -> None:
    told = unavailable(error)

    assert isinstance(told, Unavailable if passes else LedgerError)
    assert str(told) == (f"the ledger cannot be written just now ({error}); nothing was accepted, try again" if passes else f"the ledger failed: {error}")
