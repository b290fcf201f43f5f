"""Is it alive, is it ready, how is it doing."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mezzotint._version import __version__
from mezzotint.core.calls import Call, CallNote, CallState
from mezzotint.core.conditions import Condition, State
from mezzotint.ledger import sqlite_connections as module
from mezzotint.ledger.sqlite import SqliteLedger
from mezzotint.ledger.terms import Terms
from mezzotint.routing import Kind, Provider, Routing
from tests.clocks import HandClock
from tests.studio import Studio, a_studio


@pytest.fixture
async def on_disk(clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    """A studio whose ledger is a file, and whose patience with it is short."""
    monkeypatch.setattr(module, "BUSY", 0.05)
    studio = a_studio(clock)
    ledger = SqliteLedger(tmp_path / "ledger.db", clock, Terms())
    object.__setattr__(studio.tools, "ledger", ledger)
    yield studio
    await ledger.close()
    await studio.client.aclose()


async def ready(studio: Studio) -> tuple[int, dict[str, Any]]:
    response = await studio.client.get("/readyz")
    assert response.headers["content-type"] == "application/json"
    assert (response.status_code == 200) == ("retry-after" not in response.headers)
    return response.status_code, response.json()


async def test_a_server_that_answers_is_alive(studio: Studio) -> None:
    response = await studio.client.get("/healthz")

    assert (response.status_code, response.json()) == (200, {"ok": True})


async def test_a_server_that_takes_tasks_is_ready_and_says_how_it_stands(studio: Studio) -> None:
    await studio.created()
    await studio.tools.ledger.enlist("w")

    status, told = await ready(studio)

    assert status == 200
    assert (told["ready"], told["accepting"], told["version"], told["engine"], told["workers"]) == (True, True, __version__, "stub", 1)
    assert told["ledger"] == {"kind": "memory", "waiting": 1, "durable": False}


async def test_a_server_without_a_worker_is_ready_and_says_that_it_has_none(studio: Studio) -> None:
    await studio.tools.ledger.enlist("w")
    studio.clock.advance(16)  # past its lease

    status, told = await ready(studio)

    assert (status, told["ready"], told["workers"]) == (200, True, 0)


async def test_a_ledger_on_disk_says_that_it_is_durable(on_disk: Studio) -> None:
    status, told = await ready(on_disk)

    assert status == 200
    assert {name: told["ledger"][name] for name in ("kind", "journal_mode", "synchronous")} == {"kind": "sqlite", "journal_mode": "wal", "synchronous": 2}


async def test_a_ledger_that_cannot_be_written_is_not_ready_and_creates_say_so_too(on_disk: Studio) -> None:
    ledger = on_disk.tools.ledger
    assert isinstance(ledger, SqliteLedger)
    with contextlib.closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        status, told = await ready(on_disk)

        assert (status, told["ready"]) == (503, False)
        assert "locked" in told["why"]
        refused = await on_disk.create()
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
        assert (await on_disk.client.get("/healthz")).status_code == 200
        other.execute("ROLLBACK")

    assert (await ready(on_disk))[0] == 200
    assert await ledger.waiting() == 0
    await on_disk.created()


async def test_a_ledger_that_is_less_durable_than_promised_is_not_ready(on_disk: Studio) -> None:
    ledger = on_disk.tools.ledger
    assert isinstance(ledger, SqliteLedger)
    ledger._writer._connection.execute("PRAGMA synchronous = OFF")

    status, told = await ready(on_disk)

    assert (status, told["ready"]) == (503, False)
    assert "not durable" in told["why"]


async def test_a_ledger_that_is_closed_is_not_ready(studio: Studio) -> None:
    await studio.tools.ledger.close()

    status, told = await ready(studio)

    assert (status, told["ready"], told["why"]) == (503, False, "the ledger is closed")


async def test_a_server_that_shuts_down_is_alive_and_not_ready(studio: Studio) -> None:
    studio.door.open = False

    status, told = await ready(studio)

    assert (status, told["ready"], told["accepting"]) == (503, False, False)
    assert (await studio.client.get("/healthz")).status_code == 200


async def test_metrics_say_how_many_tasks_wait(studio: Studio) -> None:
    for _ in range(3):
        await studio.created()
    response = await studio.client.get("/metrics")
    await studio.paint()
    afterwards = await studio.client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=")
    assert "mezzotint_tasks_waiting 3.0\n" in response.text
    assert "mezzotint_tasks_waiting 0.0\n" in afterwards.text


@pytest.mark.parametrize("path", ["/health", "/healthz", "/readyz", "/metrics"])
async def test_they_need_no_key_and_can_only_be_read(studio: Studio, path: str) -> None:
    assert (await studio.client.get(path)).status_code == 200
    assert (await studio.client.head(path)).status_code == 200
    assert (await studio.client.post(path)).status_code == 405
    assert (await studio.client.get(f"{path}/more")).status_code == 404


async def test_they_say_nothing_of_what_was_asked_for(studio: Studio) -> None:
    await studio.created(prompt="a secret boat", webhook_secret="a secret word")

    for path in ("/health", "/healthz", "/readyz", "/metrics"):
        assert "secret" not in (await studio.client.get(path)).text


async def test_metrics_say_what_providers_cost_today(clock: HandClock) -> None:
    providers = {name: Provider(name, Kind.BFL, "https://api.bfl.ai") for name in ("bfl", "idle")}
    studio = a_studio(clock, routing=Routing("stub", providers=providers))
    await studio.created()
    epoch = await studio.tools.ledger.enlist("w")
    [claim] = await studio.tools.ledger.claim("w", epoch, ["stub"], 1)
    call = Call(claim.task, 0, 1, "bfl", "flux-dev", "flux-dev", CallState.SUBMITTING, claim.attempt, cost=2.5)
    await studio.tools.ledger.note_calls([CallNote(call)])
    text = (await studio.client.get("/metrics")).text

    for line in ('calls_today{provider="bfl"} 1.0', 'credits_today{provider="bfl"} 2.5', 'calls_today{provider="idle"} 0.0'):
        assert f"mezzotint_provider_{line}\n" in text


async def test_metrics_say_how_workers_find_providers_and_not_what_they_were_told(clock: HandClock) -> None:
    providers = {"bfl": Provider("bfl", Kind.BFL, "https://api.bfl.ai", per_day=50.0)}
    studio = a_studio(clock, routing=Routing("stub", providers=providers))
    found = [Condition("bfl", State.RESTING, 3, 5, 60.0, 2.0, "a private error"), Condition("gone", State.WELL)]
    await studio.tools.ledger.note_conditions("w", found)
    text = (await studio.client.get("/metrics")).text

    who = 'provider="bfl",worker="w"'
    for line in (
        'state{provider="bfl",state="resting",worker="w"} 1.0',
        'state{provider="bfl",state="well",worker="w"} 0.0',
        f"answered{{{who}}} 3.0",
        f"failed{{{who}}} 5.0",
        'credits_cap{provider="bfl",span="day"} 50.0',
        'credits_month{provider="bfl"} 0.0',
    ):
        assert f"mezzotint_provider_{line}\n" in text
    [last] = [line for line in text.splitlines() if line.startswith(f"mezzotint_provider_last_answer_seconds{{{who}}}")]
    assert float(last.rpartition(" ")[2]) == pytest.approx(clock.now() - 60)
    assert "private" not in text
    assert "gone" not in text
