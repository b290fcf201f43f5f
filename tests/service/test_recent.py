"""What is kept and what is forgotten."""

from __future__ import annotations

from mezzotint.service.recent import Recent


def filled(room: int, count: int) -> Recent[int, str]:
    recent: Recent[int, str] = Recent(room)
    for number in range(count):
        recent.put(number, f"of {number}")
    return recent


def test_what_there_is_room_for_is_kept() -> None:
    recent = filled(3, 3)

    assert [recent.get(number) for number in range(4)] == ["of 0", "of 1", "of 2", None]


def test_the_oldest_makes_room() -> None:
    recent = filled(3, 5)

    assert [recent.get(number) for number in range(5)] == [None, None, "of 2", "of 3", "of 4"]


def test_what_is_asked_for_is_kept_longer() -> None:
    recent = filled(3, 3)

    recent.get(0)
    recent.put(3, "of 3")

    assert recent.get(0) == "of 0"
    assert recent.get(1) is None


def test_what_is_put_again_is_new_and_takes_no_more_room() -> None:
    recent = filled(2, 2)

    recent.put(0, "another")
    recent.put(2, "of 2")

    assert [recent.get(number) for number in range(3)] == ["another", None, "of 2"]
