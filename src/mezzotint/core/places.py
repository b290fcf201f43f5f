"""Where a task's pictures lie in the blob store: all of their keys begin with one prefix, made of its minute and its id. An uploaded
file lies as the one picture of a task would.

A second attempt finds what the first one wrote, and deleting a task's pictures is deleting what has its prefix. Tasks of the same
minute share a folder, so that few folders are synced when many pictures are written.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from uuid import UUID

from mezzotint.core import ids

GIVEN, UPLOADED = "-given.", "-file"
MINUTE = 60


def folder(seconds: float) -> str:
    """Where tasks of that minute have their pictures; Unix seconds."""
    return _folder_of(int(seconds // MINUTE))


@lru_cache(maxsize=64)
def _folder_of(minute: int) -> str:
    return f"{datetime.fromtimestamp(minute * MINUTE, timezone.utc):%Y-%m-%d/%H%M}"


def prefix(task: UUID) -> str:
    return f"{folder(ids.milliseconds(task) / 1000)}/{task.hex}"


def task_of(key: str) -> UUID | None:
    """Whose picture it is; None for a key that is none of ours."""
    name = key.rpartition("-")[0].rpartition("/")[2]
    try:
        task = UUID(hex=name)
        return task if key.startswith(f"{prefix(task)}-") else None
    except (ValueError, OverflowError):  # no id, or one of a year that no calendar has
        return None


def is_given(key: str) -> bool:
    """Whether it came with a request, which may have been killed before there was a record of what it came for."""
    return GIVEN in key or key.endswith(UPLOADED)


def manifest(task: UUID) -> str:
    """Written after the pictures, where they do not say everything themselves."""
    return f"{prefix(task)}-outcome.json"


def painted(task: UUID, index: int, extension: str) -> str:
    return f"{prefix(task)}-{index}.{extension}"


def given(task: UUID, parameter: str, index: int | None) -> str:
    """A picture that came with the request."""
    place = "" if index is None else f".{index}"
    return f"{prefix(task)}{GIVEN}{parameter}{place}"


def uploaded(file: UUID) -> str:
    """The bytes of a file, whose id is one of the same kind."""
    return f"{prefix(file)}{UPLOADED}"
