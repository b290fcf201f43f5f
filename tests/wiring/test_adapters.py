"""Which adapter a setting gives, what is said of settings that give none, and what the processes below are told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mezzotint.blobs.disk import DiskBlobs
from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core.errors import BadSetting
from mezzotint.engines.stub import StubEngine
from mezzotint.ledger.memory import MemoryLedger
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ports import Limits
from mezzotint.service.tools import Tools
from mezzotint.settings import Settings, read_settings
from mezzotint.wiring.adapters import PAGE, Entropy, SystemClock, blobs_of, child_environment, engine_of, ledger_file, ledger_of, supervisor_of, tools_of
from tests.clocks import HandClock


def settings_of(data: Path, **environment: str) -> Settings:
    return read_settings({f"MEZZOTINT_{name.upper()}": value for name, value in environment.items()}, data=data)


def test_the_clock_is_the_systems() -> None:
    assert abs(SystemClock().now() - time.time()) < 1


def test_a_clock_that_is_set_is_followed_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, real = SystemClock(), time.time
    before = clock.now()

    monkeypatch.setattr(time, "time", lambda: real() + 86_400)
    assert clock.now() - before < 60
    seconds = clock.jumped()
    clock.follow(seconds)

    assert seconds == pytest.approx(86_400, abs=1)
    assert clock.now() - before == pytest.approx(86_400, abs=60)
    assert clock.jumped() == 0.0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there a machine's start can be told from another")
def test_a_clock_knows_by_how_much_it_was_set_since_an_earlier_process(monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = SystemClock(), time.time

    assert SystemClock().set_since(before.mark()) == 0.0
    assert SystemClock().set_since(before.mark(-3600)) == pytest.approx(3600, abs=0.5)
    monkeypatch.setattr(time, "time", lambda: real() - 86_400)
    assert SystemClock().set_since(before.mark()) == pytest.approx(-86_400, abs=0.5)
    assert SystemClock().set_since("another start of the machine 7.0") == 0.0
    assert SystemClock().set_since(None) == 0.0


# the ledger


async def test_by_default_the_ledger_is_a_file_in_the_data_folder(tmp_path: Path, clock: HandClock) -> None:
    ledger = ledger_of(settings_of(tmp_path), clock)
    await ledger.close()

    assert isinstance(ledger, SqliteLedger)
    assert ledger.path == tmp_path / "ledger.db"


async def test_the_ledger_may_be_elsewhere(tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for address, path in {f"sqlite:{tmp_path}/a.db": tmp_path / "a.db", "sqlite:~/b.db": tmp_path / "home" / "b.db"}.items():
        ledger = ledger_of(settings_of(tmp_path, ledger=address), clock)
        await ledger.close()

        assert isinstance(ledger, SqliteLedger)
        assert ledger.path == path


@pytest.mark.parametrize("address", ["memory", "memory:"])
def test_a_ledger_in_memory_has_no_file(tmp_path: Path, clock: HandClock, address: str) -> None:
    settings = settings_of(tmp_path, ledger=address)

    assert isinstance(ledger_of(settings, clock), MemoryLedger)
    assert ledger_file(settings) is None


async def test_the_ledger_holds_tasks_to_the_terms_of_the_settings(tmp_path: Path, clock: HandClock) -> None:
    ledger = ledger_of(settings_of(tmp_path, ledger="memory:", lease="20", attempts="7", keep_images="1h", keep_tasks="2d"), clock)

    assert isinstance(ledger, MemoryLedger)
    terms = ledger._terms
    assert (terms.lease, terms.attempts, terms.keep_images, terms.keep_tasks) == (20, 7, 3600, 2 * 86_400)


BAD: dict[str, tuple[str, str, str]] = {
    "no such ledger": ("ledger", "carrier pigeon", "expected sqlite:FILE or memory:"),
    "a ledger without a file": ("ledger", "sqlite:", "expected sqlite:FILE or memory:"),
    "SQLite's own word for memory": ("ledger", "sqlite::memory:", "expected sqlite:FILE or memory:"),
    "another database": ("ledger", "postgres://here/x", "expected sqlite:FILE or memory:"),
    "nobody's home": ("ledger", "sqlite:~no-such-user/x.db", "home"),
    "no such store": ("blobs", "s3://bucket", "expected file:FOLDER or memory:"),
    "a store without a folder": ("blobs", "file:", "expected file:FOLDER or memory:"),
    "pictures in nobody's home": ("blobs", "file:~no-such-user/x", "home"),
    "pictures below a file": ("blobs", "file:{folder}/file/x", "Not a directory"),
    "pictures in a file": ("blobs", "file:{folder}/file", "File exists"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_address_that_cannot_be_used_is_named_with_what_would_do(tmp_path: Path, clock: HandClock, case: str) -> None:
    name, value, why = BAD[case]
    (tmp_path / "file").write_text("a file")
    settings = settings_of(tmp_path, **{name: value.format(folder=tmp_path)})

    with pytest.raises(BadSetting) as refused:
        ledger_of(settings, clock) if name == "ledger" else blobs_of(settings)

    assert f"MEZZOTINT_{name.upper()}" in str(refused.value)
    assert why in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# pictures


def test_pictures_are_files_in_the_data_folder_or_wherever_it_is_said(tmp_path: Path) -> None:
    here, there = blobs_of(settings_of(tmp_path)), blobs_of(settings_of(tmp_path, blobs=f"file:{tmp_path}/elsewhere"))

    assert isinstance(here, DiskBlobs)
    assert isinstance(there, DiskBlobs)
    assert (here.folder, there.folder) == ((tmp_path / "images").resolve(), (tmp_path / "elsewhere").resolve())


def test_pictures_in_memory_are_for_one_process_and_no_worker_takes_them(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, blobs="memory:")

    assert isinstance(blobs_of(settings), MemoryBlobs)
    with pytest.raises(BadSetting, match="cannot be shared"):
        supervisor_of(settings, "http://127.0.0.1:1", None, "w")


# the engine


def test_the_stub_takes_as_long_as_it_is_told(tmp_path: Path) -> None:
    engine = engine_of(settings_of(tmp_path, engine="stub", stub_seconds="0.5"))

    assert isinstance(engine, StubEngine)
    assert engine._seconds == 0.5


# what the use cases work with


async def tools_with(tmp_path: Path, **environment: str) -> Tools:
    settings = settings_of(tmp_path, ledger="memory:", blobs="memory:", **environment)
    clock = SystemClock()
    return tools_of(settings, ledger_of(settings, clock), blobs_of(settings), clock, b"s" * 32)


LIMITS: list[tuple[dict[str, str], Limits | None]] = [
    ({}, Limits(10_000, None)),
    ({"queue_limit": "5", "active_limit": "2"}, Limits(5, 2)),
    ({"queue_limit": "0", "active_limit": "0"}, Limits(None, None)),
    ({"queue_limit": "5", "limits": "off"}, None),
]


@pytest.mark.parametrize(("environment", "limits"), LIMITS, ids=str)
async def test_limits_are_as_they_are_set(tmp_path: Path, environment: dict[str, str], limits: Limits | None) -> None:
    assert (await tools_with(tmp_path, **environment)).policy.limits == limits


async def test_the_policy_is_as_it_is_set(tmp_path: Path) -> None:
    environment = {"engine": "stub", "link_lifetime": "1h", "poll_by_id": "anyone", "webhook_echo_secret": "on", "keep_files": "2h"}
    policy = (await tools_with(tmp_path, **environment)).policy

    assert (policy.engine, policy.link_lifetime, policy.poll_by_anyone, policy.echo_secret) == ("stub", 3600, True, True)
    assert policy.keep_files == 7200


@pytest.mark.parametrize(("environment", "room"), [({}, 1024**3), ({"files_room": "500"}, 500), ({"files_room": "0"}, None), ({"limits": "off"}, None)])
async def test_files_have_room_unless_limits_are_lifted(tmp_path: Path, environment: dict[str, str], room: int | None) -> None:
    assert (await tools_with(tmp_path, **environment)).policy.files_room == room


async def test_private_networks_are_reached_only_where_they_are_named(tmp_path: Path) -> None:
    closed, opened = await tools_with(tmp_path), await tools_with(tmp_path, reach="10.0.0.0/8")

    assert closed.judge_address("http://10.0.0.1/boat.png", False) is not None
    assert opened.judge_address("http://10.0.0.1/boat.png", False) is None


async def test_no_two_draws_are_the_same(tmp_path: Path) -> None:
    entropy = (await tools_with(tmp_path)).entropy

    assert len({entropy(16) for _ in range(100)}) == 100


# the processes below


SECRETS = ("MEZZOTINT_API_KEYS", "MEZZOTINT_API_KEY", "MEZZOTINT_WORKER_TOKEN", "COMETAPI_KEY", "BFL_API_KEY")


def test_processes_below_are_told_everything_but_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SECRETS, "MEZZOTINT_BLOBS", "SOMETHING_ELSE"):
        monkeypatch.setenv(name, "told")

    told = child_environment(settings_of(tmp_path, engine="stub"))

    assert not set(SECRETS) & set(told)
    assert (told["MEZZOTINT_ENGINE"], told["MEZZOTINT_BLOBS"], told["SOMETHING_ELSE"]) == ("stub", "told", "told")


def test_threads_are_as_they_are_set_or_one_for_each_core(tmp_path: Path) -> None:
    told = [child_environment(settings_of(tmp_path, threads=threads))["OMP_NUM_THREADS"] for threads in ("3", "0")]

    assert told == ["3", str(os.cpu_count())]


def test_only_what_is_chosen_is_imported() -> None:
    program = """
import sys
from pathlib import Path
from mezzotint.settings import read_settings
from mezzotint.wiring.adapters import SystemClock, blobs_of, engine_of, ledger_of
settings = read_settings({"MEZZOTINT_LEDGER": "memory:", "MEZZOTINT_BLOBS": "memory:", "MEZZOTINT_ENGINE": "stub"})
ledger_of(settings, SystemClock()), blobs_of(settings), engine_of(settings)
print([name for name in ("onnxruntime", "mezzotint.ledger.sqlite", "mezzotint.blobs.disk", "mezzotint.engines.nano.engine") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout == "[]\n"


def test_random_bytes_are_given_out_once_however_many_are_asked_for() -> None:
    entropy = Entropy()

    given = [entropy(size) for size in (4, 10, 1, PAGE - 1, PAGE, 2 * PAGE, 10, 0, 4)]

    assert [len(each) for each in given] == [4, 10, 1, PAGE - 1, PAGE, 2 * PAGE, 10, 0, 4]
    assert len({entropy(10) for _ in range(5000)}) == 5000
