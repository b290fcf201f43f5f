"""When a server refuses to start, in which words, and what it leaves behind. Servers that run are in tests/acceptance."""

from __future__ import annotations

import socket
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mezzotint.core import ids
from mezzotint.core.accounts import ApiKey, digest
from mezzotint.core.errors import BadSetting, LedgerError, MezzotintError
from mezzotint.core.tasks import Outcome, Status
from mezzotint.core.webhooks import Event
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import Terms
from mezzotint.records import decode
from mezzotint.settings import Settings, read_settings
from mezzotint.wiring.locks import is_locked, lock_folder, lock_ledger
from mezzotint.wiring.serving import Service, check_exposure, check_sharing, first_key, webhook_body
from tests.clocks import HandClock
from tests.studio import KEY, Studio


def settings_of(data: Path, **environment: str) -> Settings:
    given = {"port": "0", "engine": "stub"} | environment
    return read_settings({f"MEZZOTINT_{name.upper()}": value for name, value in given.items()}, data=data)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def refusal(settings: Settings) -> str:
    """What is said instead of serving."""

    def ready(url: str, key: str | None) -> None:
        raise AssertionError(f"it serves on {url}")

    with pytest.raises(MezzotintError) as refused:
        await Service(settings).run(ready)
    return str(refused.value)


# what keeps it from starting


@contextmanager
def a_taken_port(folder: Path) -> Iterator[dict[str, str]]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield {"port": str(taken.getsockname()[1])}


@contextmanager
def a_taken_folder(folder: Path) -> Iterator[dict[str, str]]:
    with closing(lock_folder(folder / "data")):
        yield {}


@contextmanager
def a_taken_ledger(folder: Path) -> Iterator[dict[str, str]]:
    with closing(lock_ledger(folder / "ledger.db")):
        yield {"ledger": f"sqlite:{folder}/ledger.db"}


@contextmanager
def a_newer_ledger(folder: Path) -> Iterator[dict[str, str]]:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute("PRAGMA user_version = 999")
    yield {"ledger": f"sqlite:{folder}/ledger.db"}


@contextmanager
def a_file_for_pictures(folder: Path) -> Iterator[dict[str, str]]:
    (folder / "images").write_text("a file")
    yield {"blobs": f"file:{folder}/images"}


def set_to(**environment: str) -> Callable[[Path], Any]:
    @contextmanager
    def as_told(folder: Path) -> Iterator[dict[str, str]]:
        yield environment

    return as_told


REFUSALS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "the port is taken": (a_taken_port, "give another with --port, or 0 for a free one"),
    "the host is not ours": (set_to(host="192.0.2.1"), "cannot serve on 192.0.2.1 port 0"),
    "the host is no address": (set_to(host="[::1]"), "cannot serve on [::1] port 0"),
    "the host can be no name": (set_to(host="ä" * 70), "expected an address or a host's name"),
    "it would be open to everyone": (set_to(host="0.0.0.0"), "first make a key with `mezzotint keys create`"),
    "another server has the folder": (a_taken_folder, "another mezzotint serves from"),
    "another server has the ledger": (a_taken_ledger, "another mezzotint serves from"),
    "the ledger is a newer one": (a_newer_ledger, "upgrade mezzotint"),
    "the ledger's address means nothing": (set_to(ledger="carrier pigeon"), "expected sqlite:FILE or memory:"),
    "the pictures' address means nothing": (set_to(blobs="carrier pigeon"), "expected file:FOLDER or memory:"),
    "the worker could not see the pictures": (set_to(blobs="memory:"), "cannot be shared with the worker"),
    "the pictures' folder is a file": (a_file_for_pictures, "cannot keep pictures in"),
}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("case", REFUSALS)
async def test_it_says_why_it_does_not_start_and_leaves_nothing_behind(tmp_path: Path, temporary: Path, case: str) -> None:
    make, why = REFUSALS[case]
    with make(tmp_path) as environment:
        said = await refusal(settings_of(tmp_path / "data", **environment))

    assert why in said
    assert names_in(temporary) == []
    assert not is_locked(tmp_path / "data")


@pytest.mark.parametrize("case", ["the port is taken", "it would be open to everyone", "the worker could not see the pictures"])
async def test_a_refused_start_makes_no_key(tmp_path: Path, case: str, clock: HandClock) -> None:
    with REFUSALS[case][0](tmp_path) as environment:
        await refusal(settings_of(tmp_path / "data", **environment))

    ledger = SqliteLedger(tmp_path / "data" / "ledger.db", clock, Terms())
    assert await ledger.keys_of(None) == []
    await ledger.close()


async def test_two_servers_with_a_ledger_each_may_have_them_in_one_folder(tmp_path: Path) -> None:
    with closing(lock_ledger(tmp_path / "a.db")):
        said = await refusal(settings_of(tmp_path / "data", ledger=f"sqlite:{tmp_path}/b.db", host="192.0.2.1"))

    assert "another mezzotint" not in said


