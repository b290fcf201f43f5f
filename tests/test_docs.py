"""The documents are true: what they tell to run runs, and what they point to is there.

The line before a block of sh or python says how it is run: `<!-- run: server -->` against a server, its address for the usual one and
its key in the environment; `<!-- run: checkout -->` in a copy of the repository; `<!-- not run: reason -->`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mezzotint import Client
from mezzotint.core.headers import read_header
from mezzotint.settings import TABLE
from tests.acceptance.servers import KEY, Server, serving
from tests.test_layout import FILES, ROOT

PAGES = sorted(path for path in FILES if path.suffix == ".md" and not path.is_relative_to(ROOT / "tests"))
USUAL = "http://127.0.0.1:8000"
BLOCK = re.compile(r"^(?:<!-- (?P<says>[^\n]*) -->\n)?```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]\n]*\]\((?!https?://)([^)#\s]*)(?:#([^)\s]*))?\)")
SHOWN = ("json", "text", "toml")  # languages of blocks that are there to be read
NOT_YET = {"docs/performance.md"} - {str(path.relative_to(ROOT)) for path in PAGES}
PICTURES = (".jpeg", ".png", ".webp")


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    says: str
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: str, text: str) -> list[Block]:
    return [Block(page, text.count("\n", 0, found.start("code")), found["says"] or "", found["language"], found["code"]) for found in BLOCK.finditer(text)]


BLOCKS = [block for path in PAGES for block in blocks_of(str(path.relative_to(ROOT)), path.read_text("utf-8")) if block.language not in SHOWN]


def those(says: str) -> pytest.MarkDecorator:
    chosen = [block for block in BLOCKS if block.says == says]
    return pytest.mark.parametrize("block", chosen, ids=map(str, chosen))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with an environment as scripts/setup leaves it, made of the one that runs the tests."""
    copy = tmp_path_factory.mktemp("checkout") / "mezzotint"
    for path in FILES:
        place = copy / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)
    home = copy / ".venv"
    (home / "bin").mkdir(parents=True)
    python = home / "bin" / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{copy / "src"}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    for kind in ("server", "dev"):
        stamp = f'{{ cat "requirements/{kind}.txt" pyproject.toml tests/acceptance/npm/package-lock.json; pwd; }} | cksum >.venv/.installed-{kind}'
        subprocess.run(["sh", "-c", stamp], cwd=copy, check=True)
    return copy


