"""One server per data folder and ledger, whatever becomes of the one before."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mezzotint.core.errors import BadSetting
from mezzotint.wiring.locks import LOCK, AlreadyServing, is_locked, lock_folder, lock_ledger

LOCKS: dict[str, Callable[[Path], Any]] = {"folder": lock_folder, "ledger": lock_ledger}
HOLDER = """
import sys
from pathlib import Path
from mezzotint.wiring import locks
held = getattr(locks, f"lock_{sys.argv[1]}")(Path(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
"""
every_lock = pytest.mark.parametrize("name", LOCKS)


@contextmanager
def held_elsewhere(name: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process has it."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, name, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        assert process.stdin is not None
        process.stdin.close()


@every_lock
def test_two_processes_cannot_have_one(tmp_path: Path, name: str) -> None:
    path = tmp_path / "it"
    with held_elsewhere(name, path), pytest.raises(AlreadyServing) as refused:
        LOCKS[name](path)

    assert str(path) in str(refused.value)
    assert "stop it, or give another" in str(refused.value)


@every_lock
def test_one_process_cannot_have_it_twice_until_it_lets_go(tmp_path: Path, name: str) -> None:
    with closing(LOCKS[name](tmp_path / "it")), pytest.raises(AlreadyServing):
        LOCKS[name](tmp_path / "it")

    LOCKS[name](tmp_path / "it").close()


@every_lock
def test_what_a_killed_process_had_is_free(tmp_path: Path, name: str) -> None:
    with held_elsewhere(name, tmp_path / "it") as process:
        process.kill()
        process.wait()

        LOCKS[name](tmp_path / "it").close()


@every_lock
def test_others_are_free(tmp_path: Path, name: str) -> None:
    with closing(LOCKS[name](tmp_path / "one")):
        LOCKS[name](tmp_path / "another").close()


@every_lock
def test_folders_on_the_way_are_made(tmp_path: Path, name: str) -> None:
    LOCKS[name](tmp_path / "a" / "b").close()

    assert (tmp_path / "a").is_dir()


@every_lock
def test_a_place_that_cannot_be_one_is_named_with_the_way_out(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("a file")

    with pytest.raises(BadSetting) as refused:
        LOCKS[name](tmp_path / "file" / "below")

    assert str(tmp_path / "file" / "below") in str(refused.value)
    assert {"folder": "--data", "ledger": "MEZZOTINT_LEDGER"}[name] in str(refused.value)


def test_a_ledger_is_the_same_by_whichever_way_it_is_reached(tmp_path: Path) -> None:
    (tmp_path / "real.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")

    with closing(lock_ledger(tmp_path / "link.db")), pytest.raises(AlreadyServing):
        lock_ledger(tmp_path / "real.db")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are as on POSIX")
def test_a_folder_that_may_only_be_read_is_named_with_the_way_out() -> None:
    """By a process that is nobody where we are root, whom nothing stops."""
    program = """
import os, sys
from pathlib import Path
from mezzotint.core.errors import BadSetting
from mezzotint.wiring.locks import lock_folder
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    lock_folder(Path(sys.argv[1]))
except BadSetting as error:
    print(error)
"""

    with tempfile.TemporaryDirectory() as folder:  # not in pytest's, where nobody else may go
        Path(folder).chmod(0o555)
        done = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, timeout=30, check=True)

    assert done.stdout == f"cannot keep data in {folder} (Permission denied): give another folder with --data\n"


# whether one is served from


def test_a_folder_without_a_server_is_not_locked_and_looking_makes_nothing(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()

    lock_folder(tmp_path).close()
    assert (tmp_path / LOCK).exists()
    assert not is_locked(tmp_path)


def test_a_folder_with_a_server_is_locked_and_looking_takes_nothing_from_it(tmp_path: Path) -> None:
    with held_elsewhere("folder", tmp_path):
        assert is_locked(tmp_path)
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)