async def test_a_ledger_that_breaks_while_it_is_opened_lets_the_folder_go(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("no database " * 100)

    with pytest.raises(LedgerError):
        await Service(settings_of(tmp_path)).run(lambda url, key: None)

    assert not is_locked(tmp_path)


# who may be let in


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_this_machine_no_key_is_needed(tmp_path: Path, host: str) -> None:
    check_exposure(settings_of(tmp_path, host=host), has_keys=False)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "192.168.1.10", "example.com"])
def test_elsewhere_it_is(tmp_path: Path, host: str) -> None:
    settings = read_settings({}, data=tmp_path, host=host)
    with pytest.raises(BadSetting, match="opens the server to others"):
        check_exposure(settings, has_keys=False)

    check_exposure(settings, has_keys=True)
    check_exposure(read_settings({"MEZZOTINT_API_KEYS": "k" * 8}, data=tmp_path, host=host), has_keys=False)


@pytest.mark.parametrize("blobs", ["", "file:/somewhere"])
def test_pictures_in_files_can_be_shared(tmp_path: Path, blobs: str) -> None:
    check_sharing(settings_of(tmp_path, blobs=blobs))


async def test_the_first_start_makes_a_key_and_no_other_does(clock: HandClock) -> None:
    ledger = MemoryLedger(clock)

    key = await first_key(ledger, clock.now())

    assert key is not None
    found = await ledger.find_key(digest(key))
    assert found is not None
    assert (found.account, found.name, found.created) == ("default", "first", clock.now())
    assert await first_key(ledger, clock.now()) is None


async def test_where_there_was_a_key_once_none_is_made(clock: HandClock) -> None:
    ledger = MemoryLedger(clock)
    await ledger.add_key(ApiKey("k", "default", "old", 0.0), "d" * 64)
    await ledger.revoke_key("k")

    assert await first_key(ledger, clock.now()) is None


# webhooks


async def test_a_webhook_holds_what_a_poll_would_say_and_the_older_name_of_the_id(studio: Studio) -> None:
    task = (await studio.created(webhook_url="https://example.com/hook"))["id"]
    await studio.paint()
    [delivery] = await studio.tools.ledger.due(1)
    ended, inputs = await studio.tools.ledger.get(delivery.task), await studio.tools.ledger.inputs(delivery.task)
    assert ended is not None
    assert inputs is not None

    told = decode(webhook_body(studio.tools)(ended, inputs, Event.COMPLETED), dict)

    assert told.pop("task_id") == task
    assert told == await studio.poll(task)


async def test_a_webhook_of_what_failed_has_no_picture(studio: Studio) -> None:
    await studio.created(webhook_url="https://example.com/hook")
    await studio.end(Outcome(Status.ERROR, code="engine_failed", message="no"))
    [delivery] = await studio.tools.ledger.due(1)
    ended, inputs = await studio.tools.ledger.get(delivery.task), await studio.tools.ledger.inputs(delivery.task)
    assert ended is not None
    assert inputs is not None

    told = decode(webhook_body(studio.tools)(ended, inputs, Event.COMPLETED), dict)

    assert (told["status"], told["result"]) == ("Error", None)


@pytest.mark.parametrize("minutes", [0, 9, 11, 300])
async def test_a_webhook_that_is_sent_late_carries_a_link_that_holds(studio: Studio, minutes: int) -> None:
    await studio.created(webhook_url="https://example.com/hook")
    await studio.paint()
    [delivery] = await studio.tools.ledger.due(1)
    ended, inputs = await studio.tools.ledger.get(delivery.task), await studio.tools.ledger.inputs(delivery.task)
    assert ended is not None
    assert inputs is not None
    studio.clock.advance(minutes * 60)

    told = decode(webhook_body(studio.tools)(ended, inputs, Event.COMPLETED), dict)

    assert (await studio.client.get(told["result"]["sample"])).status_code == 200


@pytest.mark.parametrize("event", list(Event))
async def test_replicates_receivers_get_the_prediction_as_it_was_at_the_event(studio: Studio, event: Event) -> None:
    asked = {"input": {"prompt": "a cat"}, "webhook": "https://8.8.8.8/hook"}
    made = (await studio.client.post("/v1/models/black-forest-labs/flux-dev/predictions", json=asked, headers={"x-key": KEY})).json()
    await studio.paint()
    number = ids.read(made["id"])
    assert number is not None
    ended, inputs = await studio.tools.ledger.get(number), await studio.tools.ledger.inputs(number)
    assert ended is not None
    assert inputs is not None

    told = decode(webhook_body(studio.tools)(ended, inputs, event), dict)

    assert told["id"] == made["id"]
    assert told["started_at"]
    assert told["status"] == ("succeeded" if event is Event.COMPLETED else "processing")
    assert (told["output"] is None) is (event is Event.START)
    assert ("completed_at" in told) is (event is Event.COMPLETED)
    assert told["error"] is None


def test_nothing_is_made_before_it_runs(tmp_path: Path, temporary: Path) -> None:
    Service(settings_of(tmp_path / "data"))

    assert names_in(temporary) == []
    assert not (tmp_path / "data").exists()
