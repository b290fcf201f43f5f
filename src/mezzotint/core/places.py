"""Where a task's pictures lie in the blob store: all of their keys begin with one prefix, made of its minute and its id.

A second attempt finds what the first one wrote, and deleting a task's pictures is deleting what has its prefix. Tasks of the same
minute share a folder, so that few folders are synced when many pictures are written.
"""

from __future__ import annotations

from datetime import datetime, timezone
from uuid import UUID

from mezzotint.core import ids


def prefix(task: UUID) -> str:
    made = datetime.fromtimestamp(ids.milliseconds(task) / 1000, timezone.utc)
    return f"{made:%Y-%m-%d/%H%M}/{task.hex}"


def manifest(task: UUID) -> str:
    """Written after the pictures, where they do not say everything themselves."""
    return f"{prefix(task)}-outcome.json"


def painted(task: UUID, index: int, extension: str) -> str:
    return f"{prefix(task)}-{index}.{extension}"


def given(task: UUID, parameter: str, index: int | None) -> str:
    """A picture that came with the request."""
    place = "" if index is None else f".{index}"
    return f"{prefix(task)}-given.{parameter}{place}"
