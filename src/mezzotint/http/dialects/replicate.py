"""Replicate's surface: how a prediction is asked for, what it looks like, and its problem bodies."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

from mezzotint import records
from mezzotint.core import ids
from mezzotint.core.catalogue import REPLICATE_MODELS, ModelCard
from mezzotint.core.errors import InvalidRequest, ModelNotServed, NotAuthenticated, NotFound, PaymentRequired, Refusal, TooManyRequests
from mezzotint.core.files import File
from mezzotint.core.images import ImageFormat
from mezzotint.core.parameters import Kind, Problem
from mezzotint.core.schema import model_schema
from mezzotint.core.signing import FileLink
from mezzotint.core.tasks import Inputs, Status, Task
from mezzotint.core.webhooks import Event
from mezzotint.http.problems import Wording

SURFACE = "replicate"
BODY = ("input", "stream", "version", "webhook", "webhook_events_filter")
EVENTS = ("start", "output", "logs", "completed")  # what a client may ask to be told; there are no logs before the end
USUAL = (Event.START, Event.COMPLETED)  # what is told where nothing is asked for; the output comes with the end
OWNER = "black-forest-labs"
HIDDEN = "hidden"  # the version of a model that is called by its name
LONGEST_SHOWN = 4096  # of an input's text; only pictures in the request are longer
VERSION = re.compile(r"[0-9a-f]{64}")
NUMBERED = re.compile(r"input_image(?:_\d{1,2})?")  # how some clients send the pictures of models that take a list
ALL_UNSAFE = "All generated images contained NSFW content. Try running it again with a different prompt."
WORDS: dict[Status, str] = {
    Status.PENDING: "starting",
    Status.PROCESSING: "processing",
    Status.READY: "succeeded",
    Status.ERROR: "failed",
    Status.REQUEST_MODERATED: "failed",
    Status.CONTENT_MODERATED: "failed",
    Status.CANCELED: "canceled",
    Status.EXPIRED: "canceled",  # "aborted" where it never began
}


@dataclass(frozen=True)
class Asked:
    """A create's body, read."""

    input: Mapping[str, Any]
    version: str | None
    webhook: str | None
    events: tuple[Event, ...]  # that the webhook is told


def read(body: Mapping[str, Any], *, versioned: bool) -> Asked:
    """`versioned`: the route takes its model from the body. Raises InvalidRequest."""
    problems = [Problem((name,), f"Additional property {name} is not allowed", "additional_property_not_allowed") for name in body if name not in BODY]
    if "input" not in body:
        problems.append(Problem((), "input is required", "required"))
    elif not isinstance(body["input"], dict):
        problems.append(_wrong_type("input", "object"))
    if versioned and "version" not in body:
        problems.append(Problem((), "version is required", "required"))
    for name in ("version", "webhook"):
        if not isinstance(body.get(name), str | None):
            problems.append(_wrong_type(name, "string"))
    if not isinstance(body.get("stream"), bool | None):
        problems.append(_wrong_type("stream", "boolean"))
    events = body.get("webhook_events_filter") or ()
    if not isinstance(events, list | tuple) or any(event not in EVENTS for event in events):
        problems.append(Problem(("webhook_events_filter",), f"Must be an array of {', '.join(EVENTS)}", "enum"))
    if problems:
        raise InvalidRequest(problems)
    wanted = tuple(event for event in Event if event.value in events) if events else USUAL
    return Asked(body["input"], body.get("version"), (body.get("webhook") or None) if wanted else None, wanted)


def _wrong_type(name: str, expected: str) -> Problem:
    return Problem((name,), f"Invalid type. Expected: {expected}", "invalid_type")


def parse(card: ModelCard, given: Mapping[str, Any]) -> dict[str, Any]:
    """The card's parameters out of `input`. Empty strings for pictures mean that there is none."""
    pictures = [parameter.name for parameter in card.image_parameters]
    told = {name: value for name, value in given.items() if not (name in pictures and value in ("", []))}
    lists = [parameter.name for parameter in card.image_parameters if parameter.kind is Kind.STRINGS]
    numbered = [name for name in told if NUMBERED.fullmatch(name) and name not in card.parameters]
    if lists and numbered and lists[0] not in told:
        told[lists[0]] = [told.pop(name) for name in numbered]
    return told


def shown_input(given: Mapping[str, Any]) -> dict[str, Any]:
    """The input as predictions show it: as given, but for pictures, which would make every answer as large as the request."""
    return {name: _shortened(value) for name, value in given.items()}


