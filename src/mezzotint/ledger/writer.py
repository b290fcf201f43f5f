"""One thread that writes: callers wait together, and one commit, one fsync, serves all that have gathered.

A job that refuses says so before it writes anything, so its neighbours in the group are not touched. A job that fails in SQLite
spoils the group: it is rolled back, and each job runs again in a transaction of its own. What a caller is told happened is on
disk: answers leave only after the commit.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from mezzotint.core.errors import LedgerError, Unavailable

Result = TypeVar("Result")
Job = Callable[[sqlite3.Connection], Any]
LARGEST_GROUP = 512


@dataclass
class _Waiting:
    job: Job
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


def unavailable(error: sqlite3.Error) -> Exception:
    """SQLite's errors in our words. A full disk, a lock or an I/O error passes; anything else is a fault of ours."""
    text = str(error)
    passing = ("full", "locked", "busy", "disk I/O", "unable to open", "readonly")
    if isinstance(error, sqlite3.OperationalError) and any(word in text for word in passing):
        return Unavailable(f"the ledger cannot be written just now ({text}); nothing was accepted, try again")
    return LedgerError(f"the ledger failed: {text}")


class Writer:
    """Runs jobs on one connection, on a thread of its own."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], after_failure: Job) -> None:
        """`after_failure` is called on the thread whenever a group was rolled back, so that what was counted is counted anew."""
        self._after_failure = after_failure
        self._jobs: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._connect = connect
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()
        self._closed = False

    async def do(self, job: Callable[[sqlite3.Connection], Result]) -> Result:
        """The job's result once it is committed. Raises what the job raised, or Unavailable if the commit failed."""
        if self._closed:
            raise Unavailable("the ledger is closed")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(job, loop, loop.create_future())
        self._jobs.put(waiting)
        result: Result = await waiting.future
        return result

    def close(self) -> None:
        """Finishes what was handed in, then ends the thread."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()

    def _run(self) -> None:
        connection = self._connect()
        try:
            while (group := self._gather()) is not None:
                self._commit(connection, group)
                _answer(group)
        finally:
            connection.close()

    def _gather(self) -> list[_Waiting] | None:
        """What is waiting now, at least one; None when closed and empty."""
        first = self._jobs.get()
        if first is None:
            return None
        group = [first]
        while len(group) < LARGEST_GROUP:
            try:
                entry = self._jobs.get_nowait()
            except queue.Empty:
                break
            if entry is None:
                self._jobs.put(None)
                break
            group.append(entry)
        return group

    def _commit(self, connection: sqlite3.Connection, group: list[_Waiting]) -> None:
        try:
            _in_one_transaction(connection, group)
        except sqlite3.Error as error:
            if len(group) == 1:
                group[0].error = unavailable(error)
                self._after_failure(connection)
                return
            self._after_failure(connection)
            for waiting in group:
                waiting.result = waiting.error = None
                self._commit(connection, [waiting])


def _in_one_transaction(connection: sqlite3.Connection, group: list[_Waiting]) -> None:
    """All of the jobs, or, where SQLite fails, none: raises sqlite3.Error with everything rolled back."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for waiting in group:
            try:
                waiting.result = waiting.job(connection)
            except sqlite3.Error:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's, and nothing was written
                waiting.error = error
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _answer(group: list[_Waiting]) -> None:
    """One wake-up for each event loop that has callers in the group."""
    for loop in {waiting.loop for waiting in group}:
        own = [waiting for waiting in group if waiting.loop is loop]
        try:
            loop.call_soon_threadsafe(_release, own)
        except RuntimeError:  # the loop has ended, and nobody waits there any more
            continue


def _release(group: list[_Waiting]) -> None:
    for waiting in group:
        if waiting.future.done():
            continue
        if waiting.error is not None:
            waiting.future.set_exception(waiting.error)
        else:
            waiting.future.set_result(waiting.result)
