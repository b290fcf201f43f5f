"""The other commands, for people and for programs."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mezzotint.cli.console import Exit
from mezzotint.client.sync import Client
from mezzotint.core.catalogue import CARDS
from mezzotint.core.schema import model_schema
from tests.acceptance.servers import KEY, Server
from tests.cli.conftest import Run

SMALL = ("--width", "256", "--height", "256")


def at(server: Server) -> dict[str, str]:
    return {"MEZZOTINT_BASE_URL": server.url, "MEZZOTINT_API_KEY": KEY}


def test_models_lists_what_is_served(run: Run) -> None:
    served = [card.name for card in CARDS if card.listed]

    assert [line.split()[0] for line in run("models").out.splitlines()] == served
    assert [entry["id"] for entry in run("models", "--json").objects] == served


@pytest.mark.parametrize("name", ["flux-dev", "flux-pro-1.0", "black-forest-labs/flux-schnell"])
def test_models_shows_one_with_its_parameters_under_any_of_its_names(run: Run, name: str) -> None:
    (schema,) = run("models", name, "--json").objects

    assert schema in [model_schema(card) for card in CARDS]
    assert all(parameter in run("models", name).out for parameter in schema["properties"])


def test_tasks_are_listed_newest_first_with_what_became_of_them(run: Run, quick: Server) -> None:
    with Client(quick.url, KEY) as client:
        made = [client.generate("flux-dev", prompt="a boat", width=256, height=256).task for _ in range(2)]

    lines = run("tasks", "--limit", "2", **at(quick)).out.splitlines()
    objects = run("tasks", "--limit", "2", "--json", **at(quick)).objects

    assert [line.split()[0] for line in lines] == [entry["id"] for entry in objects] == made[::-1]
    assert all(re.fullmatch(r"\S+  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ready +flux-dev", line) for line in lines)


def test_cancel_says_what_it_did(run: Run, slow: Server) -> None:
    with Client(slow.url, KEY) as client:
        running, waiting, third = (client.create("flux-dev", prompt="a boat", steps=50).id for _ in range(3))
        while not client.poll(running).running:
            time.sleep(0.01)

        said = [run("cancel", task, **at(slow)).out for task in (waiting, running)]
        (told,) = run("cancel", third, "--json", **at(slow)).objects
        again = run("cancel", third, **at(slow))

    assert said == ["canceled\n", "canceling\n"]
    assert (told["id"], told["status"]) == (third, "canceled")
    assert (again.code, again.out) == (0, "canceled\n")


@pytest.mark.parametrize("command", ["cancel", "watch"])
def test_a_task_that_is_not_there_is_an_error(run: Run, quick: Server, command: str) -> None:
    said = run(command, "01900000-0000-7000-8000-000000000000", **at(quick))

    assert said.code != Exit.OK
    assert "no task" in said.err


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1"])
def test_seconds_that_never_end_are_refused(run: Run, seconds: str) -> None:
    assert run("watch", "t1", "--timeout", seconds).code == run("generate", "a boat", "--timeout", seconds).code == Exit.USAGE


# keys


def test_a_key_is_made_listed_by_its_id_and_revoked_once_and_for_all(run: Run) -> None:
    (made,) = run("keys", "create", "of a test", "--days", "1", "--json").objects
    (listed,) = run("keys", "list", "--json").objects
    revoked = run("keys", "revoke", made["id"], "--json")

    assert made["key"].startswith("mz_")
    told = {"id": made["id"], "account": "default", "name": "of a test", "created": listed["created"], "expires": made["expires"], "revoked": False}
    unlimited: dict[str, object] = {"max_active": None, "scopes": [], "models": [], "budget": None, "create_rate": None, "poll_rate": None, "spent": 0.0}
    assert listed == told | unlimited
    assert made["expires"] == pytest.approx(time.time() + 86_400, abs=60)
    assert (revoked.code, revoked.objects) == (0, [{"id": made["id"], "revoked": True}])
    assert made["key"] not in run("keys", "list").out
    assert " revoked " in run("keys", "list").out


def test_a_key_for_people_is_alone_on_standard_output(run: Run) -> None:
    said = run("keys", "create")

    assert re.fullmatch(r"mz_\S+\n", said.out)
    assert "not shown again" in said.err


def test_an_expired_key_is_shown_as_such(run: Run) -> None:
    run("keys", "create", "brief", "--days", "0")

    assert re.search(r"  expired +default  brief\n", run("keys", "list").out)


@pytest.mark.parametrize("days", ["nan", "inf", "1e305", "-1", "many"])
def test_days_that_never_end_are_refused(run: Run, days: str) -> None:
    said = run("keys", "create", "--days", days)

    assert (said.code, said.out) == (Exit.USAGE, "")
    assert "Invalid value for '--days'" in said.err
    assert run("keys", "list").out == ""


def test_revoking_a_key_that_is_not_there_is_said(run: Run) -> None:
    said, told = run("keys", "revoke", "none"), run("keys", "revoke", "none", "--json")

    assert (said.code, said.err) == (Exit.USAGE, "there is no key none\n")
    assert (told.code, told.objects) == (Exit.USAGE, [{"id": "none", "revoked": False}])


def test_a_key_may_be_let_do_less(run: Run) -> None:
    run("keys", "create", "--budget", "5", "--may", "read", "--model", "flux-dev", "--model", "flux-2-pro")

    (listed,) = run("keys", "list", "--json").objects

    assert (listed["budget"], listed["scopes"], listed["models"]) == (5.0, ["read"], ["flux-dev", "flux-2-pro"])


@pytest.mark.parametrize(
    "words",
    [("--may", "fly"), ("--model", "flux-9000"), ("--budget", "nan"), ("--budget", "-1"), ("--rate", "0/s"), ("--rate", "10"), ("--poll-rate", "1/w")],
    ids=" ".join,
)
def test_a_limit_that_is_none_makes_no_key(run: Run, words: tuple[str, ...]) -> None:
    assert run("keys", "create", *words).code == Exit.USAGE
    assert run("keys", "list").out == ""


def test_a_key_is_replaced_by_one_that_may_do_the_same(run: Run) -> None:
    limits = ("--budget", "5", "--model", "flux-dev", "--rate", "10/s", "--poll-rate", "3000/m", "--max-active", "3", "--may", "create")
    (old,) = run("keys", "create", "shop", *limits, "--json").objects
    (made,) = run("keys", "rotate", old["id"], "--overlap", "2", "--json").objects

    first, second = sorted(run("keys", "list", "--json").objects, key=lambda key: key["created"])

    assert made["replaces"] == first["id"] == old["id"]
    assert made["id"] == second["id"]
    assert [key for key in first if first[key] != second[key]] == ["id", "created", "expires"]
    assert 0 <= first["expires"] - second["created"] - 2 * 86_400 < 60


def test_what_replaces_a_key_that_expires_lasts_as_long_as_that_was_made_for(run: Run) -> None:
    (old,) = run("keys", "create", "shop", "--days", "30", "--json").objects
    run("keys", "rotate", old["id"], "--overlap", "60")

    first, second = sorted(run("keys", "list", "--json").objects, key=lambda key: key["created"])

    assert first["expires"] == old["expires"]  # an overlap makes nothing last longer
    assert abs(second["expires"] - second["created"] - 30 * 86_400) < 60


def test_a_key_without_overlap_is_replaced_at_once(run: Run) -> None:
    (old,) = run("keys", "create", "shop", "--json").objects
    run("keys", "rotate", old["id"], "--overlap", "0")

    assert re.search(r"  expired +default  shop\n", run("keys", "list").out)
    assert run("keys", "rotate", old["id"]).code == Exit.USAGE


def test_a_key_may_expire_on_a_day(run: Run) -> None:
    (day,) = run("keys", "create", "--expires", "2040-01-31", "--json").objects
    (hour,) = run("keys", "create", "--expires", "2040-01-31T02:00+02:00", "--json").objects

    assert day["expires"] == hour["expires"] == 2_211_580_800.0


@pytest.mark.parametrize("words", [("2040-02-30",), ("soon",), ("2001-01-01",), ("2040-01-31", "--days", "3"), ("",)], ids=" ".join)
def test_an_end_that_is_none_makes_no_key(run: Run, words: tuple[str, ...]) -> None:
    said = run("keys", "create", "--expires", *words)

    assert (said.code, said.out) == (Exit.USAGE, "")
    assert run("keys", "list").out == ""


def test_a_key_has_its_rates(run: Run) -> None:
    run("keys", "create", "--rate", "10/s", "--poll-rate", "3000/m")

    (listed,) = run("keys", "list", "--json").objects

    assert (listed["create_rate"], listed["poll_rate"]) == ("10/s", "3000/m")


def test_a_key_that_is_not_there_is_not_replaced(run: Run) -> None:
    said, told = run("keys", "rotate", "none"), run("keys", "rotate", "none", "--json")

    assert (said.code, said.err) == (Exit.USAGE, "there is no valid key none\n")
    assert told.objects == [{"id": "none", "rotated": False}]


def test_credits_are_set_and_lifted(run: Run) -> None:
    assert run("keys", "credit", "default", "12.5").out == "account default has 12.5 credits\n"
    assert run("keys", "credit", "default", "--json").objects == [{"account": "default", "credits": None}]


# prices and usage


def test_an_estimate_makes_nothing(run: Run, quick: Server) -> None:
    where = {"MEZZOTINT_BASE_URL": quick.url, "MEZZOTINT_API_KEY": KEY}

    said = run("estimate", "a boat", "-m", "flux-2-pro", "--width", "2048", "--height", "2048", **where)
    told = run("estimate", "a boat", "--json", **where)
    wrong = run("estimate", "a boat", "--width", "33", **where)

    assert (said.code, said.out) == (0, "7.785 credits\n")
    assert told.objects == [{"model": "flux-dev", "credits": 2.5}]
    assert wrong.code == Exit.USAGE


def test_usage_is_listed_with_its_sum(run: Run, quick: Server) -> None:
    where = {"MEZZOTINT_BASE_URL": quick.url, "MEZZOTINT_API_KEY": KEY}
    run("generate", "a boat", *SMALL, **where)

    (told,) = run("usage", "--json", **where).objects
    said = run("usage", **where)
    none = run("usage", "--to", "2001-01-01", **where)

    assert told["total"]["tasks"] >= 1
    assert told["total"]["credits"] == sum(use["credits"] for use in told["data"]) == 0  # its limits are lifted
    assert said.out.splitlines()[-1].startswith(f"{told['total']['tasks']} tasks, ")
    assert none.out == "0 tasks, 0 credits (0.01 USD each); no limit\n"


def test_usage_is_a_table_for_spreadsheets(run: Run, quick: Server) -> None:
    where = {"MEZZOTINT_BASE_URL": quick.url, "MEZZOTINT_API_KEY": KEY}
    run("generate", "a boat", *SMALL, **where)

    whole = list(csv.DictReader(run("usage", "--csv", **where).out.splitlines()))
    summed = run("usage", "--csv", "--by", "model", "--by", "label", **where).out.splitlines()
    wrong = run("usage", "--by", "account", **where)

    assert list(whole[0]) == ["day", "key", "model", "label", "tasks", "credits"]
    assert (summed[0], len(summed)) == ("model,label,tasks,credits", len({(row["model"], row["label"]) for row in whole}) + 1)
    assert wrong.code == Exit.USAGE
    assert "by" in wrong.err


# doctor


def test_doctor_finds_nothing_wrong_where_nothing_is(run: Run) -> None:
    said, told = run("doctor"), run("doctor", "--json")

    assert (said.code, told.code) == (0, 0)
    assert [line[:4] for line in said.out.splitlines()] == ["ok  "] * 6
    assert [entry["what"] for entry in told.objects] == ["version", "settings", "data folder", "ledger", "server", "engine"]
    assert all(entry["good"] for entry in told.objects)


def test_doctor_says_what_is_wrong_and_goes_on(run: Run) -> None:
    Path("file").write_text("")

    told = run("doctor", "--json", MEZZOTINT_DATA="file")

    assert told.code == Exit.FAILED
    assert {entry["what"]: entry["good"] for entry in told.objects} == {
        "version": True,
        "settings": True,
        "data folder": False,
        "ledger": False,
        "server": True,
        "engine": True,
    }


def test_doctor_stops_at_settings_that_cannot_be_read(run: Run) -> None:
    told = run("doctor", "--json", MEZZOTINT_ENGINE="none")

    assert (told.code, [entry["good"] for entry in told.objects]) == (Exit.FAILED, [True, False])
    assert "MEZZOTINT_ENGINE='none'" in told.objects[1]["said"]


# serve and worker


def test_a_worker_needs_its_token(run: Run) -> None:
    said = run("worker", "--server", "http://127.0.0.1:9")

    assert said.code == Exit.USAGE
    assert "worker token" in said.err


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_serve_says_where_and_ends_well_on_ctrl_c(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "mezzotint", "serve", "--port", "0", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    process.send_signal(2)
    rest, said = process.communicate(timeout=30)

    assert process.returncode == 0
    assert rest == ""
    if words:
        told = json.loads(line)
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", told["url"])
        assert told["key"].startswith("mz_")
    else:
        assert re.fullmatch(r"mezzotint serves on http://127\.0\.0\.1:\d+\n", line)
        assert re.search(r"^  mz_\S+$", said, re.MULTILINE)
    assert "Traceback" not in said
