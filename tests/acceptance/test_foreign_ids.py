"""Some ids of others; ten thousand by `scripts/soak ids`."""

from __future__ import annotations

from tests.acceptance.foreign_ids import KINDS, ask


def test_whatever_another_account_asks_for_it_learns_nothing() -> None:
    found = ask(count=600, seed=4)

    assert found.holds, found
    assert found.requests > 700
    assert set(found.kinds) == set(KINDS)
