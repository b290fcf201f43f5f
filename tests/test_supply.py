"""What is installed is what was locked, file by file, and can be listed."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.test_layout import ROOT, named

LOCKS = sorted(set((ROOT / "requirements").glob("*.txt")) - {ROOT / "requirements" / "diffusers.txt"})  # PyTorch has builds for every kind of machine
PACKAGE_LOCKS = [ROOT / "tests/acceptance/npm/package-lock.json", ROOT / "tests/clients/package-lock.json", ROOT / "training/package-lock.json"]
SCRIPTS = sorted(path for folder in ("scripts", ".ci") for path in (ROOT / folder).iterdir() if path.is_file() and path.suffix != ".md")
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(.*)$", re.MULTILINE)


def entries(lock: Path) -> list[str]:
    """Each requirement with its markers and hashes, on one line."""
    return [line for line in lock.read_text("utf-8").replace("\\\n", "").splitlines() if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("lock", LOCKS, ids=named(LOCKS))
def test_every_requirement_has_a_version_and_hashes(lock: Path) -> None:
    lines = entries(lock)

    assert len(lines) > 20
    for line in lines:
        assert ENTRY.match(line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


@pytest.mark.parametrize("lock", PACKAGE_LOCKS, ids=named(PACKAGE_LOCKS))
def test_every_package_of_npm_has_its_hash(lock: Path) -> None:
    packages = json.loads(lock.read_text("utf-8"))["packages"]

    assert {name for name, each in packages.items() if name and not each.get("integrity", "").startswith("sha512-")} == set()


def installs() -> list[str]:
    """Every command of a script of ours that installs something."""
    lines = [line.strip() for script in SCRIPTS for line in script.read_text("utf-8").replace("\\\n", " ").splitlines()]
    return [
        line
        for line in lines
        if not line.startswith(("#", "say ")) and re.search(r"\b(?:pip|npm|npx|uv pip|pipx|apt-get)\b.*\b(?:install|ci|sync|add)\b", line)
    ]


def test_nothing_is_installed_that_is_not_held_to_its_hash() -> None:
    loose = [line for line in installs() if "--require-hashes" not in line and "npm ci" not in line]

    assert {line.split("#")[0].strip() for line in loose} == {
        "pip install --no-build-isolation --no-deps --no-index -e .",  # ourselves
        '"$home/bin/python" -m pip --disable-pip-version-check -qq install -r training/requirements.txt',  # PyTorch has builds for every kind of machine
    }


def test_what_a_server_or_a_check_installs_runs_nothing_of_its_own() -> None:
    """Wheels only, and no scripts of npm's packages."""
    ours = [line for line in installs() if "requirements/$kind.txt" in line or "npm" in line]

    assert len(ours) == 4, ours
    assert all("--only-binary :all:" in line or "--ignore-scripts" in line for line in ours)


def test_what_the_checks_install_is_what_the_server_runs_on() -> None:
    """Versions are those of the server's own lock wherever both have a package."""
    server, dev = (set(ENTRY.findall((ROOT / f"requirements/{name}.txt").read_text("utf-8").replace("\\\n", ""))) for name in ("server", "dev"))
    names = {name for name, _, _ in server}

    assert {(name, version) for name, version, _ in dev if name in names} == {(name, version) for name, version, _ in server}


def test_the_bill_of_materials_lists_all_that_is_locked_with_its_hashes(tmp_path: Path) -> None:
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        subprocess.run([ROOT / "scripts" / "sbom", file], check=True, capture_output=True, timeout=120)

    told = json.loads(files[0].read_text("utf-8"))
    found = {(each["name"].lower(), each["version"]): json.dumps(each) for each in told["components"]}
    assert files[0].read_bytes() == files[1].read_bytes()
    assert told["bomFormat"] == "CycloneDX"
    assert told["metadata"]["component"]["name"] == "mezzotint"
    for line in entries(ROOT / "requirements" / "server.txt"):
        match = ENTRY.match(line)
        assert match is not None
        listed = found[match[1].lower(), match[2]]
        assert all(digest in listed for digest in re.findall(r"sha256:([0-9a-f]{64})", line)), match[1]
