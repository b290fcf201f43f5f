"""What ledgers hold tasks to, where nothing else is said: as the settings have it."""

from __future__ import annotations

import dataclasses

import pytest

from mezzotint.ledger.terms import Terms
from mezzotint.settings import read_settings


def test_terms_are_what_the_settings_are_by_themselves() -> None:
    terms, settings = Terms(), read_settings({})

    assert (terms.lease, terms.attempts, terms.webhook_delays) == (settings.lease, settings.attempts, settings.webhook_delays)
    assert (terms.keep_images, terms.keep_tasks) == (settings.keep_images, settings.keep_tasks)


def test_nobody_changes_terms_that_a_ledger_was_opened_with() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Terms().lease = 1.0  # type: ignore[misc]  # which is what is tried
