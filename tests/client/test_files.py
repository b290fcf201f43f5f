"""A file appears whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mezzotint.client.files import write_whole


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_is_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.jpeg", b"picture")

    assert (tmp_path / "a.jpeg").read_bytes() == b"picture"
    assert names(tmp_path) == ["a.jpeg"]


def test_one_that_is_there_is_replaced_in_one_go(tmp_path: Path) -> None:
    target = tmp_path / "a.jpeg"
    target.write_bytes(b"old")
    with target.open("rb") as reader:
        write_whole(str(target), b"new")

        assert reader.read() == b"old"  # who was reading reads on
    assert target.read_bytes() == b"new"


def test_what_cannot_be_written_leaves_nothing_behind_and_the_old_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.jpeg"
    target.write_bytes(b"old")

    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_whole(target, b"new")

    assert names(tmp_path) == ["a.jpeg"]
    assert target.read_bytes() == b"old"


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "a.jpeg", b"picture")


def test_it_may_be_read_by_whomever_the_umask_allows(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a.jpeg", b"picture")
    finally:
        os.umask(before)

    assert (tmp_path / "a.jpeg").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["n" * 250 + ".jpeg", "ü" * 120 + ".jpeg", "-o.jpeg", " .jpeg", ".hidden", "a\nb"])
def test_any_name_that_the_system_takes_is_taken(tmp_path: Path, name: str) -> None:
    write_whole(tmp_path / name, b"picture")

    assert names(tmp_path) == [name]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.jpeg").write_bytes(b"old")
    (tmp_path / "link.jpeg").symlink_to("real/a.jpeg")

    write_whole(tmp_path / "link.jpeg", b"new")

    assert (tmp_path / "link.jpeg").is_symlink()
    assert (tmp_path / "real" / "a.jpeg").read_bytes() == b"new"


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_whole(os.devnull, b"picture")

    assert not Path(os.devnull).is_file()


def test_a_pipe_gets_the_picture(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_whole(tmp_path / "pipe", b"picture")
    reader.join(10)

    assert got == [b"picture"]
    assert (tmp_path / "pipe").is_fifo()
