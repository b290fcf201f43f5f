"""What is loaded while there is room, and what goes where there is none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mezzotint.engines.diffusers.residents import Residents


def test_the_least_recently_used_makes_room() -> None:
    gone: list[str] = []
    residents: Residents[str] = Residents(10, gone.append)
    for name in ("a", "b"):
        residents.make_room(5)
        residents.put(name, name.upper(), 5)
    assert residents.get("a") == "A"

    residents.make_room(4)

    assert gone == ["B"]
    assert residents.names == ("a",)
    assert residents.get("b") is None


def test_what_is_larger_than_all_the_room_gets_all_of_it() -> None:
    gone: list[str] = []
    residents: Residents[str] = Residents(10, gone.append)
    residents.put("a", "A", 5)

    residents.make_room(50)

    assert gone == ["A"]


def test_what_is_in_use_stays() -> None:
    gone: list[str] = []
    residents: Residents[str] = Residents(10, gone.append)
    for name in "ab":
        residents.put(name, name, 5)

    residents.make_room(8, keep="a")

    assert (gone, residents.names) == (["b"], ("a",))


def test_one_may_be_left_alone() -> None:
    gone: list[str] = []
    residents: Residents[str] = Residents(100, gone.append)
    for name in "abc":
        residents.put(name, name, 1)

    assert residents.drop_others("b")
    assert not residents.drop_others("b")
    assert (sorted(gone), residents.names) == (["a", "c"], ("b",))


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(1, 6)), max_size=60))
def test_there_is_never_more_than_fits_and_the_last_one_is_always_there(asked: list[tuple[str, int]]) -> None:
    sizes: dict[str, int] = {}
    residents: Residents[str] = Residents(10, sizes.__delitem__)
    recent: list[str] = []
    for name, size in asked:
        if residents.get(name) is None:
            residents.make_room(size)
            residents.put(name, name, size)
            sizes[name] = size
        recent = [*[other for other in recent if other != name], name]
        assert sum(sizes.values()) <= 10
        assert residents.names[-1] == name
        assert list(residents.names) == [other for other in recent if other in sizes]