def _shortened(value: Any) -> Any:
    if isinstance(value, list):
        return [_shortened(entry) for entry in value]
    if isinstance(value, str) and len(value) > LONGEST_SHOWN and value.startswith("data:"):
        return value[:64] + "…"
    return value


def version_of(card: ModelCard) -> str:
    """64 hexadecimal digits. Replicate's own where they are known, else made of the name."""
    return card.version if VERSION.fullmatch(card.version) else hashlib.sha256(f"mezzotint {card.name}".encode()).hexdigest()


BY_VERSION: Mapping[str, ModelCard] = {version_of(card): card for card in REPLICATE_MODELS.values() if card.listed}


def show(task: Task, inputs: Inputs, output: Sequence[str], base: str, *, removed: bool = False, status: str = "", stream: str | None = None) -> dict[str, Any]:
    """The prediction. `base` is the address of the surface that was called; `output` are the pictures' addresses; `status` is told
    instead of the task's own where a wait ran out; `stream` is where its events are told, left out of what others get to see."""
    card = REPLICATE_MODELS.get(task.model)
    url = f"{base}/predictions/{ids.short(task.id)}"
    listed = card is not None and card.output == "list"
    made = None if not output or removed else list(output) if listed else output[0]
    told: dict[str, Any] = {
        "id": ids.short(task.id),
        "model": task.model if "/" in task.model else f"{OWNER}/{task.model}",
        "version": inputs.version or HIDDEN,
        "input": {} if removed else inputs.shown if inputs.shown is not None else {"prompt": inputs.parameters.get("prompt", "")},
        "logs": "" if removed else _logs(task),
        "output": made,
        "data_removed": removed,
        "error": _error(task),
        "source": "api",
        "status": status or _status(task),
        "created_at": _time(task.created),
        "urls": {"cancel": f"{url}/cancel", "get": url} | ({"stream": stream} if stream else {}) | {"web": url},
    }
    if task.started is not None and not status:
        told["started_at"] = _time(task.started)
    if task.finished is not None:
        told |= {"completed_at": _time(task.finished), "metrics": _metrics(task)}
    return told


def while_it_ran(task: Task) -> Task:
    """A task that may have ended, as it was before: what webhooks tell of its start and its output."""
    return replace(task, status=Status.PROCESSING, finished=None, outcome=None)


def stream(task: Task, output: Sequence[str]) -> list[tuple[str, str]]:
    """The events of a prediction that has ended, and their data."""
    told = [("logs", logs)] if (logs := _logs(task)) else []
    told += [("output", address) for address in output]
    if (error := _error(task)) is not None:
        return [*told, ("error", _json({"detail": error})), ("done", _json({"reason": "error"}))]
    return [*told, ("done", _json({} if task.status is Status.READY else {"reason": "canceled"}))]


def _json(body: dict[str, str]) -> str:
    return records.encode(body).decode()


def _status(task: Task) -> str:
    return "aborted" if task.status is Status.EXPIRED and task.started is None else WORDS[task.status]


def _logs(task: Task) -> str:
    return f"Using seed: {task.outcome.seed}\n" if task.outcome is not None and task.outcome.seed is not None else ""


def _error(task: Task) -> str | None:
    if task.outcome is None or task.status in (Status.READY, Status.CANCELED, Status.EXPIRED):
        return None
    if task.status is Status.CONTENT_MODERATED:
        return ALL_UNSAFE
    if task.status is Status.REQUEST_MODERATED:
        return f"The input was flagged as sensitive: {', '.join(task.outcome.reasons)}"
    return task.outcome.message or task.outcome.code


def _metrics(task: Task) -> dict[str, Any]:
    finished = task.finished or task.created
    began = task.started if task.started is not None else finished
    metrics: dict[str, Any] = {"predict_time": finished - began, "total_time": finished - task.created}
    if task.outcome is not None and task.outcome.images:
        metrics["image_count"] = len(task.outcome.images)
    return metrics


