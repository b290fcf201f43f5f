"""What the workers below a server are told, and which of them there are. Workers that run are in tests/acceptance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mezzotint.routing import read_routing
from mezzotint.settings import read_settings
from mezzotint.wiring.serving import new_token
from mezzotint.wiring.workers import Workers

UPSTREAM = """
[models]
"flux-dev" = "upstream"
[providers.bfl]
kind = "bfl"
key_env = "BFL_API_KEY"
[providers.other]
kind = "cometapi"
key_env = "ANOTHER_KEY"
"""


def workers_of(folder: Path, **settings: Any) -> Workers:
    read = read_settings({f"MEZZOTINT_{name.upper()}": value for name, value in settings.items()}, data=folder)
    return Workers(read, read_routing(read), "http://127.0.0.1:1", folder / "worker.sock", "w" * 20)


def test_a_worker_is_told_where_to_work_and_with_which_token_and_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEZZOTINT_API_KEYS", "k" * 20)

    told = workers_of(tmp_path, grace="7", engine="stub")._environment("stub")

    assert (told["MEZZOTINT_DATA"], told["MEZZOTINT_GRACE"], told["MEZZOTINT_ENGINE"]) == (str(tmp_path), "7.0", "stub")
    assert (told["MEZZOTINT_WORKER_TOKEN"], told["MEZZOTINT_LIFELINE"]) == ("w" * 20, "on")
    assert "MEZZOTINT_API_KEYS" not in told


def test_keys_of_providers_go_to_the_worker_that_speaks_to_them_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mezzotint.toml").write_text(UPSTREAM)
    for name in ("BFL_API_KEY", "ANOTHER_KEY", "COMETAPI_KEY"):
        monkeypatch.setenv(name, "secret")
    workers = workers_of(tmp_path)
    told = {engine: workers._environment(engine) for engine in ("nano", "upstream")}

    assert {name for name, value in told["upstream"].items() if value == "secret"} == {"BFL_API_KEY", "ANOTHER_KEY"}
    assert "secret" not in told["nano"].values()
    assert [told[engine]["MEZZOTINT_ENGINE"] for engine in told] == ["nano", "upstream"]


def test_a_token_that_nobody_gave_is_made_and_never_twice() -> None:
    tokens = {new_token() for _ in range(5)}

    assert len(tokens) == 5
    assert min(map(len, tokens)) >= 32
