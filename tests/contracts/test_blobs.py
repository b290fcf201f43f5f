"""What every blob store must do. Each test runs over each implementation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mezzotint.blobs.disk import DiskBlobs
from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core import places
from mezzotint.ports import BlobStore
from tests.tasks import an_id

KEY = "2026-01-01/1200/abc-0.png"


@pytest.fixture(params=["memory", "disk"])
def blobs(request: Any, tmp_path: Path) -> BlobStore:
    return MemoryBlobs() if request.param == "memory" else DiskBlobs(tmp_path / "a folder" / "images")


async def test_what_was_put_can_be_got(blobs: BlobStore) -> None:
    assert await blobs.put(KEY, b"a picture")

    assert await blobs.get(KEY) == b"a picture"
    assert await blobs.get(KEY) == b"a picture"


@pytest.mark.parametrize("key", [KEY, "2026-01-01/1159/abc-1.png", "2026-01-02/1159/abc-0.png", "nothing", "2026-01-01/1159/abc-0.png/deeper"])
async def test_a_key_that_nobody_put_is_nothing(blobs: BlobStore, key: str) -> None:
    await blobs.put("2026-01-01/1159/abc-0.png", b"another")

    assert await blobs.get(key) is None


async def test_the_first_to_put_a_key_keeps_it(blobs: BlobStore) -> None:
    assert await blobs.put(KEY, b"first")

    assert not await blobs.put(KEY, b"second, and longer")
    assert await blobs.get(KEY) == b"first"


@pytest.mark.parametrize("second", [b"2", b"second", b"second, and longer than the first", b""])
async def test_what_was_put_can_be_replaced_where_that_is_asked_for(blobs: BlobStore, second: bytes) -> None:
    assert await blobs.put(KEY, b"the first", replace=True)

    assert await blobs.put(KEY, second, replace=True)
    assert await blobs.get(KEY) == second
    assert not await blobs.put(KEY, b"third")
    assert await blobs.get(KEY) == second


async def test_of_many_at_once_one_wins_and_keeps_its_own(blobs: BlobStore) -> None:
    won = await asyncio.gather(*(blobs.put(KEY, str(n).encode()) for n in range(100)))

    assert won.count(True) == 1
    assert await blobs.get(KEY) == str(won.index(True)).encode()


async def test_many_keys_at_once_do_not_mix(blobs: BlobStore) -> None:
    keys = [f"2026-01-01/{minute:04d}/task{n}-0.png" for minute in range(5) for n in range(60)]

    assert all(await asyncio.gather(*(blobs.put(key, key.encode()) for key in keys)))
    assert await asyncio.gather(*(blobs.get(key) for key in keys)) == [key.encode() for key in keys]


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 21 * 1024 * 1024])
async def test_data_of_any_size_comes_back_byte_for_byte(blobs: BlobStore, size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[:size]

    assert await blobs.put(KEY, data)
    assert await blobs.get(KEY) == data


async def test_what_was_put_does_not_change_with_the_buffer_it_came_in(blobs: BlobStore) -> None:
    buffer = bytearray(b"before")
    await blobs.put(KEY, buffer)  # type: ignore[arg-type]  # a buffer where bytes are asked for, as a careless caller gives
    buffer[:] = b"after!"

    assert await blobs.get(KEY) == b"before"


ODD = (
    "one",
    "2026-01-01/1200/abc-given.input_image.7",
    "folder/a b c-0.png",
    "folder/ü Ğ 猫 🐈-0.png",
    "folder/.hidden-0",
    "folder/...-0",
    "folder/-dash-0",
    "folder/%2e%2e%2f-0",
    "folder/tab\tnew\nline-0",
    "folder/quote'\"$(x);*?[a]-0",
    "folder/" + "x" * 200 + "-0",
    "a/b/c/d/e/f/g-0",
)


@pytest.mark.parametrize("key", ODD)
async def test_odd_keys_are_keys(blobs: BlobStore, key: str) -> None:
    assert await blobs.put(key, key.encode())
    assert not await blobs.put(key, b"")

    assert await blobs.get(key) == key.encode()
    if "-" in key:
        await blobs.delete([key.rpartition("-")[0]])
        assert await blobs.get(key) is None


# deleting


async def test_deleting_a_prefix_deletes_all_of_its_task_and_nothing_of_another(blobs: BlobStore) -> None:
    mine = [f"2026-01-01/1200/abc-{name}" for name in ("0.png", "1.webp", "outcome.json", "given.image_prompt", "given.input_image.1")]
    others = ["2026-01-01/1200/abcd-0.png", "2026-01-01/1200/ab-0.png", "2026-01-01/1200/abc", "2026-01-01/1201/abc-0.png", "2026-01-02/1200/abc-0.png"]
    for key in mine + others:
        await blobs.put(key, key.encode())

    await blobs.delete(["2026-01-01/1200/abc"])

    assert [key for key in mine + others if await blobs.get(key) is not None] == others


@pytest.mark.parametrize("prefix", ["2026-01-01/1200/ab", "2026-01-01/1200/a", "2026-01-01/1200", "2026-01-01", "2026-01-01/1200/abc-0.png", "nowhere/at/all"])
async def test_a_prefix_is_a_whole_one(blobs: BlobStore, prefix: str) -> None:
    await blobs.put(KEY, b"a picture")

    await blobs.delete([prefix])

    assert await blobs.get(KEY) == b"a picture"


async def test_many_prefixes_are_deleted_at_once(blobs: BlobStore) -> None:
    tasks = [an_id(1_800_000_000_000 + 20_000 * n) for n in range(30)]  # in ten minutes' folders
    keys = [places.painted(task, index, "png") for task in tasks for index in range(2)]
    for key in keys:
        await blobs.put(key, b"x")

    await blobs.delete([places.prefix(task) for task in tasks[:20]])

    left = [key for key in keys if await blobs.get(key) is not None]
    assert left == keys[40:]


async def test_deleting_nothing_and_deleting_again_are_no_errors(blobs: BlobStore) -> None:
    await blobs.put(KEY, b"a picture")

    await blobs.delete([])
    assert await blobs.get(KEY) == b"a picture"
    await blobs.delete(["2026-01-01/1200/abc", "2026-01-01/1200/abc"])
    await blobs.delete(["2026-01-01/1200/abc"])
    assert await blobs.get(KEY) is None


async def test_a_deleted_key_may_be_put_again(blobs: BlobStore) -> None:
    for content in (b"first", b"second"):
        assert await blobs.put(KEY, content)
        assert await blobs.get(KEY) == content
        await blobs.delete(["2026-01-01/1200/abc"])
    assert await blobs.get(KEY) is None


async def test_a_folders_keys_are_its_own(blobs: BlobStore) -> None:
    for key in ("2026-01-01/1200/abc-0.png", "2026-01-01/1200/def-given.image", "2026-01-01/1201/abc-0.png", "2026-01-02/1200/abc-0.png"):
        await blobs.put(key, b"x")

    assert sorted(await blobs.keys_in("2026-01-01/1200")) == ["2026-01-01/1200/abc-0.png", "2026-01-01/1200/def-given.image"]


@pytest.mark.parametrize("folder", ["2026-01-01/1159", "2026-01-03", KEY])
async def test_where_there_is_no_folder_there_are_no_keys(blobs: BlobStore, folder: str) -> None:
    await blobs.put(KEY, b"x")

    assert await blobs.keys_in(folder) == []
