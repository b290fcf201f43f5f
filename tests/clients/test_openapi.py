"""Schemathesis believes /openapi.json and asks everything that it allows, and much that it does not."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.servers import KEY, serving

PROGRAM = Path(__file__).parents[2] / ".bench" / "clients" / "bin" / "schemathesis"
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance", "response_headers_conformance",
    "ignored_auth", "unsupported_method",
)  # fmt: skip
# but where Replicate's clients search models by QUERY, a method that OpenAPI 3.1 has no word for
CONFIGURATION = "\n".join([
    "[checks]", "enabled = false", *(f"{check}.enabled = true" for check in CHECKS),
    "[[operations]]", 'include-path-regex = "^(/replicate)?/v1/models$"', "checks.unsupported_method.enabled = false",
])  # fmt: skip
LEAST = 20_000

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="scripts/test clients installs it")


def test_nothing_that_is_asked_breaks_the_server_or_its_word(tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    with serving(tmp_path / "data") as server:
        command = [str(PROGRAM), "run", f"{server.url}/openapi.json", "-H", f"Authorization: Bearer {KEY}"]
        command += ["--max-examples", "30", "--request-timeout", "90", "--no-color", "--suppress-health-check", "all"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1200, check=False)

    assert done.returncode == 0, done.stdout[-6000:]
    generated, passed = (int(number) for number in re.search(r"(\d+) generated, (\d+) passed", done.stdout).groups())  # type: ignore[union-attr]  # without the line the test fails here, as it should
    assert generated == passed >= LEAST
