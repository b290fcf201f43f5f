"""What is SQLite's own business: the file, its schema, its durability, its commits. What every ledger does is in tests/contracts."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mezzotint import records
from mezzotint.core.errors import LedgerError, TooManyRequests, Unavailable
from mezzotint.core.tasks import Status, Verdict
from mezzotint.core.webhooks import Attempt, Event, Message, Standing, Try
from mezzotint.ledger import sqlite_migrations
from mezzotint.ledger.queries import load_migrations, load_queries
from mezzotint.ledger.reader import SQL
from mezzotint.ledger.rows import NUMBERS
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.sqlite_connections import file_system_of, open_connection, refuse_network_file_system
from mezzotint.ledger.sqlite_migrations import migrate, schema_of
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Limits
from tests.clocks import HandClock
from tests.tasks import a_task, an_id, ready

FREE = Limits()
ROOT = Path(__file__).parents[2]
NEWEST = load_migrations("sqlite")[-1][0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
async def ledger(path: Path, clock: HandClock) -> AsyncIterator[SqliteLedger]:
    made = SqliteLedger(path, clock, Terms())
    yield made
    await made.close()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def of_file(path: Path, statement: str) -> Any:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


# the schema


def test_an_empty_file_is_brought_to_the_newest_schema(path: Path) -> None:
    with closing(open_connection(path)) as connection:
        migrate(connection)

        assert schema_of(connection) == NEWEST
        for name, statement in SQL.items():
            assert connection.execute(f"EXPLAIN {statement}", all_names(statement)).fetchall(), name


def all_names(statement: str) -> dict[str, None]:
    return dict.fromkeys(re.findall(r":(\w+)", statement))


def test_migrating_again_changes_nothing(path: Path) -> None:
    with closing(open_connection(path)) as connection:
        migrate(connection)
        before = connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
        connection.execute("INSERT INTO fact VALUES ('kept', 1)")

        migrate(connection)

        assert connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall() == before
        assert connection.execute("SELECT count(*) FROM fact").fetchone()[0] == 1


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in load_migrations("sqlite")] == list(range(1, NEWEST + 1))


async def test_what_tasks_at_work_paid_under_an_older_schema_comes_back(path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    limited, free = an_id(), an_id()
    older = load_migrations("sqlite")[:2]
    with closing(open_connection(path)) as connection, monkeypatch.context() as patch:
        patch.setattr("mezzotint.ledger.sqlite_migrations.load_migrations", lambda dialect: older)
        migrate(connection)
        connection.execute("INSERT INTO account (id, created, credits) VALUES ('a', 0, 6), ('b', 0, NULL)")
        for task, account in ((limited, "a"), (free, "b")):
            names = "id, account, api_key, surface, model, engine, vstart, created, price"
            connection.execute(f"INSERT INTO task ({names}) VALUES (?, ?, 'k', 'bfl', 'flux-dev', 'stub', 0, 0, 4)", (task.bytes, account))

    ledger = SqliteLedger(path, clock, Terms())
    await ledger.set_credits("b", 1.0)
    for task, account in ((limited, "a"), (free, "b")):
        await ledger.cancel(task, account)

    assert [await ledger.credits_of(account) for account in ("a", "b")] == [10.0, 1.0]
    await ledger.close()


async def test_what_the_first_ledgers_hold_is_read_as_it_was_meant(path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before tasks had prices and labels, and webhooks accounts."""
    waiting, other, gone = an_id(), an_id(), an_id()
    with closing(open_connection(path)) as connection, monkeypatch.context() as patch:
        patch.setattr(sqlite_migrations, "load_migrations", lambda dialect: load_migrations(dialect)[:1])
        migrate(connection)
        connection.execute("INSERT INTO account (id, created, credits) VALUES ('a', 0, 6), ('b', 0, 6)")
        for task, account in ((other, "b"), (waiting, "a")):
            names = "id, account, api_key, surface, model, engine, vstart, created"
            connection.execute(f"INSERT INTO task ({names}) VALUES (?, ?, 'k', 'bfl', 'flux-dev', 'stub', 0, 0)", (task.bytes, account))
            connection.execute("INSERT INTO task_input VALUES (?, ?)", (task.bytes, records.encode(a_task().inputs)))
        for number, task in enumerate((waiting, other, gone)):
            connection.execute("INSERT INTO outbox (id, task, not_before, created) VALUES (?, ?, 0, 0)", (f"msg_{number}", task.bytes))

    ledger = SqliteLedger(path, clock, Terms())
    assert [await ledger.message(f"msg_{number}", account) is not None for number, account in enumerate(("a", "b", ""))] == [True] * 3
    await ledger.cancel(other, "b")
    [claim] = await ledger.claim("w", await ledger.enlist("w"), ["stub"], 9)
    await ledger.settle([Verdict(waiting, claim.attempt, ready())])

    assert [await ledger.credits_of(account) for account in ("a", "b")] == [6.0, 6.0]
    assert of_file(path, "SELECT label, tasks, credits FROM usage") == [("", 1, 0.0)]
    await ledger.close()


