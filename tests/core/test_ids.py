"""Ids: they sort by time, and both of their spellings are read back."""

from __future__ import annotations

from uuid import UUID

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint.core import ids

TIMES = st.integers(0, 2**48 - 1)
NOISE = st.binary(min_size=ids.RANDOM_BYTES, max_size=ids.RANDOM_BYTES)
UUIDS = st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number))
KNOWN = UUID("01a3185c-5000-7000-8000-000000000013")


# minting


@given(TIMES, NOISE)
def test_a_minted_id_is_a_uuid_of_version_7_that_knows_its_time(time: int, noise: bytes) -> None:
    made = ids.mint(time, noise)

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert ids.milliseconds(made) == time


def test_an_id_is_laid_out_as_in_the_rfcs_own_example() -> None:
    noise = 0xCC3 << 68 | 0x18C4DC0C0C07398F  # RFC 9562, A.6: rand_a and rand_b

    made = ids.mint(0x017F22E279B0, noise.to_bytes(ids.RANDOM_BYTES, "big"))

    assert str(made) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(TIMES, TIMES, NOISE, NOISE)
def test_ids_sort_by_the_time_they_were_made(one: int, other: int, noise: bytes, more: bytes) -> None:
    earlier, later = sorted((one, other))
    first, second = ids.mint(earlier, noise), ids.mint(later, more)

    if earlier < later:
        assert first < second
        assert first.bytes < second.bytes
        assert str(first) < str(second)
        assert ids.short(first) < ids.short(second)


@given(TIMES, NOISE, st.integers(0, 61) | st.integers(68, 79))
def test_every_bit_of_noise_that_an_id_holds_makes_another_id(time: int, noise: bytes, bit: int) -> None:
    other = int.from_bytes(noise, "big") ^ 1 << bit

    assert ids.mint(time, noise) != ids.mint(time, other.to_bytes(ids.RANDOM_BYTES, "big"))


@pytest.mark.parametrize("size", [0, 9, 11, 16])
def test_an_id_takes_exactly_its_noise(size: int) -> None:
    with pytest.raises(ValueError, match=f"an id takes 10 random bytes, got {size}"):
        ids.mint(0, bytes(size))


# spelling and reading


@given(UUIDS)
def test_both_spellings_are_read_back(made: UUID) -> None:
    assert ids.read(str(made)) == made
    assert ids.read(ids.short(made)) == made


@given(UUIDS)
def test_capitals_are_read_too(made: UUID) -> None:
    assert ids.read(str(made).upper()) == made
    assert ids.read(ids.short(made).upper()) == made


@given(UUIDS)
def test_the_short_spelling_is_26_plain_letters_and_digits(made: UUID) -> None:
    short = ids.short(made)

    assert len(short) == 26
    assert set(short) <= set("0123456789abcdefghjkmnpqrstvwxyz")
    assert not set(short) & set("ilou")


@given(UUIDS)
def test_the_short_spelling_is_the_number_in_base_32(made: UUID) -> None:
    digits = str.maketrans(ids.ALPHABET, "0123456789abcdefghijklmnopqrstuv")  # Python's own

    assert int(ids.short(made).translate(digits), 32) == made.int


@pytest.mark.parametrize(("number", "short"), [(0, "0" * 26), (19, "0" * 25 + "k"), (32, "0" * 24 + "10"), (2**128 - 1, "7" + "z" * 25)], ids=str)
def test_known_ids_are_spelled_as_ever(number: int, short: str) -> None:
    assert ids.short(UUID(int=number)) == short


@given(UUIDS, UUIDS)
def test_short_spellings_sort_as_the_ids_do(one: UUID, other: UUID) -> None:
    assert (ids.short(one) < ids.short(other)) == (one < other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "0" * 25,
        "0" * 27,
        "8" + "0" * 25,  # 2^128
        "z" * 26,
        "0" * 25 + "u",
        "0" * 25 + "i",
        "0" * 25 + "-",
        " " + "0" * 25,
        KNOWN.hex,
        f"{{{KNOWN}}}",
        f"urn:uuid:{KNOWN}",
        f" {KNOWN}",
        str(KNOWN).replace("-", "_"),
        str(KNOWN)[:-1] + "g",
        str(KNOWN)[:-1] + "١",  # a digit, but of another script
        "01a3185c5-000-7000-8000-000000000013",  # dashes elsewhere
        "x" * 36,
        "x" * 100_000,
        "\0" * 26,
        "\ud800" * 26,
    ],
    ids=lambda text: repr(text[:40]),
)
def test_nothing_else_is_an_id(text: str) -> None:
    assert ids.read(text) is None


@given(st.text(min_size=20, max_size=40) | st.text(alphabet=ids.ALPHABET + "-il", min_size=26, max_size=26))
def test_reading_never_fails_and_what_it_reads_it_would_spell(text: str) -> None:
    found = ids.read(text)

    assert found is None or text.lower() in (ids.short(found), str(found))


def test_a_letter_that_only_looks_like_one_of_ours_is_none() -> None:
    assert ids.read("0" * 25 + "\N{KELVIN SIGN}") is None
