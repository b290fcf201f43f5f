"""What `import mezzotint` offers, and what it costs."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mezzotint
from mezzotint.client import errors
from mezzotint.core.errors import MezzotintError

HEAVY = ("numpy", "onnxruntime", "starlette", "granian", "pydantic", "msgspec", "structlog", "sqlite3", "PIL", "typer", "rich")


def loaded_by(code: str) -> set[str]:
    """The modules that are there after some code has run in a Python of its own."""
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.split())


def test_importing_it_loads_nothing_else_than_its_version() -> None:
    assert {name for name in loaded_by("import mezzotint") if name.startswith("mezzotint")} == {"mezzotint", "mezzotint._version"}


@pytest.mark.parametrize("code", ["import mezzotint, httpx2", "from mezzotint import *"])
def test_the_client_loads_nothing_of_the_server(code: str) -> None:
    loaded = loaded_by(code)

    assert not {name for name in HEAVY if name in loaded}
    assert "httpx2" in loaded


def test_the_command_line_says_its_help_without_the_server() -> None:
    loaded = loaded_by("from mezzotint.cli.main import app")

    assert not {name for name in HEAVY if name in loaded} - {"typer", "rich"}


@pytest.mark.parametrize("name", mezzotint.__all__)
def test_every_name_that_it_offers_is_there(name: str) -> None:
    assert getattr(mezzotint, name) is not None


def test_it_offers_these_names_and_no_other() -> None:
    assert sorted(mezzotint.__all__) == mezzotint.__all__ == dir(mezzotint)
    for other in ("Server", "RETRY_DELAYS", "import_module", "write_whole"):
        with pytest.raises(AttributeError, match=f"no attribute '{other}'"):
            getattr(mezzotint, other)


def test_every_error_of_the_client_is_offered() -> None:
    raised = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, MezzotintError)}

    assert raised <= set(mezzotint.__all__)


def test_every_public_thing_says_what_it_is() -> None:
    for name in set(mezzotint.__all__) - {"__version__"}:
        assert getattr(mezzotint, name).__doc__, name


def test_its_version_is_the_one_that_was_installed() -> None:
    assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+(\.?(dev|a|b|rc)[0-9]+)?", mezzotint.__version__)
    assert importlib.metadata.version("mezzotint") == mezzotint.__version__


def test_it_tells_type_checkers_that_it_is_typed() -> None:
    assert (Path(mezzotint.__file__).parent / "py.typed").exists()
