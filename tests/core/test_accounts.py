"""Keys: made of randomness, known by their digest, valid for their time."""

from __future__ import annotations

import hashlib

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mezzotint.core.accounts import KEY_SHAPE, ApiKey, Rate, digest, handle, new_key, read_rate

NOW = 1_800_000_000.0


@given(st.binary(min_size=24, max_size=24))
def test_a_new_key_has_its_shape_and_all_of_its_randomness(entropy: bytes) -> None:
    key = new_key(entropy)

    assert KEY_SHAPE.fullmatch(key)
    assert bytes.fromhex(key.removeprefix("mz_")) == entropy


@pytest.mark.parametrize("size", [0, 16, 23, 25, 32])
def test_a_key_takes_exactly_24_random_bytes(size: int) -> None:
    with pytest.raises(ValueError, match=f"24 random bytes, got {size}"):
        new_key(bytes(size))


@pytest.mark.parametrize("text", ["mz_", "mz_" + "a" * 47, "mz_" + "A" * 48, "mz_" + "g" * 48, "sk_" + "a" * 48, "mz_" + "a" * 49])
def test_what_has_not_the_shape_is_no_key_of_ours(text: str) -> None:
    assert KEY_SHAPE.fullmatch(text) is None


def test_a_digest_is_sha256_in_hex() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest("schlüssel") == hashlib.sha256("schlüssel".encode()).hexdigest()


@given(st.text(max_size=600))
def test_any_text_at_all_has_a_digest(text: str) -> None:
    assert len(digest(text)) == 64


def test_even_a_lone_surrogate_has_a_digest_of_its_own() -> None:
    assert digest("\ud800") != digest("\ud801")


def test_a_handle_is_the_digests_beginning() -> None:
    assert handle(digest("abc")) == "ba7816bf8f01cfea"


@pytest.mark.parametrize(
    ("key", "valid"),
    [
        (ApiKey("k", "a", "", 0.0), True),
        (ApiKey("k", "a", "", 0.0, expires=NOW + 1), True),
        (ApiKey("k", "a", "", 0.0, expires=NOW), False),
        (ApiKey("k", "a", "", 0.0, expires=NOW - 1), False),
        (ApiKey("k", "a", "", 0.0, revoked=True), False),
        (ApiKey("k", "a", "", 0.0, expires=NOW + 1, revoked=True), False),
        (ApiKey("k", "a", "", NOW + 60), True),
    ],
    ids=["for ever", "until later", "until now", "until earlier", "revoked", "revoked before its time", "made by a clock that is ahead"],
)
def test_a_key_is_valid_until_it_expires_or_is_revoked(key: ApiKey, valid: bool) -> None:
    assert key.valid(NOW) is valid


def test_a_key_that_expires_at_the_beginning_of_time_is_not_valid_for_ever() -> None:
    assert not ApiKey("k", "a", "", 0.0, expires=0.0).valid(NOW)


@pytest.mark.parametrize(("text", "rate"), [("1/s", Rate(1, 1)), ("600/m", Rate(600, 60)), ("5/h", Rate(5, 3600)), ("999999/d", Rate(999_999, 86_400))])
def test_a_rate_is_read_as_it_is_written(text: str, rate: Rate) -> None:
    assert read_rate(text) == rate
    assert str(rate) == text


@pytest.mark.parametrize("text", ["", "10", "0/s", "-1/s", "1.5/s", "10/", "/s", "10/w", "10/ss", "1000000/s", " 1/s", "1/s\n", "\u0661/s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 10/s or 600/m"):
        read_rate(text)
