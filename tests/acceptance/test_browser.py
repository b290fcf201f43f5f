"""The pages in a real browser: their script runs under their policy, and does what it is there for."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mezzotint.http.openapi import document, operations
from tests.acceptance.servers import Server, serving
from tests.webpages import Reader

BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "")
OPERATIONS = len(list(operations(document()["paths"])))

pytestmark = pytest.mark.skipif(not BROWSER, reason="there is no Chromium on this machine")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


def seen(address: str, home: Path) -> Reader:
    """The page after its script has run. Raises AssertionError for anything that the browser complains of."""
    flags = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        f"--user-data-dir={home}",
        "--enable-logging=stderr",
        "--virtual-time-budget=3000",
    ]
    done = subprocess.run([BROWSER, *flags, "--dump-dom", address], capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
    assert re.findall(r".*CONSOLE.*", done.stderr) == []
    return Reader(done.stdout.replace("<!DOCTYPE html>", "<!DOCTYPE html>\n", 1))


def test_the_script_shows_what_works_with_it_alone(server: Server, tmp_path: Path) -> None:
    page = seen(f"{server.url}/docs", tmp_path)

    assert f"{OPERATIONS} operations" in page.text
    [search] = [each for each in page.all("div") if each.get("role") == "search"]
    assert "hidden" not in search
    assert {"hidden" in each for each in page.all("button")} == {False}


def test_a_link_to_an_operation_opens_it(server: Server, tmp_path: Path) -> None:
    page = seen(f"{server.url}/docs#post--flux-v1-flux-dev", tmp_path)

    assert [each["id"] for each in page.all("details") if "open" in each] == ["post--flux-v1-flux-dev"]


@pytest.mark.parametrize("path", ["/", "/errors", "/errors/invalid_request"])
def test_a_page_is_shown_without_a_complaint(server: Server, tmp_path: Path, path: str) -> None:
    assert seen(server.url + path, tmp_path).all("h1")
