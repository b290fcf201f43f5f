"""Pictures on a disk: when they are safe, and what happens when the disk will not have them."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mezzotint.blobs import disk
from mezzotint.blobs.disk import DiskBlobs
from mezzotint.core.errors import Unavailable

KEY = "2026-01-01/1200/abc-0.png"


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "images")


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


class Syncs:
    """Every descriptor that is synced, by the inode behind it. `broken` says which sync is to fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.inodes: list[int] = []
        self.broken: Callable[[os.stat_result], bool] = lambda found: False
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self)

    def __call__(self, handle: int) -> None:
        found = os.fstat(handle)
        if self.broken(found):
            raise OSError(errno.EIO, "Input/output error")
        self._fsync(handle)
        self.inodes.append(found.st_ino)

    def of(self, path: Path) -> int:
        return self.inodes.count(path.stat().st_ino)


# what is on disk when put returns


async def test_a_file_and_every_new_folder_are_synced_before_put_returns(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = Syncs(monkeypatch)

    assert await blobs.put(KEY, b"a picture")

    path = blobs.folder / KEY
    assert [syncs.of(place) for place in (path, path.parent, path.parent.parent, blobs.folder)] == [1, 1, 1, 1]


async def test_a_file_is_synced_before_the_folder_that_lists_it(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = Syncs(monkeypatch)

    await blobs.put(KEY, b"a picture")

    path = blobs.folder / KEY
    assert syncs.inodes == [place.stat().st_ino for place in (path, path.parent, path.parent.parent, blobs.folder)]


async def test_what_is_replaced_is_synced_too(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    await blobs.put(KEY, b"a picture")
    syncs = Syncs(monkeypatch)

    await blobs.put(KEY, b"another", replace=True)

    assert syncs.of(blobs.folder / KEY) == 1


async def test_what_another_attempt_left_is_synced_before_it_is_adopted(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    path = blobs.folder / KEY
    path.parent.mkdir(parents=True)
    path.write_bytes(b"a picture")
    syncs = Syncs(monkeypatch)

    assert not await blobs.put(KEY, b"a picture")

    assert [syncs.of(place) for place in (path, path.parent, path.parent.parent, blobs.folder)] == [1, 1, 1, 1]


async def test_a_safe_picture_is_not_deleted_when_another_attempt_cannot_sync_it(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    await blobs.put(KEY, b"a picture")
    Syncs(monkeypatch).broken = lambda found: True
    with pytest.raises(Unavailable):
        await blobs.put(KEY, b"a picture")

    assert await blobs.get(KEY) == b"a picture"


async def test_a_folder_that_is_known_is_synced_for_each_new_file_and_those_above_it_are_not(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    await blobs.put(KEY, b"a picture")
    syncs = Syncs(monkeypatch)

    await blobs.put("2026-01-01/1200/def-0.png", b"another")

    path = blobs.folder / "2026-01-01/1200/def-0.png"
    assert [syncs.of(place) for place in (path, path.parent, path.parent.parent, blobs.folder)] == [1, 1, 0, 0]


async def test_a_folder_that_a_server_before_us_made_is_synced_once_to_the_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await DiskBlobs(tmp_path / "images").put(KEY, b"a picture")
    blobs = DiskBlobs(tmp_path / "images")
    syncs = Syncs(monkeypatch)

    await blobs.put("2026-01-01/1200/def-0.png", b"another")

    assert [syncs.of(place) for place in (blobs.folder / "2026-01-01/1200", blobs.folder / "2026-01-01", blobs.folder)] == [1, 1, 1]


MANY = [f"2026-01-01/1200/{n}-0.png" for n in range(100)]


async def test_each_of_many_files_is_synced_where_the_system_cannot_sync_all_at_once(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_syncfs", None)
    syncs = Syncs(monkeypatch)

    await asyncio.gather(*(blobs.put(key, b"x") for key in MANY))

    assert [syncs.of(blobs.folder / key) for key in MANY] == [1] * len(MANY)
    assert 1 <= syncs.of(blobs.folder / "2026-01-01/1200") < 50  # shared by those that came together


class SystemSync:
    """Linux's syncfs: when it is called, which files have all of their bytes, and which synced files have returned."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.devices: list[int] = []
        self.there: list[set[str]] = []
        self.answer = 0
        self._folder = folder
        monkeypatch.setattr(disk, "_syncfs", self)

    def __call__(self, handle: int) -> int:
        self.devices.append(os.fstat(handle).st_dev)
        self.there.append({str(path.relative_to(self._folder)) for path in self._folder.rglob("*") if path.is_file() and path.read_bytes() == b"a picture"})
        return self.answer


async def test_many_files_that_come_together_are_synced_at_once_before_any_put_returns(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = SystemSync(monkeypatch, blobs.folder)
    syncs = Syncs(monkeypatch)
    safe: dict[str, bool] = {}

    async def put(key: str) -> None:
        await blobs.put(key, b"a picture")
        safe[key] = syncs.of(blobs.folder / key) == 1 or any(key in there for there in at_once.there)

    await asyncio.gather(*(put(key) for key in MANY))

    assert safe == dict.fromkeys(MANY, True)
    assert 1 <= len(at_once.devices) < 20
    assert set(at_once.devices) == {blobs.folder.stat().st_dev}
    assert syncs.of(blobs.folder / "2026-01-01/1200") >= 1


async def test_a_sync_of_all_that_fails_promises_nothing_to_anybody(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = SystemSync(monkeypatch, blobs.folder)
    at_once.answer = -1

    answers = await asyncio.gather(*(blobs.put(key, b"a picture") for key in MANY), return_exceptions=True)

    assert len(at_once.devices) >= 1
    assert sum(isinstance(answer, Unavailable) for answer in answers) >= disk.MANY
    assert all(answer is True or isinstance(answer, Unavailable) for answer in answers)


async def test_what_could_not_be_synced_is_not_there_to_be_adopted(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    SystemSync(monkeypatch, blobs.folder).answer = -1

    answers = await asyncio.gather(*(blobs.put(key, b"a picture") for key in MANY), return_exceptions=True)

    assert [await blobs.get(key) for key, answer in zip(MANY, answers, strict=True) if answer is not True] == [None] * (len(MANY) - answers.count(True))


async def test_what_was_put_is_there_for_the_next_server(blobs: DiskBlobs) -> None:
    await blobs.put(KEY, b"a picture")
    again = DiskBlobs(blobs.folder)

    assert await again.get(KEY) == b"a picture"
    assert not await again.put(KEY, b"other")


async def test_nothing_but_the_file_is_left(blobs: DiskBlobs) -> None:
    await blobs.put(KEY, b"a picture")
    await blobs.put(KEY, b"again")

    assert files_in(blobs.folder) == [KEY]


async def test_folders_go_with_their_last_picture(blobs: DiskBlobs) -> None:
    await blobs.put(KEY, b"a picture")
    await blobs.put("2026-01-01/1201/def-0.png", b"another")

    await blobs.delete(["2026-01-01/1200/abc"])
    assert sorted(path.name for path in blobs.folder.rglob("*")) == ["1201", "2026-01-01", "def-0.png"]
    await blobs.delete(["2026-01-01/1201/def"])
    assert list(blobs.folder.rglob("*")) == []
    assert await blobs.put(KEY, b"again")


# keys that lead elsewhere


@pytest.mark.parametrize(
    "key",
    ["", "/", "/etc/passwd", "../out", "a/../../out", "a/..", "..", ".", "a/./b", "a//b", "a/", "a\\..\\b", "nul\0", "..\\out", "a/..\\..\\out"],
)
async def test_a_key_that_leads_out_of_the_folder_is_refused(blobs: DiskBlobs, tmp_path: Path, key: str) -> None:
    for attempt in (blobs.put(key, b"x"), blobs.get(key), blobs.delete([key])):
        with pytest.raises(ValueError, match="is no key"):
            await attempt

    assert everything_in(tmp_path) == ["images"]


# a disk that will not


FULL = """
import asyncio, resource, sys
from pathlib import Path
from mezzotint.blobs.disk import DiskBlobs
from mezzotint.core.errors import Unavailable

async def main():
    blobs = DiskBlobs(Path(sys.argv[1]))
    await blobs.put("2026-01-01/1200/before-0.png", b"x" * 1000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    large, small = (blobs.put(f"2026-01-01/1200/{name}-0.png", b"x" * size) for name, size in (("large", 1_000_000), ("small", 1000)))
    answers = await asyncio.gather(large, small, return_exceptions=True)
    print(type(answers[0]).__name__, "|", answers[0], "|", answers[1])
    print(await blobs.get("2026-01-01/1200/large-0.png"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(await blobs.put("2026-01-01/1200/large-0.png", b"y" * 1_000_000))

asyncio.run(main())
"""


def test_a_picture_that_does_not_fit_is_refused_leaves_nothing_and_stops_no_other(tmp_path: Path) -> None:
    pytest.importorskip("resource")

    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout.splitlines() == ["Unavailable | the picture cannot be written just now (File too large) | True", "None", "True"], done.stderr
    assert files_in(tmp_path) == [f"2026-01-01/1200/{name}-0.png" for name in ("before", "large", "small")]


async def test_a_folder_that_cannot_be_made_is_unavailable_for_now(blobs: DiskBlobs) -> None:
    (blobs.folder / "2026-01-01").write_bytes(b"in the way")

    with pytest.raises(Unavailable, match="cannot be written just now") as refused:
        await blobs.put(KEY, b"a picture")
    assert (refused.value.status, refused.value.retry_after) == (503, 5)

    (blobs.folder / "2026-01-01").unlink()
    assert await blobs.put(KEY, b"a picture")


async def test_a_sync_that_fails_promises_nothing(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = Syncs(monkeypatch)
    syncs.broken = lambda found: stat.S_ISREG(found.st_mode)

    with pytest.raises(Unavailable, match="Input/output error"):
        await blobs.put(KEY, b"a picture")

    assert files_in(blobs.folder) == []
    assert await blobs.get(KEY) is None


async def test_a_folder_whose_sync_fails_promises_nothing_of_it_and_all_of_others(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    (blobs.folder / "sick").mkdir()
    sick = (blobs.folder / "sick").stat().st_ino
    syncs = Syncs(monkeypatch)
    syncs.broken = lambda found: found.st_ino == sick

    answers = await asyncio.gather(blobs.put("sick/abc-0.png", b"x"), blobs.put("well/abc-0.png", b"y"), return_exceptions=True)

    assert isinstance(answers[0], Unavailable)
    assert answers[1] is True


async def test_what_could_not_be_listed_safely_is_not_there_to_be_adopted(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    (blobs.folder / "sick").mkdir()
    sick = (blobs.folder / "sick").stat().st_ino
    Syncs(monkeypatch).broken = lambda found: found.st_ino == sick
    with pytest.raises(Unavailable):
        await blobs.put("sick/abc-0.png", b"a picture")

    assert await blobs.get("sick/abc-0.png") is None


async def test_a_new_folder_whose_sync_failed_is_synced_by_the_next_put(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = Syncs(monkeypatch)
    top = blobs.folder.stat().st_ino
    syncs.broken = lambda found: found.st_ino == top
    with pytest.raises(Unavailable):
        await blobs.put(KEY, b"a picture")
    syncs.broken = lambda found: False

    assert await blobs.put("2026-01-01/1200/def-0.png", b"another")

    assert syncs.of(blobs.folder) >= 1


async def test_a_put_into_a_folder_that_is_just_being_removed_makes_it_anew(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    removed, go_on = threading.Event(), threading.Event()
    rmdir = os.rmdir

    def slow_rmdir(path: str | Path) -> None:
        rmdir(path)
        removed.set()
        go_on.wait(0.3)

    await blobs.put(KEY, b"a picture")
    monkeypatch.setattr(os, "rmdir", slow_rmdir)
    deleting = asyncio.create_task(blobs.delete(["2026-01-01/1200/abc"]))
    await asyncio.to_thread(removed.wait, 5)

    try:
        assert await blobs.put("2026-01-01/1200/def-0.png", b"another")
    finally:
        go_on.set()
        await deleting


async def test_a_folder_that_was_taken_away_is_waited_for_and_not_made_anew(blobs: DiskBlobs) -> None:
    await blobs.put(KEY, b"a picture")
    away = blobs.folder.with_name("away")
    blobs.folder.rename(away)

    for asked in (blobs.put("2026-01-01/1201/def-0.png", b"another"), blobs.put(KEY, b"it"), blobs.get(KEY), blobs.keys_in("2026-01-01/1200")):
        with pytest.raises(Unavailable):
            await asked
    with pytest.raises(Unavailable):
        await blobs.delete(["2026-01-01/1200/abc"])
    assert not blobs.folder.exists()

    away.rename(blobs.folder)
    assert await blobs.get(KEY) == b"a picture"
    assert await blobs.put("2026-01-01/1201/def-0.png", b"another")


async def test_an_empty_folder_in_its_place_is_not_taken_for_it(blobs: DiskBlobs) -> None:
    """As a disk leaves it that is no longer mounted."""
    await blobs.put(KEY, b"a picture")
    blobs.folder.rename(blobs.folder.with_name("away"))
    blobs.folder.mkdir()

    for asked in (blobs.put("2026-01-01/1201/def-0.png", b"another"), blobs.get(KEY), blobs.keys_in("2026-01-01/1200")):
        with pytest.raises(Unavailable, match="another folder lies where the pictures were"):
            await asked
    with pytest.raises(Unavailable, match="another folder"):
        await blobs.delete(["2026-01-01/1200/abc"])
    assert everything_in(blobs.folder) == []


async def test_a_file_that_cannot_be_read_is_unavailable_and_not_missing(blobs: DiskBlobs) -> None:
    (blobs.folder / KEY).mkdir(parents=True)

    with pytest.raises(Unavailable, match="cannot be read just now"):
        await blobs.get(KEY)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
async def test_a_file_that_may_not_be_read_is_unavailable_and_not_missing(blobs: DiskBlobs) -> None:
    await blobs.put(KEY, b"a picture")
    (blobs.folder / KEY).chmod(0)

    with pytest.raises(Unavailable, match="cannot be read just now"):
        await blobs.get(KEY)


async def test_a_file_that_cannot_be_deleted_is_unavailable(blobs: DiskBlobs) -> None:
    (blobs.folder / KEY).mkdir(parents=True)

    with pytest.raises(Unavailable, match="cannot be deleted just now"):
        await blobs.delete(["2026-01-01/1200/abc"])


async def test_a_put_that_nobody_waits_for_any_more_is_done_all_the_same(blobs: DiskBlobs) -> None:
    putting = asyncio.create_task(blobs.put(KEY, b"a picture"))
    await asyncio.sleep(0)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting

    assert await blobs.put("2026-01-01/1200/def-0.png", b"another")
    assert await blobs.get(KEY) == b"a picture"


def test_a_loop_that_ended_does_not_stop_the_writer(tmp_path: Path) -> None:
    blobs = DiskBlobs(tmp_path)

    async def leave() -> None:
        asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)  # type: ignore[union-attr]  # a test runs in a task
        await blobs.put(KEY, b"x" * 1_000_000)

    for _ in range(3):
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(leave())

    assert asyncio.run(blobs.put("2026-01-01/1200/def-0.png", b"another"))
