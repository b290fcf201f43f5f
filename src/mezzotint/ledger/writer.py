"""One thread that writes: callers wait together, and one commit, one fsync, serves all that have gathered.

A job that refuses says so before it writes anything, so its neighbours in the group are not touched. A job that fails in SQLite,
or after it wrote, spoils the group: it is rolled back, and each job runs again in a transaction of its own. What a caller is told
happened is on disk: answers leave only after the commit. Whatever fails, the thread goes on, and whoever waits is answered.
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
from mezzotint.crash_points import reached

Result = TypeVar("Result")
Job = Callable[[sqlite3.Connection], Any]
LARGEST_GROUP = 512


@dataclass
class _Waiting:
    job: Job
    loop: asyncio.AbstractEventLoop | None
    future: asyncio.Future[Any] | threading.Event
    result: Any = None
    error: BaseException | None = None
    settled: bool = False  # committed, or failed for good


class _Spoiled(Exception):
    """A job raised after it had written."""


def unavailable(error: sqlite3.Error) -> Exception:
    """SQLite's errors in our words. A full disk, a lock or an I/O error passes; anything else is a fault of ours."""
    text = str(error)
    passing = ("full", "locked", "disk I/O", "unable to open", "readonly")
    if isinstance(error, sqlite3.OperationalError) and any(word in text for word in passing):
        return Unavailable(f"the ledger cannot be written just now ({text}); nothing was accepted, try again")
    return LedgerError(f"the ledger failed: {text}")


class Writer:
    """Runs jobs on one connection, on a thread of its own."""

    def __init__(self, connection: sqlite3.Connection, after_failure: Job, check: Callable[[], None] = lambda: None) -> None:
        """`after_failure` is called on the thread whenever a group was rolled back, so that what was counted is counted anew. `check`
        is called there before a group is begun and before it is committed: it raises sqlite3.Error where neither can be."""
        self._connection, self._after_failure, self._check = connection, after_failure, check
        self._sound = True  # nothing is left to roll back, and what was counted holds
        self._jobs: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()
        self._closed = False

    async def do(self, job: Callable[[sqlite3.Connection], Result]) -> Result:
        """The job's result once it is committed. Raises what the job raised, or Unavailable if the commit failed."""
        if self._closed:
            raise Unavailable("the ledger is closed")
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._jobs.put(_Waiting(job, loop, future))
        result: Result = await future
        return result

    def do_now(self, job: Job) -> None:
        """The same, while the caller's whole thread waits. Raises what the job raised, or Unavailable."""
        if self._closed:
            raise Unavailable("the ledger is closed")
        done = threading.Event()
        waiting = _Waiting(job, None, done)
        self._jobs.put(waiting)
        done.wait()
        if waiting.error is not None:
            raise waiting.error

    def close(self) -> None:
        """Finishes what was handed in, then ends the thread."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()

    def _run(self) -> None:
        try:
            while (group := self._gather()) is not None:
                try:
                    self._commit(group)
                except sqlite3.Error as error:
                    _fail(group, error)
                _answer(group)
        finally:
            self._connection.close()

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

    def _commit(self, group: list[_Waiting]) -> None:
        """Raises sqlite3.Error where nothing can be begun or undone: then it is no job's fault, and none would fare better alone."""
        if not self._sound:
            self._undo()
        self._check()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            reached("ledger: begun")
            _run_all(self._connection, group)
            reached("ledger: written")
            self._check()
            self._connection.execute("COMMIT")
            reached("ledger: committed")
        except (sqlite3.Error, _Spoiled) as error:
            self._sound = False
            self._undo()
            if len(group) == 1:
                _fail(group, error)
                return
            for waiting in group:
                waiting.result = waiting.error = None
                self._commit([waiting])
        for waiting in group:
            waiting.settled = True

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self._after_failure(self._connection)
        self._sound = True


def _run_all(connection: sqlite3.Connection, group: list[_Waiting]) -> None:
    """Raises sqlite3.Error or _Spoiled where all of it must be rolled back."""
    for waiting in group:
        before = connection.total_changes
        try:
            waiting.result = waiting.job(connection)
        except sqlite3.Error:
            raise
        except Exception as error:  # whatever it is, it is the caller's
            waiting.error = error
            if connection.total_changes != before:
                raise _Spoiled from error


def _fail(group: list[_Waiting], error: Exception) -> None:
    """For those that have no answer of their own."""
    for waiting in group:
        if not waiting.settled:
            waiting.error = unavailable(error) if isinstance(error, sqlite3.Error) else waiting.error
            waiting.settled = True


def _answer(group: list[_Waiting]) -> None:
    """One wake-up for each event loop that has callers in the group."""
    for waiting in group:
        if isinstance(waiting.future, threading.Event):
            waiting.future.set()
    for loop in {waiting.loop for waiting in group if waiting.loop is not None}:
        own = [waiting for waiting in group if waiting.loop is loop]
        try:
            loop.call_soon_threadsafe(_release, own)
        except RuntimeError:  # the loop has ended, and nobody waits there any more
            continue


def _release(group: list[_Waiting]) -> None:
    for waiting in group:
        if isinstance(waiting.future, threading.Event) or waiting.future.done():
            continue
        if waiting.error is not None:
            waiting.future.set_exception(waiting.error)
        else:
            waiting.future.set_result(waiting.result)
