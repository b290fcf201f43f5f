"""Where pictures lie: one prefix for a task, and no task under another's."""

from __future__ import annotations

from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint.blobs.memory import MemoryBlobs
from mezzotint.core import ids, places
from mezzotint.core.catalogue import CARDS

TIMES = st.integers(0, 4_102_444_800_000)  # until 2100
NOISE = st.binary(min_size=ids.RANDOM_BYTES, max_size=ids.RANDOM_BYTES)
TASK = ids.mint(1_800_000_000_000, bytes(10))  # 2027-01-15 08:00 UTC


def keys_of(task: UUID) -> list[str]:
    return [
        places.manifest(task),
        places.painted(task, 0, "png"),
        places.painted(task, 12, "jpeg"),
        places.given(task, "image", None),
        places.given(task, "images", 3),
        places.uploaded(task),
    ]


def test_a_tasks_pictures_lie_in_the_folder_of_its_minute() -> None:
    name = f"2027-01-15/0800/{TASK.hex}"

    assert places.prefix(TASK) == name
    assert keys_of(TASK) == [f"{name}-outcome.json", f"{name}-0.png", f"{name}-12.jpeg", f"{name}-given.image", f"{name}-given.images.3", f"{name}-file"]


@given(TIMES, NOISE)
def test_every_key_up_to_its_last_dash_is_the_prefix(time: int, noise: bytes) -> None:
    task = ids.mint(time, noise)

    assert {key.rpartition("-")[0] for key in keys_of(task)} == {places.prefix(task)}
    assert len(set(keys_of(task))) == len(keys_of(task))


def test_no_parameter_has_a_name_that_would_break_a_key() -> None:
    names = {parameter.name for card in CARDS for parameter in card.image_parameters}

    assert names
    assert not any(set(name) & set("-/.\\") for name in names)


@given(TIMES, NOISE, TIMES, NOISE)
def test_two_tasks_share_no_key(time: int, noise: bytes, other: int, more: bytes) -> None:
    one, two = ids.mint(time, noise), ids.mint(other, more)

    assert (places.prefix(one) == places.prefix(two)) == (one == two)
    assert set(keys_of(one)) & set(keys_of(two)) == (set(keys_of(one)) if one == two else set())


@given(TIMES, NOISE)
def test_a_key_is_a_plain_relative_path(time: int, noise: bytes) -> None:
    for key in keys_of(ids.mint(time, noise)):
        folder, minute, name = key.split("/")
        assert len(folder) == 10
        assert len(minute) == 4
        assert name.isascii()
        assert not name.startswith(".")


async def test_deleting_a_tasks_prefix_deletes_all_that_is_its_own_and_nothing_else() -> None:
    blobs, neighbour = MemoryBlobs(), ids.mint(1_800_000_000_000, bytes(9) + b"\1")
    for key in (*keys_of(TASK), *keys_of(neighbour)):
        await blobs.put(key, b"x")

    await blobs.delete([places.prefix(TASK)])

    assert [key for key in keys_of(TASK) if await blobs.get(key)] == []
    assert [key for key in keys_of(neighbour) if await blobs.get(key)] == keys_of(neighbour)


@given(TIMES, NOISE)
def test_a_key_says_whose_it_is_and_whether_it_came_with_the_request(time: int, noise: bytes) -> None:
    task = ids.mint(time, noise)

    assert {places.task_of(key) for key in keys_of(task)} == {task}
    assert [places.is_given(key) for key in keys_of(task)] == [False, False, False, True, True, True]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "x",
        f"{TASK.hex}-0.png",
        f"2027-01-15/0801/{TASK.hex}-0.png",
        f"2027-01-15/0800/{TASK}-0.png",
        "2027-01-15/0800/abc-0.png",
        f"2027-01-15/0800/{'f' * 32}-0.png",
    ],
)
def test_what_is_no_key_of_ours_is_nobodys(key: str) -> None:
    assert places.task_of(key) is None