def run(block: Block, folder: Path, **environment: str) -> str:
    """Standard output of a block that must end well."""
    program = [sys.executable, "-"] if block.language == "python" else ["sh", "-eu"]
    path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}  # as in an environment that is switched on
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("MEZZOTINT_", "COMETAPI_", "BFL_"))}
    done = subprocess.run(
        program, input=block.code, cwd=folder, env=bare | path | {"NO_PROXY": "*"} | environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def pictures(folder: Path) -> set[Path]:
    return {path for path in folder.iterdir() if path.suffix in PICTURES}


# blocks


def test_blocks_are_found_with_what_is_said_before_them() -> None:
    text = "words\n<!-- run: server -->\n```sh\none\ntwo\n```\n\n```json\n{}\n```\n<!-- not run: why -->\n\n```python\n```\n"

    assert blocks_of("p", text) == [
        Block("p", 3, "run: server", "sh", "one\ntwo\n"),
        Block("p", 8, "", "json", "{}\n"),
        Block("p", 13, "", "python", ""),
    ]


@pytest.mark.parametrize("page", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_every_fence_is_part_of_a_block_of_a_known_language(page: Path) -> None:
    text = page.read_text("utf-8")
    blocks = blocks_of("", text)

    assert text.count("```") == 2 * len(blocks)
    assert {block.language for block in blocks} <= {"sh", "python", *SHOWN}


@pytest.mark.parametrize("block", BLOCKS, ids=map(str, BLOCKS))
def test_a_block_says_how_it_is_run_or_why_it_is_not(block: Block) -> None:
    assert re.fullmatch(r"run: (server|checkout)|not run: \w+( \S+){2,}", block.says), f"a comment is missing before {block}"


@those("run: server")
def test_a_block_runs_against_a_server_and_makes_a_picture(server: Server, tmp_path: Path, block: Block) -> None:
    with Client(server.url, KEY) as client:
        before = {task["id"] for task in client.tasks(100)}

        said = run(
            Block(block.page, block.line, block.says, block.language, block.code.replace(USUAL, server.url)),
            tmp_path,
            MEZZOTINT_BASE_URL=server.url,
            MEZZOTINT_API_KEY=KEY,
            COMETAPI_KEY=KEY,
        )

        made = {task["id"] for task in client.tasks(100)} - before
        assert made, said
        for task in made:
            assert client.wait(task).engine == "stub"
    for name in re.findall(r'"([\w-]+\.(?:jpeg|png|webp))"', block.code):
        assert read_header((tmp_path / name).read_bytes()).width


@those("run: checkout")
def test_a_block_runs_in_a_checkout(checkout: Path, tmp_path: Path, block: Block) -> None:
    before = pictures(checkout)

    said = run(block, checkout, MEZZOTINT_ENGINE="stub", MEZZOTINT_DATA=str(tmp_path / "data"))

    if "scripts/generate" in block.code:
        assert {checkout / said.splitlines()[-1]} == pictures(checkout) - before


@pytest.mark.parametrize("block", BLOCKS, ids=map(str, BLOCKS))
def test_what_a_block_calls_is_there(block: Block) -> None:
    for script in re.findall(r"(?<![\w./])scripts/[\w.-]+", block.code):
        assert os.access(ROOT / script, os.X_OK), script
    for module in re.findall(r"python -m (training[\w.]+)", block.code):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


# scripts that take too long to be run here


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("generate --help", 0, "mezzotint generate PROMPT"),
        ("serve --help", 0, "Serve until Ctrl-C"),
        ("soak --help", 0, "--count kills"),
        ("soak nonsense", 2, "choose from kills"),
        ("bench serving --help", 0, "--rounds"),
        ("bench", 2, "usage: scripts/bench gpu | backlog | nano | serving"),
        ("setup nonsense", 2, "usage: scripts/setup [server|dev|training|clients|mutate]"),
    ],
)
def test_a_script_says_how_it_is_used(checkout: Path, words: str, code: int, said: str) -> None:
    script, *arguments = words.split()

    done = subprocess.run([checkout / "scripts" / script, *arguments], cwd="/", capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr


def test_the_page_of_scripts_names_every_script() -> None:
    named = re.findall(r"^\| `(\w+)", (ROOT / "scripts" / "README.md").read_text("utf-8"), re.MULTILINE)

    assert sorted(named) == sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix)


# what pages point to


@pytest.mark.parametrize("page", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text("utf-8")):
        place = (page.parent / target).resolve() if target else page
        name = str(place.relative_to(ROOT))

        assert place.exists() or name in NOT_YET, f"{page.relative_to(ROOT)} points to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", place.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    """In backticks, with a folder and an ending that files of ours have; from the root, the page, or the package."""
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|sql|md|sh|toml|lua))`", page.read_text("utf-8"))

    assert [name for name in named if name not in NOT_YET and not any((base / name).exists() for base in (ROOT, page.parent, ROOT / "src" / "mezzotint"))] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(path.relative_to(ROOT)) for path in PAGES])
def test_every_setting_that_a_page_names_is_one(page: Path) -> None:
    named = set(re.findall(r"MEZZOTINT_[A-Z][A-Z_]*[A-Z]", page.read_text("utf-8")))

    assert named <= {setting.variable for setting in TABLE}


def test_every_decision_is_numbered_and_says_what_follows() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        assert page.read_text("utf-8").startswith(f"# {int(page.name[:4])}. ")
