"""`mezzotint providers`, and what doctor says of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mezzotint.cli.console import Exit
from mezzotint.cli.providers import _seen, _sentence
from mezzotint.core.conditions import Condition, Findings, State
from tests.acceptance.chains import operators_file, through
from tests.cli.conftest import Run
from tests.providers import KEY, FakeBFL, serving_providers


@pytest.fixture
def bfl() -> Iterator[FakeBFL]:
    fake = FakeBFL()
    with serving_providers(fake):
        yield fake


def a_file(bfl: FakeBFL, **more: object) -> dict[str, str]:
    """The operator's file, as settings."""
    provider = {"kind": "bfl", "base_url": bfl.url, "key_env": "THE_KEY", "credits_per_day": 50} | more
    path = Path("mezzotint.toml").absolute()
    path.write_text(operators_file({"flux-dev": through("bfl")}, {"bfl": provider}))
    return {"MEZZOTINT_CONFIG": str(path), "THE_KEY": KEY}


def test_without_providers_that_is_said(run: Run) -> None:
    said, told = run("providers"), run("providers", "--json")

    assert (said.code, told.code) == (0, 0)
    assert said.out.startswith("no providers")
    assert told.objects == [{"object": "list", "data": []}]


def test_each_provider_is_told_with_how_it_is_and_what_it_costs(run: Run, bfl: FakeBFL) -> None:
    settings = a_file(bfl)
    said, told = run("providers", **settings), run("providers", "--json", **settings)

    assert said.code == 0
    assert said.out.splitlines() == [
        f"ok   bfl (bfl): at {bfl.url} the key is accepted, 100 credits left",
        "     0 of 50 credits today, 0 this month for 0 pictures; 2 models may be sent to it",
    ]
    [entry] = told.objects[0]["data"]
    assert (entry["name"], entry["good"], entry["models"], entry["credits_per_month"]) == ("bfl", True, ["flux-dev", "black-forest-labs/flux-dev"], None)
    assert KEY not in said.out + said.err


def test_a_key_that_is_refused_or_missing_is_said_and_fails(run: Run, bfl: FakeBFL) -> None:
    settings = a_file(bfl)
    wrong, missing = run("providers", **(settings | {"THE_KEY": "wrong"})), run("providers", **(settings | {"THE_KEY": ""}))

    assert (wrong.code, missing.code) == (Exit.UPSTREAM, Exit.UPSTREAM)
    assert "the key is refused" in wrong.out
    assert "the variable THE_KEY holds no key" in missing.out


def test_doctor_looks_at_the_file_every_engine_and_every_provider(run: Run, bfl: FakeBFL) -> None:
    told = run("doctor", "--json", **a_file(bfl))

    assert told.code == 0
    assert [entry["what"] for entry in told.objects] == ["version", "settings", "data folder", "ledger", "server", "mezzotint.toml", "engine", "provider bfl"]
    assert "1 entries for models, 1 providers" in told.objects[5]["said"]


def test_doctor_says_what_is_wrong_with_the_file(run: Run, bfl: FakeBFL) -> None:
    told = run("doctor", "--json", **a_file(bfl, speed=3))

    assert told.code == Exit.FAILED
    [wrong] = [entry for entry in told.objects if not entry["good"]]
    assert wrong["what"] == "mezzotint.toml"
    assert "[providers.bfl] there is no speed here" in wrong["said"]


def test_how_a_worker_finds_a_provider_is_a_sentence() -> None:
    condition = Condition("bfl", State.RESTING, 3, 5, 60.0, 1.0, "it answered 503: on fire")
    idle = Condition("bfl", State.WELL)
    found = Findings("local", 1_800_000_000.0, (condition, idle))

    assert _sentence(_seen(found, condition)) == (
        "resting 2027-01-15 08:00:00 UTC, as worker local found it: 3 answers, the last 2027-01-15 07:59:00 UTC, "
        "5 failures, the last 2027-01-15 07:59:59 UTC: it answered 503: on fire"
    )
    assert _sentence(_seen(found, idle)) == "well 2027-01-15 08:00:00 UTC, as worker local found it: 0 answers, 0 failures"
