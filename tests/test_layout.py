"""What holds for every file of the repository."""

from __future__ import annotations

import ast
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "mezzotint"
MODULES = sorted(SOURCE.rglob("*.py"))
BESIDE = {"acceptance", "clients", "contracts", "dialects", "training"}  # test folders that are about no one package
LONGEST = 500  # lines: what can be read at one sitting; the largest module of most projects is the one nobody dared to split
EXEMPT = {"src/mezzotint/client/params.py", "docs/models.md", "requirements/dev.txt", "requirements/server.txt", "training/package-lock.json"}  # generated
LONGEST_TEST = 2 * LONGEST  # tests are lists, which are read one entry at a time
WEIGHTS = 60 * 1024 * 1024  # bytes: what a clone may cost
ANYWHERE = {Path("/"), Path("/var/tmp"), Path(tempfile.gettempdir())}  # folders that may be named although a clone lies in one
HERE = ROOT if ROOT.parent in ANYWHERE else ROOT.parent
OUTSIDE = re.compile(rf"(?<![\w.]){re.escape(str(HERE))}/|/home/\w|/root/|/Users/\w")
UPWARDS = re.compile(r"(?<![\w./*])(?:\.\./)+[\w-][\w./-]*")  # a relative path, as links and scripts have them


def tracked() -> list[Path]:
    """Every file that is in the repository, or would be after `git add`."""
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


FILES = tracked()


def named(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def text_of(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize("module", MODULES, ids=named(MODULES))
def test_a_module_begins_with_a_sentence_that_says_what_it_is(module: Path) -> None:
    said = ast.get_docstring(ast.parse(module.read_text("utf-8")))
    if module.name == "_version.py":
        return  # read by the build, and nothing but the version

    assert said is not None
    assert re.match(r"[A-Z`a-z]", said)
    assert re.search(r"[.:]$", said.partition("\n\n")[0])
    assert len(said.split()) >= 2


def test_a_folder_of_tests_is_named_for_the_folder_that_it_tests() -> None:
    tests = {path.parent.relative_to(ROOT / "tests") for path in FILES if path.is_relative_to(ROOT / "tests") and path.name.startswith("test_")}
    about = {folder for folder in tests if folder.parts and folder.parts[0] not in BESIDE}

    assert {str(folder) for folder in about if not (SOURCE / folder).is_dir()} == set()
    assert {str(folder) for folder in map(Path, BESIDE) if (SOURCE / folder).is_dir()} == set()


def test_every_package_is_one() -> None:
    """Without __init__.py a folder is found, and what is wrong in it is not."""
    folders = {path.parent for path in FILES if path.suffix == ".py" and (path.is_relative_to(SOURCE) or path.is_relative_to(ROOT / "tests"))}

    assert {str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()} == {
        "tests/acceptance/documents",
        "tests/clients/programs",
    }


def test_no_file_is_longer_than_one_can_read() -> None:
    def bound(path: Path) -> int:
        return LONGEST_TEST if path.is_relative_to(ROOT / "tests") else LONGEST

    written = [path for path in FILES if path.suffix in (".py", ".sql", ".md", ".js", ".toml") and str(path.relative_to(ROOT)) not in EXEMPT]

    assert {str(path.relative_to(ROOT)): lines for path in written if (lines := len((text_of(path) or "").splitlines())) > bound(path)} == {}


def test_nothing_names_a_place_outside_the_repository() -> None:
    found = [(str(path.relative_to(ROOT)), match[0]) for path in FILES if path != Path(__file__) and (match := OUTSIDE.search(text_of(path) or ""))]

    assert found == []


def test_no_relative_path_leads_out_of_the_repository() -> None:
    found = [(str(path.relative_to(ROOT)), match[0]) for path in FILES for match in UPWARDS.finditer(text_of(path) or "")]

    assert [(name, way) for name, way in found if not (ROOT / name).parent.joinpath(way).resolve().is_relative_to(ROOT)] == []


def test_what_is_no_text_is_small_and_in_few_places() -> None:
    binary = {path: path.stat().st_size for path in FILES if text_of(path) is None}

    assert sum(binary.values()) < WEIGHTS
    assert {path.suffix for path in binary} <= {".npz", ".onnx", ".safetensors", ".png", ".jpeg", ".webp"}


def test_every_script_can_be_run_and_says_first_what_it_does() -> None:
    for script in sorted((ROOT / "scripts").iterdir()):
        if script.is_file() and not script.suffix:
            first, second = script.read_text("utf-8").splitlines()[:2]
            assert first == "#!/bin/sh"
            assert re.match(r"# [A-Z]", second), script
            assert script.stat().st_mode & 0o111, script
