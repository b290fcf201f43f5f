"""`mezzotint generate`: words in, a file out. It uses the client like any stranger."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mezzotint.cli.connect import connected
from mezzotint.cli.console import ending_well, note, plain, say, say_json
from mezzotint.cli.flags import card_for, model_in, parameters_of, parser_for
from mezzotint.client.errors import ClientError, RequestFailed
from mezzotint.client.flow import Job, Picture, Snapshot
from mezzotint.client.sync import Client

LONGEST_NAME = 60


def generate(arguments: Sequence[str]) -> None:
    """The whole command; leaves with its exit code."""
    with ending_well(as_json="--json" in arguments):
        card = card_for(model_in(arguments))
        parsed = parser_for(card).parse_args(arguments)
        parameters = parameters_of(card, parsed)
        if parsed.output is not None:
            _check_place(Path(parsed.output))
        with connected() as client:
            job = client.create(card.name, **parameters)
            picture = follow(client, job, parsed.timeout)
            path = Path(parsed.output) if parsed.output else file_name(parameters.get("prompt", ""), picture)
            client.save(picture, str(path))
        if parsed.json:
            say_json(_told(picture, path, card.name))
        else:
            if sys.stderr.isatty() and picture.engine == "nano":
                note("painted by nano, mezzotint's own small model; docs/nano.md says what it knows")
            say(str(path))


def _check_place(path: Path) -> None:
    """That the file can be written, before anything is painted for it."""
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}")


def file_name(prompt: str, picture: Picture) -> Path:
    """A name made of the prompt's words and the end of the task's id."""
    words = re.sub(r"[^\w]+", "-", prompt.lower()).strip("-_")[:LONGEST_NAME].strip("-") or "picture"
    extension = picture.url.split("?", 1)[0].rpartition(".")[2]
    return Path(f"{words}-{picture.task[-6:]}.{extension if extension.isalnum() else 'jpeg'}")


def _told(picture: Picture, path: Path, model: str) -> dict[str, Any]:
    return {
        "path": str(path),
        "task": picture.task,
        "model": model,
        "engine": picture.engine,
        "seed": picture.seed,
        "prompt": picture.prompt,
        "duration": picture.duration,
        "url": picture.url,
    }


def follow(client: Client, job: Job, timeout: float) -> Picture:
    """Waits for the picture, showing how far it is where there is a terminal. Ctrl-C asks whether to cancel."""
    try:
        with progress_bar() as show:
            return client.wait(job, timeout=timeout, watch=show)
    except KeyboardInterrupt:
        _offer_cancel(client, job)
        raise


def _offer_cancel(client: Client, job: Job) -> None:
    """Whether to cancel is the user's to say; where nobody can be asked, the task goes on."""
    try:
        wanted = sys.stdin.isatty() and input("\nCancel the task? [y/N] ").strip().lower() in ("y", "yes")
    except (KeyboardInterrupt, EOFError):
        wanted = False
    if not wanted:
        note(f"the task goes on: mezzotint watch {job.id}")
        return
    try:
        client.cancel(job)
    except (ClientError, RequestFailed) as error:
        note(f"could not cancel: {error}")
    else:
        note("canceled")


@contextmanager
def progress_bar() -> Iterator[Any]:
    """A function that shows snapshots: a bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _snapshot: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=28), TextColumn("{task.fields[left]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("sending", total=None, left="")

        def show(snapshot: Snapshot) -> None:
            description, done, total, left = describe(snapshot)
            progress.update(bar, description=plain(description), completed=done, total=total, left=left)

        yield show


def describe(snapshot: Snapshot) -> tuple[str, int, int | None, str]:
    """What a snapshot says, for a bar: words, how much of how much, time left."""
    left = f"about {snapshot.eta} s left" if snapshot.eta is not None else ""
    if snapshot.step is not None:
        done, total = snapshot.step
        return f"painting, step {done} of {total}", done, total, left
    if snapshot.running:
        return "painting", 0, None, left
    if snapshot.waiting:
        return f"in the queue, {snapshot.waiting} waiting", 0, None, left
    return snapshot.state.lower(), 0, None, left


def watch(task: str, timeout: float, as_json: bool) -> None:
    """`mezzotint watch`: come back to a task by its id."""
    with ending_well(as_json=as_json), connected() as client:
        began = time.monotonic()
        picture = follow(client, Job(task, f"{client.base_url}/flux/v1/get_result?id={task}"), timeout)
        if as_json:
            say_json(_told(picture, Path(), "") | {"path": None, "waited": round(time.monotonic() - began, 2)})
        else:
            say(picture.url)
