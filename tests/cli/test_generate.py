"""Words in, a file out: where the picture goes, and what is printed of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mezzotint.cli.console import Exit
from mezzotint.cli.generate import LONGEST_NAME, describe, file_name, place_of
from mezzotint.client.flow import Picture, Snapshot
from mezzotint.core.headers import read_header
from tests.acceptance.servers import KEY, Server
from tests.cli.conftest import Run

SMALL = ("--width", "256", "--height", "256", "--seed", "7")


@pytest.fixture
def served(quick: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEZZOTINT_BASE_URL", quick.url)
    monkeypatch.setenv("MEZZOTINT_API_KEY", KEY)


def a_picture(task: str = "0190-abcdef", url: str = "http://host/images/x.jpeg?e=1") -> Picture:
    return Picture(task, url, 7, "a boat", 0.1, "stub")


# to a file


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(("name", "form"), [("boat.png", "png"), ("boat.jpg", "jpeg"), ("boat.webp", "webp"), ("boat", "jpeg"), ("boat.PNG", "png")])
def test_a_file_is_written_in_the_format_that_its_name_promises(run: Run, name: str, form: str) -> None:
    said = run("generate", "a boat", "-o", name, *SMALL)

    assert (said.code, said.out, said.err) == (0, f"{name}\n", "")
    assert read_header(Path(name).read_bytes()).format == form


@pytest.mark.usefixtures("served")
def test_a_format_that_was_asked_for_wins_over_the_name(run: Run) -> None:
    assert run("generate", "a boat", "-o", "boat.png", "--output-format", "webp", *SMALL).code == 0
    assert read_header(Path("boat.png").read_bytes()).format == "webp"


@pytest.mark.usefixtures("served")
def test_a_file_that_was_there_is_replaced_and_said_to_be(run: Run) -> None:
    Path("boat.png").write_bytes(b"old")

    said = run("generate", "a boat", "-o", "boat.png", *SMALL)

    assert (said.code, said.out, said.err) == (0, "boat.png\n", "replaced the file that was at boat.png\n")
    assert read_header(Path("boat.png").read_bytes()).format == "png"


@pytest.mark.usefixtures("served")
def test_a_file_that_was_there_stays_when_there_is_no_picture(run: Run) -> None:
    Path("boat.png").write_bytes(b"old")

    assert run("generate", "a boat", "-o", "boat.png", "--width", "1").code == Exit.USAGE
    assert Path("boat.png").read_bytes() == b"old"


# to a folder


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("output", ["pictures", "pictures/", ".", "./", ".."])
def test_in_a_folder_it_gets_a_name_made_from_the_prompt(run: Run, output: str) -> None:
    Path("pictures").mkdir()

    said = run("generate", "A paper boat!", "-o", output, *SMALL)

    path = Path(said.out.strip())
    assert (said.code, said.err) == (0, "")
    assert path.parent.resolve() == Path(output).resolve()
    assert path.name.startswith("a-paper-boat-")
    assert read_header(path.read_bytes()).format == "jpeg"


@pytest.mark.usefixtures("served")
def test_without_a_place_it_is_written_here(run: Run) -> None:
    said = run("generate", "A paper boat!", *SMALL)

    assert [path.name for path in Path().iterdir()] == [said.out.strip()]


@pytest.mark.usefixtures("served")
def test_watch_writes_to_files_and_folders_too(run: Run) -> None:
    task = run("generate", "A paper boat!", "--json", *SMALL).objects[0]["task"]
    Path("pictures").mkdir()

    into, onto, none = (run("watch", task, *words) for words in (("-o", "pictures/"), ("-o", "b.jpeg"), ()))

    assert Path(into.out.strip()).parent == Path("pictures")
    assert Path(into.out.strip()).read_bytes() == Path("b.jpeg").read_bytes()
    assert (onto.out, none.code) == ("b.jpeg\n", 0)
    assert none.out.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("words", [("generate", "a boat"), ("watch", "0190")])
@pytest.mark.parametrize(
    ("output", "why"), [("none/", "there is no folder none"), ("none/a.png", "there is no folder none"), ("file/", "there is no folder file")]
)
def test_a_folder_that_is_not_there_is_named_before_anything_is_painted(run: Run, words: tuple[str, ...], output: str, why: str) -> None:
    Path("file").write_bytes(b"")

    said = run(*words, "-o", output, MEZZOTINT_BASE_URL="http://127.0.0.1:9")

    assert (said.code, said.err) == (Exit.FAILED, f"mezzotint: {why}\n")


@pytest.mark.parametrize("output", [None, "closed/", "closed/a.png"])
def test_a_folder_where_nothing_may_be_written_is_named_before_anything_is_painted(run: Run, monkeypatch: pytest.MonkeyPatch, output: str | None) -> None:
    Path("closed").mkdir()
    monkeypatch.setattr(os, "access", lambda *_: False)

    said = run("generate", "a boat", *(["-o", output] if output else []), MEZZOTINT_BASE_URL="http://127.0.0.1:9")

    assert said.code == Exit.FAILED
    assert "nothing may be written in" in said.err


@pytest.mark.parametrize("device", ["/dev/null", "/dev/stdout"])
def test_devices_are_files(device: str) -> None:
    place = place_of(device)
    place.check()

    assert not place.is_folder
    assert place.for_picture(a_picture(), "a boat") == Path(device)


# names


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A paper boat, at sunrise.", "a-paper-boat-at-sunrise-abcdef.jpeg"),
        ("../../etc/passwd", "etc-passwd-abcdef.jpeg"),
        ("größer ⛵ Ärger", "größer-ärger-abcdef.jpeg"),
        ("", "picture-abcdef.jpeg"),
        ("⛵", "picture-abcdef.jpeg"),
        ("-o --", "o-abcdef.jpeg"),
        ("x" * 500, "x" * LONGEST_NAME + "-abcdef.jpeg"),
    ],
)
def test_a_name_is_made_of_the_prompts_words_and_the_tasks_end(prompt: str, name: str) -> None:
    assert file_name(prompt, a_picture()) == Path(name)


@pytest.mark.parametrize(("task", "url"), [("../..", "http://host/x.sh"), ("", "http://host/"), ("a/b", "http://host/a.jpeg/../../x")])
def test_a_name_never_leads_to_another_folder(task: str, url: str) -> None:
    name = file_name("a boat", a_picture(task, url))

    assert name.parent == Path()
    assert name.suffix == ".jpeg"


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    place = place_of(str(tmp_path))
    for expected in ("a-boat-abcdef.jpeg", "a-boat-abcdef-2.jpeg", "a-boat-abcdef-3.jpeg"):
        path = place.for_picture(a_picture(), "a boat")
        path.write_bytes(b"")
        assert path.name == expected


def test_the_longest_name_with_a_number_is_one_that_file_systems_take() -> None:
    place = place_of(None)
    for _ in range(3):
        place.for_picture(a_picture(), "𠀀" * 500).write_bytes(b"")

    assert len(list(Path().iterdir())) == 3


# what is printed


@pytest.mark.usefixtures("served")
def test_json_says_all_there_is_to_say_in_one_object(run: Run) -> None:
    (told,) = run("generate", "a boat", "-o", "a.png", "--json", *SMALL).objects
    (again,) = run("watch", told["task"], "--json").objects

    assert told.keys() == {"path", "task", "engine", "seed", "prompt", "duration", "url", "model"}
    assert (told["path"], told["engine"], told["seed"], told["prompt"], told["model"]) == ("a.png", "stub", 7, "a boat", "flux-dev")
    assert again.keys() == told.keys() - {"model"} | {"waited"}
    assert (again["path"], again["task"], again["seed"]) == (None, told["task"], 7)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"step": (3, 28), "running": True}, ("painting, step 3 of 28", 3, 28, "")),
        ({"step": (3, 28), "eta": 4, "running": True}, ("painting, step 3 of 28", 3, 28, "about 4 s left")),
        ({"running": True}, ("painting", 0, None, "")),
        ({"waiting": 2}, ("in the queue, 2 waiting", 0, None, "")),
        ({}, ("pending", 0, None, "")),
    ],
)
def test_a_bar_says_how_far_it_is(details: dict[str, Any], words: tuple[str, int, int | None, str]) -> None:
    assert describe(Snapshot("t1", "Pending", None, None, **details)) == words
