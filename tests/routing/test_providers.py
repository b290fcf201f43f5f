"""Keys of providers: from the environment or a file, and never in what is said about them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mezzotint.core.errors import BadSetting
from mezzotint.routing import Kind, Provider
from mezzotint.routing.providers import key_of


def a_provider(**rest: object) -> Provider:
    return Provider("p", Kind.BFL, "https://api.bfl.ai", **rest)  # type: ignore[arg-type]  # fields by name


def test_a_key_comes_from_the_variable_that_is_named() -> None:
    assert key_of(a_provider(key_env="THE_KEY"), {"THE_KEY": " bfl_abc\n"}) == "bfl_abc"


def test_a_key_comes_from_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("bfl_abc\n")

    assert key_of(a_provider(key_file=tmp_path / "key"), {}) == "bfl_abc"


def test_a_provider_may_need_none() -> None:
    assert key_of(a_provider(), {"BFL_API_KEY": "other"}) == ""


def test_a_key_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="provider p: the variable THE_KEY holds no key"):
        key_of(a_provider(key_env="THE_KEY"), {})
    with pytest.raises(BadSetting, match=r"provider p: its key file .*key cannot be read"):
        key_of(a_provider(key_file=tmp_path / "key"), {})


@pytest.mark.parametrize("key", ["two words", "bfl_ä", "a\nb", "a\x00b"])
def test_what_can_be_no_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(BadSetting, match="characters that no key has") as refused:
        key_of(a_provider(key_env="THE_KEY"), {"THE_KEY": key})

    assert key not in str(refused.value)