@pytest.mark.parametrize(("state", "turn"), [(Status.PENDING, 8.0), (Status.PROCESSING, 8.0), (Status.READY, 0.0)])
async def test_turns_go_on_where_the_tasks_of_a_key_are(path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch, state: Status, turn: float) -> None:
    """Turns of an older ledger were those of accounts."""
    with closing(open_connection(path)) as connection, monkeypatch.context() as patch:
        patch.setattr(sqlite_migrations, "load_migrations", lambda dialect: load_migrations(dialect)[:7])
        migrate(connection)
        names = "id, account, api_key, surface, model, engine, created, vstart, state"
        for number, place in enumerate((7.0, 3.0)):
            connection.execute(f"INSERT INTO task ({names}) VALUES (?, 'a', 'k', '', '', '', 0, ?, ?)", (bytes([number]), place, NUMBERS[state]))

    ledger = SqliteLedger(path, clock, Terms())
    await ledger.submit(task := a_task(key="k"), FREE)
    await ledger.close()

    assert of_file(path, f"SELECT vstart FROM task WHERE id = x'{task.id.hex}'") == [(turn,)]


@pytest.mark.parametrize(("state", "held"), [(Status.PENDING, 4.0), (Status.PROCESSING, 4.0), (Status.READY, 0.0), (Status.ERROR, 0.0)])
async def test_only_what_tasks_at_work_paid_is_held(path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch, state: Status, held: float) -> None:
    with closing(open_connection(path)) as connection, monkeypatch.context() as patch:
        patch.setattr(sqlite_migrations, "load_migrations", lambda dialect: load_migrations(dialect)[:2])
        migrate(connection)
        connection.execute("INSERT INTO account (id, created, credits) VALUES ('a', 0, 6)")
        names = "id, account, api_key, surface, model, engine, vstart, created, price, state"
        connection.execute(f"INSERT INTO task ({names}) VALUES (x'00', 'a', 'k', '', '', '', 0, 0, 4, ?)", (NUMBERS[state],))

    await SqliteLedger(path, clock, Terms()).close()

    assert of_file(path, "SELECT held FROM task") == [(held,)]


def test_a_migration_that_breaks_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(open_connection(path)) as connection:
        migrate(connection)
        broken = [*load_migrations("sqlite"), (NEWEST + 1, "CREATE TABLE extra (id); INSERT INTO nowhere VALUES (1);")]
        monkeypatch.setattr("mezzotint.ledger.sqlite_migrations.load_migrations", lambda dialect: broken)

        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            migrate(connection)

        assert schema_of(connection) == NEWEST
        assert not connection.in_transaction
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'extra'").fetchall()


