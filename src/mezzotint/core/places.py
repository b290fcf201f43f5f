"""Where a task's pictures lie in the blob store: everything under one prefix, made of the day and the id.

A second attempt finds what the first one wrote, and deleting a task's pictures is deleting its prefix.
"""

from __future__ import annotations

from datetime import datetime, timezone
from uuid import UUID

from mezzotint.core import ids

MANIFEST = "outcome.json"  # written after the pictures: its presence says that they are whole


def prefix(task: UUID) -> str:
    day = datetime.fromtimestamp(ids.milliseconds(task) / 1000, timezone.utc).strftime("%Y-%m-%d")
    return f"{day}/{task}"


def manifest(task: UUID) -> str:
    return f"{prefix(task)}/{MANIFEST}"


def painted(task: UUID, index: int, extension: str) -> str:
    return f"{prefix(task)}/{index}.{extension}"


def given(task: UUID, parameter: str) -> str:
    return f"{prefix(task)}/given-{parameter}"
