"""`mezzotint generate`: words in, a file out. It uses the client like any stranger."""

from __future__ import annotations

import itertools
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mezzotint.cli.connect import EmbeddedClient, connected
from mezzotint.cli.console import ending_well, note, plain, say, say_json
from mezzotint.cli.flags import card_for, estimating_parser_for, model_in, parameters_of, parser_for
from mezzotint.client.errors import ClientError
from mezzotint.client.flow import Job, Picture, Snapshot
from mezzotint.client.sync import Client
from mezzotint.core.catalogue import ModelCard
from mezzotint.core.spending import amount

LONGEST_NAME = 60
SEPARATORS = ("/", os.sep)


@dataclass(frozen=True)
class Place:
    """Where a picture goes: to a file, or into a folder, where it gets a name of its own."""

    path: Path
    is_folder: bool

    def check(self) -> None:
        """That it can be written there, before anything is painted for it. Raises OSError."""
        folder = self.path if self.is_folder else self.path.parent
        if not folder.is_dir():
            raise FileNotFoundError(f"there is no folder {folder}")
        if not os.access(self.path if self.path.exists() and not self.path.is_file() else folder, os.W_OK):
            raise PermissionError(f"nothing may be written in {folder.absolute()}: name a file elsewhere with -o")

    def for_picture(self, picture: Picture, prompt: str) -> Path:
        """The file that was named, else a name that nothing has yet."""
        return _unused(self.path / file_name(prompt or picture.prompt, picture)) if self.is_folder else self.path


def place_of(output: str | None) -> Place:
    """What -o names: a folder where there is one or where it ends like one, else a file; without it, the folder where we are."""
    path = Path(output or "")
    return Place(path, is_folder=path.is_dir() or (output or "").endswith(SEPARATORS))


def generate(arguments: Sequence[str]) -> None:
    """The whole command; leaves with its exit code."""
    with ending_well(as_json="--json" in arguments):
        card = card_for(model_in(arguments))
        parsed = parser_for(card).parse_args(arguments)
        parameters = parameters_of(card, parsed)
        place = place_of(parsed.output)
        place.check()
        parameters |= _format_for(place, card, parameters)
        with connected(lasting=True) as client:
            picture = follow(client, client.create(card.name, **parameters), parsed.timeout)
            path = _save(client, picture, place, parameters.get("prompt", ""))
        if parsed.json:
            say_json(_told(picture, path) | {"model": card.name})
        else:
            if sys.stderr.isatty() and picture.engine == "nano":
                note("painted by nano, mezzotint's own small model; docs/nano.md says what it knows")
            say(str(path))


def estimate(arguments: Sequence[str]) -> None:
    """`mezzotint estimate`; leaves with its exit code."""
    with ending_well(as_json="--json" in arguments):
        card = card_for(model_in(arguments))
        parsed = estimating_parser_for(card).parse_args(arguments)
        with connected() as client:
            cost = client.estimate(card.name, **parameters_of(card, parsed))
        if parsed.json:
            say_json({"model": card.name, "credits": cost})
        else:
            say(f"{amount(cost)} credits")


def _format_for(place: Place, card: ModelCard, parameters: dict[str, Any]) -> dict[str, Any]:
    """The format that the file's name promises, where the model knows it and no other was asked for."""
    known = card.parameters.get("output_format")
    if place.is_folder or known is None or "output_format" in parameters:
        return {}
    ending = place.path.suffix.lower().removeprefix(".")
    form = "jpeg" if ending == "jpg" else ending
    return {"output_format": form} if form in known.choices else {}


def _save(client: Client, picture: Picture, place: Place, prompt: str = "") -> Path:
    """Where the picture was written. A file that was there is replaced, and said to be."""
    path = place.for_picture(picture, prompt)
    replaced = path.is_file()
    try:
        client.save(picture, path)
    except OSError:
        note(f"the picture is made: mezzotint watch {picture.task} -o FILE fetches it")
        raise
    if replaced:
        note(f"replaced the file that was at {path}")
    return path


def _unused(path: Path) -> Path:
    """The path, or with a number where there is something of that name."""
    names = (path if number == 1 else path.with_stem(f"{path.stem}-{number}") for number in itertools.count(1))
    return next(name for name in names if not name.exists())


def file_name(prompt: str, picture: Picture) -> Path:
    """A name made of the prompt's words and the end of the task's id. Nothing in it can lead to another folder."""
    words = re.sub(r"[^\w]+", "-", prompt.lower()).strip("-_")[:LONGEST_NAME].strip("-") or "picture"
    last = re.sub(r"[^\w]+", "", picture.task)[-6:] or "task"
    extension = picture.url.split("?", 1)[0].rpartition("/")[2].rpartition(".")[2]
    return Path(f"{words}-{last}.{extension if extension in ('jpeg', 'jpg', 'png', 'webp') else 'jpeg'}")


def _told(picture: Picture, path: Path | None) -> dict[str, Any]:
    return {
        "path": None if path is None else str(path),
        "task": picture.task,
        "engine": picture.engine,
        "seed": picture.seed,
        "prompt": picture.prompt,
        "duration": picture.duration,
        "url": picture.url,
    }


def follow(client: Client, task: str | Job, timeout: float) -> Picture:
    """Waits for the picture, showing how far it is where there is a terminal. Ctrl-C asks whether to cancel."""
    try:
        with progress_bar() as show:
            return client.wait(task, timeout=timeout, watch=show)
    except KeyboardInterrupt:
        _offer_cancel(client, task if isinstance(task, str) else task.id)
        raise


def _offer_cancel(client: Client, task: str) -> None:
    """Whether to cancel is the user's to say; where nobody can be asked, the task goes on."""
    if not _wants_to_cancel():
        note(f"the task goes on: mezzotint watch {task}")
        return
    try:
        client.cancel(task)
    except ClientError as error:
        note(f"could not cancel: {error}")
    else:
        note("canceled")


def _wants_to_cancel() -> bool:
    """Asks where the bar was, beside what standard output carries."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    try:
        print("\nCancel the task? [y/N] ", end="", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return False


@contextmanager
def progress_bar() -> Iterator[Any]:
    """A function that shows snapshots: a bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _snapshot: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[left]}", markup=False),
        TimeElapsedColumn(),
    )
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


def watch(task: str, timeout: float, output: str | None, as_json: bool) -> None:
    """`mezzotint watch`: come back to a task by its id."""
    with ending_well(as_json=as_json):
        place = place_of(output)
        if output:
            place.check()
        with connected(lasting=True) as client:
            began = time.monotonic()
            picture = follow(client, task, timeout)
            saved = _save(client, picture, place) if output or isinstance(client, EmbeddedClient) else None
        if as_json:
            say_json(_told(picture, saved) | {"waited": round(time.monotonic() - began, 2)})
        else:
            say(str(saved or picture.url))