def _time(seconds: float) -> str:
    """RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _word(refusal: Refusal, request_id: str) -> dict[str, Any]:
    del request_id  # in the header
    match refusal:
        case InvalidRequest():
            fields = [_invalid(problem) for problem in refusal.problems]
            detail = "".join(f"- {field['field']}: {field['description']}\n" for field in fields)
            return {"detail": detail, "status": 422, "title": "Input validation failed", "invalid_fields": fields}
        case NotAuthenticated():
            detail = "You did not pass a valid authentication token" if refusal.presented else "You did not pass an authentication token"
            return {"title": "Unauthenticated", "detail": detail, "status": 401}
        case PaymentRequired():
            return {"title": "Insufficient credit", "detail": f"You have insufficient credit to run this model. {refusal}", "status": 402}
        case ModelNotServed():
            detail = "The specified version does not exist (or perhaps you don't have permission to use it?)"
            return {"title": "Invalid version or not permitted", "detail": detail, "status": 422}
        case NotFound():
            return {"detail": str(refusal), "status": 404}
        case TooManyRequests():
            detail = f"Request was throttled. Your rate limit resets in ~{refusal.retry_after}s. ({refusal})"
            return {"detail": detail, "status": 429, "retry_after": refusal.retry_after}
        case _:
            return {"title": refusal.code, "detail": str(refusal), "status": refusal.status}


def _invalid(problem: Problem) -> dict[str, str]:
    """One of `invalid_fields`, in the words of Replicate's own validator where it has some."""
    field = ".".join(map(str, problem.where))
    match problem.kind:
        case "missing":
            kind, field, description = "required", ".".join(map(str, problem.where[:-1])), f"{problem.where[-1]} is required"
        case "less_than_equal":
            kind, description = "number_lte", f"Must be less than or equal to {problem.limits.get('le')}"
        case "greater_than_equal":
            kind, description = "number_gte", f"Must be greater than or equal to {problem.limits.get('ge')}"
        case "enum" if "expected" in problem.limits:
            choices = re.findall(r"'([^']*)'", problem.limits["expected"])
            kind = "enum"
            description = f"{problem.where[-1]} must be one of the following: " + ", ".join(f'"{choice}"' for choice in choices)
        case kind if kind.endswith(("_type", "_parsing")):
            kind, description = "invalid_type", problem.sentence
        case kind:
            description = problem.sentence
    return {"type": kind, "field": field or "input", "description": description}


WORDING = Wording(_word, {InvalidRequest: 422, ModelNotServed: 422}, "application/problem+json", b"\n")


MADE = "2024-08-01T00:00:00.000000Z"  # of every model and version: nobody here keeps such dates


def show_model(card: ModelCard, base: str, *, with_version: bool = True) -> dict[str, Any]:
    """`with_version`: with the schema of its inputs, which is most of it."""
    owner, _, name = card.name.partition("/")
    return {
        "url": f"{base}/models/{card.name}",
        "owner": owner,
        "name": name,
        "description": card.about,
        "visibility": "public",
        "is_official": True,
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": 0,
        "cover_image_url": None,
        "default_example": None,
        "latest_version": show_version(card) if with_version else None,
    }


def readme(card: ModelCard) -> str:
    """In Markdown, as Replicate's are."""
    rows = [f"* `{parameter.name}`: {parameter.about}" for parameter in card.parameters.values()]
    return "\n".join([f"# {card.name}", "", card.about, "", "## Input", "", *rows, ""])


def show_version(card: ModelCard) -> dict[str, Any]:
    """With the schema of its inputs, as Cog's servers describe themselves."""
    output: dict[str, Any] = {"title": "Output", "type": "string", "format": "uri"}
    if card.output == "list":
        output = {"title": "Output", "type": "array", "items": {"type": "string", "format": "uri"}}
    document = {
        "openapi": "3.0.2",
        "info": {"title": "Cog", "version": "0.1.0"},
        "paths": {},
        "components": {"schemas": {"Input": model_schema(card), "Output": output}},
    }
    return {"id": version_of(card), "created_at": MADE, "cog_version": "0.14.0", "openapi_schema": document}


def show_file(file: File, url: str, link: FileLink, signature: str) -> dict[str, Any]:
    """`url` is the address of all files; the `link` to this one ends."""
    address = f"{url}/{ids.short(file.id)}"
    query = {"owner": link.owner, "expiry": link.expires, "signature": signature}
    return {
        "id": ids.short(file.id),
        "name": file.name,
        "content_type": ImageFormat(file.format).media_type,
        "size": file.size,
        "etag": file.sha256,
        "checksums": {"sha256": file.sha256},
        "metadata": file.metadata,
        "created_at": _time(file.created),
        "expires_at": _time(file.expires),
        "urls": {"get": address, "download": f"{address}/download?{urlencode(query)}"},
    }


def page(results: list[dict[str, Any]], following: str | None = None, previous: str | None = None) -> dict[str, Any]:
    return {"previous": previous, "next": following, "results": results}
