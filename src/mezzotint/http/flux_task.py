"""The task body that BFL's and CometAPI's surfaces share: six keys in a fixed order, in six words and no others."""

from __future__ import annotations

from typing import Any

from mezzotint.core.tasks import Status
from mezzotint.service.read import Found

NOT_FOUND = "Task not found"
WORDS: dict[Status, str] = {
    Status.PENDING: "Pending",
    Status.PROCESSING: "Pending",
    Status.READY: "Ready",
    Status.ERROR: "Error",
    Status.REQUEST_MODERATED: "Request Moderated",
    Status.CONTENT_MODERATED: "Content Moderated",
    Status.CANCELED: "Error",
    Status.EXPIRED: "Error",
}
SHOWS_PROGRESS = ("flux-dev",)  # the one model whose polls were seen to carry it


def show(found: Found, origin: str) -> dict[str, Any]:
    """The poll's body. A number that is not known is left out of `result`, since strict clients refuse null there."""
    task = found.task
    return {
        "id": str(task.id),
        "status": WORDS[task.status],
        "result": _result(found, origin) if task.status is Status.READY else None,
        "progress": _progress(found),
        "details": _details(found),
        "preview": None,
    }


def missing(text: str) -> dict[str, Any]:
    return {"id": text, "status": NOT_FOUND, "result": None, "progress": None, "details": None, "preview": None}


def _result(found: Found, origin: str) -> dict[str, Any]:
    task, outcome = found.task, found.task.outcome
    if outcome is None:
        return {}
    result: dict[str, Any] = {"sample": found.links(origin)[0], "prompt": outcome.prompt or "", "seed": outcome.seed}
    if outcome.seed is None:
        del result["seed"]
    if task.started is not None and task.finished is not None:
        result |= {"start_time": task.started, "end_time": task.finished, "duration": task.finished - task.started}
    return result


def _progress(found: Found) -> float | None:
    progress = found.progress
    if progress is None or found.task.status is not Status.PROCESSING or found.task.model not in SHOWS_PROGRESS:
        return None
    return round(progress.step / progress.steps, 2) if progress.steps else None


def _details(found: Found) -> dict[str, Any] | None:
    outcome = found.task.outcome
    if outcome is None or found.task.status is Status.READY:
        return None
    if found.task.status in (Status.REQUEST_MODERATED, Status.CONTENT_MODERATED):
        return {"Moderation Reasons": list(outcome.reasons)}
    if found.task.status is Status.ERROR:
        return {"error": outcome.message or outcome.code, "code": outcome.code}
    return {"error": outcome.code}
