"""The ways to present a key."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from mezzotint.core.accounts import DEFAULT_ACCOUNT, LONGEST_KEY, READ, ApiKey, digest, handle
from mezzotint.core.errors import InvalidRequest, NotAuthenticated
from mezzotint.http.auth import Authenticator, presented, token_matches
from mezzotint.ledger.memory import MemoryLedger
from tests.clocks import HandClock

KEY = "mz_" + "c" * 48


def a_request(*headers: tuple[str, str]) -> Request:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": raw, "query_string": b""}
    return Request(scope)


@pytest.fixture
async def ledger(clock: HandClock) -> MemoryLedger:
    made = MemoryLedger(clock)
    await made.add_key(ApiKey("k", "painters", "", 0.0), digest(KEY))
    return made


# what is in the headers


@pytest.mark.parametrize(
    "value",
    [KEY, f"Bearer {KEY}", f"bearer {KEY}", f"BEARER {KEY}", f"Bearer   {KEY}  ", f" {KEY} ", f"Token {KEY}", f"Key {KEY}"],
)
@pytest.mark.parametrize("header", ["authorization", "x-key"])
def test_a_key_is_found_in_any_of_the_usual_forms(header: str, value: str) -> None:
    assert presented(a_request((header, value))) == KEY


@pytest.mark.parametrize("value", ["", " ", "Bearer", "Bearer ", "bearer", "Token", "Key "])
def test_a_scheme_without_a_key_is_no_key(value: str) -> None:
    assert presented(a_request(("authorization", value))) is None


def test_no_header_is_no_key() -> None:
    assert presented(a_request(("host", "here"))) is None


def test_the_same_key_twice_is_one_key() -> None:
    assert presented(a_request(("authorization", f"Bearer {KEY}"), ("x-key", KEY), ("authorization", KEY))) == KEY


def test_an_empty_header_beside_a_key_does_not_matter() -> None:
    assert presented(a_request(("authorization", ""), ("x-key", KEY))) == KEY


@pytest.mark.parametrize("second", ["authorization", "x-key"])
def test_two_keys_in_one_request_are_refused_and_not_shown(second: str) -> None:
    with pytest.raises(InvalidRequest, match="Two different keys") as caught:
        presented(a_request(("authorization", KEY), (second, "mz_other")))

    assert "mz_" not in str(caught.value)


# whose key it is


async def test_a_key_of_the_ledger_speaks_for_its_account(ledger: MemoryLedger, clock: HandClock) -> None:
    found = await Authenticator(ledger, clock).required(a_request(("authorization", f"Bearer {KEY}")), READ)

    assert (found.id, found.account) == ("k", "painters")


async def test_a_key_of_the_settings_speaks_for_the_default_account(ledger: MemoryLedger, clock: HandClock) -> None:
    found = await Authenticator(ledger, clock, ["fixed"]).required(a_request(("x-key", "fixed")), READ)

    assert (found.id, found.account) == (handle(digest("fixed")), DEFAULT_ACCOUNT)


@pytest.mark.parametrize(("kept", "given"), [("sk-abc", "abc"), ("abc", "sk-abc"), ("sk-abc", "sk-abc"), ("abc", "abc")])
async def test_a_key_may_come_with_its_prefix_or_without(ledger: MemoryLedger, clock: HandClock, kept: str, given: str) -> None:
    assert await Authenticator(ledger, clock, [kept]).optional(a_request(("authorization", given)))


@pytest.mark.parametrize(
    "given",
    ["wrong", KEY[:-1], KEY + "x", KEY.upper(), "sk-sk-" + KEY, "x" * (LONGEST_KEY + 1), "x" * 100_000, f"Basic {KEY}", "\xff\xfe", "'; --", f"{KEY},{KEY}"],
    ids=lambda value: f"{value:.20}",
)
async def test_a_key_that_nobody_has_is_refused_even_where_none_is_needed(ledger: MemoryLedger, clock: HandClock, given: str) -> None:
    authenticator = Authenticator(ledger, clock, ["fixed"])

    for asked in (authenticator.optional, authenticator.required):
        with pytest.raises(NotAuthenticated, match=r"^Invalid token$"):
            await asked(a_request(("authorization", given)), READ)


async def test_where_no_key_came_it_is_said_how_to_send_one(ledger: MemoryLedger, clock: HandClock) -> None:
    authenticator = Authenticator(ledger, clock)

    assert await authenticator.optional(a_request()) is None
    with pytest.raises(NotAuthenticated, match="Authorization: Bearer <key>, or as x-key"):
        await authenticator.required(a_request(), READ)


async def test_a_key_ends_with_its_second(ledger: MemoryLedger, clock: HandClock) -> None:
    await ledger.add_key(ApiKey("short", "painters", "", 0.0, expires=clock.now() + 60), digest("short-lived"))
    authenticator, request = Authenticator(ledger, clock), a_request(("x-key", "short-lived"))
    clock.advance(59.9)
    assert (await authenticator.required(request, READ)).account == "painters"

    clock.advance(0.1)

    with pytest.raises(NotAuthenticated):
        await authenticator.required(request, READ)


async def test_a_revoked_key_is_refused_at_once(ledger: MemoryLedger, clock: HandClock) -> None:
    authenticator, request = Authenticator(ledger, clock), a_request(("x-key", KEY))
    assert (await authenticator.required(request, READ)).account == "painters"

    await ledger.revoke_key("k")

    with pytest.raises(NotAuthenticated):
        await authenticator.required(request, READ)


# tokens


@pytest.mark.parametrize(
    ("given", "expected", "matches"),
    [
        ("token", "token", True),
        ("tökén", "tökén", True),
        ("Token", "token", False),
        ("toke", "token", False),
        ("token ", "token", False),
        ("", "token", False),
        (None, "token", False),
        ("\ud800", "token", False),
        ("", "", False),
        (None, "", False),
        ("token", "", False),
    ],
)
def test_only_the_token_itself_matches_and_an_empty_one_nothing(given: str | None, expected: str, matches: bool) -> None:
    assert token_matches(given, expected) is matches
