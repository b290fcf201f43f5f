"""Some forgeries, read as a server reads them; a million by `scripts/soak signatures`."""

from __future__ import annotations

from tests.acceptance.forgeries import forge


def test_no_forgery_holds() -> None:
    found = forge(count=6000, seed=2)

    assert found.holds, found
    assert found.tried == 6000
