from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny pipelines of every kind, by the names of the published ones."""
    from tests.engines.diffusers import tiny

    return tiny.make(tmp_path_factory.mktemp("weights"))
