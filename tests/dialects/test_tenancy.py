"""Every operation of /openapi.json, asked by whoever may not: a stranger, another account, a key that is revoked, one that may do less.

The matrix is made of the document, so that a new operation is in it without anybody's doing.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mezzotint.core import ids
from tests.dialects.house import COPIED, CREATOR, DESCRIBED, GUARDED, KEYLESS, OF_ONE, READER, REVOKED, SECRET, House, a_house, told
from tests.http.test_openapi import DOCUMENT
from tests.studio import KEY, OTHER_KEY

NEWS = "/v1/providers/news/{task}/{order}/{token}"
WITHOUT_A_KEY = {"/images/{task}/{name}", "/v1/files/{id}/download", "/replicate/v1/files/{id}/download", NEWS}  # signed links


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with a_house() as made:
        yield made


def named(case: tuple[str, str, Any]) -> str:
    return f"{case[0]} {case[1]}"


def test_what_needs_no_key_is_what_is_public() -> None:
    public = {
        "/",
        "/docs",
        "/errors",
        "/errors/{code}",
        "/health",
        "/healthz",
        "/llms.txt",
        "/metrics",
        "/openapi.json",
        "/readyz",
        "/api/models",
        "/v1/models",
    }

    assert {path for path in KEYLESS if not path.startswith("/v1/models/")} == public | (WITHOUT_A_KEY & set(DOCUMENT["paths"]))
    assert len(DESCRIBED) > 80


def test_what_is_there_twice_is_asked_twice() -> None:
    copies = {(method, path) for method, path, _ in GUARDED if path.startswith(COPIED)}

    assert {("GET", "/replicate/v1/predictions/{id}"), ("POST", "/replicate/v1/predictions/{id}/cancel"), ("DELETE", "/replicate/v1/files/{id}")} <= copies
    assert len(copies) > 30
    assert len({(method, path) for method, path, _ in GUARDED}) == len(GUARDED)


@pytest.mark.parametrize("key", [None, "mz_" + "z" * 48, REVOKED], ids=["no key", "an unknown key", "a revoked key"])
@pytest.mark.parametrize("case", GUARDED, ids=named)
async def test_without_a_good_key_nothing_is_done(house: House, case: tuple[str, str, Any], key: str | None) -> None:
    response = await house.asked(*case, key)

    assert response.status_code in (401, 403), response.text
    assert SECRET not in response.text
    assert await house.studio.tools.ledger.waiting() == 0


@pytest.mark.parametrize("case", GUARDED, ids=named)
async def test_a_key_that_may_do_less_is_refused_by_one_kind_or_the_other(house: House, case: tuple[str, str, Any]) -> None:
    """Every operation reads or makes: a key that may only do the other is refused."""
    statuses = [(await house.asked(*case, key)).status_code for key in (READER, CREATOR)]

    assert 403 in statuses, statuses


@pytest.mark.parametrize("case", GUARDED, ids=named)
async def test_another_account_sees_and_changes_nothing_of_it(house: House, case: tuple[str, str, Any]) -> None:
    method, path, _ = case

    response = await house.asked(*case, OTHER_KEY)

    assert SECRET not in response.text
    if "{id}" in path:
        assert response.status_code == 404, response.text
    elif not path.endswith("/get_result"):  # which repeats what it was asked for
        assert not {house.task, house.file, house.message} & set(re.findall(r"[\w-]+", response.text))
    task = ids.read(house.task)
    assert task is not None
    found = await house.studio.tools.ledger.get(task)
    assert found is not None
    assert (found.status.value, found.cancel_requested) == ("ready", False)
    mine = await house.studio.client.get(f"/v1/files/{house.file}", headers={"authorization": f"Bearer {KEY}"})
    assert mine.status_code == 200, f"{method} {path} took the file away"


UNKNOWN = str(ids.mint(1_800_000_000_000, bytes(range(10))))


@pytest.mark.parametrize("case", OF_ONE, ids=named)
async def test_what_is_anothers_is_answered_just_as_what_never_was(house: House, case: tuple[str, str, Any]) -> None:
    _, path, _ = case
    mine = house.thing(path)
    task = ids.read(UNKNOWN)
    assert task is not None
    never = f"msg_{ids.short(task)}" if mine.startswith("msg_") else UNKNOWN if len(mine) == len(UNKNOWN) else ids.short(task)
    assert len(never) == len(mine)

    another, unknown = [told(await house.asked(*case, OTHER_KEY, thing), thing) for thing in (mine, never)]

    assert another == unknown
