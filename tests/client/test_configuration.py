"""Where the server is and what key to show."""

from __future__ import annotations

import pytest

from mezzotint import AsyncClient, Client
from mezzotint.client.configuration import DEFAULT_URL, KEYS, URLS, api_key, base_url
from mezzotint.core.errors import BadSetting


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*URLS, *KEYS):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (None, {}, DEFAULT_URL),
        (None, {"COMETAPI_BASE_URL": "https://comet.example"}, "https://comet.example"),
        (None, {"MEZZOTINT_BASE_URL": "http://ours", "COMETAPI_BASE_URL": "https://comet.example"}, "http://ours"),
        (None, {"MEZZOTINT_BASE_URL": "", "COMETAPI_BASE_URL": "https://comet.example"}, "https://comet.example"),
        (None, {"MEZZOTINT_BASE_URL": "  "}, DEFAULT_URL),
        ("http://given:1", {"MEZZOTINT_BASE_URL": "http://ours"}, "http://given:1"),
        ("http://host/", {}, "http://host"),
        ("http://host///", {}, "http://host"),
        (" http://host\n", {}, "http://host"),
        ("https://host/below/a/path/", {}, "https://host/below/a/path"),
        ("http://[::1]:8000", {}, "http://[::1]:8000"),
        ("HTTP://HOST", {}, "HTTP://HOST"),
    ],
)
def test_the_base_url_is_given_or_ours_or_comets_or_the_default(given: str | None, environment: dict[str, str], expected: str) -> None:
    assert base_url(given, environment) == expected


@pytest.mark.parametrize(
    "wrong",
    ["127.0.0.1:8000", "localhost", "ftp://host", "http://", "http://:80", "http://host:port", "http://host:99999", "http://[::1", "http://a b", "http://h?a=1", "http://h#f"],
)  # fmt: skip
def test_what_is_no_base_url_is_named(wrong: str) -> None:
    with pytest.raises(BadSetting, match="is no base URL: expected an http or https address") as refused:
        base_url(wrong, {})

    assert wrong in str(refused.value)
    for client in (Client, AsyncClient):
        with pytest.raises(BadSetting):
            client(wrong)


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (None, {}, None),
        (None, {"BFL_API_KEY": "bfl"}, "bfl"),
        (None, {"BFL_API_KEY": "bfl", "COMETAPI_KEY": "comet"}, "comet"),
        (None, {"BFL_API_KEY": "bfl", "COMETAPI_KEY": "comet", "MEZZOTINT_API_KEY": "ours"}, "ours"),
        ("given", {"MEZZOTINT_API_KEY": "ours"}, "given"),
        (None, {"MEZZOTINT_API_KEY": "copied\r\n"}, "copied"),
        (None, {"MEZZOTINT_API_KEY": " "}, None),
    ],
)
def test_the_key_is_given_or_ours_or_theirs(given: str | None, environment: dict[str, str], expected: str | None) -> None:
    assert api_key(given, environment) == expected


@pytest.mark.parametrize("wrong", ["schlüssel", "two\nlines", "a\0b", "“quoted”"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(wrong: str) -> None:
    with pytest.raises(BadSetting, match="holds characters that no key has") as refused:
        api_key(wrong, {})

    assert wrong not in str(refused.value)


def test_clients_read_the_environment_when_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEZZOTINT_BASE_URL", "http://elsewhere:1234/")

    assert Client().base_url == AsyncClient().base_url == "http://elsewhere:1234"