def test_a_newer_schema_is_refused_in_clear_words_and_left_alone(path: Path, clock: HandClock) -> None:
    of_file(path, f"PRAGMA user_version = {NEWEST + 1}")

    with pytest.raises(LedgerError) as refused:
        SqliteLedger(path, clock, Terms())

    assert str(refused.value) == f"the ledger's schema is number {NEWEST + 1}, but this version of mezzotint knows {NEWEST}: upgrade mezzotint"
    assert of_file(path, "SELECT count(*) FROM sqlite_master") == [(0,)]


async def test_webhooks_of_an_older_ledger_are_their_accounts_with_every_attempt(path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    task = an_id()
    with monkeypatch.context() as older:
        older.setattr(sqlite_migrations, "load_migrations", lambda dialect: load_migrations(dialect)[:2])
        with closing(open_connection(path)) as connection:
            migrate(connection)
            values = (task.bytes, "acme", 2, 1.0)
            connection.execute(
                "INSERT INTO task (id, account, api_key, surface, model, engine, vstart, state, created) VALUES (?, ?, '', '', '', '', 0, ?, ?)", values
            )
            connection.execute("INSERT INTO outbox (id, task, state, attempt, not_before, created) VALUES ('msg_x', ?, 2, 1, 0, 1)", (task.bytes,))
            connection.execute("INSERT INTO delivery (outbox, attempt, at, status, note) VALUES ('msg_x', 1, 7, 410, 'gone')")

    ledger = SqliteLedger(path, clock, Terms())

    assert await ledger.message("msg_x", "acme") == Message("msg_x", task, Event.COMPLETED, Standing.FAILED, 1, 1.0, None, (Try(1, 7.0, 410, "gone", None),))
    assert await ledger.messages_of("acme", Standing.FAILED, None, 1) != []
    await ledger.close()


def test_another_programs_database_is_refused_and_left_alone(path: Path, clock: HandClock) -> None:
    of_file(path, "CREATE TABLE photo (name TEXT)")
    path.chmod(0o644)

    with pytest.raises(LedgerError, match="another program's database"):
        SqliteLedger(path, clock, Terms())

    assert of_file(path, "SELECT name FROM sqlite_master") == [("photo",)]
    assert mode_of(path) == 0o644


def before_it_begins(connection: sqlite3.Connection, happens: Callable[[], object]) -> None:
    """Has it happen once, when the connection is about to begin to write."""
    waiting = [happens]

    def begun(statement: str) -> None:
        if statement.startswith("BEGIN") and waiting:
            waiting.pop()()

    connection.set_trace_callback(begun)


def test_a_schema_that_another_process_brings_up_in_between_is_as_good(path: Path) -> None:
    with closing(open_connection(path)) as connection, closing(open_connection(path)) as other:
        before_it_begins(connection, lambda: migrate(other))

        migrate(connection)

        assert schema_of(connection) == NEWEST
        assert not connection.in_transaction


def test_a_migration_happens_once_though_another_process_did_it_in_between(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that would not fail if it were repeated."""
    added = (NEWEST + 1, "CREATE TABLE IF NOT EXISTS run (how TEXT); -- once; not twice\nINSERT INTO run VALUES ('a; b');\n")
    with closing(open_connection(path)) as connection, closing(open_connection(path)) as other:
        migrate(connection)
        newer = [*load_migrations("sqlite"), added]
        monkeypatch.setattr(sqlite_migrations, "load_migrations", lambda dialect: newer)
        before_it_begins(connection, lambda: migrate(other))

        migrate(connection)

        assert schema_of(connection) == NEWEST + 1
    assert of_file(path, "SELECT how FROM run") == [("a; b",)]


def test_a_file_that_another_process_holds_is_not_migrated(path: Path) -> None:
    with closing(open_connection(path)) as connection, closing(open_connection(path)) as other:
        connection.execute("PRAGMA busy_timeout = 10")
        before_it_begins(connection, lambda: other.execute("BEGIN IMMEDIATE"))

        with pytest.raises(sqlite3.OperationalError, match="locked"):
            migrate(connection)

        assert schema_of(connection) == 0


def test_processes_that_begin_at_the_same_moment_do_not_get_in_each_others_way(path: Path) -> None:
    program = """
import sys
from pathlib import Path
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import Terms
from mezzotint.wiring.adapters import SystemClock
import asyncio
sys.stdin.readline()
asyncio.run(SqliteLedger(Path(sys.argv[1]), SystemClock(), Terms()).close())
"""
    processes = [subprocess.Popen([sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=30)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], said


# the file


def test_a_folder_on_the_way_is_made(tmp_path: Path, clock: HandClock) -> None:
    SqliteLedger(tmp_path / "a" / "b" / "ledger.db", clock, Terms())._writer.close()

    assert (tmp_path / "a" / "b" / "ledger.db").is_file()


async def test_the_file_and_its_log_are_for_their_owner_only(ledger: SqliteLedger, path: Path) -> None:
    await ledger.submit(a_task(), FREE)

    modes = {found.name: oct(mode_of(found)) for found in path.parent.iterdir()}
    assert modes == dict.fromkeys(["ledger.db", "ledger.db-shm", "ledger.db-wal"], "0o600")


async def test_an_older_file_that_others_could_read_becomes_private(path: Path, clock: HandClock) -> None:
    await SqliteLedger(path, clock, Terms()).close()
    os.chmod(path, 0o644)  # noqa: PTH101 - a test may block

    await SqliteLedger(path, clock, Terms()).close()

    assert mode_of(path) == 0o600


def a_folder(path: Path) -> None:
    path.mkdir(mode=0o755)


def a_text(path: Path) -> None:
    path.write_text("not a database, and longer than its header would be " * 10)


def below_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("a file")


@pytest.mark.parametrize(
    ("make", "why"),
    [(a_folder, r"is a folder: the ledger is a file, such as .*/folder/ledger\.db/ledger\.db"), (a_text, "not a database"), (below_a_file, "File exists")],
)
def test_what_cannot_be_a_ledger_is_named_and_left_as_it_is(tmp_path: Path, clock: HandClock, make: Callable[[Path], None], why: str) -> None:
    path = tmp_path / "folder" / "ledger.db"
    path.parent.mkdir()
    make(path)
    before = path.stat().st_mode if path.exists() else None

    with pytest.raises(LedgerError, match=rf"ledger\.db.*{why}"):
        SqliteLedger(path, clock, Terms())

    assert (path.stat().st_mode if path.exists() else None) == before


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/srv /srv nfs4 rw 0 0
/dev/sdb1 /srv/me/local ext4 rw 0 0
//nas/share /mnt/my\\040share cifs rw 0 0
overlay /srv/me/local overlay rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/x", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/you/x", "nfs4"),
        ("/srvstead", "ext4"),
        ("/srv/me/local/x", "overlay"),
        ("/mnt/my share/x", "cifs"),
        ("/mnt/my", "ext4"),
    ],
)
def test_the_file_system_of_a_path_is_that_of_the_deepest_mount(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs"])
def test_a_file_system_of_another_machine_is_refused(tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nthere:/x {tmp_path / 'far'} {kind} rw 0 0\n")

    refuse_network_file_system(tmp_path / "near", mounts)
    with pytest.raises(LedgerError) as refused:
        refuse_network_file_system(tmp_path / "far" / "below", mounts)

    assert str(refused.value) == (
        f"{tmp_path}/far/below lies on {kind}, a network file system, where SQLite's log is not safe: put MEZZOTINT_DATA on a local disk"
    )


def test_where_nothing_is_known_of_file_systems_none_is_refused(tmp_path: Path) -> None:
    refuse_network_file_system(tmp_path, tmp_path / "no such file")


# durability


async def test_it_promises_what_it_is_set_up_for(ledger: SqliteLedger) -> None:
    await ledger.submit(a_task(), FREE)
    await ledger.enlist("w")

    assert await ledger.check() == {"kind": "sqlite", "journal_mode": "wal", "synchronous": 2, "user_version": NEWEST, "waiting": 1, "workers": 1}


@pytest.mark.parametrize("careless", ["synchronous = NORMAL", "synchronous = OFF"])
async def test_a_ledger_that_is_less_durable_than_promised_says_so(ledger: SqliteLedger, careless: str) -> None:
    await ledger._writer.do(lambda connection: None)
    ledger._writer._connection.execute(f"PRAGMA {careless}")

    with pytest.raises(LedgerError, match="not durable"):
        await ledger.check()


def test_the_reader_cannot_write(path: Path) -> None:
    with closing(open_connection(path)) as connection:
        migrate(connection)
    with closing(open_connection(path, read_only=True)) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("INSERT INTO fact VALUES ('a', 1)")


async def test_what_was_answered_survives_a_kill(path: Path) -> None:
    program = """
import asyncio, os, signal, sys
from pathlib import Path
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import Terms
from mezzotint.ports import Limits
from tests.clocks import HandClock
from tests.tasks import a_task
async def main():
    ledger = SqliteLedger(Path(sys.argv[1]), HandClock(), Terms())
    done = await asyncio.gather(*(ledger.submit(a_task(), Limits()) for _ in range(50)))
    os.write(1, "".join(f"{each.task}\\n" for each in done).encode())
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(path), stdout=subprocess.PIPE, cwd=ROOT)
    promised = (await asyncio.wait_for(process.communicate(), 30))[0].decode().split()

    ledger = SqliteLedger(path, HandClock(), Terms())
    try:
        assert len(promised) == 50
        assert {str(task.id) for task in await ledger.list_of("default", Status.PENDING, None, 100)} == set(promised)
        assert await ledger.waiting() == 50
    finally:
        await ledger.close()


async def test_after_a_restart_nobody_is_expired_for_one_lease(path: Path, clock: HandClock) -> None:
    before = SqliteLedger(path, clock, Terms(lease=15))
    await before.submit(a_task(), FREE)
    await before.claim("w", await before.enlist("w"), ["stub"], 1)
    await before.close()
    clock.advance(100)

    after = SqliteLedger(path, clock, Terms(lease=15))
    clock.advance(14.5)
    assert await after.reap() == 0
    clock.advance(0.5)
    assert await after.reap() == 1
    await after.close()


async def test_after_a_restart_nothing_is_put_off_for_more_than_a_lease(path: Path, clock: HandClock) -> None:
    """The clock may have been wrong when it was."""
    before = SqliteLedger(path, clock, Terms(lease=15))
    for _ in range(2):
        await before.submit(a_task(), FREE)
    epoch = await before.enlist("w")
    for delay, claim in zip((5, 3600), await before.claim("w", epoch, ["stub"], 2), strict=True):
        await before.settle([Verdict(claim.task, 1, None, delay=delay)])
    await before.close()

    after = SqliteLedger(path, clock, Terms(lease=15))
    for seconds, ready_now in ((5.0, 1), (9.5, 0), (0.5, 1)):
        clock.advance(seconds)
        assert len(await after.claim("w", epoch, ["stub"], 2)) == ready_now
    await after.close()


# commits


class Commits:
    """What the writer says to the database."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self.said: list[str] = []
        ledger._writer._connection.set_trace_callback(self.said.append)

    @property
    def count(self) -> int:
        return self.said.count("COMMIT")


async def while_it_is_busy(ledger: SqliteLedger, begin: Callable[[], list[Any]]) -> list[Any]:
    """Has what is begun gather into one group; its answers."""
    begun, go = threading.Event(), threading.Event()

    def busy(connection: sqlite3.Connection) -> None:
        begun.set()
        assert go.wait(10)

    first = asyncio.create_task(ledger._writer.do(busy))
    await asyncio.to_thread(begun.wait, 10)
    waiting = [asyncio.ensure_future(each) for each in begin()]
    await asyncio.sleep(0)
    go.set()
    await first
    return await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 10)


async def test_many_that_submit_at_once_share_a_commit(ledger: SqliteLedger) -> None:
    commits = Commits(ledger)

    answers = await while_it_is_busy(ledger, lambda: [ledger.submit(a_task(), FREE) for _ in range(100)])

    assert len({answer.task for answer in answers}) == 100
    assert commits.count == 2  # theirs, and that of the one that kept it busy
    assert await ledger.waiting() == 100


async def test_one_poisoned_task_does_not_fail_the_others_that_were_submitted_with_it(ledger: SqliteLedger) -> None:
    twice = a_task()
    good = [a_task() for _ in range(5)]
    await ledger.submit(twice, FREE)

    answers = await while_it_is_busy(ledger, lambda: [ledger.submit(task, FREE) for task in (*good[:2], twice, *good[2:])])

    assert isinstance(answers.pop(2), LedgerError)
    assert [answer.task for answer in answers] == [task.id for task in good]
    assert await ledger.waiting() == 6
    assert of_file(ledger.path, "SELECT count(*) FROM task_input") == [(6,)]


async def test_a_limit_holds_within_one_commit(ledger: SqliteLedger) -> None:
    answers = await while_it_is_busy(ledger, lambda: [ledger.submit(a_task(), Limits(waiting=3)) for _ in range(5)])

    assert [isinstance(answer, TooManyRequests) for answer in answers] == [False] * 3 + [True] * 2
    assert await ledger.waiting() == 3


async def test_verdicts_of_which_one_cannot_be_stored_are_all_undone(ledger: SqliteLedger) -> None:
    await ledger.submit(task := a_task(), FREE)
    epoch = await ledger.enlist("w")
    await ledger.claim("w", epoch, ["stub"], 1)

    with pytest.raises(OverflowError):
        await ledger.settle([Verdict(task.id, 1, ready()), Verdict(an_id(), 2**64, ready())])

    assert (await ledger.get(task.id)).status is Status.PROCESSING  # type: ignore[union-attr]  # it is there


async def test_looking_for_webhooks_where_none_is_owed_writes_nothing(ledger: SqliteLedger) -> None:
    commits = Commits(ledger)

    assert await ledger.due(10) == []

    assert commits.count == 0


async def test_a_full_queue_is_refused_without_a_write(ledger: SqliteLedger) -> None:
    await ledger.submit(a_task(), FREE)
    commits = Commits(ledger)

    with pytest.raises(TooManyRequests):
        await ledger.submit(a_task(), Limits(waiting=1))

    assert commits.count == 0


# when it fails


async def test_a_full_disk_is_unavailable_loses_nothing_and_passes(ledger: SqliteLedger) -> None:
    await ledger.submit(kept := a_task(), FREE)
    connection = ledger._writer._connection
    connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size for the least

    answers = await asyncio.gather(*(ledger.submit(a_task("x" * 20_000), FREE) for _ in range(20)), return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    held = await ledger.waiting()
    assert (len(refused), held) == (20, 1)
    assert refused[0].retry_after
    assert of_file(ledger.path, "SELECT count(*) FROM task") == [(held,)]
    connection.execute("PRAGMA max_page_count = 100000")
    await ledger.submit(a_task("x" * 20_000), FREE)
    assert await ledger.waiting() == held + 1
    assert await ledger.get(kept.id) is not None


async def test_a_file_that_breaks_while_it_is_read_is_an_error_of_the_ledger(ledger: SqliteLedger) -> None:
    ledger._reader.close()

    for asking in (ledger.get(an_id()), ledger.keys_of(None)):
        with pytest.raises(LedgerError, match=r"^the ledger failed: Cannot operate on a closed database\.$"):
            await asking


# what is forgotten


async def test_very_many_old_tasks_are_forgotten_a_group_at_a_time(ledger: SqliteLedger, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mezzotint.ledger.sqlite.TIDY_GROUP", 2)
    for _ in range(3):
        await ledger.submit(task := a_task(), FREE)
        await ledger.cancel(task.id, "default")
    await ledger.emptied(await ledger.spent(10))
    clock.advance(31 * 86_400)

    assert [await ledger.tidy() for _ in range(3)] == [2, 1, 0]


async def test_of_what_is_forgotten_no_row_is_left(ledger: SqliteLedger, clock: HandClock) -> None:
    await ledger.submit(task := a_task(webhook_url="https://example.com/hook", idempotency_key="once", request_hash="h"), FREE)
    await ledger.cancel(task.id, "default")
    [delivery] = await ledger.due(1)
    await ledger.record(delivery, Attempt(200), 0.0)
    await ledger.emptied(await ledger.spent(10))
    clock.advance(31 * 86_400)

    assert await ledger.tidy() == 1

    tables = ("task", "task_input", "outbox", "delivery", "idempotency")
    assert {table: of_file(ledger.path, f"SELECT count(*) FROM {table}") for table in tables} == {table: [(0,)] for table in tables}


# the statements


def test_statements_are_read_by_name_without_their_comments() -> None:
    queries = load_queries.__wrapped__("sqlite")  # not as they were read before

    assert queries == SQL
    assert queries["get_fact"] == "SELECT value FROM fact WHERE name = :name"
    assert queries["take_turn"].splitlines()[0] == "INSERT INTO share (api_key, finish) VALUES (:api_key, :clock + :cost)"
    assert not any("--" in statement or statement.endswith(";") for statement in queries.values())


def test_every_statement_is_used() -> None:
    text = "".join(path.read_text("utf-8") for path in (ROOT / "src/mezzotint/ledger").glob("sqlite*.py"))
    assert [name for name in SQL if f'"{name}"' not in text] == []


PLANS = {
    "claim": "USING INDEX task_queued",
    "count_waiting": "task_queued",
    "count_active": "task_active",
    "lapsed": "task_running",
    "held": "task_running",
    "overdue": "task_deadline",
    "list_tasks": "task_of_account",
    "list_oldest_tasks": "task_of_account",
    "list_files": "file_of_account",
    "list_oldest_files": "file_of_account",
    "file_bytes": "file_of_account",
    "spent_files": "file_expires",
    "spent": "task_images",
    "due_deliveries": "outbox_owed",
    "list_messages": "SEARCH outbox USING INDEX outbox_of_account (account=? AND state=? AND id<?)",
    "forget_requests": "idempotency_expires",
    "forget_outbox": "outbox_of_task",
}


@pytest.mark.parametrize("name", PLANS)
def test_what_is_asked_often_is_asked_of_an_index(path: Path, name: str) -> None:
    with closing(open_connection(path)) as connection:
        migrate(connection)
        plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {SQL[name]}", all_names(SQL[name]))]

    assert any(PLANS[name] in line for line in plan), plan


# a file that is taken away from under a running server


async def test_nothing_is_accepted_into_a_file_that_was_moved_away(ledger: SqliteLedger, path: Path) -> None:
    task, later = a_task(), a_task()
    await ledger.submit(task, FREE)
    file, away = path.with_name("ledger.db"), path.with_name("elsewhere.db")

    file.rename(away)
    with pytest.raises(Unavailable, match=re.escape("unable to open ledger.db where it was")):
        await ledger.submit(later, FREE)
    away.rename(path)
    await ledger.submit(later, FREE)

    assert of_file(path, "SELECT count(*) FROM task") == [(2,)]


@pytest.mark.parametrize("end", ["", "-wal"])
async def test_nothing_is_accepted_where_a_file_was_deleted_or_another_has_its_name(ledger: SqliteLedger, path: Path, end: str) -> None:
    await ledger.submit(a_task(), FREE)
    file = path.with_name(f"ledger.db{end}")

    file.unlink()
    with pytest.raises(Unavailable, match="where it was"):
        await ledger.submit(a_task(), FREE)
    file.write_bytes(b"")
    with pytest.raises(Unavailable, match="another file has its name"):
        await ledger.submit(a_task(), FREE)


async def test_a_server_whose_ledger_is_gone_says_so_where_it_says_whether_it_is_ready(ledger: SqliteLedger, path: Path) -> None:
    await ledger.check()
    path.with_name("ledger.db").unlink()

    with pytest.raises(Unavailable, match="where it was"):
        await ledger.check()
